// Single keys that spare the mouse. The list of them opens with "?" and from the foot; there they can be turned off.
document.addEventListener("DOMContentLoaded", () => {
  const foot = document.querySelector(".bd-footer-content__inner");
  if (!foot) return;
  const vietnamese = document.documentElement.lang === "vi";
  const words = vietnamese
    ? { title: "Phím tắt", on: "Dùng các phím này", close: "Đóng", escape: "Đóng ô chú giải hoặc danh sách này" }
    : { title: "Keyboard shortcuts", on: "Use these keys", close: "Close", escape: "Close a tip, or this list" };
  const keys = [
    ["/", vietnamese ? "Tìm kiếm" : "Search", "button.search-button__button"],
    ["n", vietnamese ? "Trang sau" : "Next page", ".course-neighbours [rel=next]"],
    ["p", vietnamese ? "Trang trước" : "Previous page", ".course-neighbours [rel=prev]"],
    ["c", vietnamese ? "Hiện hoặc ẩn mã" : "Show or hide all code", ".course-code-switch"],
    ["t", vietnamese ? "Sáng, tối, hoặc theo máy" : "Light, dark, or as the system", ".theme-switch-button"],
    ["?", vietnamese ? "Danh sách này" : "This list", ".course-keys-button"],
  ];
  const make = (parent, tag, text = "", attributes = {}) =>
    Object.assign(parent.appendChild(document.createElement(tag)), { textContent: text, ...attributes });
  const dialog = make(document.body, "dialog", "", { className: "course-keys" });
  dialog.setAttribute("aria-labelledby", "course-keys-title");
  make(dialog, "h2", words.title, { id: "course-keys-title" });
  const list = make(dialog, "dl");
  const label = make(dialog, "label");
  const on = make(label, "input", "", { type: "checkbox", checked: true });
  label.append(words.on);
  make(make(dialog, "form", "", { method: "dialog" }), "button", words.close);
  const button = make(foot, "button", words.title, { className: "course-keys-button", type: "button" });
  button.addEventListener("click", () => {
    list.replaceChildren();
    const here = keys.filter(([, , target]) => document.querySelector(target));
    [...here, ["Esc", words.escape]].forEach(([key, what]) => {
      make(make(list, "dt"), "kbd", key);
      make(list, "dd", what);
    });
    dialog.showModal();
  });
  try {
    on.checked = localStorage.getItem("keys") !== "off";
  } catch {} // a browser may refuse to keep anything
  on.addEventListener("change", () => {
    try {
      localStorage.setItem("keys", on.checked ? "on" : "off");
    } catch {}
  });
  // Whoever types, or moves something in a figure, keeps the keys.
  const busy = "input, textarea, select, [contenteditable], [role=application], .course-figure, .first-screen, dialog";
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!on.checked || event.target.closest?.(busy) || document.querySelector("dialog[open]")) return;
    const target = keys.find(([key]) => key === event.key)?.[2];
    const node = target && document.querySelector(target);
    if (!node) return;
    event.preventDefault();
    node.click();
  });
});
