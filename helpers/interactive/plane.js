const HEARD = {
  en: {
    plane: "plane of x1 and x2",
    x: "point x; arrow keys move it, Shift moves it further",
    datum: "data point; arrow keys move it, Shift further, N and P ring another, Delete puts it back",
    kinds: { x: "point in the plane", datum: "data point in the plane" },
    label: "label",
    where: (k, count, c) => `${k} of ${count}, label ${c}`,
    table: "scores z, probabilities a, one-hot label y",
  },
  vi: {
    plane: "mặt phẳng x1, x2",
    x: "điểm x; các phím mũi tên di chuyển nó, thêm Shift thì đi xa hơn",
    datum:
      "điểm dữ liệu; các phím mũi tên di chuyển nó, thêm Shift thì đi xa hơn, N và P khoanh điểm khác, " +
      "Delete đưa nó về chỗ cũ",
    kinds: { x: "điểm trong mặt phẳng", datum: "điểm dữ liệu trong mặt phẳng" },
    label: "nhãn",
    where: (k, count, c) => `điểm ${k} trên ${count}, nhãn ${c}`,
    table: "điểm số z, xác suất a, nhãn y dạng vectơ one-hot",
  },
};

const shiftedTo = x => x.map(value => Math.round(100 * between(-SQUARE_LIMIT, value, SQUARE_LIMIT)) / 100);

// The points that are not where they were: each with its number, its class, and where it was.
function displaced(points, home) {
  const before = home.flat();
  return flat(points)
    .map((point, k) => ({ ...point, k, from: before[k] }))
    .filter(({ x, from }) => from && String(x) !== String(from));
}

// The points with those whose number is in `to` somewhere else.
function moved(points, to) {
  let k = 0;
  return points.map(cloud => cloud.map(x => to[k++] ?? x));
}

function axes(svg) {
  const grey = { stroke: "currentColor", "stroke-opacity": 0.6 };
  for (const tick of [-3, -2, -1, 0, 1, 2, 3]) {
    make("line", { x1: across(tick), x2: across(tick), y1: TOP + 300, y2: TOP + 304, ...grey }, svg);
    make("line", { x1: LEFT - 4, x2: LEFT, y1: down(tick), y2: down(tick), ...grey }, svg);
    if (tick % 3) continue;
    const name = `${tick}`.replace("-", "\u2212");
    make("text", { x: across(tick), y: TOP + 319, "text-anchor": "middle" }, svg, name);
    make("text", { x: LEFT - 8, y: down(tick) + 5, "text-anchor": "end" }, svg, name);
  }
  make("text", { x: across(1.5), y: TOP + 319, "text-anchor": "middle" }, svg, "x₁");
  make("text", { x: LEFT - 8, y: down(1.5) + 5, "text-anchor": "end" }, svg, "x₂");
}

// The regions, each named in its surest corner and deeper where its class is surer; returns what draws them.
function tints(parent) {
  const transform = `translate(${across(0)} ${down(0)}) scale(${UNIT} ${-UNIT})`;
  const shade = (c, more) => make("polygon", { fill: `var(--c${c + 1})`, transform, ...more }, parent);
  const levels = [0, 1, 2].map(c => LEVELS.map(() => shade(c, { class: "level", "fill-opacity": 0.09 })));
  const edge = { stroke: "currentColor", "stroke-width": 1, "vector-effect": "non-scaling-stroke" };
  const polygons = [0, 1, 2].map(c => shade(c, { class: "region", "fill-opacity": 0.05, ...edge }));
  const names = [0, 1, 2].map(c => {
    const g = make("g", {}, parent);
    make("path", { d: marker(c, [-8, 0], 6), fill: `var(--c${c + 1})`, stroke: "currentColor" }, g);
    make("text", { x: 4, y: 5, style: "font-weight:700" }, g, c);
    return g;
  });
  return (W, b) =>
    polygons.forEach((polygon, c) => {
      const corners = region(x => scores(W, b, x), c, true);
      polygon.setAttribute("points", corners.join(" "));
      levels[c].forEach((node, k) => node.setAttribute("points", likely(W, b, c, LEVELS[k]).join(" ")));
      names[c].setAttribute("visibility", corners.length ? "visible" : "hidden");
      if (!corners.length) return;
      const middle = [0, 1].map(k => total(corners.map(p => p[k])) / corners.length);
      const lead = z => z[c] - Math.max(...z.filter((_, j) => j !== c));
      const surest = corners[argmax(corners.map(p => lead(scores(W, b, p))))];
      const [left, top] = on(surest.map((value, k) => value + 0.13 * (middle[k] - value)));
      const [x, y] = [between(LEFT + 22, left, LEFT + 278), between(TOP + 16, top, TOP + 284)];
      names[c].setAttribute("transform", `translate(${x} ${y})`);
    });
}

// Mouse: drag a data point, or press anywhere else and x comes there. Touch: drag x or the ringed data point; a tap rings
// another or brings x, so that a swipe still scrolls the page.
function letDrag(field, x, datum) {
  const where = event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(field.getScreenCTM().inverse());
    return [(at.x - LEFT) / UNIT - SQUARE_LIMIT, SQUARE_LIMIT - (at.y - TOP) / UNIT];
  };
  const away = (event, place = [Infinity, 0]) => UNIT * Math.hypot(...where(event).map((value, k) => value - place[k]));
  // Rings the data point nearest to the pointer, if one is within reach.
  const ringed = (event, reach) => {
    const distances = datum.all().map(({ x: place }) => away(event, place)),
      least = Math.min(...distances);
    if (least < reach) datum.choose(distances.indexOf(least));
    return least < reach;
  };
  let [tap, held] = [false, x];
  const go = event => held.go(where(event));
  field.addEventListener("mousedown", event => event.preventDefault()); // else the focus leaves the handle
  const press = event => {
    const toX = away(event, x.place()),
      toRing = away(event, datum.place());
    if (event.pointerType === "touch") {
      tap = Math.min(toX, toRing) > REACH;
      if (tap) return false;
      held = toRing < toX ? datum : x;
    } else held = toX > 9 && ringed(event, 8) ? datum : x;
    held.handle.focus({ preventScroll: true });
    if (held === x) go(event);
    return true;
  };
  drag(field, press, go);
  field.addEventListener("click", event => {
    held = x;
    if (tap && !ringed(event, REACH / 2)) go(event);
  });
  for (const { handle, place, go: send, keys } of [x, datum]) {
    handle.addEventListener("keydown", event => {
      const step = STEPS[event.key],
        act = keys?.[event.key.toLowerCase()];
      if (!(step || act) || !place() || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      if (act) act();
      else send(place().map((value, k) => value + (event.shiftKey ? 0.5 : 0.1) * step[k]));
    });
  }
}

function grip(parent, kind) {
  const heard = HEARD[language()],
    range = {
      "aria-valuemin": -SQUARE_LIMIT,
      "aria-valuemax": SQUARE_LIMIT,
      "aria-roledescription": heard.kinds[kind],
    };
  const handle = make(
    "g",
    { class: `drag ${kind}`, tabindex: 0, role: "slider", "aria-label": heard[kind], ...range },
    parent,
  );
  make("circle", { r: REACH, fill: "transparent" }, handle);
  make("circle", { class: "frame", r: 10 }, handle);
  return handle;
}

// The data point that the ring is around; `home` holds where all of them were.
function ring(parent, model, home) {
  const handle = grip(parent, "datum");
  make("circle", { r: 8, fill: "none", stroke: "currentColor", "stroke-width": 2 }, handle);
  let chosen = 0;
  const all = () => flat(model.get("points")),
    place = () => all()[chosen]?.x;
  const go = to => put(model, "points", moved(model.get("points"), { [chosen]: shiftedTo(to) }));
  const draw = () => {
    const point = all()[chosen];
    handle.setAttribute("visibility", point ? "visible" : "hidden");
    if (!point) return;
    const [x1, x2] = point.x.map(value => value.toFixed(2));
    setAll(handle, {
      transform: `translate(${on(point.x).join(" ")})`,
      "aria-valuenow": point.x[0],
      "aria-valuetext": `${HEARD[language()].where(chosen + 1, all().length, point.c)}; x1 ${x1}, x2 ${x2}`,
    });
  };
  const choose = k => {
    chosen = (k + all().length) % all().length;
    draw();
  };
  const back = () => go(home.flat()[chosen] ?? place());
  const keys = { n: () => choose(chosen + 1), p: () => choose(chosen - 1), delete: back };
  return { handle, all, place, go, draw, choose, keys };
}

// The square with everything in it; returns what draws its parts.
function plane(parent, model, home) {
  const box = make("div", {}, parent),
    style = "user-select:none;display:block";
  const named = { role: "group", "aria-label": HEARD[language()].plane, style };
  const svg = make("svg", { viewBox: "0 0 348 336", width: 348, ...named }, box);
  axes(svg);
  const field = make("g", {}, svg),
    drawn = make("g", { "aria-hidden": true }, field);
  const tint = tints(drawn);
  const clouds = [0, 1, 2].map(c => make("path", { class: "cloud", fill: `var(--c${c + 1})`, opacity: 0.85 }, drawn));
  const tracks = make("path", { class: "moved", fill: "none", stroke: "currentColor", "stroke-width": 1.5 }, drawn);
  const datum = ring(field, model, home);
  const hint = make("p", { class: "hint", "aria-hidden": true, style: "visibility:hidden" }, box, "○ ← ↑ ↓ → N P Del");
  const showHint = () => (hint.style.visibility = document.activeElement === datum.handle ? "visible" : "hidden");
  for (const kind of ["focus", "blur"]) datum.handle.addEventListener(kind, showHint);
  const handle = grip(field, "x");
  make("path", { d: "M0 -9L9 0L0 9L-9 0z", fill: "currentColor", stroke: "#888", "stroke-width": 1 }, handle);
  const name = make("text", { style: "font-weight:700" }, handle, "x");
  letDrag(field, { handle, place: () => model.get("x"), go: to => put(model, "x", shiftedTo(to)) }, datum);
  return {
    tint,
    scatter(points) {
      points.forEach((cloud, c) => clouds[c].setAttribute("d", cloud.map(x => marker(c, on(x), 3)).join("")));
      const track = ({ c, x, from }) => `${marker(c, on(from), 4)}${marker(c, on(x), 5)}M${on(from)}L${on(x)}`;
      tracks.setAttribute("d", displaced(points, home).map(track).join(""));
      datum.draw();
    },
    move(x, a) {
      const [p, q, ...rest] = [...x, ...a].map(value => value.toFixed(2));
      const text = `x1 ${p}, x2 ${q}; a ${rest.join(", ")}`;
      setAll(handle, { transform: `translate(${on(x).join(" ")})`, "aria-valuenow": x[0], "aria-valuetext": text });
      setAll(name, { x: x[0] > 3.1 ? -17 : 9, y: x[1] > 3.1 ? 18 : -9 });
    },
  };
}

// Two fields for the coordinates; returns the function that writes a point into them.
function coordinates(parent, model) {
  const row = make("div", { style: `${LINE}gap:.5rem 1rem` }, parent);
  const inputs = [0, 1].map(k => {
    const field = make("label", { style: "margin:0" }, row, `x${subscript(k + 1)} `);
    const range = { type: "number", min: -SQUARE_LIMIT, max: SQUARE_LIMIT, step: 0.01 };
    const input = make("input", { ...range, "aria-label": `x${k + 1}`, style: "width:5em" }, field);
    input.addEventListener("change", () => {
      const to = [...model.get("x")];
      to[k] = Number(input.value);
      if (input.value) put(model, "x", shiftedTo(to));
      input.value = model.get("x")[k].toFixed(2);
    });
    return input;
  });
  return x => inputs.forEach((input, k) => (input.value = x[k].toFixed(2)));
}

function choice(parent, model) {
  const { label: word } = HEARD[language()],
    row = make("div", { role: "group", "aria-label": word, style: `${LINE}gap:.4rem` }, parent);
  make("span", {}, row, word);
  const buttons = [0, 1, 2].map(c => {
    const node = button(row, "", () => put(model, "true_label", c));
    node.setAttribute("aria-label", `${word} ${c}`);
    icon(node, c);
    node.append(` ${c}`);
    return node;
  });
  return label =>
    buttons.forEach((node, c) => {
      node.setAttribute("aria-pressed", c === label);
      node.style.boxShadow = c === label ? "inset 0 0 0 2px currentColor" : "";
    });
}

// A cell with a name and a number; returns the node of the number.
function cell(row, name, kind, width) {
  const td = make("td", { style: "border:0;padding:.3rem .35rem;white-space:nowrap" }, row, `${name} `);
  return make("span", { class: kind, style: `display:inline-block;min-width:${width}em` }, td);
}

function line(body, c) {
  const row = make("tr", {}, body);
  const head = make("th", { scope: "row", style: "border:0;padding:.3rem .35rem;white-space:nowrap" }, row);
  icon(head, c);
  head.append(` ${c}`);
  const z = cell(row, `z${subscript(c + 1)}`, "score", 3.4);
  const td = make("td", { style: "border:0;padding:0 .3rem" }, row);
  const svg = make("svg", { viewBox: "0 0 92 24", "aria-hidden": true, style: "width:72px;display:block" }, td);
  make("line", { x1: 2, x2: 2, y1: 0, y2: 24, stroke: "currentColor" }, svg);
  const bar = make("rect", { x: 2, y: 6, height: 12, fill: `var(--c${c + 1})` }, svg);
  const dashed = { fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": "4 2" };
  const target = make("rect", { x: 2, y: 2, height: 20, ...dashed }, svg);
  const a = cell(row, `a${subscript(c + 1)}`, "probability", 2.6),
    y = cell(row, `y${subscript(c + 1)}`, "target", 0.6);
  return { row, z, bar, target, a, y };
}

// z, a and y, one class to a row, with the sums of a and y; returns the function that fills it.
function answer(parent) {
  const style = "border:0;color:inherit;table-layout:auto";
  const sheet = make("table", { "aria-label": HEARD[language()].table, style }, parent);
  const rows = [0, 1, 2].map(c => line(sheet, c));
  const foot = make("tr", { style: "border-top:1px solid var(--line)" }, sheet);
  make("th", { scope: "row", colspan: 3, style: "border:0;text-align:right" }, foot, "Σ");
  const sums = [cell(foot, "", "sum", 2.6), cell(foot, "", "sum", 0.6)];
  const named = make("p", { class: "named", "aria-live": "polite", style: "margin:0" }, parent);
  return (z, a, label) => {
    const [winner, y] = [argmax(z), rows.map((_, c) => Number(c === label))];
    rows.forEach((row, c) => {
      show(row.z, z[c], 2);
      show(row.a, a[c]);
      show(row.y, y[c], 0);
      row.bar.setAttribute("width", 88 * a[c]);
      row.target.setAttribute("width", 88 * y[c]);
      row.row.style.background = c === winner ? "var(--soft)" : "";
    });
    show(sums[0], total(a));
    show(sums[1], total(y), 0);
    const text = `argmax a = ${winner} ${winner === label ? "✓" : "✗"}`;
    if (named.textContent !== text) named.textContent = text;
  };
}

const answers = ({ W, b, x }) => softmax(scores(W, b, x));

// Where all three scores are equal, if there is such a point.
function tie({ W, b }) {
  const [[p, q, e], [r, s, f]] = [1, 2].map(c => [W[0][0] - W[c][0], W[0][1] - W[c][1], b[c] - b[0]]);
  return shiftedTo([(e * s - q * f) / (p * s - q * r), (p * f - e * r) / (p * s - q * r)]);
}

const outlier = ({ points }) => ({ points: moved(points, { [points.flat().length - 1]: [3, 3] }) });

// In an address: each point that was moved, as its number among all of them and where it is.
const moves = {
  write(points, stored) {
    const write = ({ k, x }) => [k, ...x.map(value => Number(value.toFixed(2)))].join();
    return displaced(points, stored.points).map(write).join();
  },
  read(text, like) {
    if (!/^(\d{1,4}(,-?\d(\.\d\d?)?){2}(,(?!$)|$))+$/.test(text)) return undefined;
    const rows = text.match(/[^,]+,[^,]+,[^,]+/g).map(row => row.split(",").map(Number));
    const known = rows.every(
      ([k, ...x]) => k < like.flat().length && x.every(value => Math.abs(value) <= SQUARE_LIMIT),
    );
    return known ? moved(like, Object.fromEntries(rows.map(([k, ...x]) => [k, x]))) : undefined;
  },
};

const GUIDE = {
  en: {
    title: "A point in three regions",
    todo: "Drag x, or a data point: the regions follow the data. Where do all three tie?",
    tries: ["All three tie", "Sure, and wrong", "One outlier"],
  },
  vi: {
    title: "Một điểm giữa ba vùng",
    todo: "Kéo x, hay một điểm dữ liệu: các vùng đi theo dữ liệu. Ở đâu cả ba ngang nhau?",
    tries: ["Cả ba ngang nhau", "Chắc chắn mà sai", "Một điểm lạc loài"],
  },
  tries: [
    { state: model => ({ x: tie(model) }), holds: now => Math.max(...answers(now)) < 0.35 },
    { state: { x: [2.5, -2], true_label: 0 }, holds: now => answers(now)[0] < 0.001 },
    { state: outlier, holds: now => now.points[2].length > 1 },
  ],
  called: { vi: "Một điểm trong mặt phẳng của ba lớp; điểm số, xác suất và nhãn one-hot của nó" },
  traits: { x: numbers(2, -SQUARE_LIMIT, SQUARE_LIMIT), true_label: numbers(0, 0, 2), points: moves },
  needs: ["W", "b"],
};

function render({ model, el }) {
  const stored = { points: model.get("points"), W: model.get("W"), b: model.get("b") };
  const row = make("div", { style: `${LINE}gap:.75rem` }, stage(el, model, GUIDE));
  const { tint, scatter, move } = plane(row, model, stored.points);
  const side = make("div", { style: "display:grid;gap:.7rem;justify-items:start;min-width:0" }, row);
  const write = coordinates(side, model),
    press = choice(side, model),
    fill = answer(side);
  let busy = false;
  const draw = () => {
    if (busy) return;
    const [W, b, x, label] = ["W", "b", "x", "true_label"].map(name => model.get(name));
    const z = scores(W, b, x),
      a = softmax(z);
    tint(W, b);
    move(x, a);
    write(x);
    press(label);
    fill(z, a, label);
  };
  // The data decide W and b; where every point is at home these are the stored ones.
  const settle = () => {
    const points = model.get("points");
    scatter(points);
    const { W, b } = displaced(points, stored.points).length ? fitted(points) : stored;
    busy = true;
    model.set("W", W);
    model.set("b", b);
    busy = false;
    draw();
  };
  const undo = [follow(model, ["points"], settle), follow(model, ["W", "b", "x", "true_label"], draw)];
  return () => undo.forEach(stop => stop());
}

export default { render };
