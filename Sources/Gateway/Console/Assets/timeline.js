// The timeline: lanes over one horizontal axis, drawn on canvas. Zoom and pan move all of them.

const day = 86_400_000;
const year = 365.25 * day;
const laneHeight = { chart: 58, marks: 44 };
const barLanes = new Set(["problems", "medication", "encounters"]);
const titles = {
  vitals: "Vital signs", results: "Results", findings: "Findings", problems: "Problems",
  medication: "Medication", encounters: "Encounters", procedures: "Procedures, vaccines",
  documents: "Documents, images", plans: "Orders and plans", administration: "Administration",
};
// Adults' usual bands, where a record brings none of its own.
const usual = [
  [/^(systolic|blood pressure)/i, /mm/, 90, 140], [/heart rate|pulse/i, /min/, 60, 100],
  [/respiratory rate/i, /min/, 12, 20], [/body temperature/i, /cel|°c/i, 36.1, 37.8],
  [/oxygen saturation/i, /%/, 94, 100], [/body mass index|bmi/i, /kg/, 18.5, 25],
];

/** A UCUM unit as people write it: mm[Hg] as mmHg, 10*3/uL as 10³/µL; counts have none. */
export const unit = (text) => text.replace(/\{[^}]*\}/g, "").replace(/[[\]]/g, "").replace(/\buL\b/g, "µL")
  .replace(/10\*(\d+)/g, (_, digits) => `10${[...digits].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]).join("")}`)
  .replace(/^Cel$/, "°C").replace(/m2\b/, "m²");

const date = (ms) => new Date(ms).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });

export class Timeline {
  constructor(root, data, { open, describe }) {
    Object.assign(this, { root, data, open, describe });
    this.now = Date.now();
    const [first, last] = data.items.reduce(
      ([low, high], item) => [Math.min(low, item[4]), Math.max(high, item[4])], [this.now - year, this.now]);
    this.first = Math.max(first, data.birthMs ?? first);
    this.last = last;
    const margin = (this.last - this.first) * 0.02;
    this.whole = [this.first - margin, this.last + margin];
    this.span = [...this.whole];
    this.lanes = [];
    this.build();
    this.colours();
    new ResizeObserver(() => this.draw()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours();
      this.draw();
    });
    // Paper is light, whatever the screen is.
    for (const [event, prints] of [["beforeprint", true], ["afterprint", false]]) {
      addEventListener(event, () => {
        document.documentElement.classList.toggle("printing", prints);
        this.colours();
        this.lanes.forEach((lane) => this.paint(lane));
      });
    }
  }

  build() {
    this.root.replaceChildren();
    this.axis = this.lane("axis", "", "", 34);
    const bySeries = this.data.series.map(() => []);
    for (const item of this.data.items) bySeries[item[0]].push(item);
    bySeries.forEach((items) => items.sort((a, b) => a[4] - b[4]));
    const charts = (name, most) => {
      const lane = this.data.lanes.indexOf(name);
      const found = this.data.series
        .map((series, index) => ({ series, items: bySeries[index] }))
        .filter(({ series, items }) => series.lane === lane && items.some((i) => i[6] !== null))
        .sort((a, b) => b.items.length - a.items.length || (a.series.label < b.series.label ? -1 : 1));
      found.slice(0, most).forEach(({ series, items }) => this.chart(series, items));
      if (found.length > most) this.fold(found.slice(most), name);
    };
    charts("vitals", 8);
    charts("results", 6);
    this.data.lanes.forEach((name, lane) => {
      if (name === "vitals" || name === "results") return;
      const items = this.data.items.filter((item) => this.data.series[item[0]].lane === lane);
      if (items.length) this.marks(name, items);
    });
    this.listen();
  }

  fold(rest, name) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet" });
    button.textContent = `${rest.length} more ${name === "results" ? "results" : "vital signs"}`;
    const row = this.root.appendChild(document.createElement("div"));
    row.className = "rest";
    row.append(button);
    button.addEventListener("click", () => {
      const lanes = rest.map(({ series, items }) => this.chart(series, items));
      row.replaceWith(...lanes.map((lane) => lane.row));
      this.draw();
    });
  }

  lane(kind, title, note, height) {
    const row = document.createElement("div");
    row.className = `lane ${kind}`;
    const name = document.createElement("div");
    name.textContent = title;
    if (note) name.append(Object.assign(document.createElement("small"), { textContent: note }));
    const canvas = document.createElement("canvas");
    canvas.style.height = `${height}px`;
    const last = document.createElement("div");
    last.className = "last";
    row.append(name, canvas, last);
    this.root.append(row);
    this.lanes.push({ row, canvas, last, height, kind, items: [] });
    return this.lanes.at(-1);
  }

  chart(series, items) {
    items = items.filter((item) => item[6] !== null);
    const band = this.band(series);
    const lane = this.lane("chart", series.label, unit(series.unit), laneHeight.chart);
    const newest = items.at(-1);
    const isOut = (value) => value !== null && band && (value < band[0] || value > band[1]);
    // Every digit counts: 0.72 is not 0.7.
    const number = (value) => new Intl.NumberFormat("en-GB", { maximumFractionDigits: 12 }).format(value);
    const words = number(newest[6]) + (newest[7] === null ? "" : `/${number(newest[7])}`);
    const figure = document.createElement("b");
    figure.textContent = words;
    if (isOut(newest[6])) {
      figure.className = "out";
      figure.append(" ", Object.assign(document.createElement("span"), { textContent: newest[6] > band[1] ? "↑" : "↓" }));
    }
    lane.last.append(figure, Object.assign(document.createElement("small"), { textContent: date(newest[4]) }));
    lane.canvas.setAttribute("role", "img");
    lane.canvas.setAttribute("aria-label", `${series.label}: ${items.length} values, the newest ${words} ${unit(series.unit)}`);
    const values = items.flatMap((item) => [item[6], item[7]]).filter((v) => v !== null);
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (band) [low, high] = [Math.min(low, Math.max(band[0], low - (high - low))), Math.max(high, Math.min(band[1], high + (high - low)))];
    if (low === high) [low, high] = [low - 1, high + 1];
    return Object.assign(lane, { items, band, low, high, isOut });
  }

  band(series) {
    if (series.low !== undefined || series.high !== undefined) {
      return [series.low ?? -Infinity, series.high ?? Infinity];
    }
    if (this.data.birthMs !== null && this.now - this.data.birthMs < 18 * year) return null;
    const found = usual.find(([name, unit]) => name.test(series.label) && unit.test(series.unit));
    return found ? [found[2], found[3]] : null;
  }

  marks(name, items) {
    const newest = items.reduce((a, b) => (a[4] > b[4] ? a : b));
    let rows = 1;
    items.sort((a, b) => a[4] - b[4]);
    if (barLanes.has(name)) {
      const ends = [];
      for (const item of items) {
        const end = this.end(name, item);
        let at = ends.findIndex((taken) => taken < item[4]);
        if (at < 0) at = ends.length < 6 ? ends.length : ends.indexOf(Math.min(...ends));
        ends[at] = end;
        item.row = at;
      }
      rows = Math.max(1, ends.length);
    }
    const height = Math.max(laneHeight.marks, rows * 7 + 14);
    const lane = this.lane("marks", titles[name] ?? name, items.length === 1 ? "1 record" : `${items.length} records`, height);
    lane.canvas.setAttribute("role", "img");
    lane.canvas.setAttribute("aria-label", `${titles[name]}: ${items.length} records; all of them stand in the list below`);
    lane.last.append(Object.assign(document.createElement("small"), { textContent: date(newest[4]) }));
    Object.assign(lane, { items, name, rows });
  }

  /** Where a bar ends: what is active goes on until today. */
  end(name, item) {
    if (item[5]) return item[5];
    return ["active", "recurrence", "relapse"].includes(item[8]) ? this.now : item[4];
  }

  colours() {
    const style = getComputedStyle(document.documentElement);
    this.ink = Object.fromEntries(["ink", "quiet", "rule", "accent", "danger", "band", "edge", "paper"]
      .map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  x(time, width) { return (time - this.span[0]) / (this.span[1] - this.span[0]) * width; }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.lanes.forEach((lane) => this.paint(lane)));
  }

  paint(lane) {
    const { canvas, height } = lane;
    const width = canvas.clientWidth;
    if (!width) return;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    lane.at = [];
    const ticks = this.ticks(width);
    if (lane === this.axis) return this.paintAxis(pen, width, height, ticks);
    if (lane.band) this.paintBand(pen, lane, width);
    pen.fillStyle = this.ink.rule;
    for (const { time } of ticks) pen.fillRect(Math.round(this.x(time, width)), 0, 1, height);
    if (lane.kind === "chart") this.paintChart(pen, lane, width);
    else this.paintMarks(pen, lane, width);
    const today = this.x(this.now, width);
    pen.fillStyle = this.ink.accent;
    if (today <= width) pen.fillRect(Math.round(today), 0, 1, height);
  }

  ticks(width) {
    const [from, to] = this.span;
    const wanted = Math.max(2, width / 90);
    const steps = [[1, "d"], [7, "d"], [1, "m"], [3, "m"], [1, "y"], [2, "y"], [5, "y"], [10, "y"], [20, "y"]];
    const length = { d: day, m: year / 12, y: year };
    const [count, unit] = steps.find(([n, u]) => (to - from) / (n * length[u]) <= wanted) ?? steps.at(-1);
    const ticks = [];
    const start = new Date(from);
    let at = unit === "y" ? new Date(Math.floor(start.getFullYear() / count) * count, 0)
      : unit === "m" ? new Date(start.getFullYear(), Math.floor(start.getMonth() / count) * count)
        : new Date(start.getFullYear(), start.getMonth(), start.getDate());
    while (at.getTime() < to) {
      const label = unit === "y" ? `${at.getFullYear()}` : at.toLocaleDateString("en-GB",
        unit === "m" ? { month: "short", year: "numeric" } : { day: "numeric", month: "short" });
      if (at.getTime() >= from) ticks.push({ time: at.getTime(), label });
      at = unit === "y" ? new Date(at.getFullYear() + count, 0)
        : unit === "m" ? new Date(at.getFullYear(), at.getMonth() + count)
          : new Date(at.getFullYear(), at.getMonth(), at.getDate() + count);
    }
    return ticks;
  }

  paintAxis(pen, width, height, ticks) {
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "top";
    for (const { time, label } of ticks) {
      const x = Math.round(this.x(time, width));
      pen.fillStyle = this.ink.rule;
      pen.fillRect(x, 0, 1, height);
      const gap = this.x(this.now, width) - x;
      if (x + 36 > width || (gap > -44 && gap < 84)) continue;
      pen.fillStyle = this.ink.ink;
      pen.fillText(label, x + 4, 2);
      if (this.data.birthMs === null) continue;
      const age = Math.floor((time - this.data.birthMs) / year + 0.01);
      pen.fillStyle = this.ink.quiet;
      if (age >= 0) pen.fillText(`age ${age}`, x + 4, 17);
    }
    const today = this.x(this.now, width);
    if (today > width + 1) return;
    pen.fillStyle = this.ink.accent;
    pen.fillRect(Math.round(today), 0, 1, height);
    pen.textAlign = "right";
    pen.fillText("today", today - 4, 2);
    pen.textAlign = "left";
  }

  y(value, lane) {
    return 7 + (lane.high - value) / (lane.high - lane.low) * (lane.height - 14);
  }

  paintBand(pen, lane, width) {
    const top = Math.max(0, this.y(Math.min(lane.band[1], lane.high * 9), lane));
    const bottom = Math.min(lane.height, this.y(Math.max(lane.band[0], -1e9), lane));
    pen.fillStyle = this.ink.band;
    pen.fillRect(0, top, width, Math.max(0, bottom - top));
  }

  paintChart(pen, lane, width) {
    const from = this.span[0] - (this.span[1] - this.span[0]) * 0.1;
    const seen = lane.items.filter((item) => item[4] >= from && item[4] <= this.span[1] * 1.001);
    for (const which of [6, 7]) {
      pen.strokeStyle = which === 6 ? this.ink.ink : this.ink.quiet;
      pen.lineWidth = 1.25;
      pen.lineJoin = "round";
      pen.beginPath();
      let lastX = -1e9;
      let isOpen = false;
      for (const item of seen) {
        if (item[which] === null) continue;
        const x = this.x(item[4], width);
        if (seen.length > width && x - lastX < 0.5) continue;
        if (isOpen) pen.lineTo(x, this.y(item[which], lane));
        else pen.moveTo(x, this.y(item[which], lane));
        isOpen = true;
        lastX = x;
      }
      pen.stroke();
      const isDense = seen.length > width / 5;
      for (const item of seen) {
        if (item[which] === null) continue;
        const x = this.x(item[4], width);
        const y = this.y(item[which], lane);
        if (which === 6) lane.at.push([x, y, item]);
        const isOut = (which === 6 && lane.isOut(item[which])) || item[9] > 0;
        if (isDense && !isOut) continue;
        pen.beginPath();
        pen.arc(x, y, isOut ? 3.2 : 2.4, 0, 7);
        pen.fillStyle = isOut ? this.ink.danger : this.ink.paper;
        pen.strokeStyle = isOut ? this.ink.danger : which === 6 ? this.ink.ink : this.ink.quiet;
        pen.fill();
        pen.stroke();
      }
    }
  }

  paintMarks(pen, lane, width) {
    const isBars = barLanes.has(lane.name);
    const taken = new Set();
    for (const item of lane.items) {
      const x = this.x(item[4], width);
      const end = isBars ? this.x(this.end(lane.name, item), width) : x;
      if (end < -4 || x > width + 4) continue;
      const y = 7 + (isBars ? (item.row ?? 0) * 7 : (lane.height - 14) / 2);
      lane.at.push([Math.max(x, 0), y, item, Math.min(end, width)]);
      pen.fillStyle = item[9] ? this.ink.danger : lane.name === "administration" ? this.ink.edge : this.ink.accent;
      if (end - x > 3) {
        pen.globalAlpha = 0.75;
        pen.fillRect(x, y + 1, end - x, 4);
        pen.globalAlpha = 1;
      } else {
        // One mark a pixel is all that anybody can tell apart.
        const place = Math.round(x) * 64 + (item.row ?? 0);
        if (taken.has(place)) continue;
        taken.add(place);
        pen.fillRect(Math.round(x) - 1, isBars ? y : y - 5, 2, isBars ? 6 : 12);
      }
    }
  }

  listen() {
    let grip = null;
    const tip = this.root.appendChild(document.createElement("div"));
    Object.assign(tip, { className: "tip", hidden: true });
    const found = (event) => {
      const lane = this.lanes.find((one) => one.canvas === event.target);
      if (!lane?.at) return null;
      const box = event.target.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      let best = null;
      for (const [x, y, item, end] of lane.at) {
        const dx = px < x ? x - px : end !== undefined && px > end ? px - end : end === undefined ? px - x : 0;
        const far = Math.abs(dx) + Math.abs(py - y) * 0.4;
        if (far < 18 && (!best || far < best.far)) best = { far, item, x: box.left + Math.max(x, 0), y: box.top + y };
      }
      return best;
    };
    this.root.addEventListener("pointerdown", (event) => {
      if (event.target.tagName !== "CANVAS") return;
      grip = { x: event.clientX, span: [...this.span], moved: false, width: event.target.clientWidth };
    });
    this.root.addEventListener("pointermove", (event) => {
      if (grip && event.buttons) {
        const moved = event.clientX - grip.x;
        if (Math.abs(moved) > 4) grip.moved = true;
        const by = moved / grip.width * (grip.span[1] - grip.span[0]);
        if (grip.moved) this.show(grip.span[0] - by, grip.span[1] - by);
        tip.hidden = true;
        return;
      }
      const hit = event.target.tagName === "CANVAS" ? found(event) : null;
      tip.hidden = !hit;
      if (!hit) return;
      const box = this.root.getBoundingClientRect();
      tip.textContent = this.describe(hit.item);
      const left = hit.x - box.left;
      tip.style.left = `${Math.min(left + 8, Math.max(0, box.width - 290))}px`;
      tip.style.top = `${hit.y - box.top + 14}px`;
    });
    this.root.addEventListener("pointerleave", () => { tip.hidden = true; grip = null; });
    this.root.addEventListener("pointerup", (event) => {
      const was = grip;
      grip = null;
      if (!was || was.moved) return;
      const hit = found(event);
      if (hit) this.open(hit.item);
    });
    this.root.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && Math.abs(event.deltaX) < Math.abs(event.deltaY)) return;
      event.preventDefault();
      if (event.ctrlKey) this.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2);
      else this.pan(event.deltaX / 1000);
    }, { passive: false });
  }

  show(from, to) {
    const [low, high] = this.whole;
    const length = Math.min(Math.max(to - from, 2 * day), high - low);
    from = Math.min(Math.max(from, low), high - length);
    this.span = [from, from + length];
    this.draw();
    this.moved?.();
  }

  zoom(by) {
    const middle = (this.span[0] + this.span[1]) / 2;
    const half = (this.span[1] - this.span[0]) / 2 * by;
    this.show(middle - half, middle + half);
  }

  pan(by) {
    const length = this.span[1] - this.span[0];
    this.show(this.span[0] + by * length, this.span[1] + by * length);
  }

  days(count) {
    if (!count) this.show(...this.whole);
    else this.show(this.last - count * day, this.last + count * day * 0.02);
  }
}
