// One case: why it differs, its tensors, the pictures of one of them, and what was called.

/** Return { parts, draw } of a case with one of its tensors, of which `sides` are the unpacked pictures. */
function showCase(each, t, sides) {
  const one = t ? tensorSection(each, t, sides) : null;
  const parts = [
    caseHead(each),
    callouts(each),
    each.tensors.length > 1 ? tensorTable(each, t) : null,
    one?.element,
    each.parting && each.tensors.length > 1 ? parting(each) : null,
    calls(each),
    caseProvenance(each),
  ];
  return { parts, draw: one?.draw ?? (() => {}) };
}

function caseHead(each) {
  const step = (words, key, by) => h("button", { type: "button", class: "small", title: `${words} case  (${key})`, onclick: () => go(keyOf(neighbour(by))) }, by < 0 ? "‹" : "›", h("span", { class: "unseen" }, ` ${words} case`));
  return h("header", { class: "casehead" },
    h("div", { class: "crumbs" }, h("p", { class: "dim" }, h("a", { class: "back", href: "#" }, "All cases"), h("a", { class: "up", href: "#overview" }, "Overview"), " / ", report.paths[each.file]),
      h("div", { class: "tools" }, step("previous", "k", -1), step("next", "j", 1), copyButton("Copy link", "copy the address of this case", () => location.href.split("#")[0] + addressOf(each)))),
    h("h2", null, each.name, " ", h("span", { class: "dtype" }, each.dtype)),
    h("p", null, badge(each.status), " ", h("span", { class: "dim" }, caseWords(each))),
    h("div", { class: "again" }, h("code", null, again(each)), copyButton("Copy", "copy the command that runs this case again", () => again(each))));
}

/** The command that runs a case again, or all of them where they are no cases of `pybn parity`. */
function again(each) {
  if (report.options === null) return report.command;
  const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const path = report.paths[each.file], home = path.startsWith("~/") ? "~/" : "";
  const file = path.startsWith("(pybn)/") ? [] : [home + quoted(path.slice(home.length))];
  return ["pybn parity", ...file, "-k", quoted(`${each.name} [${each.dtype}]`), ...report.options].join(" ");
}

/** What a case amounts to, in a few words. */
function caseWords(each) {
  if (each.status === "error") return "could not be compared";
  if (each.refuses) return each.passed ? `both sides refuse: ${each.refuses[0]} in MATLAB, ${each.refuses[1]} in Python` : "";
  const off = each.tensors.filter((t) => !t.agrees), what = each.tensors.length > 1 ? `in ${off.length} of ${plural(each.tensors.length, "tensor")}` : "";
  if (off.length) return what;
  const close = each.tensors.filter((t) => t.verdict === "close").length;
  if (!each.tensors.length) return "";
  const words = !close ? "equal to the last bit" : close === each.tensors.length ? "within what is allowed" : `${close} of them within what is allowed, the others equal to the last bit`;
  return `${plural(each.tensors.length, "tensor")}, ${words}`;
}

function callouts(each) {
  const found = [];
  if (each.status === "known divergence") {
    found.push(h("div", { class: "callout known" }, h("h3", null, "Declared to diverge, because"), h("p", null, each.diverges || each.message)));
  } else if (each.message) {
    found.push(h("div", { class: `callout ${CLASSES[each.status]}` }, h("h3", null, each.status === "error" ? "Error" : "What is wrong"), h("pre", null, each.message)));
  }
  return [...found, ...whys(each)];
}

/** Why a case differs: the sentence, the fix and what would explain it as well of each mistake that was found. */
function whys(each) {
  if (!each.why) return [];
  const { mistakes, unknown, left } = each.why;
  const found = mistakes.map((told, k) => h("div", { class: "callout why" }, h("h3", null, k ? "And why" : "Why", each.tensors.length > 1 ? ` ${listed(told.tensors)} ${told.tensors.length > 1 ? "differ" : "differs"}` : ""),
    h("p", null, told.sentence), h("p", { class: "fix" }, h("b", null, "Fix "), told.fix),
    told.others.length ? h("p", { class: "note" }, "As well possible: ", told.others.join("; ")) : ""));
  if (unknown.length) found.push(h("p", { class: "note" }, `${each.tensors.length > 1 || mistakes.length ? `${listed(unknown)}: n` : "N"}o known porting mistake reconciles both sides.`));
  if (left) found.push(h("p", { class: "note" }, `${plural(left, "more tensor differs", "more tensors differ")} and ${left === 1 ? "was" : "were"} not looked into.`));
  return found;
}

const listed = (names) => names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");

function tensorTable(each, chosen) {
  const beyond = each.tensors.some((t) => t.beyond);
  const rows = each.tensors.map((t) => {
    const pressed = t === chosen, numeric = t.measured && t.dtype !== "text";
    const button = h("button", { type: "button", class: "plain", "aria-pressed": String(pressed), onclick: () => go(keyOf(each), t.name) }, t.name);
    const where = t.name === each.parting?.tensor ? h("span", { class: "tag" }, "first") : "";
    return h("tr", { class: pressed ? "chosen" : null, onclick: (event) => { if (!event.target.closest("button")) go(keyOf(each), t.name); } },
      h("th", { scope: "row" }, button, " ", where),
      h("td", null, shapeWords(t)), h("td", { class: "wide" }, t.dtype ?? ""),
      h("td", { class: t.agrees ? "good" : "bad" }, t.verdict),
      beyond ? h("td", { class: "number wide" }, t.beyond ? count(t.beyond) : "") : "",
      h("td", { class: "number" }, numeric ? ulps(t.max_ulp) : ""), h("td", { class: "number wide" }, numeric ? short(t.max_abs) : ""), h("td", { class: "number wide" }, numeric ? short(t.max_rel) : ""),
      h("td", { class: "wide" }, numeric ? t.tolerance : ""));
  });
  const heads = ["tensor", "shape", ["dtype", "wide"], "verdict", ...(beyond ? [["beyond", "number wide"]] : []), ["max ULP", "number"], ["max abs", "number wide"], ["max rel", "number wide"], ["allowed", "wide"]];
  const box = section("Tensors", table("Tensors", heads, rows, { class: "tensors" }));
  if (rows.length > 8) box.lastChild.classList.add("long");
  return box;
}

/** The first tensor that differs, among its neighbours in the order of computation. */
function parting(each) {
  const p = each.parting, layers = p.rows.some((row) => row.layer);
  const rows = p.rows.map((row) => h("tr", { class: row.name === p.tensor ? "chosen" : null },
    h("th", { scope: "row" }, h("button", { type: "button", class: "plain", onclick: () => go(keyOf(each), row.name) }, row.name)),
    layers ? h("td", null, row.layer || "–") : "", h("td", null, row.way), h("td", { class: row.agrees ? "good" : "bad" }, row.verdict),
    h("td", { class: "number" }, row.error === null ? "–" : short(row.error)), h("td", { class: "number" }, row.error === null ? "–" : ulps(row.ulp))));
  const heads = ["tensor", ...(layers ? ["layer"] : []), "way", "verdict", ["of its scale", "number"], ["ULP", "number"]];
  const around = [p.before ? `${plural(p.before, "tensor")} before, which ${p.before === 1 ? "agrees" : "agree"}` : "", p.after ? `${p.after} after` : ""].filter(Boolean).join("; ");
  return section("Where they part", h("p", null, "First to differ: ", h("b", null, p.tensor), p.layer ? ` of layer ${p.layer}` : "", `, ${p.way}. `, p.verdict ? `${p.verdict[0].toUpperCase()}${p.verdict.slice(1)}.` : ""),
    table("Tensors in the order of computation", heads, rows), around ? h("p", { class: "note" }, around) : "");
}

function calls(each) {
  const side = (title, lines) => h("div", null, h("h4", null, title), h("pre", { tabindex: "0" }, lines.join("\n")));
  const inputs = each.inputs.map((t) => [t.name, [t.dtype, " ", shapeWords(t)]]);
  const attrs = Object.entries(each.attrs).map(([name, value]) => [name, value]);
  const rows = [...inputs, ...each.values, ...attrs].map(([name, told]) => h("div", null, h("dt", null, h("code", null, name)), h("dd", null, typeof told === "string" ? h("code", null, told) : told)));
  return section("What was called", h("div", { class: "two" }, side("MATLAB", each.matlab), side("Python", each.python)),
    rows.length ? h("dl", { class: "facts given" }, rows) : "");
}

function caseProvenance(each) {
  const rows = each.m.map((k) => h("tr", null, h("th", { scope: "row" }, report.files[k][0]), h("td", null, h("code", null, report.files[k][1]))));
  return h("details", { class: "provenance" }, h("summary", null, "Hashes of this case and its .m files"),
    table("SHA-256", ["file", "SHA-256"], [h("tr", null, h("th", { scope: "row" }, "the case"), h("td", null, h("code", null, each.digest))), ...rows]));
}
