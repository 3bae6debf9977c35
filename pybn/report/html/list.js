// The list of cases, what is wrong first.

const MANY = 150; // cases: where there are more, those that agree are folded up until one filters

function buildList() {
  find("#cases").append(h("form", { role: "search", "aria-label": "Filter the cases", onsubmit: (event) => event.preventDefault() }, filterFields()),
    h("p", { class: "tally" }, h("span", { id: "shown", class: "dim", role: "status" }), h("button", { type: "button", id: "clear", class: "plain", hidden: true, onclick: () => only({}) }, "Show all"), h("a", { href: "#overview" }, "Overview")),
    h("div", { id: "rows" }, unread(), h("p", { id: "none", class: "note", hidden: true }, "No case passes these filters.")));
  fillList();
}

/** The case files that cannot be read come before all else; filters let them stand. */
function unread() {
  if (!report.broken.length) return "";
  const lines = report.broken.map((text) => h("a", { class: "row", href: "#overview" }, glyph("error"), h("span", { class: "name" }, text.split(": ")[0]), h("span", { class: "brief" }, text.split(": ").slice(1).join(": "))));
  return h("details", { class: "unread", open: true }, h("summary", null, "cannot be read ", h("span", { class: "dim" }, plural(lines.length, "case file"))), lines);
}

function fillList() {
  const groups = new Map();
  for (const each of ordered) {
    const key = `${each.status}\0${each.file}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(each);
  }
  for (const [key, group] of groups) find("#rows").append(groupOf(key, group));
}

function groupOf(key, group) {
  const links = group.map((each) => {
    const link = h("a", { class: "row", href: `#${keyOf(each)}`, title: each.name.length > 30 ? each.name : null }, glyph(each.status), h("span", { class: "name" }, each.name), h("span", { class: "unseen" }, ` ${each.status} `), h("span", { class: "dtype" }, each.dtype), h("span", { class: "brief" }, brief(each)));
    rows.set(each, link);
    return link;
  });
  const { status } = group[0], tally = h("span", { class: "dim" }), folded = status === "agrees" && report.cases.length > MANY;
  const box = h("details", { class: "group", open: !folded, "data-key": key }, h("summary", null, stemOf(group[0]), " ", tally), links);
  if (group.length > MANY / 3) { // not laid out until it is scrolled to
    box.classList.add("many");
    box.style.containIntrinsicSize = `auto ${30 + (status === "agrees" ? 27 : 46) * group.length}px`;
  }
  box.update = (narrowed, statuses) => {
    const n = links.filter((link) => !link.hidden).length;
    if (narrowed || (statuses.size === 1 && n < MANY)) box.open = true;
    box.hidden = !n;
    tally.textContent = `${count(n)} ${WORDS[status][n === 1 ? 0 : 1]}`;
  };
  return box;
}

/** What a row says of its case, beside the name. */
function brief(each) {
  if (each.status === "known divergence") return each.diverges;
  if (each.status === "error" || (!each.passed && each.message)) return each.message.split("\n")[0];
  if (each.passed) return "";
  if (each.why?.mistakes.length) return each.why.mistakes[0].sentence;
  const off = each.tensors.filter((t) => !t.agrees);
  return off.length > 1 ? `${off.slice(0, 3).map((t) => t.name).join(", ")}${off.length > 3 ? ` and ${off.length - 3} more` : ""} differ` : tensorBrief(off[0]);
}

/** How a tensor differs, in a line. */
function tensorBrief(t) {
  if (!t.measured) return `${t.name}: ${t.verdict === "differs" ? "" : `${t.verdict}: `}wanted ${t.expected}, got ${t.obtained}`;
  if (t.size === 1) return `${t.name}: wanted ${t.expected}, got ${t.obtained}`;
  return `${t.name}: ${share(t.beyond, t.size)} differ${t.nonfinite ? `, ${count(t.nonfinite)} NaN or Inf out of place` : ""}, by at most ${short(t.max_abs)}`;
}
