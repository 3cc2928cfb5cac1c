"""Keys, stamps and checkpoints of docs/PROOFS.md."""

import base64
import binascii
from types import SimpleNamespace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

import webauthn
from messages import Malformed
from trees import domain, root_from, sha256, tagged, u32

try:  # Debian's library does not know it yet.
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:
    mldsa = None

ED25519, P256, MLDSA65, WEBAUTHN = 1, 2, 3, 4
KEY_SIZES = {ED25519: 32, P256: 33, MLDSA65: 1952, WEBAUTHN: 33}
SIGNATURE_SIZES = {ED25519: 64, P256: 64, MLDSA65: 3309, WEBAUTHN: 64}
AUTHOR, ON_BEHALF, HAND_OVER, ACCEPT, APPROVE, REFUSE = 1, 2, 3, 4, 5, 6

PRIME = 2**255 - 19
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SMALL_ORDER = {
    0, 1, PRIME - 1,
    int.from_bytes(bytes.fromhex(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    int.from_bytes(bytes.fromhex(
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
}  # fmt: skip


class Unsupported(Exception):
    """A scheme that this library cannot check: nothing that rests on it is accepted."""


class Key:
    """A valid public key; Malformed where it is none."""

    def __init__(self, scheme, data, party=None):
        if KEY_SIZES.get(scheme) != len(data) or party is not None and scheme != WEBAUTHN:
            raise Malformed("key")
        if party is not None:
            webauthn.check_party(party)
        self.scheme, self.data, self.party = scheme, data, party
        self.id = tagged("public-key", bytes([scheme]), data)
        try:
            if scheme == ED25519:
                y = int.from_bytes(data, "little") & (2**255 - 1)
                if y >= PRIME or y in SMALL_ORDER:
                    raise Malformed("key")
                self.key = ed25519.Ed25519PublicKey.from_public_bytes(data)
            elif scheme == MLDSA65:
                self.key = mldsa and mldsa.MLDSA65PublicKey.from_public_bytes(data)
            else:
                if data[0] not in (2, 3):
                    raise Malformed("key")
                self.key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
        except ValueError:
            raise Malformed("key") from None

    def verifies(self, signature, message):
        if self.scheme == MLDSA65 and self.key is None:
            raise Unsupported("ML-DSA-65")
        try:
            if self.scheme in (P256, WEBAUTHN):
                if len(signature) != 64:
                    return False
                r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
                if s > ORDER // 2:
                    return False
                signature = utils.encode_dss_signature(r, s)
                self.key.verify(signature, message, ec.ECDSA(SHA256()))
            else:
                self.key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def sized(data, size, optional=False):
    """Whether a field is the digest or id it should be."""
    if len(data) != size and not (optional and not data):
        raise Malformed("size of a field")
    return data


def check_stamp(stamp):
    """Whether a stamp is well formed."""
    if stamp.scheme not in SIGNATURE_SIZES or not 1 <= stamp.purpose <= 6:
        raise Malformed("stamp")
    sized(stamp.signature, SIGNATURE_SIZES[stamp.scheme])
    sized(stamp.key, 32)
    for digest in (stamp.previous, stamp.receiver):
        if sized(digest, 32, optional=True) == bytes(32):
            raise Malformed("stamp")
    if (stamp.webauthn is not None) != (stamp.scheme == WEBAUTHN):
        raise Malformed("stamp")
    batch = stamp.batch
    if batch is not None:
        if batch.size <= 1 or batch.index >= batch.size or len(batch.path) > 20:
            raise Malformed("stamp")
        for step in batch.path:
            sized(step, 32)


class StampFault(Exception):
    """A stamp does not hold; the reason is one of docs/PROOFS.md's."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def stamp_message(stamp, intent_id):
    """What a well-formed stamp signs."""
    purpose = bytes([stamp.purpose])
    if stamp.batch is None:
        message = domain("stamp") + purpose + intent_id
        if stamp.previous or stamp.receiver:
            message += (stamp.previous or bytes(32)) + (stamp.receiver or bytes(32))
        return message
    batch = stamp.batch
    root = root_from(intent_id, batch.index, batch.size, batch.path)
    if stamp.previous or stamp.receiver or root is None:
        raise StampFault("stamp-invalid")
    return domain("stamp-batch") + purpose + u32(batch.size) + root


def check_stamp_holds(stamp, intent_id, key):
    """StampFault where a well-formed stamp does not hold for an intent's id under its key."""
    if key.id != stamp.key:
        raise StampFault("stamp-invalid")
    if key.scheme != stamp.scheme:
        raise StampFault("stamp-scheme")
    message = stamp_message(stamp, intent_id)
    if key.scheme in (P256, WEBAUTHN) and int.from_bytes(stamp.signature[32:], "big") > ORDER // 2:
        raise StampFault("stamp-malleable")
    if key.scheme == WEBAUTHN:
        if key.party is None:
            raise StampFault("stamp-invalid")
        fault = webauthn.fault(stamp.webauthn, sha256(message), key.party)
        if fault is not None:
            raise StampFault(fault)
        evidence = stamp.webauthn
        message = evidence.authenticator_data + sha256(evidence.client_data_json)
    if not key.verifies(stamp.signature, message):
        raise StampFault("stamp-invalid")


def stamp_holds(stamp, intent_id, key):
    try:
        check_stamp_holds(stamp, intent_id, key)
    except StampFault:
        return False
    return True


SPACES = {0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
SPACES |= set(range(0x09, 0x0E)) | set(range(0x2000, 0x200B))


def _strict_base64(text):
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Malformed("base64") from None
    if base64.b64encode(data).decode() != text:
        raise Malformed("base64")
    return data


def _is_name(text):
    return text and "+" not in text and not any(ord(letter) in SPACES for letter in text)


def parse_note(data):
    """A checkpoint: its origin, size, root, text, and signature lines (name, hash, signature)."""
    if len(data) > 262_144:
        raise Malformed("checkpoint size")
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Malformed("checkpoint") from None
    if len(lines) < 5 or lines.pop() or lines[3] or not lines[0]:
        raise Malformed("checkpoint")
    if not (lines[1].isascii() and lines[1].isdigit()) or str(int(lines[1][:21])) != lines[1]:
        raise Malformed("checkpoint size")
    size = int(lines[1])
    if size >= 1 << 64:
        raise Malformed("checkpoint size")
    signatures = []
    for line in lines[4:]:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not _is_name(parts[1]):
            raise Malformed("signature line")
        signed = _strict_base64(parts[2])
        if len(signed) <= 4:
            raise Malformed("signature line")
        signatures.append((parts[1], signed[:4], signed[4:]))
    root = sized(_strict_base64(lines[2]), 32)
    text = "".join(line + "\n" for line in lines[:3])
    return SimpleNamespace(
        origin=lines[0], size=size, root=root, text=text.encode(), signatures=signatures
    )


def cosignature_hash(name, key):
    return sha256(name.encode() + b"\n\4" + key)[:4]


def cosignature_holds(note, signature, name, key):
    """Whether a signature line is a cosignature by this Ed25519 key under this name."""
    line_name, key_hash, signed = signature
    if line_name != name or key_hash != cosignature_hash(name, key) or len(signed) != 72:
        return False
    seconds = int.from_bytes(signed[:8], "big")
    message = b"cosignature/v1\ntime %d\n" % seconds + note.text
    try:
        return Key(ED25519, key).verifies(signed[8:], message)
    except Malformed:
        return False


def parse_key_file(data):
    """A trust file of keys: (name, key) of each cosignature key."""
    found = {}
    for line in data.decode("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, key_hash, encoded = line.split("+", 2)
        key = _strict_base64(encoded)
        if len(key) != 33 or key[0] not in (1, 4) or not _is_name(name):
            raise Malformed("checkpoint key")
        if sha256(name.encode() + b"\n" + key)[:4].hex() != key_hash or name in found:
            raise Malformed("checkpoint key")
        if key[0] == 4:
            found[name] = key[1:]
    if not found:
        raise Malformed("no keys")
    return list(found.items())
