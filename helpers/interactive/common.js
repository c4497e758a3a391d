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
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== null) node.textContent = text;
  parent?.append(node);
  return node;
}

// Show a number. The full value stays readable in data-value, for tests and for the curious.
function show(node, value, digits = 3) {
  const rounded = Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value;
  node.textContent = rounded.toFixed(digits).replace("-", "\u2212");
  node.dataset.value = value;
}

// Start a figure in `el`, in place of the fallback. LABEL is put in front of this file by figure.py.
function stage(el) {
  el.classList.add("course-figure");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", LABEL);
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
