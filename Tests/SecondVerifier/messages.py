"""The messages of docs/PROOFS.md, "Encoding": one valid encoding each, anything else is malformed."""

from types import SimpleNamespace


class Malformed(Exception):
    """Bytes that are not the one encoding of what they should be."""


def _schema(text):
    """`1 name kind, 2 name repeated kind`: the fields of a message by number."""
    fields = {}
    for part in text.split(","):
        number, name, *kind = part.split()
        fields[int(number)] = (name, kind[-1], kind[0] == "repeated")
    return fields


SCHEMAS = {
    "Proof": "1 version u32, 2 genesis bytes, 3 genesis_seal Seal, 4 membership repeated Proven,"
    "5 subject Proven, 6 seal Seal, 7 write u32, 8 checkpoint bytes, 9 opening Opening,"
    "10 record bytes, 11 certificates repeated Certificate, 12 state State,"
    "20 activations repeated Seal",
    "Certificate": "1 node bytes, 2 certificate bytes",
    "State": "1 key bytes, 2 present bool, 3 value bytes, 4 path repeated bytes,"
    "5 other_path bytes, 6 other_value bytes, 7 seal Seal",
    "Seal": "1 header bytes, 2 leaf u64, 3 path repeated bytes",
    "Proven": "1 transaction bytes, 2 node bytes, 3 submission_index u32, 4 submission_size u32,"
    "5 submission_path repeated bytes, 6 submission_signature bytes, 7 leaf u64,"
    "8 path repeated bytes",
    "Opening": "1 secret bytes, 2 content bytes",
    "Genesis": "1 body bytes, 2 stamps repeated Stamp",
    "GenesisBody": "1 version u32, 2 name text, 3 created_ms u64, 4 salt bytes,"
    "5 parameters Parameters, 6 channels repeated Channel, 7 members repeated Member,"
    "8 nodes repeated Node, 9 people repeated Person, 10 contracts repeated ContractVersion",
    "ContractVersion": "1 contract text, 2 version u32, 3 oldest u32",
    "Parameters": "1 window_max_ms u64, 2 drift_max_ms u64, 3 sharing text, 4 sample bool,"
    "5 roles repeated text",
    "Channel": "1 name text, 2 ordering enum, 3 members repeated bytes",
    "Member": "1 id bytes, 2 name text, 3 authority bytes, 4 checkpoint_key bytes,"
    "5 jurisdiction text",
    "Node": "1 id bytes, 2 member bytes, 3 stamp_key PublicKey, 4 transport_key PublicKey,"
    "5 sealing_key bytes",
    "Person": "1 id bytes, 2 member bytes, 3 keys repeated PublicKey, 4 roles repeated text",
    "PublicKey": "1 scheme enum, 2 bytes bytes, 3 relying_party RelyingParty",
    "RelyingParty": "1 id text, 2 origins repeated text",
    "Transaction": "1 intent bytes, 2 stamps repeated Stamp, 3 attachment bytes",
    "Intent": "1 network bytes, 2 channel text, 3 author bytes, 4 not_before_ms u64,"
    "5 not_after_ms u64, 6 nonce bytes, 7 contract text, 8 contract_version u32,"
    "9 command bytes",
    "Stamp": "1 scheme enum, 2 purpose enum, 3 key bytes, 4 signature bytes, 5 previous bytes,"
    "6 receiver bytes, 7 batch StampBatch, 8 webauthn WebAuthn",
    "StampBatch": "1 index u32, 2 size u32, 3 path repeated bytes",
    "WebAuthn": "1 authenticator_data bytes, 2 client_data_json bytes",
    "Attachment": "1 writes repeated WriteAttachment, 2 claims repeated Claim,"
    "3 released repeated bytes, 4 on_behalf OnBehalf",
    "WriteAttachment": "1 locator bytes, 2 padded_size_bytes u64, 3 satisfied_by bytes",
    "Claim": "1 id bytes, 2 kind enum, 3 write u32, 4 expires_ms u64",
    "OnBehalf": "1 evidence bytes, 2 tier u32",
    "Header": "1 version u32, 2 network bytes, 3 channel text, 4 height u64, 5 time_ms u64,"
    "6 previous bytes, 7 accepted_root bytes, 8 accepted_count u32, 9 refused_root bytes,"
    "10 refused_count u32, 11 log_size u64, 12 log_root bytes, 13 state_writes bytes,"
    "14 state_root bytes, 15 ordering Ordering, 16 state_lag u64",
    "Ordering": "1 kind enum, 2 batch bytes",
    "Batch": "1 time_ms u64, 2 seal enum, 3 submissions repeated bytes",
    "MembersCommand": "1 admit Admit, 2 add_node AddNode, 3 retire_node RetireNode,"
    "4 activate Activate, 5 cancel_activation CancelActivation, 6 pause NamedContract,"
    "7 resume NamedContract",
    "Activate": "1 versions repeated ContractVersion, 2 height u64, 3 release text",
    "CancelActivation": "1 height u64",
    "NamedContract": "1 contract text",
    "Admit": "1 member Member, 2 nodes repeated Node, 3 people repeated Person",
    "AddNode": "1 node Node",
    "RetireNode": "1 node bytes",
    "PeopleCommand": "1 enrol Enrol, 2 add_key AddKey, 3 revoke_key RevokeKey,"
    "4 grant_role RoleChange, 5 revoke_role RoleChange, 6 grant_attribute AttributeChange,"
    "7 revoke_attribute AttributeChange",
    "Enrol": "1 person Person",
    "AddKey": "1 person bytes, 2 key PublicKey",
    "RevokeKey": "1 person bytes, 2 key bytes",
    "RoleChange": "1 person bytes, 2 role text",
    "AttributeChange": "1 person bytes, 2 name text, 3 value text",
    "ApprovalsCommand": "1 propose Propose, 2 approve Approve, 3 refuse Refuse",
    "Propose": "1 intent bytes, 2 policy Policy",
    "Approve": "1 intent bytes",
    "Refuse": "1 intent bytes, 2 reason text",
    "Policy": "1 role RoleHolder, 2 attribute AttributeHolder, 3 member bytes, 4 person bytes,"
    "5 and Parts, 6 or Parts, 7 out_of Count, 8 within Deadline",
    "RoleHolder": "1 role text, 2 member bytes",
    "AttributeHolder": "1 name text, 2 value text, 3 member bytes",
    "Parts": "1 parts repeated Policy",
    "Count": "1 count u32, 2 parts repeated Policy",
    "Deadline": "1 seconds u32, 2 part Policy",
    "RecordsCommand": "1 writes repeated Write",
    "Write": "1 record bytes, 2 previous u32, 3 commitment Commitment, 4 conditional bool",
    "Commitment": "1 scheme enum, 2 value bytes",
    "MemberState": "1 description Member, 2 since u64, 3 administrators u32",
    "NodeState": "1 description Node, 2 since u64, 3 retired bool",
    "PersonState": "1 member bytes, 2 roles repeated text, 3 keys repeated bytes,"
    "4 attributes repeated text",
    "ContractsState": "1 contracts repeated ActiveContract",
    "ActiveContract": "1 name text, 2 oldest u32, 3 newest u32, 4 paused bool",
    "MembersRoll": "1 members repeated bytes",
    "KeyState": "1 key PublicKey, 2 person bytes, 3 node bytes, 4 revoked bool",
}
SCHEMAS = {name: _schema(text) for name, text in SCHEMAS.items()}
ONE_OF = {"MembersCommand", "PeopleCommand", "ApprovalsCommand", "Policy"}
DEPTH = 16  # of messages inside of messages
NUMBERS = {"u32": 1 << 32, "u64": 1 << 64, "enum": 1 << 31, "bool": 2}
EMPTY = {"u32": 0, "u64": 0, "enum": 0, "bool": 0, "bytes": b"", "text": ""}
LIMITS = {
    "Proof": 268_435_456, "Genesis": 1_048_576, "GenesisBody": 1_048_576,
    "Transaction": 1_048_576, "Attachment": 1_048_576, "Intent": 524_288, "Header": 1_024,
    "MembersCommand": 524_288, "PeopleCommand": 524_288, "RecordsCommand": 524_288,
    "ApprovalsCommand": 524_288,
}  # fmt: skip


def new(name, /, **given):
    """A message whose other fields are empty; an embedded message that is absent is None."""
    message = SimpleNamespace(message=name)
    for field, kind, repeated in SCHEMAS[name].values():
        setattr(message, field, [] if repeated else EMPTY.get(kind))
    for field, value in given.items():
        setattr(message, field, value)
    return message


def embedded(message, field):
    """A message inside another one; where it is absent, one with empty fields."""
    found = getattr(message, field)
    if found is not None:
        return found
    kind = next(kind for name, kind, _ in SCHEMAS[message.message].values() if name == field)
    return new(kind)


def _varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Malformed("varint")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            if byte == 0 and shift > 7:
                raise Malformed("long varint")
            return value, at


def decode(name, data, depth=0):
    """Reads bytes that must be the one encoding of the message `name`."""
    if depth > DEPTH:
        raise Malformed("depth")
    if len(data) > LIMITS.get(name, len(data)):
        raise Malformed("size")
    message = new(name)
    at = last = count = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number not in SCHEMAS[name]:
            raise Malformed("unknown field")
        field, kind, repeated = SCHEMAS[name][number]
        if number < last or number == last and not repeated:
            raise Malformed("order")
        last = number
        count += 1
        if wire != (0 if kind in NUMBERS else 2):
            raise Malformed("wire type")
        if kind in NUMBERS:
            value, at = _varint(data, at)
            negative = kind == "enum" and (1 << 64) - (1 << 31) <= value < 1 << 64
            if not 0 < value < NUMBERS[kind] and not negative:
                raise Malformed("number")
        else:
            length, at = _varint(data, at)
            value = data[at : at + length]
            at += length
            if len(value) != length:
                raise Malformed("cut")
            value = _delimited(kind, value, repeated or name == "Policy", depth)
        if repeated:
            getattr(message, field).append(value)
        else:
            setattr(message, field, value)
    if name in ONE_OF and count > 1:
        raise Malformed("two of a oneof")
    return message


def _delimited(kind, value, may_be_empty, depth):
    if kind in SCHEMAS:
        return decode(kind, value, depth + 1)
    if not value and not may_be_empty:
        raise Malformed("empty scalar")
    if kind == "bytes":
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("text") from None


def _encoded_varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def encode(message):
    """The one encoding."""
    out = b""
    for number, (field, kind, repeated) in sorted(SCHEMAS[message.message].items()):
        value = getattr(message, field)
        for one in value if repeated else [value]:
            if one is None or not repeated and kind in EMPTY and not one:
                continue
            if kind in NUMBERS:
                out += _encoded_varint(number << 3) + _encoded_varint(int(one))
                continue
            if kind in SCHEMAS:
                one = encode(one)
            elif kind == "text":
                one = one.encode()
            out += _encoded_varint(number << 3 | 2) + _encoded_varint(len(one)) + one
    return out
