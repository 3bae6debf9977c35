// The list of cases, what is wrong first, and its filters.

const filters = { statuses: new Set(), file: "", dtype: "", tensor: "", text: "" };
const rows = new Map();
const MANY = 150; // cases: where there are more, those that agree are folded up until one filters

function buildList() {
  const nav = find("#cases");
  const option = (value, text) => h("option", { value }, text);
  const select = (name, label, options) => h("label", null, h("span", { class: "unseen" }, label), h("select", { "data-filter": name, onchange: (event) => choose({ [name]: event.target.value }) }, option("", label), options.map(([value, text]) => option(value, text))));
  const chips = ORDER.filter((status) => report.cases.some((c) => c.status === status)).map((status) =>
    h("button", { type: "button", class: `chip ${CLASSES[status]}`, "data-status": status, "aria-pressed": "false", onclick: () => toggle(status) }, GLYPHS[status], " ", status, " ", h("b", null, count(report.cases.filter((c) => c.status === status).length))));
  const dtypes = [...new Set(report.cases.map((c) => c.dtype))].sort();
  const differing = new Map();
  for (const each of report.cases) for (const t of each.tensors) if (!t.agrees) differing.set(t.name, (differing.get(t.name) ?? 0) + 1);
  const tensors = [...differing].sort((a, b) => b[1] - a[1]);
  const search = h("input", { type: "search", id: "search", placeholder: "Search cases, tensors, messages   /", "aria-label": "Search cases, tensors, messages", autocomplete: "off", spellcheck: "false", oninput: (event) => choose({ text: event.target.value }) });
  const selects = [
    report.paths.length > 1 ? select("file", "all files", report.paths.map((path, k) => [String(k), shortPath(path)])) : "",
    dtypes.length > 1 ? select("dtype", "all dtypes", dtypes.map((d) => [d, d])) : "",
    tensors.length ? select("tensor", "differs in …", tensors.map(([name, n]) => [name, `${name} (${n})`])) : "",
  ];
  nav.append(h("form", { role: "search", "aria-label": "Filter the cases", onsubmit: (event) => event.preventDefault() }, search,
    h("div", { class: "chips", role: "group", "aria-label": "Status" }, chips), h("div", { class: "selects" }, selects)),
    h("p", { class: "tally" }, h("span", { id: "shown", class: "dim", role: "status" }), " ", h("a", { href: "#overview" }, "Overview")), h("div", { id: "rows" }));
  fillList();
}

function fillList() {
  const groups = new Map();
  for (const each of ordered) {
    const key = `${each.status}\0${each.file}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(each);
  }
  for (const [key, group] of groups) {
    const links = group.map((each) => {
      const link = h("a", { class: "row", href: `#${keyOf(each)}` }, glyph(each.status), h("span", { class: "name" }, each.name), h("span", { class: "dtype" }, each.dtype), h("span", { class: "brief" }, brief(each)));
      rows.set(each, link);
      return link;
    });
    const tally = h("span", { class: "dim" });
    const box = h("details", { class: "group", open: key.startsWith("agrees") ? report.cases.length <= MANY : true, "data-key": key }, h("summary", null, stemOf(group[0]), " ", tally), links);
    box.update = (narrowed) => {
      const n = links.filter((link) => !link.hidden).length;
      if (narrowed) box.open = true;
      box.hidden = !n;
      tally.textContent = WORDS[group[0].status] ? `${count(n)} ${WORDS[group[0].status][n === 1 ? 0 : 1]}` : count(n);
    };
    find("#rows").append(box);
  }
}

/** What a row says of its case, beside the name. */
function brief(each) {
  if (each.status === "error") return each.message.split("\n")[0];
  if (each.status === "known divergence") return each.diverges;
  const off = each.tensors.filter((t) => !t.agrees);
  if (each.diagnosis?.name) return each.diagnosis.sentence;
  if (off.length) return `${off.slice(0, 3).map((t) => t.name).join(", ")}${off.length > 3 ? ` and ${off.length - 3} more` : ""}`;
  if (!each.passed) return each.message.split("\n")[0];
  return "";
}

function toggle(status) {
  if (!filters.statuses.delete(status)) filters.statuses.add(status);
  choose({});
}

/** Change filters, and show what is left. */
function choose(changes) {
  Object.assign(filters, changes);
  if ("file" in changes) {
    filters.file = String(changes.file);
    const field = find('[data-filter="file"]');
    if (field) field.value = filters.file;
  }
  for (const chip of document.querySelectorAll("[data-status]")) chip.setAttribute("aria-pressed", String(filters.statuses.has(chip.dataset.status)));
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const [each, link] of rows) {
    link.hidden = !matches(each, words);
    shown += !link.hidden;
  }
  const narrowed = words.length || filters.file !== "" || filters.dtype || filters.tensor;
  for (const box of document.querySelectorAll(".group")) box.update(narrowed || filters.statuses.size === 1);
  const all = report.cases.length;
  find("#shown").textContent = shown === all ? `${plural(all, "case")}, what is wrong first` : `${count(shown)} of ${plural(all, "case")}`;
}

function matches(each, words) {
  if (filters.statuses.size && !filters.statuses.has(each.status)) return false;
  if (filters.file !== "" && String(each.file) !== filters.file) return false;
  if (filters.dtype && each.dtype !== filters.dtype) return false;
  if (filters.tensor && !each.tensors.some((t) => !t.agrees && t.name === filters.tensor)) return false;
  each.text ??= [each.name, `[${each.dtype}]`, report.paths[each.file], each.status, each.message, each.diagnosis?.sentence ?? "", ...each.tensors.map((t) => t.name)].join("\n").toLowerCase();
  return words.every((word) => each.text.includes(word));
}

/** The case after or before the one that is shown, of those that pass the filters. */
function neighbour(by) {
  const all = [...rows].filter(([, link]) => !link.hidden).map(([each]) => each);
  const at = all.indexOf(shownCase);
  return all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
}
