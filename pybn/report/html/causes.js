// What cases fail of, in few words, so that those that fail alike are found together.

const UNKNOWN = "no known mistake fits", CUT = 100;

/** What a case fails of: mistakes, errors, verdicts; nothing where it passed. */
function causesOf(each) {
  each.causes ??= each.passed ? [] : [...new Set(found(each))];
  return each.causes;
}

function found(each) {
  if (each.status === "error") return [cut(each.message.split("\n")[0])];
  const told = (each.why?.mistakes ?? []).map((mistake) => mistake.name);
  if (each.why?.unknown.length) told.push(UNKNOWN);
  const looked = new Set([...(each.why?.mistakes ?? []).flatMap((mistake) => mistake.tensors), ...(each.why?.unknown ?? [])]);
  const rest = each.tensors.filter((t) => !t.agrees && !looked.has(t.name));
  if (!told.length || rest.some((t) => !t.measured)) told.push(...rest.map((t) => (t.texts ? "text differs" : t.measured ? "not looked into" : t.verdict)));
  return told.length ? told : [cut(each.message.split("\n")[0].split(": ").slice(0, 2).join(": "))];
}

const cut = (text) => (text.length > CUT ? `${text.slice(0, CUT)}…` : text);

/** All causes with their cases, those of most cases first. */
function causes() {
  const by = new Map();
  for (const each of ordered) for (const cause of causesOf(each)) by.set(cause, [...(by.get(cause) ?? []), each]);
  return [...by].sort((a, b) => b[1].length - a[1].length);
}

/** A table of the causes; each leads to its cases. */
function causeTable() {
  const rows = causes().map(([cause, cases]) => {
    const example = cases[0].why?.mistakes.find((mistake) => mistake.name === cause)?.sentence ?? "";
    return h("tr", null,
      h("th", { scope: "row" }, h("button", { type: "button", class: "plain", onclick: () => only({ cause }) }, cause), example ? h("span", { class: "dim example" }, example) : ""),
      h("td", { class: "number" }, count(cases.length)),
      h("td", { class: "wide" }, h("a", { href: `#${keyOf(cases[0])}` }, stemOf(cases[0]), " · ", cases[0].name)));
  });
  return rows.length ? section("Why cases do not agree", table("Causes", ["cause", ["cases", "number"], ["first of them", "wide"]], rows, { class: "causes" })) : null;
}
