// Bytes: Protobuf fields, hashes, RFC 6962 trees and C2SP notes, as docs/PROOFS.md has them.

const text = new TextEncoder();

export const utf8 = (string) => text.encode(string);

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const sha256 = async (bytes) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** Every signed or hashed kind of thing begins with its own domain. */
export const domain = (name) => concat(utf8(`cairn/v1/${name}`), [0]);

export const domainDigest = (name, ...parts) => sha256(concat(domain(name), ...parts));

/** The four bytes of a number, most significant first. */
export const big32 = (n) => new Uint8Array([n >>> 24, n >>> 16, n >>> 8, n]);

/** The fields of one Protobuf message: only what Cairn's messages use, anything else throws. */
export class Message {
  constructor(bytes) {
    this.fields = new Map();
    let at = 0;
    const varint = () => {
      let value = 0n;
      for (let shift = 0n; shift < 70n; shift += 7n) {
        if (at >= bytes.length) throw new Error("a message ends early");
        const byte = bytes[at++];
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) return value;
      }
      throw new Error("a number is too long");
    };
    while (at < bytes.length) {
      const tag = Number(varint());
      let value;
      if ((tag & 7) === 0) value = varint();
      else if ((tag & 7) === 2) {
        const length = Number(varint());
        if (length > bytes.length - at) throw new Error("a field ends early");
        value = bytes.subarray(at, at + length);
        at += length;
      } else throw new Error("a field of a kind that Cairn does not use");
      const number = tag >>> 3;
      if (!this.fields.has(number)) this.fields.set(number, []);
      this.fields.get(number).push(value);
    }
  }
  all(number) { return this.fields.get(number) ?? []; }
  has(number) { return this.fields.has(number); }
  bytes(number) { return this.all(number).at(-1) ?? new Uint8Array(); }
  string(number) { return new TextDecoder("utf-8", { fatal: true }).decode(this.bytes(number)); }
  big(number) { return this.all(number).at(-1) ?? 0n; }
  number(number) { return Number(this.big(number)); }
  message(number) { return new Message(this.bytes(number)); }
  messages(number) { return this.all(number).map((bytes) => new Message(bytes)); }
}

const leafHash = (digest) => sha256(concat([0], digest));
const nodeHash = (left, right) => sha256(concat([1], left, right));

/** The root that a leaf and its path lead to (RFC 9162, 2.1.3.2); null where the path cannot fit. */
export async function rootOf(leaf, index, size, path) {
  if (index >= size) return null;
  let position = BigInt(index);
  let last = BigInt(size) - 1n;
  let hash = await leafHash(leaf);
  for (const sibling of path) {
    if (last === 0n || sibling.length !== 32) return null;
    if ((position & 1n) === 1n || position === last) {
      hash = await nodeHash(sibling, hash);
      while ((position & 1n) === 0n && position !== 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? hash : null;
}

const base64 = (string) => Uint8Array.from(atob(string), (c) => c.charCodeAt(0));

/** A checkpoint (C2SP tlog-checkpoint in a signed note). */
export function parseNote(bytes) {
  const note = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const [head, tail, ...rest] = note.split("\n\n");
  const lines = (head ?? "").split("\n");
  if (rest.length || tail === undefined || lines.length !== 3) throw new Error("not a checkpoint");
  const root = base64(lines[2]);
  if (!/^\d+$/.test(lines[1]) || root.length !== 32) throw new Error("not a checkpoint");
  const signatures = tail.split("\n").filter(Boolean).map((line) => {
    const [dash, name, value] = line.split(" ");
    const bytes = base64(value ?? "");
    if (dash !== "—" || !name || bytes.length < 5) throw new Error("a signature line is malformed");
    return { name, keyHash: bytes.subarray(0, 4), bytes: bytes.subarray(4) };
  });
  return { text: `${head}\n`, origin: lines[0], size: BigInt(lines[1]), root, signatures };
}

/** Whether a cosignature (C2SP tlog-cosignature, algorithm 4) is a member's; its time, or null. */
export async function cosignedAt(note, signature, name, key) {
  const hash = await sha256(concat(utf8(name), [10, 4], key));
  if (signature.name !== name || !equal(signature.keyHash, hash.subarray(0, 4))) return null;
  if (signature.bytes.length !== 72) return null;
  const seconds = signature.bytes.subarray(0, 8)
    .reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const message = utf8(`cosignature/v1\ntime ${seconds}\n${note.text}`);
  return await signed(1, key, signature.bytes.subarray(8), message) ? Number(seconds) : null;
}

/** Whether a signature holds: scheme 1 is Ed25519, 2 is P-256; null for what browsers lack. */
export async function signed(scheme, key, signature, message) {
  let algorithm;
  let imported;
  if (scheme === 1) {
    algorithm = { name: "Ed25519" };
    imported = { bytes: key, algorithm };
  } else if (scheme === 2) {
    algorithm = { name: "ECDSA", hash: "SHA-256" };
    imported = { bytes: uncompressed(key), algorithm: { name: "ECDSA", namedCurve: "P-256" } };
  } else {
    return null;
  }
  const ready = await crypto.subtle.importKey(
    "raw", imported.bytes, imported.algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, ready, signature, message);
}

const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const curveB = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

function power(base, exponent) {
  let result = 1n;
  for (let b = base % prime, e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = result * b % prime;
    b = b * b % prime;
  }
  return result;
}

/** The full form of a compressed P-256 point (SEC 1, 2.3.4): not every browser reads the short. */
function uncompressed(key) {
  const x = BigInt(`0x${hex(key.subarray(1))}`);
  let y = power(((x * x % prime * x - 3n * x + curveB) % prime + prime) % prime, (prime + 1n) / 4n);
  if ((y & 1n) !== BigInt(key[0] & 1)) y = prime - y;
  const digits = y.toString(16).padStart(64, "0");
  return concat([4], key.subarray(1), digits.match(/../g).map((pair) => parseInt(pair, 16)));
}
