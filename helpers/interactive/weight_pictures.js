const PIXELS = 784,
  LIT = 0.5,
  ERASER = 1; // pixels around the pointer
const STYLE = `
.weight-pictures { display: grid; grid-template-columns: minmax(0, 1fr); gap: .75rem; justify-items: start; }
.weight-pictures .line { align-items: flex-start; }
.weight-pictures .line:has(select) { align-items: center; }
.weight-pictures [hidden] { display: none; }
.weight-pictures figcaption { margin: 0 0 .25rem; padding: 0; font-weight: 700; }
.weight-pictures .rows { display: grid; grid-template-columns: repeat(10, 1fr); gap: .35rem; width: 100%;
  border: 0; margin: 0; padding: 0; min-width: 0; }
.weight-pictures .rows label { display: grid; gap: .1rem; justify-items: center; font-size: .88rem; cursor: pointer; }
.weight-pictures .rows input { position: absolute; opacity: 0; }
.weight-pictures .rows canvas { width: 100%; min-width: 44px; cursor: pointer; }
.weight-pictures .rows :checked + canvas { box-shadow: 0 0 0 3px currentColor; }
.weight-pictures .rows :focus-visible + canvas { outline: 3px solid var(--ring); outline-offset: 3px; }
.weight-pictures .rows output { min-width: 0; }
.weight-pictures .rows .first { font-weight: 700; text-decoration: underline; }
.weight-pictures .picture { position: relative; width: min(196px, calc(50vw - 34px)); touch-action: pan-y; }
.weight-pictures .x .picture, .weight-pictures .x canvas { touch-action: none; }
.weight-pictures .x .edge { display: none; }
.weight-pictures canvas { display: block; width: 100%; image-rendering: pixelated; cursor: crosshair;
  box-shadow: 0 0 0 1px var(--line); }
.weight-pictures .picture svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none;
  overflow: hidden; }
.weight-pictures .legend { position: relative; width: 100%; padding-top: .7rem; }
.weight-pictures .legend .strip { height: .8rem; box-shadow: 0 0 0 1px var(--line);
  background: linear-gradient(to right, ${SIGNED.map(colour => `#${colour}`)}); }
.weight-pictures .legend .ends { display: grid; grid-template-columns: 1fr 1fr 1fr; font-size: .88rem; }
.weight-pictures .legend output { min-width: 0; text-align: center; }
.weight-pictures .legend output:first-child { text-align: left; }
.weight-pictures .legend output:last-child { text-align: right; }
.weight-pictures .legend .caret { position: absolute; top: 0; width: 0; font-size: .7rem; line-height: 1;
  display: flex; justify-content: center; }
.weight-pictures label { display: flex; gap: .4rem; align-items: center; margin: 0; min-height: 2rem;
  white-space: nowrap; }
.weight-pictures :is(th, td) { padding: .15rem .4rem; text-align: right; }
.weight-pictures th { font-weight: 400; white-space: nowrap; }
@media (max-width: 599px) {
  .weight-pictures .rows { grid-template-columns: repeat(5, 1fr); }
  .weight-pictures > .line { gap: .5rem .75rem; }
  .weight-pictures table { font-size: .88rem; }
  .weight-pictures :is(th, td) { padding: .15rem .2rem; }
}
`;

const largest = numbers => numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
const minus = (a, b) => a.map((value, n) => value - b[n]);

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

// The digit whose ink may have been erased in part, or null.
function original(model, own) {
  const chosen = model.get("images")[model.get("image")],
    drawing = model.get("drawing"),
    whole = chosen ? Array.from(bytes(chosen[1])) : own;
  return whole && drawing.every((grey, n) => grey <= whole[n]) ? whole : null;
}

// Everything that is drawn, but for the cursor.
function scene(model, own) {
  const digit = model.get("digit"),
    other = model.get("minus"),
    drawing = model.get("drawing"),
    whole = original(model, own),
    grey = drawing.length ? drawing : model.get("image") < 0 ? null : whole;
  const rows = unpackModel(model.get("weights")),
    shown = model.get("centred") ? centre(rows) : rows;
  const weights = shown.map(row => row.slice(0, PIXELS)),
    row = other < 0 ? shown[digit] : minus(shown[digit], shown[other]);
  const score = pixels => one => one[PIXELS] + total(pixels.map((value, n) => (one[n] * value) / 255));
  const w = row.slice(0, PIXELS),
    x = grey?.map(value => value / 255) ?? null;
  return {
    w,
    x,
    grey,
    weights,
    b: row[PIXELS],
    limit: (other < 0 ? largest(weights.flat()) : widest(weights)) || 1,
    evidence: x?.map((brightness, n) => w[n] * brightness),
    scores: grey && shown.map(score(grey)),
    change: drawing.length && whole ? score(drawing)(row) - score(whole)(row) : undefined,
  };
}

// The name of a row, a bias or a score: of a digit, or a difference of two.
function name(model, letter) {
  const digit = model.get("digit"),
    other = model.get("minus"),
    centred = model.get("centred");
  if (letter === "z" && centred && other < 0) return `z${subscript(digit)} − z̄`;
  const tilde = centred && letter !== "z" ? "\u0303" : "",
    one = `${letter}${tilde}${subscript(digit)}`;
  return other < 0 ? one : `${one} − ${letter}${tilde}${subscript(other)}`;
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
  const mark = (stroke, width) =>
    make("rect", { class: "cursor", width: 1, height: 1, fill: "none", stroke, "stroke-width": width }, svg);
  const marks = [mark("#fff", 0.5), mark("#111", 0.22)];
  return {
    figure,
    frame,
    canvas,
    draw(text, values, limit, x) {
      title.textContent = text;
      if (limit) paintSigned(canvas, values, limit);
      else paintGrey(canvas, values);
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
  make("div", { class: "strip" }, box);
  const ends = make("div", { class: "ends" }, box),
    ticks = [-1, 0, 1].map(() => make("output", {}, ends));
  return (limit, value) => {
    [-1, 0, 1].forEach((sign, k) => show(ticks[k], sign * limit, 2));
    caret.style.left = `${50 * (1 + value / limit)}%`;
  };
}

// A table of one row; `spoken` has what is heard where that differs from the headings. Returns headings and cells.
function oneRow(parent, label, headings, spoken, widths) {
  const node = make("table", { "aria-label": label }, parent);
  const head = make("tr", {}, make("thead", {}, node)),
    body = make("tr", {}, make("tbody", {}, node));
  const seen = headings.map((text, k) => {
    const cell = make("th", { scope: "col" }, head);
    if (spoken[k]) make("span", { class: "spoken" }, cell, spoken[k]);
    return make("span", spoken[k] ? { "aria-hidden": "true" } : {}, cell, text);
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
  const heard = HEARD[language()],
    headings = ["↓", "→", "n", "wₙ", "xₙ", "wₙ xₙ"];
  const { cells } = oneRow(parent, heard.pixel, headings, heard.columns, [2, 2, 3, 7, 5, 7]);
  return ({ w, x, evidence }, [row, column]) => {
    const n = SIDE * row + column;
    fill(cells, [row, column, n + 1, w[n], x?.[n], evidence?.[n]], [0, 0, 0, 4, 3, 4]);
    const [weight, ...rest] = cells.slice(3).map(cell => cell.textContent);
    return heard.at(row, column, n + 1, weight) + (x ? heard.times(...rest) : "");
  };
}

// The evidence added up: what speaks for and against, their sum, the bias, the score.
function scoreTable(parent) {
  const heard = HEARD[language()],
    headings = ["Σ₊", "Σ₋", "Σ wₙ xₙ", "b", "z", "Δz"];
  const { node, seen, cells } = oneRow(parent, heard.score, headings, heard.sums, [6, 6, 6, 6, 6, 6]);
  return (model, { b, evidence, change }) => {
    node.hidden = !evidence;
    if (!evidence) return heard.without;
    const sum = total(evidence);
    seen[3].textContent = name(model, "b");
    seen[4].textContent = name(model, "z");
    const sides = [1, -1].map(sign => total(evidence.filter(value => sign * value > 0)));
    fill(cells, [...sides, sum, b, sum + b, change], [3, 3, 3, 3, 3, 3]);
    const [, , ...texts] = cells.map(cell => cell.textContent);
    return heard.total(...texts) + (change === undefined ? "" : heard.change(texts[3]));
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
  return value => (select.value = value);
}

// The ten rows as small pictures to choose from, each with its score.
let groups = 0;
function thumbnails(parent, choose) {
  const box = make("fieldset", { class: "rows", "aria-label": HEARD[language()].digit }, parent),
    group = `rows-${(groups += 1)}`;
  const all = Array.from({ length: 10 }, (_, c) => {
    const label = make("label", {}, box),
      input = make("input", { type: "radio", name: group, value: c }, label);
    input.addEventListener("change", () => choose(c));
    const canvas = make("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" }, label);
    make("span", { "aria-hidden": "true" }, label, c);
    return { input, canvas, score: make("output", { "aria-hidden": "true" }, label) };
  });
  return (digit, { weights, limit, scores }) =>
    all.forEach(({ input, canvas, score }, c) => {
      input.checked = c === digit;
      paintSigned(canvas, weights[c], limit);
      fill([score], [scores?.[c]], [2]);
      input.setAttribute("aria-label", scores ? `w${subscript(c)}, z ${score.textContent}` : `w${subscript(c)}`);
      score.classList.toggle("first", Boolean(scores) && scores[c] === Math.max(...scores));
    });
}

function controls(parent, model, own) {
  const row = make("div", { class: "line" }, parent),
    heard = HEARD[language()];
  const send = state => {
    for (const [trait, value] of Object.entries(state)) model.set(trait, value);
    model.save_changes();
  };
  const setMinus = choice(
    row,
    heard.minus,
    [[-1, "−", heard.none], ...Array.from({ length: 10 }, (_, c) => [c, `− w${subscript(c)}`])],
    minus => send({ minus }),
  );
  const tick = make("input", { type: "checkbox", "aria-label": heard.centred }, make("label", {}, row));
  tick.parentNode.append("w̃ = w − w̄");
  tick.addEventListener("change", () => send({ centred: tick.checked }));
  const setImage = choice(
    row,
    heard.images,
    [[-1, "–", heard.none], ...model.get("images").map(([text], k) => [k, text]), [-2, "✎", heard.drawing]],
    image => send({ image, drawing: [] }),
    "x",
  );
  row.querySelector("option[value='-2']").disabled = true;
  if (own) button(row, heard.yours, () => send({ image: -1, drawing: own }));
  const back = button(row, heard.whole, () => send({ drawing: model.get("image") < 0 ? own : [] }));
  return ({ change }) => {
    setMinus(model.get("minus"));
    setImage(model.get("drawing").length ? -2 : model.get("image"));
    tick.checked = model.get("centred");
    back.disabled = !change;
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

function followKeys(canvas, current, move, erase) {
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const edges = { PageUp: [-1, 0], PageDown: [1, 0], Home: [0, -1], End: [0, 1] };
  canvas.addEventListener("keydown", event => {
    const step = steps[event.key] ?? edges[event.key],
      [row, column] = current();
    if ((!step && !["Delete", "Backspace"].includes(event.key)) || event.ctrlKey || event.altKey || event.metaKey)
      return;
    event.preventDefault();
    if (!step) return erase(n => n === SIDE * row + column);
    const size = edges[event.key] ? SIDE : event.shiftKey ? 4 : 1;
    move([row, column].map((value, k) => between(0, value + size * step[k], SIDE - 1)));
  });
}

const oneImage = {
  write: value => String(value),
  read: (text, like, { images }) =>
    text === "-1" || (/^\d{1,4}$/.test(text) && images[text]) ? Number(text) : undefined,
};
const someDrawing = {
  write: pixels => (pixels.length ? pixelRuns.write(pixels) : "none"),
  read: text => (text === "none" ? [] : pixelRuns.read(text, PIXELS)),
};
const GUIDE = {
  en: {
    title: "Weights as pictures",
    todo: "Erase ink of x where w ∘ x is red (+), then where it is blue (−). What does z do?",
    tries: ["0 alone: a ring", "4 against 9", "Centred: no change"],
  },
  vi: {
    title: "Trọng số thành hình ảnh",
    todo: "Xóa nét mực của x ở chỗ w ∘ x đỏ (+), rồi ở chỗ xanh (−). z thay đổi ra sao?",
    tries: ["Riêng số 0: một vành", "4 so với 9", "Trừ trung bình: như cũ"],
  },
  tries: [
    { state: ({ image }) => ({ digit: 0, minus: -1, image: Math.min(image, 0), drawing: [], centred: false }) },
    {
      state: ({ images, image }) => ({ digit: 4, minus: 9, image: images[4] ? 4 : image, drawing: [], centred: false }),
    },
    {
      state: ({ digit, minus }) =>
        minus < 0 ? { digit: 5, minus: 6, centred: true } : { digit, minus, centred: true },
    },
  ],
  called: { vi: "Trọng số của một chữ số hay một cặp chữ số vẽ thành ảnh, và bằng chứng của một ảnh" },
  traits: {
    digit: numbers(0, 0, 9),
    minus: numbers(0, -1, 9),
    image: oneImage,
    drawing: someDrawing,
    centred: flag,
    pixel: numbers(0, 0, SIDE - 1),
  },
  needs: ["images"],
};

function render({ model, el }) {
  const box = make("div", { class: "weight-pictures" }, stage(el, model, GUIDE));
  make("style", {}, box, STYLE);
  // The digit that was drawn on the first page, if this page has no kernel and the browser kept it.
  const own = pixelRuns.read(model.kept?.("drawing") ?? "", PIXELS) ?? null;
  const pick = thumbnails(box, digit => put(model, "digit", digit)),
    choose = controls(box, model, own),
    pictures = make("div", { class: "line" }, box);
  const digit = picture(pictures, { role: "img", "aria-label": "x" });
  digit.figure.classList.add("x");
  const { weights, evidence } = HEARD[language()];
  const left = picture(pictures, { tabindex: 0, role: "application", "aria-label": weights });
  const right = picture(pictures, { role: "img", "aria-label": evidence });
  const scale = legend(left.figure);
  const tables = make("div", { class: "line" }, box),
    readPixel = pixelTable(tables),
    readScore = scoreTable(tables);
  const voice = speaker(box);

  let now, sentence;
  const mark = () => {
    const pixel = model.get("pixel");
    [digit, left, right].forEach(one => one.mark(pixel));
    scale(now.limit, now.w[SIDE * pixel[0] + pixel[1]]);
    sentence = readPixel(now, pixel);
  };
  const stopScene = follow(model, ["digit", "minus", "image", "drawing", "centred", "weights"], () => {
    const first = !now;
    now = scene(model, own);
    choose(now);
    pick(model.get("digit"), now);
    left.draw(`w = ${name(model, "w")}`, now.w, now.limit, now.x);
    digit.figure.hidden = right.figure.hidden = !now.x;
    if (now.x) {
      digit.draw("x", now.grey);
      right.draw("w ∘ x", now.evidence, now.limit);
    }
    const score = readScore(model, now);
    mark();
    if (!first) voice.say(score); // nothing is spoken before the reader acts
  });
  const stopCursor = follow(model, ["pixel"], mark);
  const move = pixel => {
    if (pixel.some((value, k) => value !== model.get("pixel")[k])) put(model, "pixel", pixel);
  };
  [digit, left, right].forEach(one => followPointer(one, move));
  const erase = hit => {
    if (!now.grey?.some((grey, n) => grey && hit(n))) return;
    const left = now.grey.map((grey, n) => (hit(n) ? 0 : grey));
    model.set("drawing", left);
  };
  followStrokes(
    digit.canvas,
    (from, to) => erase(n => strokeDistance(n, SIDE, from, to) <= ERASER),
    () => model.save_changes(),
  );
  followKeys(
    left.canvas,
    () => model.get("pixel"),
    pixel => {
      move(pixel);
      voice.say(sentence);
    },
    hit => {
      erase(hit);
      model.save_changes();
    },
  );
  return () => {
    voice.stop();
    stopCursor();
    stopScene();
  };
}

export default { render };
