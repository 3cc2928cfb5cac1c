#!/usr/bin/env python3
"""Read Swift Testing's report and say how many tests passed and failed.

Says nothing about numbers where there is no report: a run that was cut short has none.

usage: Scripts/summarise-tests.py REPORT.xml
"""

import sys
import xml.etree.ElementTree as ElementTree


def main(path):
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        print("error: the tests wrote no report; they stopped before their end", file=sys.stderr)
        return 1
    failed = [case for case in cases if case.find("failure") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    for case in failed:
        print(f"failed: {case.get('classname')} {case.get('name')}")
    slowest = sorted(cases, key=lambda case: -float(case.get("time") or 0))[:5]
    for case in slowest:
        if float(case.get("time") or 0) >= 1:
            print(f"slow: {float(case.get('time')):.1f} s  {case.get('classname')} {case.get('name')}")
    passed = len(cases) - len(failed) - len(skipped)
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
