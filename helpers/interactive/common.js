// What the figures share. Everything here computes with plain numbers and draws with plain SVG.
const SVG = "http://www.w3.org/2000/svg";

function softmax(z) {
  const largest = Math.max(...z);
  const exponentials = z.map(value => Math.exp(value - largest));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map(value => value / sum);
}

// A new element inside `parent`; attributes whose names are properties of no element go in as attributes.
function make(tag, attributes = {}, parent = null, text = null) {
  const svg = ["svg", "g", "path", "rect", "circle", "line", "text", "polygon", "polyline", "image", "title"];
  const node = svg.includes(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  setAll(node, attributes);
  if (text !== null) node.textContent = text;
  parent?.append(node);
  return node;
}

// Class c's marker around a centre, as path data: circle, triangle or square.
function marker(c, [x, y], r) {
  if (c === 0) return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  const corners = c === 1 ? [0, -1.2, 1.15, 0.8, -1.15, 0.8] : [-0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9];
  const step = (value, k) => (k % 2 ? "" : `L${x + r * value} ${y + r * corners[k + 1]}`);
  return `M${corners.map(step).join("").slice(1)}z`;
}

function icon(parent, c) {
  const style = "vertical-align:-1px";
  const svg = make("svg", { viewBox: "0 0 14 14", width: 14, "aria-hidden": true, style }, parent);
  make("path", { d: marker(c, [7, 7], 5.5), fill: `var(--c${c + 1})` }, svg);
  return svg;
}

const subscript = digit => "₀₁₂₃₄₅₆₇₈₉"[digit];

function setAll(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

// Show a number. The full value stays readable in data-value, for tests and for the curious. Text that stays is not
// written again: the page would be laid out anew for it.
function show(node, value, digits = 3, plus = "") {
  const rounded = Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value;
  const text = rounded < 0 ? rounded.toFixed(digits).replace("-", "\u2212") : plus + rounded.toFixed(digits);
  if (node.textContent !== text) node.textContent = text;
  node.dataset.value = value;
}

// The words of every figure's head; each figure's own stand in its GUIDE.
const WORDS = {
  en: {
    tries: "Try this",
    reset: "Reset",
    copy: "Copy link",
    copied: "Copied",
    above: "The link is in the address bar",
  },
  vi: {
    tries: "Thử xem",
    reset: "Đặt lại",
    copy: "Chép liên kết",
    copied: "Đã chép",
    above: "Liên kết nằm trên thanh địa chỉ",
  },
};
// A notebook says it by a setting of helpers.interactive, a page of the book by its own language.
const language = () => ((SPOKEN || document.documentElement.lang).startsWith("vi") ? "vi" : "en");

// How a trait is written in a page's address. `read` returns undefined for what is not such a value.
// A number, or nested lists of numbers, in the shape of the stored value.
function numbers(digits, low, high, mend = value => value) {
  const form = new RegExp(`^-?\\d{1,6}${digits ? `(\\.\\d{1,${digits}})?` : ""}$`);
  return {
    write: value =>
      [value]
        .flat(2)
        .map(number => String(Number(number.toFixed(digits))))
        .join(),
    read(text, like) {
      const parts = text.split(",");
      if (parts.length !== [like].flat(2).length || !parts.every(part => form.test(part))) return undefined;
      const values = parts.map(Number);
      if (values.some(value => value < low || value > high)) return undefined;
      const build = shape => (Array.isArray(shape) ? shape.map(build) : values.shift());
      return mend(build(like));
    },
  };
}

const flag = { write: value => String(Number(value)), read: text => [false, true]["01".split("").indexOf(text)] };

// "fig=NAME", and each trait that differs from the stored state.
function writeAddress(name, traits, stored, now) {
  const changed = Object.keys(traits)
    .map(trait => [trait, traits[trait].write(stored[trait], stored), traits[trait].write(now[trait], stored)])
    .filter(([, before, after]) => before !== after);
  return [`fig=${name}`, ...changed.map(([trait, , after]) => `${trait}=${after}`)].join("&");
}

// The traits that an address sets in the figure NAME, without what is malformed; null if it means no state of it.
function readAddress(text, name, traits, stored) {
  let parts;
  try {
    parts = decodeURIComponent(text).split("&");
  } catch {
    return null;
  }
  if (parts[0] !== `fig=${name}`) return null;
  const state = {};
  for (const part of parts.slice(1)) {
    const [trait, value] = part.split("=");
    const found = Object.hasOwn(traits, trait) ? traits[trait].read(value ?? "", stored[trait], stored) : undefined;
    if (found !== undefined) state[trait] = found;
  }
  return state;
}

// The whole state behind each "Try this", or null where its name would not be true of this model.
function tried(guide, stored) {
  return guide.tries.map(({ holds, ...one }) => {
    const state = { ...stored, ...(one.state instanceof Function ? one.state(stored) : one.state) };
    return holds && !holds(state) ? null : state;
  });
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not allowed, or no such thing on a page without https: then as it was done before.
  }
  const field = make("textarea", { readonly: "", style: "position:fixed;opacity:0" }, document.body, text);
  const back = document.activeElement;
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  back?.focus({ preventScroll: true });
  return done;
}

// On a page without a kernel the state of a figure may stand in the page's address. Sets it, now and when the address
// changes, and brings the figure into sight.
function followAddress(el, model, guide, stored, set) {
  const open = () => {
    const state = readAddress(location.hash.slice(1), model.address, guide.traits, stored);
    if (!state) return;
    set({ ...stored, ...state });
    const appear = () => el.scrollIntoView({ block: "start", behavior: "instant" });
    appear();
    if (document.readyState !== "complete") addEventListener("load", () => requestAnimationFrame(appear));
  };
  addEventListener("hashchange", open);
  open();
}

// Title, what to do, states worth seeing, Reset and, on a page without a kernel, the link to the state on show.
function head(box, el, model, guide, pause) {
  const text = guide[language()],
    words = WORDS[language()],
    kept = Object.fromEntries((guide.needs ?? []).map(name => [name, model.get(name)]));
  const read = () => Object.fromEntries(Object.keys(guide.traits).map(name => [name, model.get(name)]));
  const stored = { ...kept, ...read() };
  const set = state => {
    pause();
    for (const name of Object.keys(guide.traits)) {
      if (JSON.stringify(state[name]) !== JSON.stringify(model.get(name))) model.set(name, state[name]);
    }
    model.save_changes();
  };
  const top = make("div", { class: "figure-head" }, box);
  make("p", { class: "figure-title" }, top, text.title);
  make("p", { class: "figure-todo" }, top, text.todo);
  const tools = make("div", { class: "figure-tools", role: "group", "aria-label": text.title }, top);
  make("span", {}, tools, `${words.tries}:`);
  tried(guide, stored).forEach((state, k) => {
    if (state) button(tools, text.tries[k], () => set(state)).classList.add("try");
  });
  button(tools, words.reset, () => set(stored));
  if (!model.address) return;
  button(tools, words.copy, async () => {
    pause();
    const hash = `#${writeAddress(model.address, guide.traits, stored, read())}`;
    history.replaceState(null, "", hash);
    said.textContent = (await copyText(location.href)) ? words.copied : words.above;
    setTimeout(() => (said.textContent = ""), 4000);
  });
  const said = make("span", { role: "status" }, tools);
  followAddress(el, model, guide, stored, set);
}

// Start a figure in `el`, in place of the fallback, with the head that its GUIDE describes; `pause` stops what runs.
// LABEL is put in front of this file by figure.py; in a page the element has its name already. Both are English: a
// guide's `called` has the name in the other language.
function stage(el, model = null, guide = null, pause = () => {}) {
  el.classList.add("course-figure");
  el.setAttribute("role", "group");
  const called = guide?.called?.[language()];
  if (called || !el.hasAttribute("aria-label")) el.setAttribute("aria-label", called ?? LABEL);
  el.replaceChildren();
  const box = make("div", { class: "course-figure-box" }, el);
  // Keys stay here: JupyterLab would take the arrow keys away from sliders.
  box.addEventListener("keydown", event => event.stopPropagation());
  // A finger on a handle drags it. (Chromium does not heed `touch-action` on parts of an SVG.)
  box.addEventListener(
    "touchstart",
    event => {
      if (event.target.closest(".drag")) event.preventDefault();
    },
    { passive: false },
  );
  if (guide) head(box, el, model, guide, pause);
  return box;
}

// A labelled slider; `change` is called with its number. Returns { input, set(value) }.
function slider(parent, name, { min, max, step, digits = 1, label = name }, change) {
  const row = make("label", { class: "slider" }, parent);
  make("span", { class: "name" }, row, name);
  const input = make("input", { type: "range", min, max, step, "aria-label": label }, row);
  const output = make("output", {}, row);
  input.addEventListener("input", () => change(Number(input.value)));
  return {
    input,
    set(value) {
      input.value = value;
      show(output, value, digits);
      input.setAttribute("aria-valuetext", output.textContent);
    },
  };
}

function button(parent, text, press) {
  const node = make("button", { type: "button" }, parent, text);
  node.addEventListener("click", press);
  return node;
}

// Follow traits of the model: `draw` runs now and at each change. Returns what undoes it.
function follow(model, names, draw) {
  for (const name of names) model.on(`change:${name}`, draw);
  draw();
  return () => names.forEach(name => model.off(`change:${name}`, draw));
}

// Follow a pointer from its press on `node` until it is let go. `press(event)` says whether it takes hold; of two
// pointers the first one counts. A capture keeps a pointer that leaves the window. It can fail or be lost, and an end
// can go unheard, so nothing hangs on it: moves and ends are heard all over the page, and a new press starts anew.
function drag(node, press, move, release = () => {}) {
  let held = null;
  const end = () => {
    held.ears.abort();
    held = null;
    release();
  };
  node.addEventListener("pointerdown", event => {
    const { pointerId: id, pointerType: type, isPrimary: alone } = event; // the only one of its type that is down
    if (event.button || (held && !(alone && type === held.type))) return;
    if (held) end();
    if (!press(event)) return;
    held = { type, ears: new AbortController() };
    const hear = (kind, act) =>
      addEventListener(kind, heard => heard.pointerId === id && act(heard), { signal: held.ears.signal });
    hear("pointermove", moved => (moved.buttons & 1 ? move(moved) : end()));
    for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) hear(kind, end);
    try {
      node.setPointerCapture(id);
    } catch {
      // It is gone already, or no device's: then it is followed as far as the page goes.
    }
  });
}

function put(model, name, value) {
  model.set(name, value);
  model.save_changes();
}

const total = numbers => numbers.reduce((sum, number) => sum + number, 0);
const between = (low, value, high) => Math.min(high, Math.max(low, value));
const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

// IEEE 754 half precision, by hand: Float16Array is too young.
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1,
    exponent = (bits >> 10) & 31,
    fraction = bits & 1023;
  return exponent ? sign * (1 + fraction / 1024) * 2 ** (exponent - 15) : sign * fraction * 2 ** -24;
}

// Speaks to a screen reader once things have come to rest.
function speaker(parent) {
  const live = make("p", { class: "spoken", "aria-live": "polite" }, parent);
  let timer;
  return {
    say(sentence) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        live.textContent = sentence;
      }, 600);
    },
    stop: () => clearTimeout(timer),
  };
}

// Ten rows of 785 numbers: what `pack` of helpers/digits.py wrote of the weights of each digit, and its bias.
function unpackModel(text) {
  const view = new DataView(bytes(text).buffer),
    number = k => half(view.getUint16(2 * k, true));
  return Array.from({ length: 10 }, (_, c) =>
    Array.from({ length: 785 }, (_, n) => number(n < 784 ? 784 * c + n : 7840 + c)),
  );
}

const SQUARE = [0, 1, 2, 3].map(k => [k % 3 ? 1 : -1, k < 2 ? -1 : 1].map(side => side * SQUARE_LIMIT));

// The part of a convex polygon where `value`, linear in x, is positive; a tie belongs to it or does not.
function clip(corners, value, ties) {
  const inside = v => v > 0 || (ties && v === 0);
  return corners.flatMap((p, i) => {
    const q = corners[(i + 1) % corners.length],
      atP = value(p),
      atQ = value(q);
    const kept = inside(atP) ? [p] : [];
    if (inside(atP) === inside(atQ)) return kept;
    const t = atP / (atP - atQ);
    return [...kept, p.map((from, k) => from + t * (q[k] - from))];
  });
}

// Where class c has the largest of three scores: the square, cut once for each other class. Where two tie, the first of
// them has it, or neither.
function region(scores, c, ties) {
  const lead = j => x => (z => z[c] - z[j])(scores(x));
  return [0, 1, 2].reduce((corners, j) => (j === c ? corners : clip(corners, lead(j), ties && c < j)), SQUARE);
}

// Signed values as colours, Matplotlib's RdBu_r: blue below zero, red above.
const CHANNELS = SIGNED.map(colour => [0, 2, 4].map(k => parseInt(colour.slice(k, k + 2), 16)));
function signedColour(value) {
  const place = 5 * (between(-1, value, 1) + 1),
    low = Math.min(9, Math.floor(place));
  return CHANNELS[low].map((start, k) => start + (place - low) * (CHANNELS[low + 1][k] - start));
}

// A picture on a canvas as large as it has pixels.
function paintPixels(canvas, values, colour) {
  const data = new Uint8ClampedArray(4 * values.length).fill(255);
  values.forEach((value, n) => data.set(colour(value), 4 * n));
  canvas.getContext("2d").putImageData(new ImageData(data, canvas.width, canvas.height), 0, 0);
}
const paintGrey = (canvas, pixels) => paintPixels(canvas, pixels, grey => [grey, grey, grey]);
const paintSigned = (canvas, values, limit) => paintPixels(canvas, values, value => signedColour(value / limit));

// How far the centre of pixel n is from a stroke between two points, in a picture `side` pixels wide.
function strokeDistance(n, side, [x0, y0], [x1, y1]) {
  const dx = x1 - x0,
    dy = y1 - y0,
    x = (n % side) + 0.5 - x0,
    y = Math.floor(n / side) + 0.5 - y0;
  const along = between(0, (x * dx + y * dy) / (dx * dx + dy * dy || 1), 1);
  return Math.hypot(x - along * dx, y - along * dy);
}

// Follow the strokes of a pointer over a canvas, in its pixels.
function followStrokes(canvas, draw, end) {
  let at;
  const go = event => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const next = [((event.clientX - left) / width) * canvas.width, ((event.clientY - top) / height) * canvas.height];
    draw(at ?? next, next);
    at = next;
    return true;
  };
  drag(canvas, go, go, () => {
    at = null;
    end();
  });
}

// Grey values as text: runs, each a letter for its length and two digits for its grey value.
const LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const pixelRuns = {
  write(pixels) {
    let text = "";
    for (let n = 0, end; n < pixels.length; n = end) {
      for (end = n + 1; end < pixels.length && end < n + LENGTHS.length && pixels[end] === pixels[n];) end += 1;
      text += LENGTHS[end - n - 1] + pixels[n].toString(16).padStart(2, "0");
    }
    return text;
  },
  read(text, length) {
    if (!/^([\w-][\da-f]{2})+$/.test(text) || text.length > 3 * length) return undefined;
    const pixels = text
      .match(/.../g)
      .flatMap(run => Array(LENGTHS.indexOf(run[0]) + 1).fill(parseInt(run.slice(1), 16)));
    return pixels.length === length ? pixels : undefined;
  },
};
