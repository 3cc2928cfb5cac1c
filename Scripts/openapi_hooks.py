"""What schemathesis does not do by itself: Scripts/check-openapi.sh loads this."""

import jsonschema_rs
import schemathesis
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

# Protobuf goes out as the bytes that were drawn: none of them is a message of this API.
schemathesis.serializer.alias("application/x-protobuf", "application/octet-stream")


def parts(value, place="#"):
    """Every object of a document, with its place in it."""
    if isinstance(value, dict):
        yield place, value
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in items:
        if isinstance(part, (dict, list)):
            yield from parts(part, f"{place}/{name}")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """The document must itself be one of OpenAPI 3.1, its schemas be JSON Schema, its references lead
    somewhere."""
    problems = [
        f"#/{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in OPENAPI_31_VALIDATOR.iter_errors(raw_schema)
    ]
    places = dict(parts(raw_schema))
    for place, part in places.items():
        for schema in [part["schema"]] if isinstance(part.get("schema"), dict) else []:
            if not jsonschema_rs.meta.is_valid(schema):
                problems.append(f"{place}/schema is no JSON Schema")
        if isinstance(part.get("$ref"), str) and part["$ref"] not in places:
            problems.append(f"{place} refers to {part['$ref']}, which is not there")
    for name, schema in raw_schema.get("components", {}).get("schemas", {}).items():
        if not jsonschema_rs.meta.is_valid(schema):
            problems.append(f"#/components/schemas/{name} is no JSON Schema")
    if problems:
        raise schemathesis.errors.InvalidSchema("the document is not sound: " + "; ".join(problems))
