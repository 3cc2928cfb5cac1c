// Signals from EDF files (Kemp et al. 1992, EDF+), drawn as paper has them: 25 mm a second,
// 10 mm a millivolt, lines every 1 and 5 mm. Only what the file says is drawn.

const bytesMax = 64 * 1024 * 1024;
const mm = 96 / 25.4; // CSS's millimetre in pixels

export class EDF {
  constructor(bytes) {
    if (bytes.length > bytesMax) throw new Error("the file is larger than 64 MiB; keep it instead");
    const ascii = (from, length) => new TextDecoder("latin1").decode(bytes.subarray(from, from + length)).trim();
    const number = (from, length) => {
      const value = Number(ascii(from, length));
      if (!Number.isFinite(value)) throw new Error("a number in its head is none");
      return value;
    };
    if (bytes.length < 256 || ascii(0, 8) !== "0") throw new Error("it is no EDF file");
    const head = number(184, 8);
    this.start = `${ascii(168, 8)} ${ascii(176, 8)}`;
    const records = number(236, 8);
    const seconds = number(244, 8);
    const count = number(252, 4);
    if (count < 1 || count > 256 || head !== 256 + count * 256 || !(seconds >= 0)) throw new Error("its head does not fit together");
    const field = (offset, size, index) => 256 + offset * count + index * size;
    this.signals = Array.from({ length: count }, (_, index) => ({
      label: ascii(field(0, 16, index), 16), unit: ascii(field(96, 8, index), 8),
      physical: [number(field(104, 8, index), 8), number(field(112, 8, index), 8)],
      digital: [number(field(120, 8, index), 8), number(field(128, 8, index), 8)],
      samples: number(field(216, 8, index), 8), rate: 0, values: [],
    }));
    const frame = this.signals.reduce((sum, signal) => sum + signal.samples, 0) * 2;
    const whole = frame > 0 ? Math.floor((bytes.length - head) / frame) : 0;
    const present = records < 0 ? whole : Math.min(records, whole);
    this.seconds = present * seconds;
    this.isTorn = records > whole;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    let at = head;
    for (const signal of this.signals) {
      signal.rate = signal.samples / (seconds || 1);
      signal.values = new Float32Array(present * signal.samples);
      const [low, high] = signal.digital;
      signal.gain = (signal.physical[1] - signal.physical[0]) / ((high - low) || 1);
    }
    for (let record = 0; record < present; record++) {
      for (const signal of this.signals) {
        for (let i = 0; i < signal.samples; i++, at += 2) {
          signal.values[record * signal.samples + i] =
            (view.getInt16(at, true) - signal.digital[0]) * signal.gain + signal.physical[0];
        }
      }
    }
  }
}

/** How many millivolts one unit is; 0 where the unit is no voltage. */
const millivolts = (unit) => ({ mV: 1, uV: 0.001, "µV": 0.001, V: 1000 })[unit] ?? 0;

export function drawECG(area, file) {
  const leads = file.signals.filter((signal) => millivolts(signal.unit) > 0 && signal.values.length > 1);
  if (!leads.length) throw new Error("it holds no voltage");
  const shown = Math.min(file.seconds, 10);
  const width = Math.ceil((shown * 25 + 10) * mm);
  const rowMm = 25;
  const height = Math.ceil((Math.min(leads.length, 16) * rowMm + 10) * mm);
  const canvas = document.createElement("canvas");
  const scale = Math.min(devicePixelRatio || 1, 2);
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${leads.length} leads: ${leads.map((lead) => lead.label).join(", ")}; ${shown} seconds at 25 mm/s, 10 mm/mV`);
  const frame = document.createElement("div");
  frame.className = "ecg";
  frame.tabIndex = 0;
  frame.append(canvas);
  const note = document.createElement("p");
  note.className = "ecg-note";
  note.textContent = `25 mm/s, 10 mm/mV. ${leads.length} of ${file.signals.length} signals, ${shown} of ${file.seconds} seconds, from ${file.start}.`
    + (file.isTorn ? " The file ends early." : "");
  area.replaceChildren(frame, note);
  const paint = () => {
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    pen.fillStyle = colour("raised");
    pen.fillRect(0, 0, width, height);
    for (const [step, name] of [[1, "grid"], [5, "grid-strong"]]) {
      pen.strokeStyle = colour(name);
      pen.lineWidth = step === 5 ? 0.8 : 0.5;
      pen.beginPath();
      for (let x = 0; x <= width; x += step * mm) { pen.moveTo(x, 0); pen.lineTo(x, height); }
      for (let y = 0; y <= height; y += step * mm) { pen.moveTo(0, y); pen.lineTo(width, y); }
      pen.stroke();
    }
    leads.slice(0, 16).forEach((lead, index) => trace(pen, lead, (index * rowMm + 5 + rowMm / 2) * mm, shown, colour("ink")));
  };
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

function trace(pen, lead, middle, seconds, ink) {
  const perUnit = millivolts(lead.unit) * 10 * mm;
  const left = 8 * mm;
  const count = Math.min(lead.values.length, Math.floor(seconds * lead.rate));
  pen.strokeStyle = ink;
  pen.fillStyle = ink;
  pen.lineJoin = "round";
  pen.lineWidth = 1;
  // The calibration pulse: 5 mm wide, 1 mV high.
  pen.beginPath();
  pen.moveTo(1 * mm, middle);
  pen.lineTo(2 * mm, middle);
  pen.lineTo(2 * mm, middle - 10 * mm);
  pen.lineTo(7 * mm, middle - 10 * mm);
  pen.lineTo(7 * mm, middle);
  pen.lineTo(left, middle);
  pen.stroke();
  pen.beginPath();
  for (let i = 0; i < count; i++) {
    const x = left + i / lead.rate * 25 * mm;
    const y = middle - lead.values[i] * perUnit;
    if (i === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  }
  pen.stroke();
  pen.font = "600 12px system-ui, sans-serif";
  pen.fillText(lead.label.replace(/^(EC?G|EKG)\s+/i, ""), left + 4, middle - 8 * mm);
}
