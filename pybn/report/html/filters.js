// What narrows the list of cases: words, status, file, dtype, and what tensors differ by.

const filters = { statuses: new Set(), file: "", dtype: "", verdict: "", layer: "", tensor: "", cause: "", text: "" };
const rows = new Map();

const MOST_OPTIONS = 300; // of a filter, those of most cases

const SELECTS = { // of each case, the values that a filter chooses from
  file: ["all files", (each) => [each.file]],
  dtype: ["all dtypes", (each) => [each.dtype]],
  verdict: ["any verdict", (each) => each.tensors.map((t) => t.verdict)],
  layer: ["any layer", (each) => off(each).map((t) => t.layer)],
  tensor: ["any tensor", (each) => off(each).filter((t) => !t.agrees).map((t) => t.name)],
  cause: ["any cause", causesOf],
};

/** The tensors of a case that differ; all of them where none does. */
const off = (each) => (each.tensors.some((t) => !t.agrees) ? each.tensors.filter((t) => !t.agrees) : each.tensors);

/** The fields of all filters that have something to choose from. */
function filterFields() {
  const chips = ORDER.filter((status) => report.cases.some((c) => c.status === status)).map((status) =>
    h("button", { type: "button", class: `chip ${CLASSES[status]}`, "data-status": status, "aria-pressed": "false", title: status, onclick: () => toggle(status) }, GLYPHS[status], " ", SHORT[status], " ", h("b", null, count(report.cases.filter((c) => c.status === status).length))));
  const words = "Search cases, tensors, messages";
  const search = h("input", { type: "search", id: "search", placeholder: `${words}   /`, "aria-label": words, autocomplete: "off", spellcheck: "false", oninput: (event) => choose({ text: event.target.value }) });
  return [search, h("div", { class: "chips", role: "group", "aria-label": "Status" }, chips.length > 1 ? chips : ""), h("div", { class: "selects" }, Object.keys(SELECTS).map(selectOf))];
}

function selectOf(name) {
  const [label, valuesOf] = SELECTS[name], counts = new Map();
  for (const each of report.cases) for (const value of new Set(valuesOf(each))) if (value !== undefined && value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < (["layer", "tensor", "cause"].includes(name) ? 1 : 2)) return "";
  const found = [...counts];
  if (name !== "file") found.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const words = (value) => (name === "file" ? shortPath(report.paths[value]) : value);
  return h("label", null, h("span", { class: "unseen" }, label), h("select", { "data-filter": name, onchange: (event) => choose({ [name]: event.target.value }) },
    h("option", { value: "" }, label), found.slice(0, MOST_OPTIONS).map(([value, n]) => h("option", { value: String(value) }, `${words(value)} (${count(n)})`))));
}

function toggle(status) {
  if (!filters.statuses.delete(status)) filters.statuses.add(status);
  choose({});
}

/** Take back all filters but these, and show the list. */
function only(changes) {
  filters.statuses.clear();
  find("#search").value = "";
  choose({ ...Object.fromEntries(["text", ...Object.keys(SELECTS)].map((name) => [name, ""])), ...changes });
  if (!wide()) location.hash = "";
}

/** Change filters, and show what is left. */
function choose(changes) {
  Object.assign(filters, changes);
  for (const name of Object.keys(SELECTS)) {
    filters[name] = String(filters[name]);
    const field = find(`[data-filter="${name}"]`);
    if (field) field.value = filters[name];
    field?.classList.toggle("set", filters[name] !== "");
  }
  for (const chip of all("[data-status]")) chip.setAttribute("aria-pressed", String(filters.statuses.has(chip.dataset.status)));
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const [each, link] of rows) {
    link.hidden = !matches(each, words);
    shown += !link.hidden;
  }
  const chosen = words.length || Object.keys(SELECTS).some((name) => filters[name] !== "");
  for (const box of all(".group")) box.update(chosen, filters.statuses);
  const whole = report.cases.length, narrowed = chosen || filters.statuses.size;
  find("#shown").textContent = narrowed ? `${count(shown)} of ${plural(whole, "case")}` : `${plural(whole, "case")}${report.cases.every((c) => c.passed) ? "" : ", what is wrong first"}`;
  find("#clear").hidden = !narrowed;
  find("#none").hidden = shown > 0 || !whole;
}

function matches(each, words) {
  if (filters.statuses.size && !filters.statuses.has(each.status)) return false;
  for (const [name, [, valuesOf]] of Object.entries(SELECTS)) if (filters[name] !== "" && !valuesOf(each).some((value) => String(value) === filters[name])) return false;
  each.text ??= [each.name, `[${each.dtype}]`, report.paths[each.file], each.status, each.message, ...causesOf(each),
    ...(each.why?.mistakes ?? []).map((mistake) => mistake.sentence), ...each.tensors.flatMap((t) => [t.name, t.layer ?? "", t.agrees ? "" : t.verdict])].join("\n").toLowerCase();
  return words.every((word) => each.text.includes(word));
}

/** The case after or before the one that is shown, of those that pass the filters. */
function neighbour(by) {
  const listed = [...rows].filter(([, link]) => !link.hidden).map(([each]) => each), at = listed.indexOf(shownCase);
  return listed[at < 0 ? 0 : Math.max(0, Math.min(listed.length - 1, at + by))] ?? shownCase;
}
