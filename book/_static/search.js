// The search page: MiniSearch over the sections of the book, which course-search-index.js lists.
const CourseSearch = (() => {
  // Accents fold ("hàm" is found by "ham", composed or not), and so do capitals and the s of a plural.
  const fold = word => {
    const plain = word
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .replace(/[đĐ]/g, "d")
      .toLowerCase();
    return plain.length > 3 ? plain.replace(/(?<=[^su])s$/, "") : plain;
  };
  const words = text => text.match(/\d+\.\d+|[\p{L}\p{N}\p{M}_]+/gu) || [];
  const COMMON = new Set(
    `a an and are as at be by can cannot difference do does explain for from get got has have how i in is
    it its just make me my need not of on or our should so than that the their then there these they this to use used
    using vs want was we what when where which who why will with you your
    la va cua cho cac nhung mot khong gi nao sao tai the bi duoc co thi ma ra phai theo bao nhieu o nhu nay do voi khi
    tu bang can dung hay vay lam ca lai van thay`.split(/\s+/),
  );

  function make(sections) {
    const known = new Set();
    const term = word => (COMMON.has(fold(word)) ? null : fold(word));
    const search = new MiniSearch({
      fields: ["t", "s", "n", "c", "x", "k"],
      tokenize: words,
      processTerm: word => (known.add(fold(word)), term(word)),
    });
    search.addAll(sections.map((section, id) => ({ ...section, id })));
    return text =>
      search
        .search(text, {
          processTerm: term,
          boost: { n: 12, s: 8, t: 4, c: 1, x: 1, k: 0.5 },
          // What stands nowhere in the book is misspelt: the words near it count in full. A letter says little.
          boostTerm: word => (known.has(word) ? 1 : 3) * (word.length > 1 ? 1 : 0.3),
          prefix: term => term.length > 2,
          fuzzy: term => (term.length > 6 ? 2 : term.length > 4 ? 1 : false), // two letters that changed places are two
          weights: { fuzzy: 0.3, prefix: 0.3 },
        })
        .map(found => ({ ...sections[found.id], found: found.terms }));
  }

  // A piece of the text around the first word that was found, and the found words in it.
  function snippet(text, terms) {
    const hits = [...text.matchAll(/\d+\.\d+|[\p{L}\p{N}\p{M}_]+/gu)].filter(([word]) => terms.includes(fold(word)));
    const start = hits.length ? Math.max(0, text.lastIndexOf(" ", hits[0].index - 60)) : 0;
    const piece = text.slice(start, start + 180);
    return {
      piece: `${start ? "…" : ""}${piece}${start + 180 < text.length ? "…" : ""}`,
      words: hits.map(([word]) => word),
    };
  }
  return { make, snippet };
})();

if (typeof document !== "undefined") {
  document.addEventListener("DOMContentLoaded", () => {
    const list = document.getElementById("search-results");
    const field = document.querySelector(".bd-search-container input[type=search]");
    if (!list || !field) return;
    const vietnamese = document.documentElement.lang === "vi";
    const find = CourseSearch.make(window.courseSections);
    const line = (parent, tag, text, className = "") =>
      parent.appendChild(Object.assign(document.createElement(tag), { textContent: text, className }));
    const show = () => {
      const results = field.value.trim() ? find(field.value).slice(0, 20) : [];
      list.replaceChildren();
      list.setAttribute("aria-live", "polite");
      if (!field.value.trim()) return;
      const none = vietnamese ? "Không tìm thấy gì. Thử một từ khác?" : "Nothing found. Another word?";
      const some = vietnamese ? `${results.length} mục` : `${results.length} sections`;
      line(list, "p", results.length ? some : none);
      const items = line(list, "ol", "", "course-results");
      results.forEach(result => {
        const item = line(items, "li", "");
        const link = line(item, "a", result.t);
        link.href = `${result.p}.html#${result.a}`;
        if (result.c !== result.t) line(item, "span", ` ${result.c}`, "course-result-chapter");
        const { piece, words } = CourseSearch.snippet(result.x, result.found);
        const text = line(item, "p", "");
        const parts = words.length ? piece.split(new RegExp(`(${[...new Set(words)].join("|")})`, "u")) : [piece];
        parts.forEach(part => text.append(words.includes(part) ? line(text, "mark", part) : part));
      });
    };
    field.value = new URLSearchParams(location.search).get("q") || "";
    field.addEventListener("input", show);
    field.form.addEventListener("submit", event => {
      event.preventDefault();
      history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
      show();
    });
    show();
  });
}
