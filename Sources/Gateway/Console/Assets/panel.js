// One record: what it says, its files, its stamps, its block, its receipt, and the check.

import { Unanswered, ask, bytes as bytesOf, sentence } from "./ask.js";
import { EDF, drawECG } from "./ecg.js";
import { names, unchecked, verify, verifyFile } from "./verify.js";

const make = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") node.addEventListener("click", value);
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
};
const words = (name) => {
  const said = name.replace(/(?<=.)([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return said[0].toUpperCase() + said.slice(1);
};
const time = (ms) => new Date(ms).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
const silent = new Set(["resourceType", "id", "meta", "text", "contained", "implicitRules", "language"]);

export class Panel {
  constructor(root, patient, marked) {
    Object.assign(this, { root, patient, marked });
  }

  get base() { return `/patients/${this.patient}/records/${this.reference}`; }

  async open(reference, from) {
    this.reference = reference;
    this.from = from ?? this.from;
    this.root.hidden = false;
    this.cover(matchMedia("(max-width: 720px)").matches);
    this.root.classList.remove("wide");
    document.body.classList.add("open");
    this.root.replaceChildren(this.top("Opening…"));
    try {
      const body = await (await ask(this.base)).json();
      if (this.reference !== reference) return;
      this.record = body;
      this.render();
    } catch (error) {
      this.root.replaceChildren(this.top("Not possible"), make("p", { class: "bad" }, error.message));
    }
    this.root.querySelector("h2").focus();
  }

  close() {
    if (this.root.hidden) return;
    this.root.hidden = true;
    this.cover(false);
    document.body.classList.remove("open");
    this.from?.focus?.();
  }

  /** What the panel hides altogether takes no focus. */
  cover(isHidden) {
    document.querySelector(".bar").inert = isHidden;
    for (const other of this.root.parentElement.children) {
      if (other !== this.root) other.inert = isHidden;
    }
  }

  top(title) {
    return make("div", { class: "top" }, make("h2", { tabindex: "-1" }, title),
      make("button", { type: "button", class: "quiet", "aria-label": "Close", on: () => this.closed() }, "✕"));
  }

  render() {
    const { title, resource, transaction, versions, files } = this.record;
    const newest = versions[0];
    const fields = make("dl");
    for (const [key, value] of Object.entries(resource)) {
      if (silent.has(key) || key.startsWith("_")) continue;
      if (value?.reference === `Patient/${this.patient}`) continue;
      const lines = say(value);
      if (!lines.length) continue;
      fields.append(make("dt", {}, label(key)),
        make("dd", {}, ...lines.map((line) => make("p", {}, this.named(line)))));
    }
    const stored = make("p", { class: "when" }, `${words(resource.resourceType)}, version ${newest.version}, stored ${time(newest.timeMs)}`);
    this.files = make("div", { class: "files" });
    files.forEach((file, number) => this.files.append(this.file(file, number)));
    this.check = make("div");
    this.root.replaceChildren(
      this.top(title), stored, fields, this.files,
      make("h3", {}, "Proof"), this.stamps(transaction),
      make("div", { class: "acts" },
        make("button", { type: "button", class: "first", "data-act": "verify", on: () => this.verify() }, "Verify"),
        make("a", { href: `${this.base}/proof`, download: `${this.reference.replace("/", "-")}.proof` }, "Download the proof")),
      this.check, this.receipt(transaction, newest), this.history(versions), this.raw(resource));
  }

  /** A reference to a record of this page leads there. */
  named(line) {
    const title = this.titled?.(line);
    return title ? make("a", { href: `#${line}`, "data-record": line }, title) : line;
  }

  stamps(transaction) {
    const own = transaction.stamps.some((stamp) => stamp.purpose === "author");
    const who = `person ${this.record.author.slice(0, 8)}${this.record.custodian ? ` of ${this.record.custodian}` : ""}`;
    return make("p", { class: "sentence" }, own
      ? `Stamped by ${who} with their own key, and by the node that handed it in.`
      : `Written by ${who}. The node stamped it on their behalf: they had logged in, and no key of theirs signed.`);
  }

  receipt(transaction, newest) {
    const rows = make("dl");
    const row = (name, value) => rows.append(make("dt", {}, name), make("dd", {}, make("code", {}, String(value))));
    rows.append(make("dt", {}, "Time of the block"), make("dd", {}, time(transaction.timeMs)));
    row("Block", transaction.height);
    row("Block hash", this.record.block);
    row("Place in the block", transaction.index);
    row("Place in the log", transaction.leaf);
    row("Transaction", transaction.id);
    row("Record", this.record.record);
    transaction.stamps.forEach((stamp) => row(`Stamp, ${stamp.purpose}`, `${stamp.scheme} ${stamp.key}`));
    row("Node", transaction.node);
    const write = transaction.writes.find((one) => one.record === this.record.record);
    if (write) row("Commitment", write.commitment);
    return make("details", {}, make("summary", {}, "Stamps, block and write receipt"), rows);
  }

  history(versions) {
    const lines = versions.map((one) => make("p", {},
      `Version ${one.version}${one.deleted ? " (deletion)" : ""}, ${time(one.timeMs)}, block ${one.height}`));
    return make("details", {}, make("summary", {}, versions.length === 1 ? "One version" : `${versions.length} versions`), ...lines);
  }

  raw(resource) {
    return make("details", {}, make("summary", {}, "As FHIR"), make("pre", {}, JSON.stringify(resource, null, 2)));
  }

  file(file, number) {
    const url = `${this.base}/files/${number}`;
    const title = file.title || "File";
    const area = make("div");
    const acts = make("div", { class: "acts" });
    const kind = /pdf|png|jpe?g/i.exec(file.mediaType)?.[0];
    const isSignal = /edf/i.test(file.mediaType) || /\.edf$/i.test(file.title);
    const act = (name, on) => acts.append(make("button", { type: "button", class: "plain", on }, name));
    if (kind === "pdf") {
      act(`Open ${title}`, () => {
        this.root.classList.add("wide");
        area.replaceChildren(make("iframe", { src: `${url}?show=1`, title }));
      });
    } else if (kind) {
      area.append(make("img", { class: "shown", src: `${url}?show=1`, alt: title }));
    }
    if (isSignal) act("Draw the signal", () => this.signal(url, area));
    acts.append(make("a", { href: url, download: fileName(title, file.mediaType) }, `Download ${title}`));
    return make("div", {}, acts, area);
  }

  async signal(url, area) {
    this.root.classList.add("wide");
    area.replaceChildren(make("p", { class: "quiet" }, "Reading the signal…"));
    try {
      drawECG(area, new EDF(await bytesOf(await ask(url))));
    } catch (error) {
      area.replaceChildren(make("p", { class: "bad" }, `The signal cannot be drawn. ${sentence(error.message)}`));
    }
  }

  async verify() {
    if (this.root.hidden || !this.record || this.running) return;
    this.running = true;
    const { reference } = this;
    const list = make("ol", { class: "steps", "aria-label": "Checks" });
    const verdict = make("p", { class: "verdict", role: "status" }, "Checking…");
    this.check.replaceChildren(verdict, list);
    const bad = [];
    const open = [];
    let unanswered = null;
    const tell = (name, state, said) => {
      if (state === "bad") bad.push(name);
      if (state === "open") open.push(name);
      const mark = { ok: "full", bad: "bad", open: "hollow" }[state];
      list.append(make("li", { class: state, "data-step": name },
        make("span", { class: `mark ${mark}`, role: "img", "aria-label": { ok: "holds", bad: "does not hold", open: "not checked" }[state] }),
        make("span", { class: "name" }, name), make("span", { class: "words" }, said)));
    };
    try {
      if (!globalThis.crypto?.subtle) throw new Error("this browser checks nothing over plain http but on this machine; use https");
      const version = this.record.versions[0].version;
      const [discovery, file] = await Promise.all([
        ask("/.well-known/cairn").then((answer) => answer.json()),
        ask(`${this.base}/proof?version=${version}`).then(bytesOf),
      ]).catch((error) => { throw new Unanswered(error.message); });
      // The network of the first visit counts: another one later is told.
      const network = localStorage.getItem("network") ?? discovery.network;
      localStorage.setItem("network", network);
      await verify(file, { network, record: this.record.record, shown: this.record.resource, version }, tell);
      await this.verifyFiles(network, tell);
      const missing = names.filter((name) => !list.querySelector(`[data-step="${name}"]`));
      if (!bad.length && missing.length) bad.push(...missing);
    } catch (error) {
      if (error instanceof Unanswered) unanswered = error.message;
      else tell("Verification", "bad", error.message);
    }
    this.running = false;
    if (this.reference !== reference) return;
    if (unanswered !== null && !bad.length) {
      // That nobody could look says nothing about the record.
      verdict.textContent = `Not checked. ${unanswered}`;
      return;
    }
    const holds = !bad.length && !open.length;
    verdict.textContent = bad.length ? `Does not hold: ${bad.join(", ")}`
      : open.length ? `What this browser can check holds; not ${open.join(", ")}.` : "Verified in this browser";
    verdict.classList.toggle("bad", bad.length > 0);
    this.check.append(make("details", { class: "limits" }, make("summary", {}, "What this does not check"),
      make("ul", { class: "not" }, ...unchecked.map((line) => make("li", {}, line)))));
    this.marked(reference, bad.length ? "bad" : holds ? "full" : "half");
  }

  /** The files that the record names are records of their own. */
  async verifyFiles(network, tell) {
    for (const [number, file] of this.record.files.entries()) {
      if (!file.isApart) continue;
      const name = `File ${file.title || number + 1}`;
      const url = `${this.base}/files/${number}`;
      try {
        const [proof, bytes] = await Promise.all([
          ask(`${url}/proof`).then(async (answer) =>
            ({ record: answer.headers.get("cairn-record"), file: await bytesOf(answer) })),
          ask(url).then(bytesOf),
        ]);
        const words = await verifyFile(proof.file, { network, record: proof.record, bytes });
        if (words.open) tell(name, "open", words.open);
        else tell(name, "ok", words);
      } catch (error) {
        if (error instanceof Unanswered) throw error;
        // What the node will not prove whole is not checked; the verdict says so.
        tell(name, error.status === 422 ? "open" : "bad", error.message);
      }
    }
  }
}

/** A name under which the file opens elsewhere: with the ending of its kind. */
function fileName(title, mediaType) {
  const ending = {
    "application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "application/dicom": "dcm",
    "application/edf": "edf", "text/plain": "txt", "application/json": "json", "text/csv": "csv",
  }[mediaType];
  return !ending || new RegExp(`\\.${ending}$`, "i").test(title) ? title : `${title}.${ending}`;
}

const label = (key) => words(key.replace(/(DateTime|CodeableConcept|Quantity|String|Boolean|Integer|Period)$/, "") || key);

/** A value of any of FHIR's types as lines of text. */
function say(value) {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(say);
  if (typeof value === "boolean") return [value ? "yes" : "no"];
  if (typeof value !== "object") {
    const text = String(value);
    return [/^\d{4}-\d\d-\d\dT/.test(text) ? time(Date.parse(text)) : text];
  }
  if (value.coding || value.text !== undefined && !value.div) {
    return [value.text ?? value.coding?.map((one) => one.display ?? one.code).filter(Boolean).join(", ") ?? ""].filter(Boolean);
  }
  if (value.reference || value.display) return [value.display ?? value.reference];
  if (value.value !== undefined && (value.unit || value.code)) return [`${value.comparator ?? ""}${value.value} ${value.unit ?? value.code}`];
  if (value.start || value.end) return [`${value.start ? say(value.start)[0] : "…"} to ${value.end ? say(value.end)[0] : "…"}`];
  if (value.family || value.given) return [[value.given?.join(" "), value.family].filter(Boolean).join(" ")];
  if (value.system && value.value !== undefined) return [String(value.value)];
  return Object.entries(value).filter(([key]) => !["id", "extension", "url", "data", "div"].includes(key))
    .flatMap(([key, inside]) => say(inside).map((line) => `${label(key)}: ${line}`));
}
