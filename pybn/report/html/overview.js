// The whole run: the head of the page, the files at a glance, and where the report comes from.

function showHead() {
  const cases = report.cases, by = Object.fromEntries(ORDER.map((status) => [status, cases.filter((c) => c.status === status).length]));
  const tensors = cases.flatMap((c) => c.tensors), equal = tensors.filter((t) => t.verdict === "equal").length;
  find("#sides").append(`${report.expected} against ${report.obtained} · `, h("span", { class: "date" }, report.date));
  const shares = ORDER.filter((status) => by[status]).map((status) => {
    const part = h("i", { class: CLASSES[status] });
    part.style.flexGrow = by[status];
    return part;
  });
  const words = ORDER.filter((status) => by[status]).map((status) => h("span", null, glyph(status), ` ${count(by[status])} ${WORDS[status][by[status] === 1 ? 0 : 1]}`));
  const told = tensors.length ? h("span", { class: "dim" }, `${plural(tensors.length, "tensor")}, ${equal === tensors.length ? "all" : `${((100 * equal) / tensors.length).toFixed(1)} %`} equal to the last bit`) : "";
  const skipped = report.skipped ? h("span", { class: "dim" }, `${report.skipped} more, live only`) : "";
  find("#summary").append(h("div", { class: "shares", "aria-hidden": "true" }, shares), h("p", { class: "counts" }, words, told, skipped));
  find("#first").append(...whatIsWrong());
}

/** The first case that does not agree, and the files that cannot be read. */
function whatIsWrong() {
  const first = ordered.find((each) => !each.passed);
  return [
    first ? firstWrong(first) : "",
    report.broken.length ? h("div", { class: "callout error" }, h("h3", null, "Case files that cannot be read"), report.broken.map((text) => h("pre", null, text))) : "",
  ].filter(Boolean);
}

function firstWrong(each) {
  const why = brief(each);
  return h("p", { class: "firstwrong" }, h("span", { class: "dim" }, "First: "), h("a", { href: `#${keyOf(each)}` }, stemOf(each), " · ", each.name, ` [${each.dtype}]`), " ", h("span", { class: "whyline" }, why));
}

function showOverview() {
  const files = report.paths.map((path, k) => [path, report.cases.filter((c) => c.file === k)]);
  const bad = (cases) => cases.filter((c) => !c.passed).length;
  files.sort((a, b) => bad(b[1]) - bad(a[1]) || a[0].localeCompare(b[0]));
  const heads = { differs: "differ", error: "error", "known divergence": "known", agrees: "agree" };
  const there = ORDER.filter((status) => report.cases.some((c) => c.status === status));
  const rows = files.map(([path, cases]) => {
    const n = (status) => cases.filter((c) => c.status === status).length || "";
    const tensors = cases.flatMap((c) => c.tensors), equal = tensors.filter((t) => t.verdict === "equal").length;
    const open = h("button", { type: "button", class: "plain", title: path, onclick: () => only({ file: cases[0].file }) }, stemOf(cases[0]));
    return h("tr", null, h("th", { scope: "row" }, open), h("td", { class: "number" }, count(cases.length)),
      there.map((status) => h("td", { class: `number ${status === "agrees" ? "" : CLASSES[status]}` }, n(status))),
      h("td", { class: "number wide" }, count(tensors.length)), h("td", { class: "number wide" }, tensors.length ? `${Math.floor((100 * equal) / tensors.length)} %` : ""));
  });
  const keys = [["/", "search"], ["j k", "next and previous case"], ["[ ]", "flip slices along the first axis"], [", .", "along the second"], ["w", "go to the worst element"], ["arrows", "read a picture that has the focus"], ["?", "this list"]];
  return [
    h("header", { class: "casehead" }, h("p", { class: "crumbs" }, h("a", { class: "back", href: "#" }, "All cases")), h("h2", null, "Overview")),
    whatIsWrong(),
    causeTable(),
    section("Case files", table("Case files", ["file", ["cases", "number"], ...there.map((status) => [heads[status], "number"]), ["tensors", "number wide"], ["equal bits", "number wide"]], rows)),
    section("Provenance", h("dl", { class: "facts long" }, [["command", h("code", null, report.command)], ["date", report.date], ["expected", report.expected], ["obtained", report.obtained], ...report.versions].map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))))),
    staging(),
    h("details", { class: "provenance" }, h("summary", null, `SHA-256 of ${plural(report.files.length, ".m file")}`), table("SHA-256 of the .m files", ["file", "SHA-256"], report.files.map(([name, digest]) => h("tr", null, h("th", { scope: "row" }, name), h("td", null, h("code", null, digest)))))),
    section("Keys", h("dl", { class: "facts keys", id: "keys" }, keys.map(([key, what]) => h("div", null, h("dt", null, key.split(" ").map((one) => h("kbd", null, one))), h("dd", null, what))))),
  ];
}

/** What was rewritten so that Octave runs it, and what was let pass. */
function staging() {
  const { rewrites = [], troubles = [], more = 0 } = report.staging ?? {};
  if (!rewrites.length && !troubles.length) return null;
  const line = (each) => h("th", { scope: "row" }, each.line ? `${each.file}:${each.line}` : each.file);
  const parts = []; // line 0 is of a file that was moved
  if (rewrites.length) parts.push(table("Rewritten for Octave", ["line", "before", "after", "why"], rewrites.map((each) => h("tr", null, line(each), h("td", null, h("code", null, each.before)), h("td", null, h("code", null, each.after)), h("td", null, each.why)))));
  if (troubles.length) parts.push(h("h4", null, "Let pass, though Octave may answer otherwise"), table("Let pass", ["line", "text", "why", "fix"], troubles.map((each) => h("tr", null, line(each), h("td", null, h("code", null, each.text)), h("td", null, each.why), h("td", null, each.fix)))));
  return section("Staging", h("p", { class: "note" }, `${plural(rewrites.length, "rewrite")}; the files themselves are as they were${more ? `; ${count(more)} more rows are not shown` : ""}.`), ...parts);
}
