#!/usr/bin/env python3
"""Makes the data directory of an earlier version of Cairn, for the upgrade test.

usage: make.py CAIRN FOLDER        CAIRN: that version's program; FOLDER: new

Writes FOLDER/data.tar.gz, the stopped node's data directory; FOLDER/proofs, proofs that the node
exported; FOLDER/expected.json, what the node said while it ran. Needs Python 3.10 and
`cryptography`. Keys and ids are random: no two runs give the same bytes.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "SecondVerifier"))

import messages
from messages import encode, new
from trees import domain, tagged

for name, text in {
    "SubmitItem": "1 intent bytes, 2 stamps repeated Stamp, 3 contents repeated Content",
    "Content": "1 content bytes, 2 secret bytes, 3 sealed bool, 4 media_type text",
    "SubmitRequest": "1 items repeated SubmitItem",
    "SubmitResponse": "1 results repeated SubmitResult",
    "SubmitResult": "1 receipt Receipt, 2 error text, 3 hint text",
    "Receipt": "1 transaction bytes, 2 digest bytes, 3 refused text, 4 index u32,"
    "5 path repeated bytes, 6 header bytes, 7 node bytes, 8 signature bytes",
}.items():
    messages.SCHEMAS[name] = messages._schema(text)


class Wallet:
    """A wallet file without a passphrase."""

    def __init__(self, path):
        self.path = path
        with open(path) as file:
            words = [line.split() for line in file]
        fields = {line[0]: line[1:] for line in words if len(line) > 1}
        self.network = bytes.fromhex(fields["network"][0])
        self.person = bytes.fromhex(fields["person"][0])
        self.public = fields["key"][1]
        raw = base64.urlsafe_b64decode(fields["secret"][0] + "=")
        self.key = Ed25519PrivateKey.from_private_bytes(raw)
        public = base64.urlsafe_b64decode(self.public + "=")
        self.key_id = tagged("public-key", b"\1", public)

    def intent(self, contract, version, command):
        now = int(time.time() * 1000)
        return encode(new(
            "Intent", network=self.network, channel="main", author=self.person,
            not_before_ms=now - 60_000, not_after_ms=now + 240_000,
            nonce=secrets.token_bytes(16), contract=contract, contract_version=version,
            command=command))

    def stamp(self, intent):
        message = domain("stamp") + b"\1" + tagged("intent", intent)
        return new("Stamp", scheme=1, purpose=1, key=self.key_id, signature=self.key.sign(message))


class Node:
    def __init__(self, cairn, folder):
        self.cairn, self.folder = cairn, folder
        self.data = os.path.join(folder, "data")
        self.admin = os.path.join(self.data, "wallets", "administrator.wallet")
        self.start()

    def start(self):
        config = os.path.join(self.folder, "config.json")
        with open(config, "w") as file:
            json.dump({"reserveMiB": 64}, file)
        self.process = subprocess.Popen(
            [self.cairn, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--member",
             "City Hospital", "--config", config],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[1]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 0

    def run(self, *arguments, wallet=None, fails=False):
        environment = dict(
            os.environ, CAIRN_SERVER=self.url, CAIRN_WALLET=wallet or self.admin)
        done = subprocess.run(
            [self.cairn, *arguments], env=environment, capture_output=True, text=True)
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else done.stdout.strip()

    def send(self, method, path, body=None, kind="application/fhir+json", wallet=None):
        token = self.run("token", wallet=wallet).split()[-1]
        request = urllib.request.Request(
            self.url + path, method=method, data=body,
            headers={"Authorization": f"Bearer {token}", "Content-Type": kind, "Accept": kind})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def submit(self, *items):
        """What the ledger said of each (intent, stamps): the reason, or None."""
        request = new("SubmitRequest", items=[
            new("SubmitItem", intent=intent, stamps=stamps, contents=contents)
            for intent, stamps, *contents in items])
        kind = "application/x-protobuf"
        status, _, body = self.send(
            "POST", "/api/v1/ledger/main/transactions", encode(request), kind)
        assert status == 200, body
        results = messages.decode("SubmitResponse", body).results
        assert all(not result.error for result in results), results
        return [result.receipt.refused or None for result in results]


def people(node):
    """Enrols four people, one of whose keys ends; gives their wallets."""
    wallets = {}
    for name, role in [
        ("ada", "practitioner"), ("ben", "nurse"), ("cleo", "pharmacist"), ("dora", "auditor"),
    ]:
        path = os.path.join(node.folder, f"{name}.wallet")
        node.run("wallet", "new", "--out", path, "--label", name)
        node.run("person", "enrol", "--wallet-public", path, "--role", role)
        wallets[name] = path
    dora = Wallet(wallets["dora"])
    node.run("person", "grant", "privacy-officer", dora.person.hex())
    node.run("person", "revoke", "auditor", dora.person.hex())
    second = os.path.join(node.folder, "ben-2.wallet")
    node.run("wallet", "new", "--out", second, "--person", Wallet(wallets["ben"]).person.hex())
    ben = Wallet(wallets["ben"])
    node.run("person", "add-key", ben.person.hex(), f"ed25519:{Wallet(second).public}")
    node.run("person", "revoke-key", ben.person.hex(), ben.key_id.hex())
    wallets["ben-2"] = second
    return wallets


def resource(number, patient):
    return {
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2026-0{number % 9 + 1}-1{number % 10}",
        "valueQuantity": {"value": 60 + number % 40, "unit": "/min"},
    }  # fmt: skip


def records(node, wallets):
    """Writes of three people, some stamped by themselves; updates, a deletion, a file."""
    patients = []
    for number in range(12):
        body = {"resourceType": "Patient", "gender": "unknown", "birthDate": f"19{50 + number}",
                "name": [{"family": f"Example{number}", "given": ["Pat"]}]}  # fmt: skip
        status, headers, _ = node.send("POST", "/fhir/Patient", json.dumps(body).encode())
        assert status == 201, status
        patients.append(headers["Location"].split("/")[-3])
    for start in range(0, 240, 40):
        entries = [
            {"resource": resource(number, patients[number % 12]),
             "request": {"method": "POST", "url": "Observation"}}
            for number in range(start, start + 40)]  # fmt: skip
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        status, _, body = node.send(
            "POST", "/fhir", json.dumps(bundle).encode(), wallet=wallets["ada"])
        assert status == 200, body
    own = os.path.join(node.folder, "own")
    os.mkdir(own)
    for number in range(30):
        with open(os.path.join(own, f"{number}.json"), "w") as file:
            json.dump(resource(number, patients[number % 12]), file)
    node.run("load", own, wallet=wallets["ben-2"])
    for patient in patients[:3]:
        path = f"/fhir/Patient/{patient}"
        for year in (1960, 1961):
            body = {"resourceType": "Patient", "id": patient, "birthDate": str(year)}
            assert node.send("PUT", path, json.dumps(body).encode())[0] == 200
    assert node.send("DELETE", f"/fhir/Patient/{patients[2]}")[0] in (200, 204)
    file = hashlib.shake_128(b"a scan").digest(70_000)
    status, headers, _ = node.send("POST", "/fhir/Binary", file, "application/octet-stream")
    assert status == 201, status
    return patients, ["/fhir/Binary/" + headers["Location"].split("/")[-3]]


def refusals(node, wallets):
    """Every kind of transaction that later versions accept, refused; each reason as it came."""
    admin, ben, ada = (Wallet(path) for path in (node.admin, wallets["ben"], wallets["ada"]))
    attribute = encode(new("PeopleCommand", grant_attribute=new(
        "AttributeChange", person=ada.person, name="unit", value="icu")))
    role = encode(new("PeopleCommand", grant_role=new(
        "RoleChange", person=ada.person, role="practitioner")))
    pause = encode(new("MembersCommand", pause=new("NamedContract", contract="records")))
    activate = encode(new("MembersCommand", activate=new(
        "Activate", versions=[new("ContractVersion", contract="people", version=2)], height=9_999,
        release="0.4.0")))
    content = new("Content", content=b"a letter", secret=secrets.token_bytes(32),
                  media_type="text/plain")  # fmt: skip
    keyed = hmac.digest(content.secret, domain("commitment") + content.content, "sha256")
    write = encode(new("RecordsCommand", writes=[new(
        "Write", record=secrets.token_bytes(16),
        commitment=new("Commitment", scheme=1, value=keyed))]))
    proposed = admin.intent("people", 1, role)
    propose = encode(new("ApprovalsCommand", propose=new("Propose", intent=proposed)))
    cases = [
        ("approvals 1, propose", admin, "approvals", 1, propose, "unknown-contract"),
        ("people 2, attribute", admin, "people", 2, attribute, "unknown-contract"),
        ("people 1, attribute", admin, "people", 1, attribute, "malformed"),
        ("members 2, pause", admin, "members", 2, pause, "unknown-contract"),
        ("members 2, versions without members", admin, "members", 2, activate,
         "unknown-contract"),
        ("members 1, activate", admin, "members", 1, activate, "malformed"),
        ("members 2, activate by no administrator", ada, "members", 2, activate,
         "unknown-contract"),
        ("records 2", admin, "records", 2, write, "unknown-contract"),
        ("votes 1", admin, "votes", 1, b"", "unknown-contract"),
        ("people 1, role held", admin, "people", 1, role, "already-exists"),
        ("people 1, by no administrator", ada, "people", 1, role, "policy-not-met"),
        ("people 1, by a revoked key", ben, "people", 1, role, "key-revoked"),
    ]  # fmt: skip
    found = {}
    for name, wallet, contract, version, command, expected in cases:
        intent = wallet.intent(contract, version, command)
        contents = [content] if contract == "records" else []
        found[name] = node.submit((intent, [wallet.stamp(intent)], *contents))[0]
        assert found[name] == expected, (name, found[name])
    grant = encode(new("PeopleCommand", grant_role=new(
        "RoleChange", person=ada.person, role="nurse")))
    intent = admin.intent("people", 1, grant)
    twice = node.submit(*2 * [(intent, [admin.stamp(intent)])])
    assert twice == [None, "duplicate"] or twice == [None, None], twice
    return found


def pages(node, path):
    """The resources of all pages of a bundle."""
    while path:
        status, _, body = node.send("GET", path)
        assert status == 200, body
        page = json.loads(body)
        yield from (entry["resource"] for entry in page.get("entry", []) if "resource" in entry)
        links = [link["url"] for link in page["link"] if link["relation"] == "next"]
        path = re.sub(r"^https?://[^/]+", "", links[0]) if links else None


def read_back(node, patients, files):
    """The digest of the bytes of every version, as the node serves them, by path."""
    found = [one["id"] for one in pages(node, "/fhir/Observation?_count=100")]
    paths = list(files)
    for kind, ids in (("Patient", patients), ("Observation", sorted(found))):
        for one in ids:
            history = pages(node, f"/fhir/{kind}/{one}/_history")
            paths += [f"/fhir/{kind}/{one}/_history/{it['meta']['versionId']}" for it in history]
    token, served = node.run("token").split()[-1], {}
    for path in paths:
        request = urllib.request.Request(
            node.url + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as answer:
            served[path] = hashlib.sha256(answer.read()).hexdigest()
    return served


def main(cairn, folder):
    os.makedirs(folder)
    node = Node(cairn, folder)
    wallets = people(node)
    patients, files = records(node, wallets)
    reasons = refusals(node, wallets)
    node.stop()
    node.start()
    os.mkdir(os.path.join(folder, "proofs"))
    for number, (patient, options) in enumerate([
        (patients[0], []), (patients[1], ["--with-content"]), (patients[0], ["--version", "1"]),
    ]):
        out = os.path.join(folder, "proofs", f"{number}.proof")
        node.run("proof", f"Patient/{patient}", "--out", out, *options)
    served = read_back(node, patients, files)
    head = json.loads(node.run("head", "--json"))
    node.stop()
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump({"head": head, "refusals": reasons, "served": served}, file, indent=1)
        file.write("\n")
    with tarfile.open(os.path.join(folder, "data.tar.gz"), "w:gz") as tar:
        tar.add(node.data, "data")
        for name in ("ada", "ben-2"):
            tar.add(wallets[name], f"{name}.wallet")
    keep = {"data.tar.gz", "expected.json", "proofs"}
    subprocess.run(["rm", "-rf", *(
        os.path.join(folder, name) for name in os.listdir(folder) if name not in keep)],
        check=True)  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
