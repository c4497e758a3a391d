const sigmoid = z => 1 / (1 + Math.exp(-z));
const STYLE = `
  .figure-scores .sheet { width: 100%; max-width: 43rem; table-layout: auto; }
  .figure-scores :is(th, td) { border: 0; padding: .1rem .3rem; text-align: right; white-space: nowrap; font-weight: 400; }
  .figure-scores thead th { border-bottom: 1px solid var(--line); }
  .figure-scores tfoot :is(th, td) { border-top: 1px solid var(--line); }
  .figure-scores :is(th, td):first-child { padding-left: 0; width: 40%; }
  .figure-scores .sheet .slider { gap: .5rem; }
  .figure-scores .sheet .slider input { flex: 1 1 3rem; width: 3rem; margin: 0; }
  .figure-scores .sheet .slider output { min-width: 2.3em; }
  .figure-scores .name { display: inline-flex; align-items: center; gap: .2rem; flex: none; }
  .figure-scores .bars { display: block; width: 100%; max-width: 43rem; height: 252px; }
  @media (max-width: 599px) {
    .figure-scores .sheet { font-size: .9rem; }
    .figure-scores :is(th, td) { padding: .1rem .15rem; }
    .figure-scores .slider input { max-width: 30vw; }
    .figure-scores :is(th, td):first-child { width: 48%; }
  }`;
const HEARD = {
  en: {
    score: "score z",
    temperature: "temperature tau",
    add: "add 1 to all scores",
    subtract: "subtract 1 from all scores",
  },
  vi: {
    score: "điểm số z",
    temperature: "nhiệt độ tau",
    add: "cộng 1 vào mọi điểm số",
    subtract: "trừ mọi điểm số đi 1",
  },
};
const percent = value => `${(100 * value) / 3}%`; // the bars' axis runs from 0 to 3

// Four digits for what may be very large or very small.
function showExponential(node, value) {
  show(node, value);
  if (value >= 1e4 || (value > 0 && value < 0.0005))
    node.textContent = value.toExponential(1).replace("e+", "e").replace("-", "\u2212");
  if (!Number.isFinite(value)) node.textContent = "∞";
}

// Three pieces end to end, each with its name where there is room; returns what draws them, given their lengths.
function pieces(svg, kind, y, name, at = y + 42, room = 0.18) {
  const parts = [0, 1, 2].map(i => {
    const fill = { fill: `var(--c${i + 1})`, stroke: "currentColor" };
    const rect = make("rect", { class: kind, y, height: 26, ...fill }, svg);
    return { rect, text: make("text", { y: at, "text-anchor": "middle" }, svg) };
  });
  return (lengths, names = name) =>
    parts.forEach(({ rect, text }, i) => {
      const start = total(lengths.slice(0, i));
      setAll(rect, { x: percent(start), width: percent(lengths[i]) });
      rect.dataset.value = lengths[i];
      text.textContent = names.replace("i", subscript(i + 1));
      setAll(text, { x: percent(start + lengths[i] / 2), visibility: lengths[i] > room ? "visible" : "hidden" });
    });
}

// The exponentials in a bar as long as the axis; the same bar brought to length 1; the sigmoids, which end where they do.
function bars(parent) {
  const svg = make("svg", { class: "bars", role: "img" }, parent);
  const grey = { stroke: "currentColor", opacity: 0.6 };
  const first = make("text", { y: 14 }, svg),
    second = make("text", { x: percent(1.06), y: 114 }, svg),
    third = make("text", { y: 172 }, svg);
  const cuts = [0, 1, 2, 3].map(() => make("line", { y1: 66, y2: 96, ...grey, "stroke-dasharray": "2 3" }, svg));
  const long = pieces(svg, "exponential", 40, "", 34, 0.5);
  const one = pieces(svg, "share", 96, "ai"),
    free = pieces(svg, "sigmoid", 180, "σ(zi)", 222, 0.4);
  for (const tick of [0, 1, 2, 3]) {
    const x = percent(tick);
    make("line", { x1: x, x2: x, y1: 230, y2: 236, ...grey }, svg);
    make("text", { x, y: 250, "text-anchor": ["start", "middle", "middle", "end"][tick] }, svg, tick);
  }
  make("line", { x1: 0, x2: "100%", y1: 230, y2: 230, ...grey }, svg);
  const dash = { stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": "6 3" };
  for (const [y1, y2] of [
    [90, 142],
    [176, 236],
  ]) {
    make("line", { class: "goal", x1: percent(1), x2: percent(1), y1, y2, ...dash }, svg);
  }
  return (a, s, power, sums) => {
    const ends = [0, 1, 2, 3].map(i => total(a.slice(0, i)));
    ends.forEach((end, i) => setAll(cuts[i], { x1: percent(3 * end), x2: percent(end) }));
    long(
      a.map(share => 3 * share),
      power.replace("z", "zi"),
    );
    one(a);
    free(s);
    const off = total(s) - 1;
    first.textContent = `Σ ${power} = ${sums[0]}`;
    second.textContent = `÷ ${sums[0]}: Σ a = ${sums[1]}`;
    third.textContent = `Σ σ(z) = ${sums[2]} = 1 ${off < 0 ? "\u2212" : "+"} ${Math.abs(off).toFixed(3)}`;
    svg.setAttribute("aria-label", `${second.textContent}; ${third.textContent}`);
  };
}

// z, its exponential, its share and its sigmoid, a score to a row, with the sums; returns what fills it.
function sheet(parent, model) {
  const table = make("table", { class: "sheet" }, parent);
  const head = make("tr", {}, make("thead", {}, table)),
    body = make("tbody", {}, table);
  const heads = ["z", "", "a", "σ(z)"].map(name => make("th", { scope: "col" }, head, name));
  const rows = [0, 1, 2].map(i => {
    const row = make("tr", {}, body);
    const label = { min: -8, max: 8, step: 0.1, label: `${HEARD[language()].score}${i + 1}` };
    const z = slider(make("th", { scope: "row" }, row), `z${subscript(i + 1)}`, label, value =>
      put(
        model,
        "z",
        model.get("z").map((old, j) => (i === j ? value : old)),
      ),
    );
    z.input.previousSibling.prepend(icon(null, i));
    return { z, cells: ["exponential", "share", "sigmoid"].map(kind => make("td", { class: kind }, row)) };
  });
  const foot = make("tr", {}, make("tfoot", {}, table));
  make("th", { scope: "row" }, foot, "Σ");
  const sums = [0, 1, 2].map(() => make("td", {}, foot));
  return (z, columns, power) => {
    heads[1].textContent = power;
    rows.forEach(({ z: input, cells }, i) => {
      input.set(z[i]);
      cells.forEach((cell, k) => (k ? show : showExponential)(cell, columns[k][i]));
    });
    sums.forEach((cell, k) => (k ? show : showExponential)(cell, total(columns[k])));
    return sums.map(cell => cell.textContent);
  };
}

const GUIDE = {
  en: {
    title: "From scores to shares, beside three sigmoids",
    todo: "Move one score. Which bar always ends at 1?",
    tries: ["Equal scores", "z + 3: softmax stays", "τ = 0.1: nearly argmax"],
  },
  vi: {
    title: "Từ điểm số đến phần chia, bên ba sigmoid",
    todo: "Đổi một điểm số z. Thanh nào luôn kết thúc ở 1?",
    tries: ["Ba z bằng nhau", "z + 3: softmax như cũ", "τ = 0.1: gần như argmax"],
  },
  tries: [
    { state: { z: [0, 0, 0], temperature: 1 } },
    { state: ({ z }) => ({ z: z.map(value => value + 3) }) },
    { state: { z: [2, 1, -1], temperature: 0.1 } },
  ],
  called: { vi: "Ba điểm số thành xác suất softmax và thành ba sigmoid" },
  traits: {
    z: numbers(3, -999, 999),
    temperature: numbers(3, LOWEST_TEMPERATURE, 100),
  },
};

function render({ model, el }) {
  const box = stage(el, model, GUIDE);
  box.classList.add("figure-scores");
  make("style", {}, box, STYLE);
  const fill = sheet(box, model);
  const controls = make("div", { class: "line" }, box),
    heard = HEARD[language()];
  const tau = slider(controls, "τ", { min: 0.1, max: 5, step: 0.1, label: heard.temperature }, value =>
    put(model, "temperature", value),
  );
  const shift = by => () =>
    put(
      model,
      "z",
      model.get("z").map(z => z + by),
    );
  button(controls, "z + 1", shift(1)).setAttribute("aria-label", heard.add);
  button(controls, "z − 1", shift(-1)).setAttribute("aria-label", heard.subtract);
  const draw = bars(box);
  return follow(model, ["z", "temperature"], () => {
    const z = model.get("z"),
      temperature = model.get("temperature");
    tau.set(temperature);
    const scaled = z.map(value => value / temperature),
      power = temperature === 1 ? "exp(z)" : "exp(z/τ)";
    const a = softmax(scaled),
      s = z.map(sigmoid);
    draw(a, s, power, fill(z, [scaled.map(Math.exp), a, s], power));
  });
}

export default { render };
