// Checks a proof (docs/PROOFS.md) in this browser, with WebCrypto and what the proof brings; the
// server's word counts for nothing. Every step says what it compared, and the last what it did not.

import {
  Message, big32, concat, cosignedAt, domain, domainDigest, equal, hex, parseNote, rootOf, sha256,
  signed, utf8,
} from "./wire.js";

const magics = [utf8("cairn-proof-1\n"), utf8("cairn-proof-2\n")];
const schemes = { 1: "Ed25519", 2: "P-256", 3: "ML-DSA-65", 4: "WebAuthn" };
const purposes = {
  1: "own stamp", 2: "stamped by the node on the author's behalf", 3: "handed over", 4: "accepted",
  5: "approved",
};

/** What the checks are called, in their order. */
export const names = [
  "Proof file", "Network", "Content", "Shown here", "Stamps", "Node", "Inclusion", "Block",
  "Membership", "Cosignatures",
];

export const unchecked = [
  "That what the record says is true: only who stamped it, and when.",
  "That there is no later version.",
  "Which file the record means by an address: the server finds it.",
  "The id, the version, the time and resolved references, which the server fills in.",
  "That each member and person entered by the rules: cairn verify replays those.",
  "That your first visit met the right network: compare its digest with somebody you trust.",
];

class Failure extends Error {}
const require = (condition, words) => {
  if (!condition) throw new Failure(words);
};
const short = (bytes) => `${hex(bytes).slice(0, 16)}…`;

/**
 * Runs all checks. `told(name, state, words)` hears of each: "ok", "bad", or "open" where this
 * browser cannot check it. Gives true where every check that could be made holds.
 */
export async function verify(file, { network, record, shown, version }, told, c = {}) {
  let good = true;
  const step = async (name, body) => {
    try {
      const words = await body();
      if (words?.open) told(name, "open", words.open);
      else told(name, "ok", words);
    } catch (error) {
      good = false;
      told(name, "bad", error instanceof Failure ? error.message : `cannot be read (${error.message})`);
    }
  };
  await step("Proof file", async () => {
    const end = file.length - 32;
    const magic = magics.find((one) => end > one.length && equal(file.subarray(0, one.length), one));
    require(magic, "this is no proof");
    require(equal(await sha256(file.subarray(0, end)), file.subarray(end)),
      "its bytes are not those that its digest was made of");
    read(c, new Message(file.subarray(magic.length, end)));
    return `${file.length} bytes, digest ${short(file.subarray(end))}`;
  });
  if (!c.subject) return false;
  await step("Network", () => checkNetwork(c, network));
  await step("Content", () => checkContent(c, record));
  await step("Shown here", () =>
    shown instanceof Uint8Array ? checkBytes(c, shown) : checkShown(c, shown, version));
  await step("Stamps", () => checkStamps(c));
  await step("Node", () => checkNode(c));
  await step("Inclusion", () => checkInclusion(c));
  await step("Block", () => checkBlock(c));
  await step("Membership", () => checkMembership(c));
  await step("Cosignatures", () => checkCosignatures(c));
  return good;
}

/**
 * Runs all checks of a file's proof, against the bytes that the page shows. Gives one line: what
 * holds. Throws with the names of what does not.
 */
export async function verifyFile(file, { network, record, bytes }) {
  const bad = [];
  let open = "";
  const c = {};
  const told = (name, state, words) => {
    if (state === "bad") bad.push(`${name}: ${words}`);
    if (state === "open") open = words;
  };
  await verify(file, { network, record, shown: bytes, version: null }, told, c);
  if (bad.length) throw new Error(bad.join("; "));
  const words = `${bytes.length} bytes, as this page shows them, are what was stamped as record ${record.slice(0, 8)}`;
  return open ? { open: `${words}; ${open}` } : words;
}

/** Takes the proof apart. */
function read(c, proof) {
  c.genesis = proof.bytes(2);
  c.body = new Message(new Message(c.genesis).bytes(1));
  c.membership = proof.messages(4).map(provenTransaction);
  c.seal = proof.message(6);
  c.write = proof.number(7);
  c.note = parseNote(proof.bytes(8));
  c.opening = proof.has(9) ? proof.message(9) : null;
  c.record = proof.bytes(10);
  c.subject = provenTransaction(proof.message(5));
  c.writes = new Message(c.subject.intent.bytes(9)).messages(1);
  collect(c);
}

function provenTransaction(wire) {
  const bytes = wire.bytes(1);
  const transaction = new Message(bytes);
  const intentBytes = transaction.bytes(1);
  return {
    wire, bytes, intentBytes, intent: new Message(intentBytes), stamps: transaction.messages(2),
    leaf: wire.big(7), path: wire.all(8),
  };
}

/**
 * Who holds which key: from the genesis, and from the members' and people's transactions. What was
 * proposed counts as if it had been carried out: whether it was is not followed here, and said.
 */
function collect(c) {
  c.keys = [];
  c.members = new Map();
  c.proposed = new Map();
  c.proposals = 0;
  c.revoked = new Set();
  const key = (wire, owner) =>
    c.keys.push({ scheme: wire.number(1), bytes: wire.bytes(2), owner: hex(owner) });
  const person = (wire) => wire.messages(3).forEach((one) => key(one, wire.bytes(1)));
  const node = (wire) => key(wire.message(3), wire.bytes(1));
  const member = (wire, into = c.members) =>
    into.set(hex(wire.bytes(1)), { name: wire.string(2), key: wire.bytes(4) });
  c.body.messages(7).forEach((one) => member(one));
  c.body.messages(8).forEach(node);
  c.body.messages(9).forEach(person);
  const govern = (intent, isBefore, members) => {
    const command = new Message(intent.bytes(9));
    if (intent.string(7) === "members") {
      if (command.has(1)) {
        const admit = command.message(1);
        member(admit.message(1), members);
        admit.messages(2).forEach(node);
        admit.messages(3).forEach(person);
      }
      if (command.has(2)) node(command.message(2).message(1));
    } else if (intent.string(7) === "people") {
      if (command.has(1)) person(command.message(1).message(1));
      if (command.has(2)) key(command.message(2).message(2), command.message(2).bytes(1));
      if (command.has(3) && isBefore) c.revoked.add(hex(command.message(3).bytes(2)));
    }
  };
  for (const { intent, leaf } of c.membership) {
    const isBefore = leaf < c.subject.leaf;
    if (intent.string(7) !== "approvals") {
      govern(intent, isBefore, c.members);
      continue;
    }
    const command = new Message(intent.bytes(9));
    if (!command.has(1)) continue;
    c.proposals += 1;
    govern(new Message(command.message(1).bytes(1)), isBefore, c.proposed);
  }
}

async function findKey(c, id) {
  for (const key of c.keys) {
    key.id ??= hex(await keyId(key));
    if (key.id === hex(id)) return key;
  }
  return null;
}

const keyId = (key) => domainDigest("public-key", [key.scheme], key.bytes);

async function checkNetwork(c, network) {
  c.network = await domainDigest("genesis", c.genesis);
  require(hex(c.network) === network,
    `the proof is of network ${short(c.network)}, not of the one this browser knows`);
  require(equal(c.subject.intent.bytes(1), c.network), "the record was stamped for another network");
  require(c.note.origin === `cairn/${network}/${c.subject.intent.string(2)}`,
    "the checkpoint is of another log");
  return `${c.body.string(2)}, genesis ${short(c.network)}`;
}

async function checkContent(c, record) {
  require(c.opening, "the proof came without the content");
  require(c.write < c.writes.length, "the transaction has no such write");
  const write = c.writes[c.write];
  require(hex(write.bytes(1)) === record && equal(c.record, write.bytes(1)),
    "the transaction writes another record");
  const key = await crypto.subtle.importKey(
    "raw", c.opening.bytes(1), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const made = new Uint8Array(await crypto.subtle.sign(
    "HMAC", key, concat(domain("commitment"), c.opening.bytes(2))));
  const committed = write.message(3).bytes(2);
  require(equal(made, committed),
    `the content gives the commitment ${short(made)}, stamped was ${short(committed)}`);
  return `${c.opening.bytes(2).length} bytes give the stamped commitment ${short(committed)}`;
}

function checkShown(c, shown, version) {
  require(c.writes[c.write]?.number(2) + 1 === version, "the proof is of another version");
  const content = JSON.parse(new TextDecoder().decode(c.opening.bytes(2)));
  const place = difference(content, shown, "");
  require(place === null, `what this page shows is not what was stamped: ${place} differs`);
  return `version ${version} as this page shows it is what was stamped`;
}

/** A file is stored as it is, or as base64 inside of a Binary resource. */
function checkBytes(c, shown) {
  const content = c.opening.bytes(2);
  if (equal(content, shown)) return "the bytes are the same";
  let inside = null;
  try {
    const binary = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
    if (binary.resourceType === "Binary") inside = atob(binary.data.replace(/\s/g, ""));
  } catch { /* It is no resource, then. */ }
  require(inside !== null && equal(Uint8Array.from(inside, (one) => one.charCodeAt(0)), shown),
    "what this page shows is not what was stamped");
  return "the bytes are those inside of the stamped resource";
}

/** Where two resources differ, apart from what the server fills in; null where they do not. */
function difference(a, b, place) {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) {
    return a === b ? null : place || "all of it";
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (place === "" && (key === "id" || key === "meta")) continue;
    if ((key === "reference" || key === "url") && typeof a[key] === "string"
      && typeof b[key] === "string") continue;
    const inside = Array.isArray(a) ? `${place}[${key}]` : place ? `${place}.${key}` : key;
    const found = difference(a[key], b[key], inside);
    if (found !== null) return found;
  }
  return null;
}

async function checkStamps(c) {
  const id = await domainDigest("intent", c.subject.intentBytes);
  require(c.subject.stamps.length > 0, "the transaction bears no stamp");
  const said = [];
  let open = false;
  for (const stamp of c.subject.stamps) {
    const scheme = stamp.number(1);
    const key = await findKey(c, stamp.bytes(3));
    require(key && key.scheme === scheme, `nobody here holds the key ${short(stamp.bytes(3))}`);
    require(!c.revoked.has(key.id), `the key ${key.id.slice(0, 16)}… was revoked before`);
    // Who else approves or accepts is the ledger's question.
    const owner = { 1: c.subject.intent.bytes(3), 2: c.subject.wire.bytes(2) }[stamp.number(2)];
    require(!owner || key.owner === hex(owner), "the stamp's key is somebody else's");
    const holds = await signed(scheme, key.bytes, stamp.bytes(4), await stampMessage(stamp, id));
    require(holds !== false, `the ${schemes[scheme]} signature does not hold`);
    open ||= holds === null;
    said.push(`${purposes[stamp.number(2)] ?? "further stamp"}, ${schemes[scheme]}`
      + ` ${key.id.slice(0, 16)}…`);
  }
  return open ? { open: `this browser has no ${said.join("; ")}` } : said.join("; ");
}

/** The bytes that a stamp signs. */
async function stampMessage(stamp, id) {
  const purpose = [stamp.number(2)];
  if (stamp.has(7)) {
    const place = stamp.message(7);
    const root = await rootOf(id, place.number(1), place.number(2), place.all(3));
    require(root, "the stamp's path does not fit");
    return concat(domain("stamp-batch"), purpose, big32(place.number(2)), root);
  }
  const zero = new Uint8Array(32);
  const chain = stamp.has(5) || stamp.has(6)
    ? [stamp.has(5) ? stamp.bytes(5) : zero, stamp.has(6) ? stamp.bytes(6) : zero] : [];
  return concat(domain("stamp"), purpose, id, ...chain);
}

async function checkNode(c) {
  const { wire } = c.subject;
  c.leafDigest = await domainDigest("transaction", c.subject.bytes);
  const root = await rootOf(c.leafDigest, wire.number(3), wire.number(4), wire.all(5));
  require(root, "the place in the node's submission does not fit");
  const node = hex(wire.bytes(2));
  const message = concat(
    domain("submission"), c.network, wire.bytes(2), big32(wire.number(4)), root);
  for (const key of c.keys.filter((one) => one.owner === node)) {
    if (await signed(key.scheme, key.bytes, wire.bytes(6), message)) {
      return `handed in by node ${node.slice(0, 8)}, whose signature holds`;
    }
  }
  throw new Failure(`the signature of node ${node.slice(0, 8)} does not hold`);
}

async function inLog(c, digest, leaf, path) {
  const root = await rootOf(digest, leaf, c.note.size, path);
  return root !== null && equal(root, c.note.root);
}

async function checkInclusion(c) {
  const { leaf, path } = c.subject;
  require(await inLog(c, c.leafDigest ?? await domainDigest("transaction", c.subject.bytes),
    leaf, path), `leaf ${leaf} does not lead to the checkpoint's root ${short(c.note.root)}`);
  return `leaf ${leaf} of ${c.note.size} leads by ${path.length} steps to root ${short(c.note.root)}`;
}

async function checkBlock(c) {
  const bytes = c.seal.bytes(1);
  const header = new Message(bytes);
  const hash = await sha256(await domainDigest("header", bytes));
  const leaf = c.seal.big(2);
  require(await inLog(c, hash, leaf, c.seal.all(3)), `block ${header.big(4)} is not in this log`);
  require(equal(header.bytes(2), c.network), "the block is of another network");
  require(header.big(11) === leaf && c.subject.leaf < leaf
    && c.subject.leaf >= leaf - BigInt(header.number(8)), "the block does not hold this record");
  c.time = header.number(5);
  return `block ${header.big(4)}, ${new Date(c.time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" })}, hash ${short(hash)}`;
}

async function checkMembership(c) {
  for (const { bytes, leaf, path } of c.membership) {
    require(await inLog(c, await domainDigest("transaction", bytes), leaf, path),
      `a membership transaction is not in the log at leaf ${leaf}`);
  }
  const seal = new Message(c.genesis);
  require(seal.messages(2).length > 0, "nobody stamped the genesis");
  const count = (many, what) => `${many} ${what}${many === 1 ? "" : "s"}`;
  const words = `${count(c.members.size, "member")}, ${count(c.membership.length, "change")} since the founding`;
  if (!c.proposals) return words;
  return { open: `${words}; whether ${count(c.proposals, "proposal")} took effect, cairn verify replays` };
}

async function checkCosignatures(c) {
  const signers = [];
  let proposed = 0;
  for (const signature of c.note.signatures) {
    let found = null;
    for (const [id, { name, key }] of c.members) {
      if (await cosignedAt(c.note, signature, `${c.note.origin}/${id}`, key) !== null) found = name;
    }
    for (const [id, { name, key }] of c.proposed) {
      if (found !== null) break;
      if (await cosignedAt(c.note, signature, `${c.note.origin}/${id}`, key) === null) continue;
      found = name;
      proposed += 1;
    }
    require(found !== null && !signers.includes(signature.name),
      `a signature on the checkpoint of ${c.note.size} leaves is no member's`);
    signers.push(signature.name);
    signers.words = [...(signers.words ?? []), found];
  }
  const members = c.members.size + proposed;
  require(signers.length * 2 > members,
    `${signers.length} of ${members} members signed: that is no majority`);
  return `${signers.words.join(", ")}: ${signers.length} of ${members} signed ${c.note.size} leaves`;
}
