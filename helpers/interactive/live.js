// On a page without a kernel: a slider that chooses among what `live` has stored of its stops. What the notebook shows
// at first is on the page already; a picture of another stop is loaded when the slider comes to it.
function render({ model, el }) {
  const names = ["name", "min", "max", "step", "value", "pictures", "texts"];
  const [name, min, max, step, start, pictures, texts] = names.map(trait => model.get(trait));
  const shown = el.closest(".cell").querySelector(".cell_output :is(img, pre)"),
    first = { src: shown.getAttribute("src"), alt: shown.getAttribute("alt") };
  const digits = (String(step).split(".")[1] ?? "").length;
  const row = slider(stage(el), name, { min, max, step, digits }, value => {
    row.set(value);
    const k = Math.round((value - min) / step);
    if (texts) shown.textContent = texts[k];
    else if (value === start) Object.assign(shown, first);
    else Object.assign(shown, { src: `${pictures}${k}.webp`, alt: `${name} = ${row.input.value}` });
  });
  el.style.marginTop = ".75rem";
  row.input.style.cssText = "width: min(24rem, 55vw); min-height: 44px";
  row.set(start);
}

export default { render };
