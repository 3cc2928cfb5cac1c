#!/usr/bin/env python3
"""Writes first inputs for the fuzzers from the proofs in Tests/Vectors, which real nodes made.

usage: Tests/Fuzzing/seeds.py FOLDER

A proof holds transactions, a header, a genesis and a checkpoint; a submission, a batch and a block
are put together from those. Policies are written out here. FOLDER gets a folder for each entry;
`Tests/Fuzzing/run.sh minimise` then keeps what reaches different code.
"""
import hashlib
import pathlib
import sys

vectors = pathlib.Path(__file__).resolve().parent.parent / "Vectors" / "proofs"


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, value):
    """A field of a message: bytes, or a number other than zero."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value) if value else b""
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(message):
    """(number, value) of every field; values are numbers or bytes."""
    place = 0

    def number():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while place < len(message):
        tag = number()
        if tag & 7 == 0:
            yield tag >> 3, number()
        else:
            size = number()
            yield tag >> 3, message[place : place + size]
            place += size


def get(message, wanted):
    return [value for number, value in fields(message) if number == wanted]


def first(message, wanted, default=b""):
    found = get(message, wanted)
    return found[0] if found else default


POLICIES = """\
role:nurse
role:practitioner@0123456789abcdef0123456789abcdef
attribute:specialty=cardiology
member:0123456789abcdef0123456789abcdef
person:00112233445566778899aabbccddeeff
and(role:nurse, role:pharmacist)
or(role:nurse, and(role:pharmacist, role:auditor)) within 2 days
outOf(2, role:privacy-officer, person:00112233445566778899aabbccddeeff, role:auditor) within 36 hours
outOf(1, or(and(role:nurse, outOf(2, role:auditor, role:nurse)), role:guardian) within 1 days 2 hours 3 minutes 4 seconds)
 and ( role:nurse ,role:patient )within 90 seconds
""".splitlines()

ID = bytes(range(16))


def policies_on_the_ledger():
    """The wire's form: oneof 1 role, 2 attribute, 3 member, 4 person, 5 and, 6 or, 7 out_of, 8 within."""
    role = field(1, field(1, b"nurse"))
    placed = field(1, field(1, b"auditor") + field(2, ID))
    yield role
    yield placed
    yield field(2, field(1, b"specialty") + field(2, b"cardiology"))
    yield field(3, ID)
    yield field(4, ID)
    both = field(1, role) + field(1, placed)
    yield field(5, both)
    yield field(6, both)
    yield field(7, field(1, 2) + field(2, role) + field(2, placed))
    yield field(8, field(1, 3600) + field(2, field(5, both)))


def main(folder):
    out = pathlib.Path(folder)

    def write(entry, data):
        place = out / entry
        place.mkdir(parents=True, exist_ok=True)
        (place / hashlib.sha1(data).hexdigest()).write_bytes(data)

    for path in sorted(vectors.glob("*.proof")):
        data = path.read_bytes()
        body = data[len(b"cairn-proof-1\n") : -32]
        try:
            list(fields(body))
        except IndexError:
            continue
        write("proof", body)
        write("checkpoint", first(body, 8))
        proven = get(body, 4) + get(body, 5)
        submissions = []
        for entry in proven:
            transaction = first(entry, 1)
            write("transaction", transaction)
            submissions.append(
                field(1, first(entry, 2)) + field(2, transaction) + field(3, first(entry, 6)))
        for submission in submissions:
            write("transaction", submission)
        seal = get(body, 6) + get(body, 3)
        batch = field(1, 1_700_000_000_000) + field(2, 1)
        batch += b"".join(field(3, submission) for submission in submissions)
        write("block", batch)
        for one in seal:
            header = first(one, 1)
            write("block", header)
            refusal = field(1, 1) + field(2, b"duplicate")
            write("block", field(1, header) + field(2, batch) + field(3, refusal))
    write("checkpoint", (vectors / "members.keys").read_bytes())
    for line in (vectors / "members.keys").read_text().splitlines():
        write("checkpoint", line.encode())
    for text in POLICIES:
        write("policy", text.encode())
    for policy in policies_on_the_ledger():
        write("policy", policy)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
