#!/usr/bin/env python3
"""Read every bundle below a folder, and the resources in it, with fhirclient's strict models.

A resource passes when its model takes it and gives the same JSON back. Run by
Scripts/check-fhirclient.sh, which installs fhirclient.

usage: Scripts/check-fhirclient.py FOLDER
"""

import json
import pathlib
import sys

from fhirclient.models.fhirelementfactory import FHIRElementFactory

SHOWN = 20


def problem(resource):
    """What is wrong with a resource, or None."""
    try:
        model = FHIRElementFactory.instantiate(resource["resourceType"], resource)
        written = model.as_json()
    except Exception as error:  # each model raises its own
        return str(error)
    return None if written == resource else "comes back changed"


def main(folder):
    count = failures = 0
    for path in sorted(pathlib.Path(folder).rglob("*.json")):
        bundle = json.loads(path.read_text(encoding="utf-8"))
        if bundle.get("resourceType") != "Bundle":
            continue
        for resource in [bundle] + [entry["resource"] for entry in bundle["entry"]]:
            count += 1
            found = problem(resource)
            if found is None:
                continue
            failures += 1
            if failures <= SHOWN:
                name = f"{resource.get('resourceType')}/{resource.get('id', '')}"
                print(f"{path}: {name}: {found}", file=sys.stderr)
    print(f"{count} resources read, {failures} failed")
    # Nothing read is no success.
    return 1 if failures or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
