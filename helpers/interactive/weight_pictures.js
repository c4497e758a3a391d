const SIDE = 28,
  PIXELS = 784,
  LIT = 0.5;
const SCALE = [
  "#053061",
  "#2166ac",
  "#4393c3",
  "#92c5de",
  "#d1e5f0",
  "#f7f7f7",
  "#fddbc7",
  "#f4a582",
  "#d6604d",
  "#b2182b",
  "#67001f",
];
const CHANNELS = SCALE.map(colour => [1, 3, 5].map(k => parseInt(colour.slice(k, k + 2), 16)));
const STYLE = `
.weight-pictures { display: grid; gap: .75rem; justify-items: start; }
.weight-pictures .line { align-items: flex-start; }
.weight-pictures [hidden] { display: none; }
.weight-pictures figcaption { margin: 0 0 .25rem; font-weight: 700; }
.weight-pictures .picture { position: relative; width: 280px; touch-action: pan-y; }
.weight-pictures canvas { display: block; width: 100%; image-rendering: pixelated; cursor: crosshair;
  box-shadow: 0 0 0 1px var(--line); }
.weight-pictures .picture svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none;
  overflow: hidden; }
.weight-pictures .legend { position: relative; width: 280px; padding-top: .7rem; }
.weight-pictures .legend .strip { height: .8rem; box-shadow: 0 0 0 1px var(--line); }
.weight-pictures .legend .ends { display: grid; grid-template-columns: 1fr 1fr 1fr; font-size: .88rem; }
.weight-pictures .legend output:nth-child(1) { text-align: left; }
.weight-pictures .legend output:nth-child(2) { text-align: center; }
.weight-pictures .legend .caret { position: absolute; top: 0; width: 0; font-size: .7rem; line-height: 1;
  display: flex; justify-content: center; }
.weight-pictures label { display: flex; gap: .4rem; align-items: center; margin: 0; min-height: 2rem;
  white-space: nowrap; }
.weight-pictures :is(th, td) { padding: .15rem .4rem; text-align: right; }
.weight-pictures th { font-weight: 400; white-space: nowrap; }
`;

const largest = numbers => numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
const minus = (a, b) => a.map((value, n) => value - b[n]);
const sub = digit => "₀₁₂₃₄₅₆₇₈₉"[digit];

// Ten rows of 785 numbers: 784 weights and the bias.
function unpack(text) {
  const view = new DataView(bytes(text).buffer),
    number = k => half(view.getUint16(2 * k, true));
  return Array.from({ length: 10 }, (_, c) =>
    Array.from({ length: PIXELS + 1 }, (_, n) => number(n < PIXELS ? PIXELS * c + n : 10 * PIXELS + c)),
  );
}

function centre(rows) {
  const mean = rows[0].map((_, n) => total(rows.map(row => row[n])) / rows.length);
  return rows.map(row => minus(row, mean));
}

// The largest difference of two rows, at any pixel.
function widest(rows) {
  return largest(
    rows[0].map((_, n) => {
      const column = rows.map(row => row[n]);
      return Math.max(...column) - Math.min(...column);
    }),
  );
}

// Everything that is drawn, but for the cursor.
function scene(model) {
  const digit = model.get("digit"),
    other = model.get("minus"),
    chosen = model.get("images")[model.get("image")];
  const rows = unpack(model.get("weights")),
    shown = model.get("centred") ? centre(rows) : rows;
  const weights = shown.map(row => row.slice(0, PIXELS));
  const row = other < 0 ? shown[digit] : minus(shown[digit], shown[other]);
  const w = row.slice(0, PIXELS),
    x = chosen ? Array.from(bytes(chosen[1]), grey => grey / 255) : null;
  return {
    w,
    x,
    b: row[PIXELS],
    limit: (other < 0 ? largest(weights.flat()) : widest(weights)) || 1,
    evidence: x?.map((brightness, n) => w[n] * brightness),
  };
}

// The name of a row, a bias or a score: of a digit, or a difference of two.
function name(model, letter) {
  const digit = model.get("digit"),
    other = model.get("minus"),
    centred = model.get("centred");
  if (letter === "z" && centred && other < 0) return `z${sub(digit)} − z̄`;
  const tilde = centred && letter !== "z" ? "\u0303" : "",
    one = `${letter}${tilde}${sub(digit)}`;
  return other < 0 ? one : `${one} − ${letter}${tilde}${sub(other)}`;
}

// Red, green and blue of a value from -1 to 1.
function colour(value) {
  const place = 5 * (between(-1, value, 1) + 1),
    low = Math.min(9, Math.floor(place));
  return CHANNELS[low].map((start, k) => start + (place - low) * (CHANNELS[low + 1][k] - start));
}

function paint(canvas, values, limit) {
  const data = Uint8ClampedArray.from(values.flatMap(value => [...colour(value / limit), 255]));
  canvas.getContext("2d").putImageData(new ImageData(data, SIDE, SIDE), 0, 0);
}

// The edges between lit and unlit pixels, as an SVG path.
function outline(x) {
  const lit = (row, column) => row >= 0 && row < SIDE && column >= 0 && column < SIDE && x[SIDE * row + column] >= LIT;
  return x
    .flatMap((_, n) => {
      const row = Math.floor(n / SIDE),
        column = n % SIDE;
      if (!lit(row, column)) return [];
      return [
        lit(row - 1, column) ? "" : `M${column} ${row}h1`,
        lit(row + 1, column) ? "" : `M${column} ${row + 1}h1`,
        lit(row, column - 1) ? "" : `M${column} ${row}v1`,
        lit(row, column + 1) ? "" : `M${column + 1} ${row}v1`,
      ];
    })
    .join("");
}

// A signed picture with its title, the outline of a digit and the cursor.
function picture(parent, attributes) {
  const figure = make("figure", {}, parent),
    title = make("figcaption", {}, figure);
  const frame = make("div", { class: "picture" }, figure);
  const canvas = make("canvas", { width: SIDE, height: SIDE, ...attributes }, frame);
  const svg = make("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" }, frame);
  const edge = make("path", { class: "edge", fill: "none", stroke: "#222", "stroke-width": 0.16 }, svg);
  const marks = [
    ["#fff", 0.5],
    ["#111", 0.22],
  ].map(([stroke, width]) =>
    make("rect", { class: "cursor", width: 1, height: 1, fill: "none", stroke, "stroke-width": width }, svg),
  );
  return {
    figure,
    frame,
    canvas,
    draw(text, values, limit, x) {
      title.textContent = text;
      paint(canvas, values, limit);
      edge.setAttribute("d", x ? outline(x) : "");
    },
    mark: ([row, column]) =>
      marks.forEach(rect => {
        rect.setAttribute("x", column);
        rect.setAttribute("y", row);
      }),
  };
}

// The scale below the weights; a caret stands at the weight under the cursor.
function legend(parent) {
  const box = make("div", { class: "legend" }, parent);
  const caret = make("span", { class: "caret", "aria-hidden": "true" }, box, "▼");
  make("div", { class: "strip", style: `background: linear-gradient(to right, ${SCALE})` }, box);
  const ends = make("div", { class: "ends" }, box),
    ticks = [-1, 0, 1].map(() => make("output", {}, ends));
  return (limit, value) => {
    [-1, 0, 1].forEach((sign, k) => show(ticks[k], sign * limit, 2));
    caret.style.left = `${50 * (1 + value / limit)}%`;
  };
}

// A table of one row; its headings are pairs of what is seen and what is heard. Returns headings and cells.
function oneRow(parent, label, headings, widths) {
  const node = make("table", { "aria-label": label }, parent);
  const head = make("tr", {}, make("thead", {}, node)),
    body = make("tr", {}, make("tbody", {}, node));
  const seen = headings.map(([text, heard]) => {
    const cell = make("th", { scope: "col" }, head);
    if (heard) make("span", { class: "spoken" }, cell, heard);
    return make("span", heard ? { "aria-hidden": "true" } : {}, cell, text);
  });
  return { node, seen, cells: widths.map(width => make("td", { style: `min-width: ${width}ch` }, body)) };
}

function fill(cells, values, digits) {
  cells.forEach((cell, k) => {
    if (values[k] !== undefined) return show(cell, values[k], digits[k]);
    cell.textContent = "–";
    delete cell.dataset.value;
  });
}

// What stands under the cursor.
function pixelTable(parent) {
  const { cells } = oneRow(
    parent,
    "pixel",
    [["↓", "row"], ["→", "column"], ["n"], ["wₙ", "weight"], ["xₙ", "brightness"], ["wₙ xₙ", "product"]],
    [2, 2, 3, 7, 5, 7],
  );
  return ({ w, x, evidence }, [row, column]) => {
    const n = SIDE * row + column;
    fill(cells, [row, column, n + 1, w[n], x?.[n], evidence?.[n]], [0, 0, 0, 4, 3, 4]);
    const sentence = `row ${row}, column ${column}, n ${n + 1}: weight ${cells[3].textContent}`;
    return x ? `${sentence}, brightness ${cells[4].textContent}, product ${cells[5].textContent}` : sentence;
  };
}

// The evidence added up: what speaks for and against, their sum, the bias, the score.
function scoreTable(parent) {
  const { node, seen, cells } = oneRow(
    parent,
    "score",
    [["Σ₊", "sum of the positive"], ["Σ₋", "sum of the negative"], ["Σ wₙ xₙ", "sum"], ["b"], ["z"]],
    [6, 6, 6, 6, 6],
  );
  return (model, { b, evidence }) => {
    node.hidden = !evidence;
    if (!evidence) return "no image";
    const sum = total(evidence);
    seen[3].textContent = name(model, "b");
    seen[4].textContent = name(model, "z");
    const sides = [1, -1].map(sign => total(evidence.filter(value => sign * value > 0)));
    fill(cells, [...sides, sum, b, sum + b], [3, 3, 3, 3, 3]);
    return `sum ${cells[2].textContent}, bias ${cells[3].textContent}, score ${cells[4].textContent}`;
  };
}

// A list to choose a number from; returns the function that shows which one is chosen.
function choice(parent, label, options, change, text = null) {
  const row = make("label", {}, parent);
  if (text) make("span", {}, row, text);
  const select = make("select", { "aria-label": label }, row);
  options.forEach(([value, seen, heard]) => {
    const option = make("option", { value }, select, seen);
    if (heard) option.setAttribute("aria-label", heard);
  });
  select.addEventListener("change", () => change(Number(select.value)));
  return value => {
    select.value = value;
  };
}

function controls(parent, model) {
  const row = make("div", { class: "line" }, parent),
    digits = Array.from({ length: 10 }, (_, c) => c);
  const send = trait => value => put(model, trait, value);
  const setDigit = choice(
    row,
    "digit",
    digits.map(c => [c, `w${sub(c)}`]),
    send("digit"),
  );
  const setMinus = choice(
    row,
    "minus digit",
    [[-1, "−", "none"], ...digits.map(c => [c, `− w${sub(c)}`])],
    send("minus"),
  );
  const tick = make(
    "input",
    { type: "checkbox", "aria-label": "centred: subtract the mean of the ten" },
    make("label", {}, row),
  );
  tick.parentNode.append("w̃ = w − w̄");
  tick.addEventListener("change", () => put(model, "centred", tick.checked));
  const names = model.get("images").map(([text], k) => [k, text]);
  const setImage = choice(row, "test image, index: digit", [[-1, "–", "none"], ...names], send("image"), "x");
  return () => {
    setDigit(model.get("digit"));
    setMinus(model.get("minus"));
    setImage(model.get("image"));
    tick.checked = model.get("centred");
  };
}

function followPointer({ frame }, move) {
  const place = event => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    const along = share => between(0, Math.floor(SIDE * share), SIDE - 1);
    move([along((event.clientY - top) / height), along((event.clientX - left) / width)]);
  };
  frame.addEventListener("pointerdown", place);
  frame.addEventListener("pointermove", place);
}

function followKeys(canvas, current, move) {
  const steps = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    Home: [0, -SIDE],
    End: [0, SIDE],
    PageUp: [-SIDE, 0],
    PageDown: [SIDE, 0],
  };
  canvas.addEventListener("keydown", event => {
    if (!steps[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const size = event.shiftKey ? 4 : 1;
    move(current().map((value, k) => between(0, value + size * steps[event.key][k], SIDE - 1)));
  });
}

const oneImage = {
  write: value => String(value),
  read: (text, like, { images }) =>
    text === "-1" || (/^\d{1,4}$/.test(text) && images[text]) ? Number(text) : undefined,
};
const GUIDE = {
  en: {
    title: "Weights as pictures",
    todo: "Choose two digits. Which pixels speak for the one, and which for the other?",
    tries: ["0 alone: a ring", "4 against 9", "Centred: no change"],
  },
  vi: {
    title: "Trọng số thành hình ảnh",
    todo: "Chọn hai chữ số. Điểm ảnh nào ủng hộ số này, điểm ảnh nào ủng hộ số kia?",
    tries: ["Riêng số 0: một vành", "4 so với 9", "Trừ trung bình: như cũ"],
  },
  tries: [
    { state: ({ image }) => ({ digit: 0, minus: -1, image: Math.min(image, 0), centred: false }) },
    { state: ({ images, image }) => ({ digit: 4, minus: 9, image: images[4] ? 4 : image, centred: false }) },
    {
      state: ({ digit, minus }) =>
        minus < 0 ? { digit: 5, minus: 6, centred: true } : { digit, minus, centred: true },
    },
  ],
  traits: {
    digit: numbers(0, 0, 9),
    minus: numbers(0, -1, 9),
    image: oneImage,
    centred: flag,
    pixel: numbers(0, 0, SIDE - 1),
  },
  needs: ["images"],
};

function render({ model, el }) {
  const box = make("div", { class: "weight-pictures" }, stage(el, model, GUIDE));
  make("style", {}, box, STYLE);
  const choose = controls(box, model),
    pictures = make("div", { class: "line" }, box);
  const left = picture(pictures, {
    tabindex: 0,
    role: "application",
    "aria-label": "weights, 28 by 28 pixels: arrow keys move the cursor, with Shift by 4, Home and End to the edge",
  });
  const right = picture(pictures, { role: "img", "aria-label": "evidence: weight times brightness" });
  const scale = legend(left.figure);
  const tables = make("div", { class: "line" }, box),
    readPixel = pixelTable(tables),
    readScore = scoreTable(tables);
  const voice = speaker(box);

  let now, sentence;
  const mark = () => {
    const pixel = model.get("pixel");
    [left, right].forEach(one => one.mark(pixel));
    scale(now.limit, now.w[SIDE * pixel[0] + pixel[1]]);
    sentence = readPixel(now, pixel);
  };
  const stopScene = follow(model, ["digit", "minus", "image", "centred", "weights"], () => {
    const first = !now;
    now = scene(model);
    choose();
    left.draw(`w = ${name(model, "w")}`, now.w, now.limit, now.x);
    right.figure.hidden = !now.x;
    if (now.x) right.draw("w ∘ x", now.evidence, now.limit);
    const score = readScore(model, now);
    mark();
    if (!first) voice.say(score); // nothing is spoken before the reader acts
  });
  const stopCursor = follow(model, ["pixel"], mark);
  const move = pixel => {
    if (pixel.some((value, k) => value !== model.get("pixel")[k])) put(model, "pixel", pixel);
  };
  [left, right].forEach(one => followPointer(one, move));
  followKeys(
    left.canvas,
    () => model.get("pixel"),
    pixel => {
      move(pixel);
      voice.say(sentence);
    },
  );
  return () => {
    voice.stop();
    stopCursor();
    stopScene();
  };
}

export default { render };
