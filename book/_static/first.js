// The first page: a canvas with a ghost's 7, what the model answers while you draw, and how far you have read.
// All of it stands on the page already (book/_ext/course_book/first.py); here it is brought to life.
(() => {
  const root = document.querySelector(".first-screen");
  if (!root || !window.courseFirst) return;
  const { SIDE, STROKE, bars, button, bytes, followKeys, followStrokes, frame, ink, make } = window.courseFirst;
  const { paintGrey, pixelRuns, scores, show, signed, softmax, speaker, unpackModel } = window.courseFirst;
  const { questions, digits } = window.courseFirst;
  const weights = unpackModel(window.courseFirst.weights);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const UP = [226, 74, 68],
    DOWN = [66, 126, 214],
    FINE = 10; // pixels of the layer of light to one of the drawing
  const ENGLISH = {
    canvas: "28 by 28 pixels to draw a digit on: arrow keys move the pen, Space lowers or lifts it, Delete clears",
    clear: "Clear",
    fool: "Fool it",
    back: "Put it back",
    sample: "A test digit",
    probabilities: "ten probabilities",
    sides: ["to the right", "to the left", "down", "up"],
    empty: "Nothing drawn: what is left of the scores are the biases.",
    first: "Draw something first: then it can be fooled.",
    fooled: (side, was, is, a) =>
      `Four pixels ${side}, and it takes the same ${was} for a ${is} (${a}): each weight belongs to a place, not to a shape.`,
    held: (side, was, before, after) => `Four pixels ${side}: still a ${was}, but ${before} became ${after}.`,
    shown: (index, label, said) =>
      said === label
        ? `Test image ${index} of MNIST, a ${label}: the model is right.`
        : `Test image ${index} of MNIST is a ${label}: the model is wrong.`,
    says: (winner, a) => `${winner}, probability ${a}`,
    go: (title, percent) => `Continue: ${title} (${percent} %)`,
    read: percent => `${percent} % read`,
    answered: (n, all) => `${n} of ${all} questions answered`,
  };
  const VIETNAMESE = {
    canvas:
      "28 nhân 28 điểm ảnh để vẽ một chữ số: phím mũi tên di chuyển bút, phím cách hạ hoặc nhấc bút, Delete xóa hết",
    clear: "Xóa",
    fool: "Đánh lừa",
    back: "Đưa về chỗ cũ",
    sample: "Một chữ số mẫu",
    probabilities: "mười xác suất",
    sides: ["sang phải", "sang trái", "xuống dưới", "lên trên"],
    empty: "Chưa vẽ gì: điểm số chỉ còn là các hệ số chặn.",
    first: "Hãy vẽ trước đã, rồi mới đánh lừa được.",
    fooled: (side, was, is, a) =>
      `Dịch bốn điểm ảnh ${side}, và chữ số ${was} đó bị coi là ${is} (${a}): mỗi trọng số gắn với một vị trí, không phải một hình dạng.`,
    held: (side, was, before, after) => `Dịch bốn điểm ảnh ${side}: vẫn là ${was}, nhưng ${before} thành ${after}.`,
    shown: (index, label, said) =>
      said === label
        ? `Ảnh kiểm tra ${index} của MNIST, chữ số ${label}: mô hình đoán đúng.`
        : `Ảnh kiểm tra ${index} của MNIST là chữ số ${label}: mô hình đoán sai.`,
    says: (winner, a) => `${winner}, xác suất ${a}`,
    go: (title, percent) => `Đọc tiếp: ${title} (${percent} %)`,
    read: percent => `đã đọc ${percent} %`,
    answered: (n, all) => `đã trả lời ${n} trên ${all} câu hỏi`,
  };
  const words = document.documentElement.lang === "vi" ? VIETNAMESE : ENGLISH;
  const find = name => root.querySelector(`.first-${name}`);
  const blank = () => Array(SIDE * SIDE).fill(0);

  // The desk: the drawing, a layer of light above it, and three buttons.
  const paper = find("paper"),
    told = find("told"),
    legend = told.textContent;
  paper.querySelector("img").remove();
  const canvas = make(
    "canvas",
    { class: "ink", width: SIDE, height: SIDE, tabindex: 0, role: "application", "aria-label": words.canvas },
    paper,
  );
  const lamp = make(
    "canvas",
    { class: "light", width: FINE * SIDE, height: FINE * SIDE, "aria-hidden": "true" },
    paper,
  );
  const light = lamp.getContext("2d"),
    mask = make("canvas", { width: SIDE, height: SIDE });
  paper.append(find("invite"));
  find("bars").replaceChildren();
  const answer = bars(find("bars")),
    voice = speaker(root);
  const template = make("canvas", { class: "first-weights", width: SIDE, height: SIDE, "aria-hidden": "true" });
  find("weights").replaceWith(template);

  let pixels = blank(), // the drawing
    moved = null, // what is shown instead while it is fooled: the drawing in MNIST's frame, four pixels off
    label = null, // what the drawing is, where that is known
    ghost = true, // until somebody draws
    current = null, // what the model says
    asked = 0; // the frame that will look at the drawing, or the step of the count

  // Where the ink is: [left, top, width, height].
  const box = grey => {
    const inked = grey.map((value, n) => (value > 0 ? n : -1)).filter(n => n >= 0);
    const columns = inked.map(n => n % SIDE),
      left = Math.min(...columns),
      top = Math.floor(inked[0] / SIDE);
    return [left, top, Math.max(...columns) - left + 1, Math.floor(inked[inked.length - 1] / SIDE) - top + 1];
  };
  const strongest = Math.max(...weights.flatMap(row => row.slice(0, 784).map(Math.abs)));
  const tint = (data, n, value, alpha) => data.set([...(value > 0 ? UP : DOWN), alpha], 4 * n);

  // The winner's weights as a picture, on white.
  function showTemplate(winner) {
    if (template.dataset.digit === String(winner)) return;
    template.dataset.digit = winner;
    const data = new Uint8ClampedArray(4 * SIDE * SIDE),
      row = weights[winner].slice(0, 784),
      top = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    row.forEach((weight, n) => tint(data, n, weight, (255 * Math.abs(weight)) / top));
    template.getContext("2d").putImageData(new ImageData(data, SIDE, SIDE), 0, 0);
  }

  // Light up the strokes, and write down the sum, as far as a share of the picture's rows has been added up.
  function addUp(share = 1) {
    const { seen, products, winner } = current,
      bias = weights[winner][784],
      inked = seen.some(grey => grey > 0);
    light.clearRect(0, 0, lamp.width, lamp.height);
    let rows = SIDE;
    if (inked) {
      const from = box(seen),
        [left, top, width, height] = box(moved ?? pixels).map(side => FINE * side);
      const lit = Math.round(share * height);
      rows = from[1] + share * from[3];
      light.imageSmoothingEnabled = false;
      light.globalAlpha = share < 1 ? 0.2 : 1;
      light.drawImage(mask, ...from, left, top, width, height);
      if (share < 1) {
        light.globalAlpha = 1;
        light.drawImage(mask, from[0], from[1], from[2], share * from[3], left, top, width, lit);
        light.fillStyle = "#fff";
        light.fillRect(0, top + lit, lamp.width, 2);
      }
    }
    let up = 0,
      down = 0;
    products.forEach((value, n) => {
      if (Math.floor(n / SIDE) >= rows) return;
      if (value > 0) up += value;
      else down += value;
    });
    signed(find("red"), up);
    signed(find("blue"), -Math.abs(down));
    signed(find("bias"), bias);
    show(find("sum"), up + down + bias, 2);
  }

  // Ask the model, and show what it answers.
  function look() {
    const seen = moved ?? frame(pixels),
      z = scores(weights, seen),
      a = softmax(z),
      winner = a.indexOf(Math.max(...a)),
      meant = ghost ? 7 : (label ?? winner);
    const products = seen.map((grey, n) => (weights[winner][n] * grey) / 255);
    current = { seen, a, winner, products };
    paintGrey(canvas, moved ?? pixels);
    answer(a, winner);
    find("bars").firstChild.setAttribute(
      "aria-label",
      `${words.probabilities}: ${a.map((value, digit) => `${digit}: ${value.toFixed(3)}`).join(", ")}`,
    );
    const data = new Uint8ClampedArray(4 * SIDE * SIDE);
    products.forEach((value, n) => {
      if (seen[n]) tint(data, n, value, 255 * Math.min(1, (1.6 * Math.abs(value)) / strongest) ** 0.6);
    });
    mask.getContext("2d").putImageData(new ImageData(data, SIDE, SIDE), 0, 0);
    for (const part of root.querySelectorAll(".first-part")) {
      const digit = part.querySelector(".first-digit");
      if (digit) digit.textContent = part.dataset.part === "loss" ? meant : winner;
    }
    show(find("a"), a[winner]);
    show(find("loss"), -Math.log(a[meant]));
    showTemplate(winner);
    addUp();
  }

  // Once for a frame of the screen, however many moves of the pen it brings.
  function soon() {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(look);
  }

  // Let the sum count up to the score, from the top row to the bottom.
  function countUp() {
    cancelAnimationFrame(asked);
    look();
    if (still.matches || !current.seen.some(grey => grey > 0)) return;
    const begun = performance.now();
    const step = now => {
      const share = Math.min(1, Math.max(0, (now - begun) / 800));
      addUp(share);
      if (share < 1) asked = requestAnimationFrame(step);
    };
    asked = requestAnimationFrame(step);
  }

  const say = text => {
    told.textContent = text;
    voice.say(text);
  };
  const fool = { button: null, name: on => (fool.button.textContent = on ? words.back : words.fool) };

  function settle(text = null) {
    fool.name(moved);
    paper.classList.toggle("ghost", ghost);
    paper.classList.toggle("empty", ghost || !pixels.some(grey => grey > 0));
    told.textContent = text ?? legend;
  }

  // From the first stroke on the ghost is gone, and what is moved stays where it is.
  function take() {
    if (ghost) pixels = blank();
    else if (moved) pixels = moved;
    if (ghost || moved || label !== null) {
      ghost = false;
      moved = label = null;
      settle();
    }
  }
  function draw(from, to) {
    take();
    const first = paper.classList.contains("empty");
    pixels = ink(pixels, from, to);
    if (first) settle();
    soon();
  }
  // What was drawn, as the model sees it, waits for the figure of chapter 7.
  function keep() {
    try {
      if (pixels.some(grey => grey > 0)) localStorage.setItem("drawing", pixelRuns.write(current.seen.map(Math.round)));
      else localStorage.removeItem("drawing");
    } catch {} // a browser may refuse to keep anything
  }
  function clear() {
    ghost = false;
    moved = label = null;
    pixels = blank();
    keep();
    settle(words.empty);
    soon();
  }
  function sample() {
    const names = Object.keys(digits).sort((one, other) => one.slice(-1) - other.slice(-1));
    const name = names[(sample.next = ((sample.next ?? 1) + 1) % names.length)],
      [index, digit] = name.split(": ");
    ghost = false;
    moved = null;
    label = Number(digit);
    pixels = Array.from(bytes(digits[name]));
    countUp();
    settle(words.shown(index, digit, String(current.winner)));
    voice.say(`${told.textContent} ${words.says(current.winner, current.a[current.winner].toFixed(3))}`);
  }

  // The digit in MNIST's frame, moved: of four ways, all ink kept, the one that costs the winner most.
  const STEPS = [
    [4, 0],
    [-4, 0],
    [0, 4],
    [0, -4],
  ];
  const shift = (grey, [dx, dy]) =>
    grey.map((_, n) => {
      const x = (n % SIDE) - dx,
        y = Math.floor(n / SIDE) - dy;
      return x >= 0 && x < SIDE && y >= 0 && y < SIDE ? grey[SIDE * y + x] : 0;
    });
  const ask = seen => softmax(scores(weights, seen));
  function moveIt() {
    if (moved) {
      moved = null;
      countUp();
      settle();
      return;
    }
    const seen = frame(pixels),
      count = grey => grey.filter(value => value > 0).length;
    if (!count(seen)) {
      say(words.first);
      return;
    }
    const before = ask(seen),
      was = before.indexOf(Math.max(...before));
    const ways = STEPS.map((step, side) => {
      const grey = shift(seen, step);
      return { step, side, grey, a: ask(grey) };
    }).filter(({ grey }) => count(grey) === count(seen));
    const way = ways.reduce((best, other) => (other.a[was] < best.a[was] ? other : best));
    const is = way.a.indexOf(Math.max(...way.a)),
      side = words.sides[way.side];
    label = label ?? (ghost ? 7 : was);
    ghost = false;
    moved = way.grey;
    countUp();
    settle(
      is === was
        ? words.held(side, was, before[was].toFixed(2), way.a[was].toFixed(2))
        : words.fooled(side, was, is, way.a[is].toFixed(2)),
    );
    voice.say(told.textContent);
    if (still.matches) return;
    const [dx, dy] = way.step.map(size => `${(-100 * size) / SIDE}%`);
    for (const layer of [canvas, lamp])
      layer.animate?.([{ transform: `translate(${dx}, ${dy})` }, { transform: "none" }], 350);
  }

  const row = find("buttons");
  button(row, words.clear, clear);
  fool.button = button(row, words.fool, moveIt);
  button(row, words.sample, sample);
  followStrokes(canvas, draw, () => {
    countUp();
    keep();
    voice.say(words.says(current.winner, current.a[current.winner].toFixed(3)));
  });
  followKeys(canvas, paper, {
    draw: (from, to) => {
      draw(from, to);
      look();
      keep();
      voice.say(words.says(current.winner, current.a[current.winner].toFixed(3)));
    },
    clear,
    say: text => voice.say(text),
  });

  // The ghost: its 7 stands there at first, and is drawn once more; a few seconds in all, and never for who wants rest.
  const lengths = STROKE.slice(1).map(([x, y], k) => Math.hypot(x - STROKE[k][0], y - STROKE[k][1]));
  const whole = lengths.reduce((sum, length) => sum + length);
  function along(share) {
    let left = share * whole,
      drawn = blank();
    lengths.forEach((length, k) => {
      if (left <= 0) return;
      const [[x0, y0], [x1, y1]] = [STROKE[k], STROKE[k + 1]],
        part = Math.min(1, left / length);
      drawn = ink(drawn, [x0, y0], [x0 + part * (x1 - x0), y0 + part * (y1 - y0)]);
      left -= length;
    });
    return drawn;
  }
  pixels = along(1);
  look();
  settle();
  if (!still.matches)
    setTimeout(() => {
      const begun = performance.now();
      const step = now => {
        if (!ghost) return;
        const share = Math.min(1, Math.max(0.001, (now - begun) / 1600));
        pixels = along(share);
        if (share < 1) {
          look();
          requestAnimationFrame(step);
        } else countUp();
      };
      if (ghost) requestAnimationFrame(step);
    }, 900);

  // How far the reader has come: kept by course.js, shown on the cards and on the button that starts.
  const kept = name => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // a browser may refuse to keep anything
    }
  };
  let progress = {};
  try {
    progress = JSON.parse(kept("progress")) ?? {};
  } catch {} // not ours
  for (const card of document.querySelectorAll(".first-card")) {
    const { page } = card.dataset,
      percent = progress.read?.[page] ?? 0,
      texts = questions[page] ?? [],
      done = texts.filter(text => kept(`question: ${text}`) !== null).length;
    const parts = [percent ? words.read(percent) : "", done ? words.answered(done, texts.length) : ""];
    card.querySelector(".first-read").textContent = parts.filter(Boolean).join(" · ");
    card.style.setProperty("--read", `${percent}%`);
  }
  const last = [...document.querySelectorAll(".first-card")].find(card => card.dataset.page === progress.last?.page);
  if (last) {
    const start = document.querySelector(".first-start");
    start.href = `${last.getAttribute("href")}${progress.last.anchor ? `#${progress.last.anchor}` : ""}`;
    start.textContent = words.go(
      last.querySelector(".first-title").textContent,
      progress.read?.[last.dataset.page] ?? 0,
    );
  }
})();
