#!/usr/bin/env python3
"""A timestamp authority (RFC 3161) for tests, by `openssl ts`, that can also misbehave.

usage: tsa.py prepare FOLDER             makes authorities: root.pem, another.pem and their signers
       tsa.py reply FOLDER MODE QUERY OUT
       tsa.py serve FOLDER               an HTTP server; prints its port; FOLDER/mode says how it
                                         answers: read at each request
modes: good     as asked, signed with ECDSA
       rsa      the same, with RSA, the signer named by a SHA-1 digest
       nonce    the answer to a request with another nonce
       imprint  a stamp over another digest
       expired  by a signer whose certificate has ended
       foreign  by a signer of another authority
       purpose  by a certificate that is for other things, too
       refused  no stamp, but a refusal
       garbage  no response at all; with `serve`, also:
       error    status 500
       silent   nothing until the client goes away
"""
import http.server
import os
import subprocess
import sys
import time

EXTENSIONS = """
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[mixed]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping, emailProtection
"""
ISSUING = """
[ca]
default_ca = own
[own]
database = {folder}/{name}.index
serial = {folder}/{name}.serial
new_certs_dir = {folder}
certificate = {folder}/{name}.pem
private_key = {folder}/{name}.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
STAMPING = """
[tsa]
default_tsa = own
[own]
serial = {folder}/stamps.serial
crypto_device = builtin
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {digest}
signer_digest = {signer}
"""
EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
RSA = ["-newkey", "rsa:2048"]


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def authority(folder, name):
    run("openssl", "req", "-x509", *EC, "-nodes", "-days", "3650", "-subj", f"/CN={name}",
        "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", "-config",
        f"{folder}/extensions.cnf", "-extensions", "ca")
    write(f"{folder}/{name}.index", "")
    write(f"{folder}/{name}.serial", "1000\n")
    write(f"{folder}/{name}.cnf", ISSUING.format(folder=folder, name=name))


def signer(folder, issuer, name, kind, start="20200101000000Z", end="20491231235959Z",
           usage="tsa"):
    run("openssl", "req", *kind, "-nodes", "-subj", f"/CN={name}", "-keyout",
        f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr", "-config",
        f"{folder}/extensions.cnf")
    run("openssl", "ca", "-batch", "-notext", "-config", f"{folder}/{issuer}.cnf", "-in",
        f"{folder}/{name}.csr", "-out", f"{folder}/{name}.pem", "-startdate", start, "-enddate",
        end, "-extfile", f"{folder}/extensions.cnf", "-extensions", usage)


def prepare(folder):
    os.makedirs(folder, exist_ok=True)
    write(f"{folder}/extensions.cnf",
          "[req]\ndistinguished_name = name\n[name]\n" + EXTENSIONS)
    for name in ["root", "another"]:
        authority(folder, name)
    signer(folder, "root", "good", EC)
    signer(folder, "root", "rsa", RSA)
    signer(folder, "root", "expired", EC, end="20210101000000Z")
    signer(folder, "root", "purpose", EC, usage="mixed")
    signer(folder, "another", "foreign", EC)
    write(f"{folder}/stamps.serial", "01\n")
    write(f"{folder}/mode", "good")
    write(f"{folder}/sha256.cnf", STAMPING.format(folder=folder, digest="sha256", signer="sha256"))
    write(f"{folder}/sha1.cnf", STAMPING.format(folder=folder, digest="sha1", signer="sha512"))


def flipped(query, mark):
    """The query with the last byte of a value changed; `mark` is its tag and length."""
    place = query.index(mark) + len(mark) + mark[-1] - 1
    return query[:place] + bytes([query[place] ^ 1]) + query[place + 1:]


def reply(folder, mode, query):
    if mode == "garbage":
        return b"this is no timestamp"
    if mode == "refused":
        # PKIStatusInfo { rejection, badAlg } without a token
        return bytes.fromhex("300930070201020302" "0780")
    if mode == "nonce":
        query = flipped(query, b"\x02\x10")
    if mode == "imprint":
        query = flipped(query, b"\x04\x20")
    name = mode if mode in ("rsa", "expired", "foreign") else "good"
    base = f"{folder}/{os.getpid()}-{time.monotonic_ns()}"
    with open(base + ".tsq", "wb") as file:
        file.write(query)
    settings = "sha1" if mode == "rsa" else "sha256"
    chain = "another" if mode == "foreign" else "root"
    run("openssl", "ts", "-reply", "-config", f"{folder}/{settings}.cnf", "-section", "own",
        "-queryfile", base + ".tsq", "-signer", f"{folder}/{name}.pem", "-inkey",
        f"{folder}/{name}.key", "-chain", f"{folder}/{chain}.pem", "-out", base + ".tsr")
    return signed_again(folder, base) if mode == "purpose" else read(base + ".tsr")


def signed_again(folder, base):
    """The same stamp under a certificate for other things, too, with which `ts` does not sign."""
    run("openssl", "ts", "-reply", "-in", base + ".tsr", "-token_out", "-out", base + ".token")
    run("openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in", base + ".token",
        "-out", base + ".info")
    run("openssl", "cms", "-sign", "-binary", "-nodetach", "-cades", "-econtent_type",
        "1.2.840.113549.1.9.16.1.4", "-in", base + ".info", "-signer", f"{folder}/purpose.pem",
        "-inkey", f"{folder}/purpose.key", "-outform", "DER", "-out", base + ".token")
    body = bytes.fromhex("3003020100") + read(base + ".token")
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Handler(http.server.BaseHTTPRequestHandler):
    folder = ""

    def do_POST(self):
        query = self.rfile.read(int(self.headers["content-length"]))
        with open(f"{self.folder}/mode") as file:
            mode = file.read().strip()
        with open(f"{self.folder}/asked", "a") as file:
            file.write(f"{mode} {self.headers['content-type']}\n")
        if mode == "silent":
            time.sleep(3600)
        if mode == "error":
            self.send_error(500)
            return
        answer = reply(self.folder, mode, query)
        self.send_response(200)
        self.send_header("content-type", "application/timestamp-reply")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def serve(folder):
    Handler.folder = folder
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "prepare":
        prepare(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == "serve":
        serve(sys.argv[2])
    elif len(sys.argv) == 6 and sys.argv[1] == "reply":
        with open(sys.argv[4], "rb") as source:
            answer = reply(sys.argv[2], sys.argv[3], source.read())
        with open(sys.argv[5], "wb") as target:
            target.write(answer)
    else:
        sys.exit(__doc__)
