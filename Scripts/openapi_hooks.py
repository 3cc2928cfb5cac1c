"""What schemathesis does not know by itself: Scripts/check-openapi.sh loads this."""

import schemathesis

# Protobuf goes out as the bytes that were drawn: none of them is a message of this API.
schemathesis.serializer.alias("application/x-protobuf", "application/octet-stream")
