const STYLE = `
.descent .line { column-gap: .9rem; row-gap: .4rem; }
.descent .line.numbers { column-gap: .4rem; }
.descent .panels { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .6rem .75rem; }
.descent .panels > * { min-width: 0; }
.descent .rail { position: relative; display: inline-grid; padding-bottom: 1.05rem; }
.descent .slider .rail input { width: min(15rem, 46vw); margin: 0; }
.descent .limit { position: absolute; bottom: 0; right: 0; font-size: 14px; line-height: 1.05rem; white-space: nowrap; }
.descent .limit { border-right: 2px solid currentColor; padding-right: .3rem; pointer-events: none; }
.descent sup, .descent sub { line-height: 0; }
.descent .numbers span span { display: inline-block; font-variant-numeric: tabular-nums; }
.descent polyline, .descent .path { fill: none; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.descent .level { fill: none; stroke: var(--line); stroke-width: 1; }
.descent .dots { fill: none; stroke-linecap: round; stroke-dasharray: none; stroke-width: 5; }
.descent figcaption { max-width: 410px; padding: 0; }
.descent .other { flex-basis: 100%; }
.descent .other::before { content: "┅ "; color: var(--ring); }
.descent .optimum { stroke: currentColor; stroke-width: 2.5; }
.descent .conserved { border: 1px solid currentColor; border-radius: 1rem; padding: .1rem .6rem; font-size: .9em; }
@media (max-width: 599px), (pointer: coarse) { .descent .rail { padding-bottom: .25rem; } }
@media (max-width: 599px) {
  .descent .panels { flex-direction: column; }
  .descent .panels figure { order: -1; }
}`;
const NAMES = {
  en: {
    map: "J̄ on the plane through 0 and the best Ŵ, upright where the curvature μ is largest, and the path's shadow on it.",
    pin: "Pin run",
    unpin: "Unpin",
    conserved: "conserved",
    regions: k => `the points and the regions of three classes at epoch ${k}`,
    paths: k => `contours of the loss and the path to epoch ${k}, on a plane through the optimum`,
    chart: k => `loss above its minimum, epochs 0 to ${k}, logarithmic`,
    told: (k, loss, right, count) => `Epoch ${k}: mean loss ${loss}, ${right} of ${count} points right.`,
    beside: (loss, right) => ` Pinned run: ${loss}, ${right}.`,
    rate: "learning rate alpha",
    batch: "batch size B",
    start: "start W",
    one: "step: k + 1",
    ten: "ten steps: k + 10",
    back: "back to k = 0",
    play: "play",
    pause: "pause",
  },
  vi: {
    map: "J̄ trên mặt phẳng qua 0 và Ŵ tốt nhất, trục đứng theo độ cong μ lớn nhất, và hình chiếu của đường đi.",
    pin: "Ghim lần này",
    unpin: "Bỏ ghim",
    conserved: "bảo toàn",
    regions: k => `các điểm và các vùng của ba lớp ở epoch ${k}`,
    paths: k => `các đường đồng mức của mất mát và đường đi đến epoch ${k}, trên một mặt phẳng qua nghiệm tối ưu`,
    chart: k => `mất mát trừ đi giá trị nhỏ nhất của nó, từ epoch 0 đến ${k}, thang logarit`,
    told: (k, loss, right, count) => `Epoch ${k}: mất mát trung bình ${loss}, đúng ${right} trên ${count} điểm.`,
    beside: (loss, right) => ` Lần đã ghim: ${loss}, ${right}.`,
    rate: "tốc độ học alpha",
    batch: "số điểm trong một lô nhỏ B",
    start: "khởi tạo W",
    one: "một bước: k + 1",
    ten: "mười bước: k + 10",
    back: "về lại k = 0",
    play: "chạy",
    pause: "tạm dừng",
  },
};

const rateText = rate => rate.toFixed(Math.max(0, 2 - Math.floor(Math.log10(rate))));

// The points of each step of an epoch: all, or parts of an order drawn anew. The generator, Park and Miller's, is
// small enough to be written in Python too.
function batches(N, size) {
  let seed = 1;
  return () => {
    const order = [...Array(N).keys()];
    for (let i = N - 1; size < N && i > 0; i--) {
      seed = (seed * 48271) % 2147483647;
      [order[i], order[seed % (i + 1)]] = [order[seed % (i + 1)], order[i]];
    }
    return Array.from({ length: Math.ceil(N / size) }, (_, n) => order.slice(n * size, (n + 1) * size));
  };
}

// A function of k that returns the states at the ends of the epochs 0 to k or further, each with the places on the
// map of the steps that led to it. It keeps what it has computed: the next frame costs one epoch and not k.
function descent(data, [rate, size, start]) {
  const draw = batches(data.points.length, size),
    first = start.map(w => [...w, 0]);
  const states = [{ ...measure(data, first, data.everyone), steps: [data.place(first)] }];
  return k => {
    while (states.length <= k) {
      let state = states[states.length - 1];
      const steps = [];
      for (const batch of draw()) {
        const { slope } = batch.length < data.everyone.length ? measure(data, state.W, batch) : state;
        const W = [0, 1, 2].map(m => {
          const [w, by] = [state.W[m], slope[m]];
          return [w[0] - rate * by[0], w[1] - rate * by[1], w[2] - rate * by[2]];
        });
        state = { W };
        steps.push(data.place(W));
      }
      states.push({ ...measure(data, state.W, data.everyone), steps });
    }
    return states;
  };
}

// The numbers of an epoch, the same of the pinned run, and a sentence for screen readers, which hear it at rest.
function summary(parent, count) {
  const row = make("div", { class: "line numbers" }, parent),
    other = make("div", { class: "other numbers" }, parent),
    spoken = make("div", { class: "spoken", "aria-live": "polite" }, parent);
  const number = (parent, text, width) => {
    parent.append(text);
    return make("span", { style: `min-width:${width}em` }, parent);
  };
  const [first, second, third] = [1, 2, 3].map(() => make("span", {}, row));
  const epoch = number(first, "k = ", 2),
    loss = number(second, "J̄ = ", 3.2),
    right = number(third, "✓ ", 1.6),
    accuracy = number(third, ` / ${count} = `, 2.6);
  const setting = make("span", {}, make("span", {}, other));
  other.firstChild.append(setting);
  const otherLoss = number(other.firstChild, ", J̄ = ", 3.2),
    otherRight = number(other.firstChild, ", ✓ ", 1.7);
  return (k, [state, beside], pinned, moving) => {
    show(epoch, k, 0);
    show(loss, state.loss, 4);
    show(right, state.right, 0);
    show(accuracy, state.right / count);
    other.hidden = !beside;
    if (!beside) [otherLoss, otherRight].forEach(node => delete node.dataset.value);
    if (beside) {
      setting.textContent = `α = ${rateText(pinned[0])}, B = ${pinned[1]}`;
      show(otherLoss, beside.loss, 4);
      show(otherRight, beside.right, 0);
    }
    if (moving) return;
    const names = NAMES[language()];
    spoken.textContent =
      names.told(k, loss.textContent, state.right, count) +
      (beside ? names.beside(otherLoss.textContent, beside.right) : "");
  };
}

// All that is drawn; returns the function that shows the states of the runs at epoch k.
function panels(box, data, model) {
  const lowest = model.get("lowest_loss"),
    drawSummary = summary(box.lastElementChild, data.points.length);
  const [above, below] = [1, 2].map(() => make("div", { class: "panels" }, box));
  const drawPlane = plane(above, data),
    drawMap = map(above, data, lowest),
    drawCurve = curve(below, lowest),
    drawParameters = parameters(below);
  const [regions, paths, chart] = box.querySelectorAll("svg[role]");
  return (runs, k, moving) => {
    drawPlane(runs[0][k]);
    drawMap(runs, k);
    drawCurve(runs, k);
    drawParameters(runs[0][k], runs[0][0]);
    drawSummary(
      k,
      runs.map(run => run?.[k]),
      model.get("pinned"),
      moving,
    );
    if (moving) return;
    for (const [name, node] of Object.entries({ regions, paths, chart })) {
      node.setAttribute("aria-label", NAMES[language()][name](k));
    }
  };
}

// A slider for the learning rate on a logarithmic scale with 2 on a tick and 2/μ marked; the size of a batch; a start.
function settings(box, model) {
  const row = make("div", { class: "line" }, box),
    same = JSON.stringify,
    names = NAMES[language()],
    [low, high] = [-2, 1.18];
  // A long run takes a phone longer than a frame: then only the number follows the thumb, and the run is computed anew
  // where the thumb rests.
  let waiting = 0;
  const rate = slider(row, "α", { min: low, max: high, step: 0.01, label: names.rate }, position => {
    const value = Math.min(30, Number((2 * 10 ** position).toPrecision(3))),
      steps = Math.ceil(model.get("points").length / model.get("batch"));
    clearTimeout(waiting);
    if (model.get("epoch") * (150 + 5 * steps) < 20_000) return put(model, "learning_rate", value);
    output.textContent = rateText(value);
    waiting = setTimeout(() => row.isConnected && put(model, "learning_rate", value), 150);
  });
  const output = row.querySelector("output"),
    rail = make("span", { class: "rail" }),
    limit = 2 / model.get("curvature"),
    part = (Math.log10(limit / 2) - low) / (high - low);
  rate.input.before(rail);
  rail.append(rate.input);
  // The middle of the thumb, 16 pixels wide, is at 8 pixels at the one end and 8 before the other.
  const place = `right:calc(7px + ${1 - part} * (100% - 16px))`;
  show(make("span", {}, make("span", { class: "limit", style: place }, rail, "2/μ = ")), limit, 1);
  rail.querySelector(".limit").append(rail.querySelector("[data-value]"));
  const choice = (name, label, values, texts, trait) => {
    const holder = make("label", {}, row);
    holder.append(...name);
    const select = make("select", { style: "margin-left:.5rem", "aria-label": label }, holder);
    for (const text of texts) make("option", {}, select, text);
    select.addEventListener("change", () => put(model, trait, values[select.selectedIndex]));
    return () => (select.selectedIndex = values.findIndex(value => same(value) === same(model.get(trait))));
  };
  const N = model.get("points").length,
    start = [make("span", {}, null, "W"), make("sup", {}, null, "[0]")];
  const sets = [
    choice("B", names.batch, [1, 64, N], ["1", "64", `${N} = N`], "batch"),
    choice(start, names.start, model.get("starts"), ["rand, seed 0", "rand, seed 1", "rand, seed 2", "0"], "start"),
  ];
  return () => {
    const value = model.get("learning_rate");
    rate.set(Math.log10(value / 2));
    show(output, value, Math.max(0, 2 - Math.floor(Math.log10(value))));
    rate.input.setAttribute("aria-valuetext", output.textContent);
    sets.forEach(set => set());
  };
}

// Calls `advance(steps, now)` at each frame between play and pause: one step to a frame. A reader who asked for
// less motion gets ten at once, three times a second.
function player(advance) {
  let frame = 0,
    last = 0;
  const tick = now => {
    frame = requestAnimationFrame(tick);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (calm && now - last < 330) return;
    last = now;
    advance(calm ? 10 : 1, now);
  };
  return {
    running: () => frame !== 0,
    start() {
      frame ||= requestAnimationFrame(tick);
    },
    stop() {
      cancelAnimationFrame(frame);
      frame = 0;
    },
  };
}

// The buttons. `go(target)` moves to an epoch; returns the function that paints those whose name changes.
function transport(box, model, film, pause, go) {
  const row = make("div", { class: "line", style: "column-gap:.35rem" }, box),
    names = NAMES[language()];
  const press = (text, name, action) => {
    const node = button(row, text, action);
    node.setAttribute("aria-label", name);
    return node;
  };
  press("k + 1", names.one, () => go(k => k + 1));
  press("k + 10", names.ten, () => go(k => k + 10));
  const play = press("", "", () => (film.running() ? pause() : film.start()));
  play.style.minWidth = "3.4em";
  press("k = 0", names.back, () => go(() => 0));
  const setting = () => [model.get("learning_rate"), model.get("batch"), model.get("start")];
  const pin = button(row, "", () => put(model, "pinned", model.get("pinned").length ? [] : setting()));
  return () => {
    const name = film.running() ? names.pause : names.play;
    pin.textContent = model.get("pinned").length ? names.unpin : names.pin;
    if (play.getAttribute("aria-label") === name) return;
    play.setAttribute("aria-label", name);
    play.textContent = name === names.pause ? "❚❚" : "▶\uFE0E";
  };
}

// One of the starts that the reader can choose, by its place.
const oneStart = {
  write: (value, { starts }) => String(starts.findIndex(start => JSON.stringify(start) === JSON.stringify(value))),
  read: (text, like, { starts }) => (/^\d$/.test(text) ? starts[text] : undefined),
};
const RATE = numbers(4, 0.001, 30),
  BATCH = numbers(0, 1, NUMBER_OF_POINTS);
// The setting of the pinned run, or 0 for none.
const oneSetting = {
  write: ([rate, batch, start], stored) =>
    rate ? [RATE.write(rate), BATCH.write(batch), oneStart.write(start, stored)].join() : "0",
  read(text, like, stored) {
    const [rate, batch, start, ...more] = text.split(",");
    const found = [RATE.read(rate, 1), BATCH.read(batch ?? "", 1), oneStart.read(start ?? "", null, stored)];
    if (text === "0") return [];
    return more.length || found.includes(undefined) ? undefined : found;
  },
};
const GUIDE = {
  en: {
    title: "Gradient descent, step by step",
    todo: "Press ▶. Pin the run, change α or B, and compare: which gets down, which bounces?",
    tries: ["α = 8 beside 0.02", "B = 1: no rest", "Too large: α = 20"],
  },
  vi: {
    title: "Phương pháp hạ gradient từng bước",
    todo: "Bấm ▶. Ghim lại, đổi α hoặc B rồi so sánh: lần nào xuống, lần nào dao động?",
    tries: ["α = 8 bên cạnh 0.02", "B = 1: không yên", "Quá lớn: α = 20"],
  },
  tries: [
    [500, 8, NUMBER_OF_POINTS, 0.02],
    [40, 0.5, 1, 0.5],
    [500, 20, NUMBER_OF_POINTS],
  ].map(([epoch, learning_rate, batch, beside]) => ({
    state: ({ starts: [start] }) => ({
      epoch,
      learning_rate,
      batch,
      start,
      pinned: beside ? [beside, NUMBER_OF_POINTS, start] : [],
    }),
  })),
  called: { vi: "Phương pháp hạ gradient trên 150 điểm của ba lớp" },
  traits: {
    epoch: numbers(0, 0, LAST_EPOCH),
    learning_rate: RATE,
    batch: BATCH,
    start: oneStart,
    pinned: oneSetting,
  },
  needs: ["starts"],
};

// The points, and how a model is placed on the map: how far it is towards the optimum, and along the most curved
// direction, made perpendicular to it. Neither sees a common shift, since the columns of both sum to zero.
function dataOf(model) {
  const [best, steep] = ["optimum", "steepest"].map(name => model.get(name).flat()),
    far = Math.sqrt(dot(best, best)),
    lean = dot(steep, best) / far,
    length = Math.sqrt(1 - lean * lean);
  const rows = flat => [flat.slice(0, 3), flat.slice(3, 6), flat.slice(6)];
  const along = rows(best.map(value => value / far)),
    up = rows(steep.map((value, n) => (value - (lean * best[n]) / far) / length));
  return {
    points: model.get("points"),
    labels: model.get("labels"),
    everyone: [...model.get("points").keys()],
    far,
    place: W => [along, up].map(axis => dot(W[0], axis[0]) + dot(W[1], axis[1]) + dot(W[2], axis[2])),
    model: (s, t) => along.map((row, m) => row.map((value, n) => s * value + t * up[m][n])),
  };
}

function render({ model, el }) {
  let film = null;
  const box = stage(el, model, GUIDE, () => film?.running() && pause());
  box.classList.add("descent");
  make("style", {}, box, STYLE);
  const set = settings(box, model),
    data = dataOf(model);
  let now = null,
    beside = null,
    k = model.get("epoch"),
    told = 0;
  // While the film runs, k is ahead of the trait: a change of a trait is a message to the kernel, and sixty a
  // second would flood it. Two a second keep Python and other views near; pausing brings them level.
  film = player((steps, time) => {
    k = Math.min(k + steps, LAST_EPOCH);
    if (k === LAST_EPOCH) return pause();
    if (time - told < 500) return draw();
    told = time;
    put(model, "epoch", k);
  });
  const pause = () => {
    film.stop();
    put(model, "epoch", k);
    draw();
  };
  const paint = transport(box, model, film, pause, target => {
    if (film.running()) pause();
    put(model, "epoch", Math.min(target(k), LAST_EPOCH));
  });
  const view = panels(box, data, model);
  const draw = () => {
    paint();
    view([now(k), beside?.(k)], k, film.running());
  };
  const undo = [
    follow(model, ["pinned"], () => {
      beside = model.get("pinned").length ? descent(data, model.get("pinned")) : null;
      if (now) draw();
    }),
    follow(model, ["learning_rate", "batch", "start"], () => {
      now = descent(data, [model.get("learning_rate"), model.get("batch"), model.get("start")]);
      set();
      draw();
    }),
    follow(model, ["epoch"], () => {
      k = model.get("epoch");
      draw();
    }),
  ];
  return () => {
    film.stop();
    undo.forEach(stop => stop());
  };
}

export default { render };
