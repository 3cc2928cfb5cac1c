// One patient: the timeline, the list of all records, and the panel beside them.

import "./shell.js";
import { ask } from "./ask.js";
import { typing } from "./shell.js";
import { Timeline, unit } from "./timeline.js";
import { Panel } from "./panel.js";

const patient = document.querySelector("[data-patient]").dataset.patient;
const list = document.getElementById("list");
const more = document.getElementById("more");
const kind = document.getElementById("kind");
const state = document.getElementById("lanes-state");
const page = 60;

let data;
let timeline;
let shown = [];
const panel = new Panel(document.getElementById("panel"), patient, marked);

const words = (name) => name.replace(/(?<=.)([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
/** States that go without saying. */
const plain = new Set(["current", "final", "finished", "completed", "active"]);
const title = (item) => {
  const { label } = data.series[item[0]];
  return label.charAt(0).toUpperCase() + label.slice(1);
};
const reference = (item) => `${data.types[item[1]]}/${item[2]}`;
const date = (ms) =>
  new Date(ms).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });

function value(item) {
  if (item[6] === null) return plain.has(item[8]) ? "" : item[8];
  return `${item[6]}${item[7] === null ? "" : `/${item[7]}`} ${unit(data.series[item[0]].unit)}`;
}

const describe = (item) =>
  [title(item), value(item), date(item[4])].filter(Boolean).join(" · ");

/** Verified records keep their mark for as long as the browser's tab lives. */
function marked(ref, state) {
  sessionStorage.setItem(`mark ${ref}`, state);
  for (const link of list.querySelectorAll("a")) {
    if (link.dataset.record === ref) paint(link.querySelector(".mark"), state);
  }
}

function paint(mark, state) {
  mark.className = `mark ${state}`;
  mark.setAttribute("aria-label",
    { half: "in the order", full: "verified here", bad: "does not hold" }[state]);
}

function row(item) {
  const link = document.createElement("a");
  const ref = reference(item);
  link.href = `#${ref}`;
  link.dataset.record = ref;
  const cell = (name, text) => {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    link.append(span);
    return span;
  };
  cell("date", date(item[4]));
  cell("title", title(item));
  const said = cell("value", value(item));
  if (item[9]) said.classList.add("bad");
  cell("kind", words(data.types[item[1]]));
  const mark = cell("mark", "");
  mark.setAttribute("role", "img");
  paint(mark, sessionStorage.getItem(`mark ${ref}`) ?? "half");
  const entry = document.createElement("li");
  entry.append(link);
  return entry;
}

function fill() {
  const type = kind.value;
  shown = data.items.filter((item) => !type || data.types[item[1]] === type)
    .sort((a, b) => b[4] - a[4] || (data.series[a[0]].label < data.series[b[0]].label ? -1 : 1));
  list.replaceChildren();
  grow();
}

function grow() {
  const start = list.children.length;
  list.append(...shown.slice(start, start + page).map(row));
  more.hidden = list.children.length >= shown.length;
  more.textContent = `Older: ${shown.length - list.children.length} more`;
}

function open(ref, from) {
  if (location.hash !== `#${ref}`) history.pushState(null, "", `#${ref}`);
  panel.open(ref, from);
  for (const link of list.querySelectorAll("a")) {
    link.classList.toggle("here", link.dataset.record === ref);
  }
}

function close() {
  if (location.hash) history.pushState(null, "", location.pathname);
  panel.close();
}
panel.closed = close;
panel.titled = (ref) => {
  const item = /^[A-Z][A-Za-z]+\/[^/]+$/.test(ref) && data?.items.find((one) => reference(one) === ref);
  return item ? [title(item), date(item[4])].join(", ") : null;
};

function follow() {
  const ref = decodeURIComponent(location.hash.slice(1));
  if (/^[A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.test(ref)) open(ref);
  else panel.close();
}

function pressed() {
  const length = Math.round((timeline.span[1] - timeline.span[0]) / 86_400_000);
  for (const button of document.querySelectorAll("[data-span]")) {
    const days = Number(button.dataset.span) || Math.round((timeline.whole[1] - timeline.whole[0]) / 86_400_000);
    button.setAttribute("aria-pressed", String(Math.abs(length - days * 1.02) < days * 0.03));
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-record]");
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open(link.dataset.record, link);
  }
  const button = event.target.closest("button");
  if (!button || !timeline) return;
  if (button.dataset.span) timeline.days(Number(button.dataset.span) || 0);
  if (button.dataset.zoom) timeline.zoom(button.dataset.zoom === "in" ? 0.5 : 2);
});

document.addEventListener("keydown", (event) => {
  if (typing(event)) return;
  if (event.key === "Escape" && !panel.root.hidden) close();
  if (event.key === "v") panel.verify();
  if (event.key === "j" || event.key === "k") {
    const links = [...list.querySelectorAll("a")];
    const here = links.findIndex((link) => link.classList.contains("here"));
    const at = Math.max(0, here + (event.key === "j" ? 1 : -1));
    if (at >= links.length - 1 && !more.hidden) grow();
    const next = list.querySelectorAll("a")[at];
    if (!next) return;
    next.scrollIntoView({ block: "nearest" });
    if (panel.root.hidden) {
      links[here]?.classList.remove("here");
      next.classList.add("here");
      next.focus({ preventScroll: true });
    } else open(next.dataset.record, next);
  }
  const moves = {
    "+": () => timeline.zoom(0.5), "=": () => timeline.zoom(0.5), "-": () => timeline.zoom(2),
    ArrowLeft: () => timeline.pan(-0.25), ArrowRight: () => timeline.pan(0.25), 0: () => timeline.days(0),
  };
  if (timeline && moves[event.key]) moves[event.key]();
});

addEventListener("popstate", follow);
kind.addEventListener("change", fill);
more.addEventListener("click", grow);

async function load() {
  const lanes = document.getElementById("lanes");
  try {
    data = await (await ask(`/patients/${patient}/timeline`)).json();
  } catch (error) {
    state.textContent = `The records cannot be shown. ${error.message}`;
    state.className = "bad";
    return;
  }
  lanes.removeAttribute("aria-busy");
  const count = data.items.length;
  state.textContent = count
    ? `${count.toLocaleString("en-GB")} records. Drag to move, + and − to zoom. Bands are reference ranges; adults' usual ones where a record brings none.`
    : "Nothing is recorded yet. What is written for this patient appears here.";
  const counts = new Map();
  for (const item of data.items) counts.set(data.types[item[1]], (counts.get(data.types[item[1]]) ?? 0) + 1);
  for (const [type, many] of [...counts].sort((a, b) => b[1] - a[1])) {
    kind.append(new Option(`${words(type)} (${many})`, type));
  }
  if (count) {
    timeline = new Timeline(lanes, data, { open: (item) => open(reference(item)), describe });
    timeline.moved = pressed;
    pressed();
    fill();
  }
  performance.mark("interactive");
  if (location.hash) follow();
}

load();
