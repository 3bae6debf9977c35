// One case: why it differs, its tensors, the pictures of one of them, and what was called.

function showCase(each, wanted) {
  const place = `${report.paths[each.file]}`;
  const bad = each.tensors.find((t) => !t.agrees);
  const first = each.tensors.find((t) => t.name === wanted) ?? each.tensors.find((t) => t.name === each.parting?.tensor) ?? bad ?? each.tensors.find((t) => t.verdict !== "equal") ?? each.tensors[0];
  const chosen = h("div", { id: "tensor" });
  const parts = [
    h("header", { class: "casehead" },
      h("p", { class: "dim crumbs" }, h("a", { class: "back", href: "#" }, "All cases"), h("a", { class: "up", href: "#overview" }, "Overview"), " / ", place),
      h("h2", null, each.name, " ", h("span", { class: "dtype" }, each.dtype)),
      h("p", null, badge(each.status), " ", h("span", { class: "dim" }, caseWords(each)))),
    callouts(each),
    each.tensors.length ? tensorTable(each, first) : null,
    each.tensors.length ? chosen : null,
    each.parting ? parting(each) : null,
    calls(each),
    caseProvenance(each),
  ];
  if (first) showTensor(each, first, chosen);
  return parts;
}

/** What a case amounts to, in a few words. */
function caseWords(each) {
  if (each.status === "error") return "it could not be compared";
  if (each.refuses) return each.passed ? `both sides refuse: ${each.refuses[0]} in MATLAB, ${each.refuses[1]} in Python` : "";
  const off = each.tensors.filter((t) => !t.agrees);
  if (off.length) return `in ${off.length} of ${plural(each.tensors.length, "tensor")}`;
  const close = each.tensors.filter((t) => t.verdict === "close").length;
  return `${plural(each.tensors.length, "tensor")}, ${close ? `${close} of them close, the others equal to the last bit` : "equal to the last bit"}`;
}

function callouts(each) {
  const found = [];
  if (each.diagnosis) found.push(why("Why", each.diagnosis));
  if (each.status === "known divergence") {
    found.push(h("div", { class: "callout known" }, h("h3", null, "Declared to diverge, because"), h("p", null, each.diverges || each.message)));
  } else if (each.message) {
    found.push(h("div", { class: `callout ${CLASSES[each.status]}` }, h("h3", null, each.status === "error" ? "Error" : "What is wrong"), h("pre", null, each.message)));
  }
  return found;
}

/** A diagnosis: the sentence, the fix, what would explain it as well. */
function why(title, told) {
  const or = told.others?.length ? h("p", { class: "note" }, "As well possible: ", told.others.join("; ")) : "";
  if (!told.name) return h("p", { class: "note" }, `${title}: ${told.sentence}`);
  return h("div", { class: "callout why" }, h("h3", null, title), h("p", null, told.sentence),
    told.fix ? h("p", { class: "fix" }, h("b", null, "Fix "), told.fix) : "", or);
}

function tensorTable(each, first) {
  const rows = each.tensors.map((t) => {
    const pressed = t === first;
    const button = h("button", { type: "button", class: "plain", "aria-pressed": String(pressed), onclick: () => go(keyOf(each), t.name) }, t.name);
    const where = t.name === each.parting?.tensor ? h("span", { class: "tag" }, "first") : "";
    const numeric = t.measured;
    return h("tr", { class: pressed ? "chosen" : null, onclick: (event) => { if (!event.target.closest("button")) go(keyOf(each), t.name); } },
      h("th", { scope: "row" }, button, " ", where),
      h("td", null, shapeWords(t)), h("td", { class: "wide" }, t.dtype ?? ""),
      h("td", { class: t.agrees ? "good" : "bad" }, t.verdict),
      h("td", { class: "number" }, numeric ? ulps(t.max_ulp) : ""), h("td", { class: "number wide" }, numeric ? short(t.max_abs) : ""), h("td", { class: "number wide" }, numeric ? short(t.max_rel) : ""),
      h("td", { class: "wide" }, t.tolerance));
  });
  const heads = ["tensor", "shape", ["dtype", "wide"], "verdict", ["max ULP", "number"], ["max abs", "number wide"], ["max rel", "number wide"], ["allowed", "wide"]];
  const box = section("Tensors", table("Tensors", heads, rows, { class: "tensors" }));
  if (rows.length > 8) box.lastChild.classList.add("long");
  return box;
}

const shapeWords = (t) => {
  if (!t.shape) return "";
  if (!t.shape.length) return "scalar";
  if (t.axes?.length === t.shape.length) return t.shape.map((n, k) => [k ? " " : "", h("span", { class: "dim" }, t.axes[k]), n]);
  return t.shape.join(" × ");
};

async function showTensor(each, t, into) {
  const fact = (name, value, kind) => h("div", { class: kind }, h("dt", null, name), h("dd", null, value));
  const unlike = !t.measured && !t.worst;
  const above = [
    unlike && fact("wanted", h("code", null, t.expected)), unlike && fact("got", h("code", null, t.obtained)),
    t.worst && fact("worst element", [h("code", null, `[${t.worst.join(", ")}]`), " wanted ", h("code", null, t.expected), ", got ", h("code", { class: t.agrees ? null : "off" }, t.obtained)]),
    t.measured && fact("allowed", [t.tolerance, t.because ? `, because ${t.because}` : ""]),
  ];
  const measured = t.measured && t.verdict !== "equal";
  const below = [
    measured && fact("max ULP", ulps(t.max_ulp)), measured && fact("max difference", short(t.max_abs)), measured && fact("max relative", short(t.max_rel)),
    t.scaled ? fact("of the largest element", `${short(t.scaled)} ULP`) : "",
    t.nonfinite ? fact("NaN or Inf out of place", count(t.nonfinite)) : "", t.zero_signs ? fact("zeros of the other sign", count(t.zero_signs)) : "",
    t.layer && fact("layer", `${t.layer}, ${t.way}`),
  ].filter(Boolean);
  const pictures = h("div", { class: "pictures" });
  const heading = h("h3", null, t.name, " ", h("span", { class: t.agrees ? "good" : "bad" }, t.verdict === "equal" ? "equal to the last bit" : t.verdict));
  const histogram = t.histogram && t.verdict !== "equal" ? ulpHistogram(t) : "";
  const own = each.diagnosis?.tensors?.[t.name];
  const reason = own && !each.diagnosis.sentence.includes(own.sentence) ? why(`Why ${t.name} differs`, own) : "";
  into.replaceChildren(h("section", null, heading, reason, h("dl", { class: "facts" }, above), pictures, below.length ? h("dl", { class: "facts" }, below) : "", histogram));
  flip.current = null;
  if (!t.picture) {
    const scalar = t.shape && !t.shape.length;
    pictures.append(h("p", { class: "note" }, scalar ? "One number: no picture." : t.shape && !product(t.shape) ? "It has no elements." : t.shape ? "No room was left for its picture. A report of fewer cases (-k) has it." : "There is no picture of it."));
    return;
  }
  try {
    const sides = await unpack(t.picture, packed[t.picture.data]);
    pictures.replaceChildren(viewer(t, sides, ["Expected", "Obtained"]));
  } catch (error) {
    pictures.replaceChildren(h("p", { class: "note" }, `Its picture cannot be shown: ${error.message}`));
  }
}

/** The first tensor that differs, among its neighbours in the order of computation. */
function parting(each) {
  const p = each.parting;
  const rows = p.rows.map((row) => h("tr", { class: row.name === p.tensor ? "chosen" : null },
    h("th", { scope: "row" }, h("button", { type: "button", class: "plain", onclick: () => go(keyOf(each), row.name) }, row.name)),
    h("td", null, row.layer || "–"), h("td", null, row.way), h("td", { class: row.agrees ? "good" : "bad" }, row.verdict),
    h("td", { class: "number" }, row.error === null ? "–" : short(row.error)), h("td", { class: "number" }, row.error === null ? "–" : ulps(row.ulp))));
  const heads = ["tensor", "layer", "way", "verdict", ["of its scale", "number"], ["ULP", "number"]];
  const around = [p.before ? `${plural(p.before, "tensor")} before, which ${p.before === 1 ? "agrees" : "agree"}` : "", p.after ? `${p.after} after` : ""].filter(Boolean).join("; ");
  return section("Where they part", h("p", null, "First to differ: ", h("b", null, p.tensor), p.layer ? ` of layer ${p.layer}` : "", `, ${p.way}. `, p.verdict ? `${p.verdict[0].toUpperCase()}${p.verdict.slice(1)}.` : ""),
    table("Tensors in the order of computation", heads, rows), around ? h("p", { class: "note" }, around) : "");
}

function calls(each) {
  const side = (title, lines) => h("div", null, h("h4", null, title), h("pre", { tabindex: "0" }, lines.join("\n")));
  const attrs = Object.entries(each.attrs).map(([name, value]) => `${name} = ${value}`).join(", ");
  const inputs = each.inputs.map((t) => `${t.name} (${t.axes.length ? t.shape.map((n, k) => `${t.axes[k]} ${n}`).join(", ") : t.shape.join(" × ")}) ${t.dtype}`);
  return section("What was called", h("div", { class: "two" }, side("MATLAB", each.matlab), side("Python", each.python)),
    inputs.length + each.values.length ? h("p", { class: "note" }, "Inputs: ", [...inputs, ...each.values].join("; ")) : "", attrs ? h("p", { class: "note" }, "Attributes: ", attrs) : "");
}

function caseProvenance(each) {
  const rows = each.m.map((k) => h("tr", null, h("th", { scope: "row" }, report.files[k][0]), h("td", null, h("code", null, report.files[k][1]))));
  return h("details", { class: "provenance" }, h("summary", null, "Hashes of this case and its .m files"),
    table("SHA-256", ["file", "SHA-256"], [h("tr", null, h("th", { scope: "row" }, "the case"), h("td", null, h("code", null, each.digest))), ...rows]));
}
