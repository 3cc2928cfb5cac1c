// What every page has: the live head, keys, help, log-out, and links that log somebody else in.

import { linkSecret, logIn, sentence } from "./ask.js";

const all = (name) => document.querySelectorAll(`[data-live=${name}]`);
const set = (nodes, words) => nodes.forEach((node) => { node.textContent = words; });
const number = new Intl.NumberFormat("en-GB");
const moment = (ms) =>
  new Date(ms).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export const live = { height: -1, size: 0, members: [], root: "" };

function block(data) {
  if (data.height <= live.height) return;
  live.height = data.height;
  set(all("height"), number.format(data.height));
  const rows = document.querySelector("#blocks tbody");
  if (!rows) return;
  const row = rows.insertRow(0);
  row.className = "new";
  for (const words of [
    number.format(data.height), moment(data.timeMs),
    data.accepted + (data.refused ? `, ${data.refused} refused` : ""), number.format(data.logSize),
  ]) row.insertCell().textContent = words;
  row.insertCell().append(Object.assign(document.createElement("code"), { textContent: data.hash.slice(0, 24) }));
  while (rows.rows.length > 12) rows.deleteRow(-1);
}

function checkpoint(data) {
  const signed = data.members.filter((member) => member.atMs);
  const isFinal = signed.length * 2 > data.members.length;
  Object.assign(live, { size: data.size, root: data.root, members: data.members });
  const count = `${signed.length} of ${data.members.length} signed`;
  set(all("signers"), `· ${count}`);
  document.querySelectorAll(".head [data-live=mark]").forEach((mark) => {
    mark.className = `mark ${isFinal ? "full" : "half"}`;
    mark.parentElement.title =
      `Block ${data.height}, ${count}: ${data.members.map((m) => `${m.name} ${m.atMs ? "signed" : "not yet"}`).join(", ")}`;
  });
  set(all("sentence"), `The ledger stands at block ${number.format(data.height)}. `
    + (isFinal ? `It is final: ${count.replace("signed", data.members.length === 1 ? "member" : "members")} signed it.`
      : `It is not final yet: ${count}.`));
  for (const member of data.members) {
    const row = document.querySelector(`[data-member="${CSS.escape(member.id)}"]`);
    if (!row) continue;
    row.querySelector("[data-live=mark]").className = `mark ${member.atMs ? "full" : "hollow"}`;
    row.querySelector("[data-live=signed]").textContent =
      member.atMs ? ` ${moment(member.atMs)}` : " not yet";
    row.querySelector("[data-live=lag]").textContent = member.lag;
  }
}

function follow() {
  const stream = new EventSource("/api/v1/ledger/main/events");
  stream.addEventListener("block", (event) => block(JSON.parse(event.data)));
  stream.addEventListener("checkpoint", (event) => checkpoint(JSON.parse(event.data)));
  stream.addEventListener("open", () => document.body.classList.remove("cut-off"));
  stream.addEventListener("error", () => {
    document.body.classList.add("cut-off");
    // A refusal is final: sessions end after hours, and when the node starts anew.
    const ended = stream.readyState === EventSource.CLOSED;
    set(all("signers"), ended ? "· log in again" : "· connecting again");
    if (ended) document.querySelector(".head")?.setAttribute("href", "/");
  });
  addEventListener("pagehide", () => stream.close());
}

const guard = document.querySelector("meta[name=guard]")?.content ?? "";

document.addEventListener("click", async (event) => {
  const act = event.target.closest("[data-do]")?.dataset.do;
  if (act === "help") document.getElementById("help").showModal();
  if (act === "leave") {
    try {
      await fetch("/console/session", { method: "DELETE", headers: { "x-cairn-guard": guard } });
      location.replace("/");
    } catch {
      document.getElementById("main").replaceChildren(
        notice("The node does not answer, so this session has not ended. Try again, or close the browser."));
    }
  }
});

function notice(words) {
  const box = Object.assign(document.createElement("p"), { className: "notice bad", textContent: sentence(words) });
  box.setAttribute("role", "alert");
  return box;
}

/** A log-in link that is opened while somebody is logged in lets its own person in. */
async function change() {
  const token = linkSecret();
  const words = token === null ? null : await logIn(token);
  if (words !== null) document.getElementById("main").prepend(notice(words));
}
addEventListener("hashchange", change);
change();

/** Whether a key is meant for a field that somebody types into. */
export const typing = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select, textarea")
  || document.getElementById("help")?.open;

document.addEventListener("keydown", (event) => {
  if (typing(event)) {
    if (event.key === "Escape" && event.target.id === "q") event.target.blur();
    return;
  }
  const search = document.getElementById("q");
  if (event.key === "/" && search) {
    event.preventDefault();
    search.select();
  }
  if (event.key === "?") document.getElementById("help")?.showModal();
  if ((event.key === "j" || event.key === "k") && document.getElementById("results")) {
    const links = [...document.querySelectorAll("#results a")];
    const at = links.indexOf(document.activeElement);
    links.at(event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0))?.focus();
  }
});

const known = document.querySelector("#blocks tbody")?.dataset.blocks;
if (known) for (const one of JSON.parse(known)) block(one);
if (document.body.dataset.page !== "login") follow();
