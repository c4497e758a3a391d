const STYLE = `
.draw-a-digit { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.draw-a-digit canvas { display: block; background: #000; image-rendering: pixelated;
  box-shadow: 0 0 0 1px var(--line); }
.draw-a-digit .paper { position: relative; width: min(280px, 56vw); background: #000; }
.draw-a-digit .paper canvas { width: 100%; touch-action: none; cursor: crosshair; }
.draw-a-digit .paper svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
.draw-a-digit .side { display: grid; gap: .6rem; width: min(112px, 26vw); }
.draw-a-digit .side canvas { width: 100%; }
.draw-a-digit .side figcaption { margin-top: .1rem; text-align: center; font-weight: 700; }
.draw-a-digit .side select, .draw-a-digit .side button { width: 100%; }
.draw-a-digit .paper p { position: absolute; inset: auto 0 .3rem; margin: 0; text-align: center; font-weight: 700;
  color: #fff; text-shadow: 0 0 3px #000, 0 0 3px #000; pointer-events: none; }
.draw-a-digit .ghost canvas:not(:focus-visible) { opacity: .45; } /* the ring of the focus would be as faint */
@media print { .draw-a-digit .paper p { display: none; } }
.draw-a-digit .paper:not(.ghost, .empty) p, .draw-a-digit .paper:not(.empty) .invite { display: none; }
.draw-a-digit .invite path { fill: none; stroke: #fff; stroke-opacity: .3; stroke-width: ${2 * PEN_RADIUS};
  stroke-linecap: round; stroke-linejoin: round; stroke-dasharray: 1; animation: draw-a-digit 1.6s ease-in-out; }
@keyframes draw-a-digit { from { stroke-dashoffset: 1; } to { stroke-dashoffset: 0; } }
@media (prefers-reduced-motion: reduce) { .draw-a-digit .invite path { animation: none; } }
.draw-a-digit .answer { display: grid; gap: .2rem; }
.draw-a-digit .verdict { margin: 0; font-size: 1.35rem; line-height: 1.2; font-weight: 700; }
.draw-a-digit .verdict output { text-align: left; }
.draw-a-digit .two { display: flex; gap: 1rem; flex-basis: 100%; }
.draw-a-digit .two figure { width: min(196px, 42vw); }
.draw-a-digit .two canvas { width: 100%; }
.draw-a-digit .two figcaption { font-weight: 700; margin: 0 0 .15rem; padding: 0; }
.draw-a-digit .two output { min-width: 0; }
.draw-a-digit .two p { margin: .15rem 0 0; font-size: .85rem; }
.draw-a-digit label { display: flex; gap: .4rem; align-items: center; margin: 0; white-space: nowrap; }
`;

const HEARD = {
  en: {
    paper: "28 by 28 pixels to draw on: arrow keys move the pen, Space lowers or lifts it, Delete clears",
    probabilities: "probabilities",
    place: (row, column) => `row ${row}, column ${column}`,
    down: "pen down",
    up: "pen up",
    images: "test image, index: digit",
    drawing: "a drawing",
    seen: "what the model sees",
    clear: "clear the drawing",
    frame: "20 × 20: scale and centre as MNIST does",
  },
  vi: {
    paper: "28 × 28 điểm ảnh để vẽ: các phím mũi tên di chuyển bút, phím cách hạ bút hoặc nhấc bút, Delete xóa hình",
    probabilities: "xác suất",
    place: (row, column) => `hàng ${row}, cột ${column}`,
    down: "đã hạ bút",
    up: "đã nhấc bút",
    images: "ảnh kiểm tra, chỉ số: chữ số",
    drawing: "hình vẽ",
    seen: "hình mà mô hình nhìn thấy",
    clear: "xóa hình vẽ",
    frame: "20 × 20: co giãn và căn giữa như MNIST",
  },
};

const transpose = rows => rows[0].map((_, k) => rows.map(row => row[k]));

function scores(weights, pixels) {
  const inked = pixels.flatMap((grey, n) => (grey ? [n] : [])); // the others add nothing
  return weights.map(row => row[784] + inked.reduce((sum, n) => sum + (row[n] * pixels[n]) / 255, 0));
}

// Lines of pixels, all equally long, at another length; where they get shorter, neighbours are averaged.
function resample(lines, length) {
  const ratio = lines[0].length / length,
    reach = Math.max(ratio, 1);
  const shares = Array.from({ length }, (_, k) => {
    const centre = (k + 0.5) * ratio - 0.5;
    const row = lines[0].map((_, j) => Math.max(0, 1 - Math.abs(j - centre) / reach)),
      sum = total(row);
    return row.map(share => share / sum);
  });
  return lines.map(line => shares.map(row => row.reduce((sum, share, j) => sum + share * line[j], 0)));
}

function trim(rows) {
  const inked = rows.map(row => row.some(grey => grey > 0));
  return rows.slice(inked.indexOf(true), inked.lastIndexOf(true) + 1);
}

// Where a block starts so that its centre of mass comes nearest to pixel 14; ties must not hang on a rounding.
function corner(ink) {
  const centre = total(ink.map((grey, k) => grey * k)) / total(ink);
  return between(0, Math.ceil(13.5 - 1e-9 - centre), SIDE - ink.length);
}

// MNIST's frame: `mnist_frame` of the Python file says what it does.
function frame(pixels) {
  if (!pixels.some(grey => grey > 0)) return pixels;
  const rows = Array.from({ length: SIDE }, (_, y) => pixels.slice(SIDE * y, SIDE * (y + 1)));
  const columns = trim(transpose(trim(rows)));
  const longer = Math.max(columns.length, columns[0].length);
  const scaled = length => Math.max(1, Math.floor((20 * length) / longer + 0.5));
  const small = resample(transpose(resample(columns, scaled(columns[0].length))), scaled(columns.length));
  const top = corner(small.map(total)),
    left = corner(transpose(small).map(total));
  return pixels.map((_, n) => small[Math.floor(n / SIDE) - top]?.[(n % SIDE) - left] ?? 0);
}

// The pixels under a stroke between two points; its edge is one pixel soft.
function ink(pixels, from, to) {
  const grey = distance => Math.round(255 * between(0, PEN_RADIUS + 0.5 - distance, 1));
  return pixels.map((old, n) => Math.max(old, grey(strokeDistance(n, SIDE, from, to))));
}

// A number with its sign.
function signed(node, value, digits = 2) {
  show(node, value, digits, "+");
}

const verdict = (a, winner) => `${winner}, ${a[winner] < 0.995 ? Math.round(100 * a[winner]) : "> 99"} %`;

// What each pixel adds to a score, and the sum, for two classes side by side on one scale.
function evidence(parent) {
  const row = make("div", { class: "two" }, parent);
  const sides = [0, 1].map(() => {
    const figure = make("figure", {}, row),
      caption = make("figcaption", {}, figure),
      canvas = sheet(figure, "w ∘ x", { role: "img" }),
      sum = make("p", {}, figure);
    const parts = ["up", "down", "bias"].map(name => {
      const node = make("output", { class: name }, sum);
      sum.append(" ");
      return node;
    });
    sum.append("=\u00a0");
    return { caption, canvas, parts, sum: make("output", { class: "score" }, make("b", {}, sum)) };
  });
  return (weights, seen, classes) => {
    const products = classes.map(c => seen.map((grey, n) => (weights[c][n] * grey) / 255));
    const limit = Math.max(...products.flat().map(Math.abs)) || 1;
    sides.forEach(({ caption, canvas, parts, sum }, k) => {
      const add = [1, -1].map(sign => total(products[k].filter(value => sign * value > 0))),
        bias = weights[classes[k]][784];
      caption.textContent = `w${subscript(classes[k])} ∘ x`;
      canvas.setAttribute("aria-label", caption.textContent);
      paintSigned(canvas, products[k], limit);
      [...add, bias].forEach((value, part) => signed(parts[part], value));
      parts[1].textContent = parts[1].textContent.replace("+", "\u2212");
      show(sum, add[0] + add[1] + bias, 2);
    });
  };
}

// Ten bars with their numbers; returns the function that draws probabilities into them.
function bars(parent) {
  const svg = make("svg", { class: "bars", viewBox: "0 0 236 280", width: 236, role: "img" }, parent);
  make("line", { x1: 24, x2: 24, y1: 2, y2: 278, stroke: "currentColor" }, svg);
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const row = make("g", { transform: `translate(0 ${28 * digit})` }, svg);
    make("text", { x: 10, y: 19, "text-anchor": "middle" }, row, digit);
    const bar = make("rect", { x: 24, y: 4, height: 20, fill: "var(--c3)" }, row);
    return { row, bar, value: make("text", { y: 19 }, row) };
  });
  return (a, winner) => {
    a.forEach((value, digit) => {
      const { row, bar, value: number } = rows[digit];
      row.setAttribute("font-weight", digit === winner ? 700 : 400);
      bar.setAttribute("width", 160 * value);
      bar.setAttribute("fill-opacity", digit === winner ? 1 : 0.5);
      number.setAttribute("x", 30 + 160 * value);
      show(number, value);
    });
    const told = rows.map((row, c) => `${c}: ${row.value.textContent}`).join(", ");
    svg.setAttribute("aria-label", `${HEARD[language()].probabilities}: ${told}`);
  };
}

// A pen that the arrow keys move, shown as a ring (lifted) or a disc (down) while the keyboard is in use.
function followKeys(canvas, paper, { draw, clear, say }) {
  const svg = make("svg", { class: "pen", viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" }, paper);
  const ring = make("circle", { r: PEN_RADIUS, stroke: "#e8590c", "stroke-width": 0.45 }, svg);
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let at = [14.5, 14.5],
    down = false;
  const seen = visible => {
    svg.style.display = visible ? "" : "none";
    ring.setAttribute("cx", at[0]);
    ring.setAttribute("cy", at[1]);
    ring.setAttribute("fill", down ? "#e8590c" : "none");
  };
  const move = (step, size) => {
    const next = at.map((value, k) => between(0.5, value + size * step[k], SIDE - 0.5));
    if (down) draw(at, next);
    else say(HEARD[language()].place(next[1] + 0.5, next[0] + 0.5));
    at = next;
  };
  const toggle = () => {
    down = !down;
    if (down) draw(at, at);
    say(HEARD[language()][down ? "down" : "up"]);
  };
  canvas.addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (steps[event.key]) move(steps[event.key], event.shiftKey ? 4 : 1);
    else if (event.key === " ") toggle();
    else if (["Delete", "Backspace", "Clear"].includes(event.key)) clear();
    else return;
    event.preventDefault();
    seen(true);
  });
  const rest = () => {
    down = false;
    seen(false);
  };
  canvas.addEventListener("focus", () => seen(canvas.matches(":focus-visible")));
  canvas.addEventListener("blur", rest);
  canvas.addEventListener("pointerdown", rest);
  rest();
}

// The list of test images, ordered by digit; returns the function that shows which of them is on the canvas.
function library(parent, digits, load) {
  const entries = Object.entries(digits)
    .map(([name, text]) => ({ name, pixels: Array.from(bytes(text)) }))
    .sort((one, other) => one.name.slice(-1) - other.name.slice(-1));
  const select = make("select", { "aria-label": HEARD[language()].images }, parent);
  make("option", { value: "", disabled: "", "aria-label": HEARD[language()].drawing }, select, "✎");
  entries.forEach(({ name }) => make("option", { value: name }, select, name));
  select.addEventListener("change", () => load(entries.find(({ name }) => name === select.value).pixels));
  return pixels => {
    select.value = entries.find(entry => entry.pixels.every((grey, n) => grey === pixels[n]))?.name ?? "";
  };
}

// What invites to draw: over an empty canvas a ghost's 7; over the digit that stands there at first, words alone.
function invite(paper) {
  make("p", { "aria-hidden": "true" }, paper, GUIDE[language()].title);
  const svg = make("svg", { class: "invite", viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" }, paper);
  make("path", { d: `M${STROKE.join("L")}`, pathLength: 1 }, svg);
  return (pixels, ghost) => {
    const empty = !pixels.some(grey => grey > 0);
    paper.classList.toggle("ghost", ghost && !empty);
    paper.classList.toggle("empty", empty);
  };
}

function sheet(parent, label, attributes) {
  return make("canvas", { width: SIDE, height: SIDE, "aria-label": label, ...attributes }, parent);
}

// What the model sees and the controls; returns the function that brings them up to date.
function sideboard(desk, model, load, clear) {
  const heard = HEARD[language()],
    side = make("div", { class: "side" }, desk),
    view = make("figure", {}, side);
  const eye = sheet(view, heard.seen, { role: "img" });
  make("figcaption", { "aria-hidden": "true" }, view, "x");
  const chosen = library(side, model.get("digits"), load);
  button(side, "✕", clear).setAttribute("aria-label", heard.clear);
  const choice = make("label", {}, side);
  const tick = make("input", { type: "checkbox", "aria-label": heard.frame }, choice);
  choice.append("20 × 20");
  tick.addEventListener("change", () => put(model, "framed", tick.checked));
  return (pixels, seen) => {
    paintGrey(eye, seen);
    chosen(pixels);
    tick.checked = model.get("framed");
  };
}

// Pixels in an address: an image of the library by its index, or runs.
const image = (digits, index) => {
  const name = Object.keys(digits).find(one => one.split(":")[0] === index);
  return name && Array.from(bytes(digits[name]));
};
const drawing = {
  write(pixels, { digits }) {
    const known = Object.keys(digits).find(name => bytes(digits[name]).every((grey, n) => grey === pixels[n]));
    return known ? `test.${known.split(":")[0]}` : pixelRuns.write(pixels);
  },
  read: (text, like, { digits }) =>
    text.startsWith("test.") ? image(digits, text.slice(5)) : pixelRuns.read(text, like.length),
};
// Image 1802 three rows up and five columns to the left; its ink stays on the page.
const offCentre = ({ digits, pixels }) => {
  const two = image(digits, "1802") ?? pixels;
  return two.map((_, n) => (n % SIDE < SIDE - 5 ? (two[n + 3 * SIDE + 5] ?? 0) : 0));
};
const reads = ({ weights, pixels }) => {
  const z = scores(unpackModel(weights), pixels);
  return z.indexOf(Math.max(...z));
};
const GUIDE = {
  en: {
    title: "Draw a digit",
    todo: "Draw a digit in a corner. What is the answer with 20 × 20, and without?",
    tries: ["A 6 read as 5", "Off centre, no 20 × 20", "Blank: bias alone"],
  },
  vi: {
    title: "Vẽ một chữ số",
    todo: "Vẽ một chữ số ở góc. Mô hình trả lời gì khi có 20 × 20, và khi không?",
    tries: ["Số 6 bị dự đoán thành 5", "Lệch tâm, không 20 × 20", "Trắng: chỉ còn b"],
  },
  tries: [
    {
      state: ({ digits, pixels }) => ({ pixels: image(digits, "217") ?? pixels, framed: true }),
      holds: now => reads(now) === 5,
    },
    { state: stored => ({ pixels: offCentre(stored), framed: false }) },
    { state: { pixels: Array(SIDE * SIDE).fill(0), framed: true } },
  ],
  called: { vi: "Khung để vẽ một chữ số, và mười xác suất của mô hình" },
  traits: {
    pixels: drawing,
    framed: flag,
  },
  needs: ["digits", "weights"],
};

function render({ model, el }) {
  const box = stage(el, model, GUIDE);
  make("style", {}, box, STYLE);
  const desk = make("div", { class: "draw-a-digit" }, box),
    paper = make("div", { class: "paper" }, desk);
  const canvas = sheet(paper, HEARD[language()].paper, { tabindex: 0, role: "application" });
  const blank = () => Array(SIDE * SIDE).fill(0);
  const load = pixels => put(model, "pixels", pixels);
  const clear = () => load(blank());
  const stored = model.get("pixels");
  const isGhost = () => model.get("pixels") === stored; // nobody has drawn or chosen anything yet
  let weights = null,
    ready = false; // nothing is spoken before the reader acts
  const inked = (from, to) => ink(isGhost() ? blank() : model.get("pixels"), from, to);
  const invited = invite(paper),
    update = sideboard(desk, model, load, clear),
    side = make("div", { class: "answer" }, desk),
    said = make("output", {}, make("p", { class: "verdict" }, side)),
    answer = bars(side),
    two = evidence(desk),
    voice = speaker(desk);
  // A stroke of the pointer is drawn as it grows and sent when it ends.
  followStrokes(
    canvas,
    (from, to) => model.set("pixels", inked(from, to)),
    () => model.save_changes(),
  );
  followKeys(canvas, paper, {
    draw: (from, to) => load(inked(from, to)),
    clear,
    say: voice.say,
  });

  const stopWeights = follow(model, ["weights"], () => (weights = unpackModel(model.get("weights"))));
  const stop = follow(model, ["pixels", "framed", "weights"], () => {
    const pixels = model.get("pixels"),
      seen = model.get("framed") ? frame(pixels) : pixels;
    const a = softmax(scores(weights, seen)),
      order = a.map((_, c) => c).sort((one, other) => a[other] - a[one]),
      winner = order[0];
    invited(pixels, isGhost());
    paintGrey(canvas, pixels);
    update(pixels, seen);
    said.textContent = verdict(a, winner);
    said.dataset.value = a[winner];
    answer(a, winner);
    two(weights, seen, order.slice(0, 2));
    if (ready) voice.say(said.textContent);
    ready = true;
  });
  return () => {
    voice.stop();
    stopWeights();
    stop();
  };
}

export default { render };
