"""What an authenticator and a browser say: docs/PROOFS.md, "Passkeys"."""

import base64
import re

from messages import Malformed
from trees import sha256

TEXT = rb'"([\x20\x21\x23-\x5b\x5d-\x7e]*)"'
CLIENT_DATA = re.compile(rb'\{"type":' + TEXT + rb',"challenge":' + TEXT + rb',"origin":' + TEXT)
ORIGIN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,300}")


def check_party(party):
    """Malformed where a relying party is none."""
    fits = re.fullmatch(r"[a-z0-9.-]{1,253}", party.id) and 1 <= len(party.origins) <= 8
    fits = fits and len(set(party.origins)) == len(party.origins)
    if not fits or not all(map(ORIGIN.fullmatch, party.origins)):
        raise Malformed("relying party")


def fault(evidence, challenge, party):
    """The first thing that is not as the ledger asks for; None where all is."""
    data, client = evidence.authenticator_data, evidence.client_data_json
    if not 37 <= len(data) <= 4096 or len(client) > 4096:
        return "webauthn-malformed"
    found = CLIENT_DATA.match(client)
    if found is None or not client.endswith(b"}") or found.end() == len(client):
        return "webauthn-malformed"
    rest = client[found.end() :]
    crossed = rest.startswith(b',"crossOrigin":true')
    for said in (b',"crossOrigin":true', b',"crossOrigin":false'):
        if rest.startswith(said):
            rest = rest[len(said) :]
            break
    if not rest.startswith(b",") and rest != b"}":
        return "webauthn-malformed"
    kind, said, origin = (part.decode() for part in found.groups())
    if kind != "webauthn.get":
        return "webauthn-type"
    if said != base64.urlsafe_b64encode(challenge).decode().rstrip("="):
        return "webauthn-challenge"
    if crossed or origin not in party.origins:
        return "webauthn-origin"
    if data[:32] != sha256(party.id.encode()):
        return "webauthn-relying-party"
    if data[32] & 5 != 5:
        return "webauthn-user-not-verified"
    return None
