// One tensor of a case: what is allowed, how far it is off, its pictures or texts, its histogram.

/** The tensor that an address names, else the one where the sides part, the first that differs, the first close one. */
function tensorOf(each, wanted) {
  const by = (test) => each.tensors.find(test);
  return by((t) => t.name === wanted) ?? by((t) => t.name === each.parting?.tensor) ?? by((t) => !t.agrees) ?? by((t) => t.verdict !== "equal") ?? each.tensors[0];
}

/** Unpack the picture of a tensor; { error } where that fails, null where there is none. */
async function unpacked(t) {
  if (!t?.picture || !packed[t.picture.data]) return null;
  try {
    return await unpack(t.picture, packed[t.picture.data]);
  } catch (error) {
    return { error: error.message };
  }
}

const shapeWords = (t) => {
  if (!t.shape) return "";
  if (!t.shape.length) return "scalar";
  if (t.axes?.length === t.shape.length) return t.shape.map((n, k) => [k ? " " : "", h("span", { class: "dim" }, t.axes[k]), "\u2009", n]);
  return t.shape.join(" × ");
};

/** Return { element, draw }: draw once the element is in the page. */
function tensorSection(each, t, sides) {
  const kind = t.dtype ? [" ", h("span", { class: "dtype" }, t.dtype), " ", h("span", { class: "shape" }, shapeWords(t))] : "";
  const heading = h("h3", null, t.name, " ", h("span", { class: t.agrees ? "good" : "bad" }, t.verdict === "equal" ? "equal to the last bit" : t.verdict), kind);
  const shown = pictures(t, sides);
  const histogram = t.histogram && t.verdict !== "equal" && t.size !== 1 ? ulpHistogram(t) : "";
  const element = h("section", { id: "tensor" }, heading, tensorFacts(t, sides), shown.element, histogram);
  return { element, draw: shown.draw };
}

function pictures(t, sides) {
  const nothing = () => {};
  if (t.texts) return { element: textDiff(t), draw: nothing };
  if (sides && !sides.error) return viewer(t, sides);
  const many = t.shape && product(t.shape);
  const words = sides ? `Its picture cannot be shown: ${sides.error}` : many === 0 ? "It has no elements." : many > 1 ? "No room was left for its picture. A report of fewer cases (-k) has it." : "";
  return { element: words ? h("p", { class: "note" }, words) : "", draw: nothing };
}

/** The figures of a tensor, those first that say most. */
function tensorFacts(t, sides) {
  const fact = (name, value, kind) => h("div", { class: kind }, h("dt", null, name), h("dd", null, value));
  const code = (text, kind) => h("code", { class: kind }, text);
  const found = [], off = t.measured && t.verdict !== "equal";
  if (!t.measured && !t.agrees && !t.texts) found.push(fact("wanted", code(t.expected)), fact("got", code(t.obtained, "off")));
  if (off && !sides && t.worst) found.push(fact(t.worst.length ? `worst element [${t.worst.join(", ")}]: wanted` : "wanted", code(t.expected)), fact("got", code(t.obtained, t.agrees ? null : "off")));
  if (t.beyond && t.size > 1) found.push(fact("beyond what is allowed", share(t.beyond, t.size), "bad"));
  if (off && (t.max_ulp || !t.nonfinite)) {
    found.push(fact("max difference", short(t.max_abs)), fact("max relative", short(t.max_rel)), fact(`max ${unitOf(t.dtype ?? "")}`, ulps(t.max_ulp)));
    if (t.scaled && !/int|bool/.test(t.dtype ?? "")) found.push(fact("of the largest element", `${short(t.scaled)} ULP`));
  }
  if (t.nonfinite) found.push(fact("NaN or Inf out of place", count(t.nonfinite), "bad"));
  if (t.zero_signs) found.push(fact("zeros of the other sign", count(t.zero_signs)));
  if (t.layer) found.push(fact("layer", `${t.layer}, ${t.way}`));
  if (t.measured && (off || t.tolerance !== "exact")) found.push(fact("allowed", [t.tolerance, t.because ? `, because ${t.because}` : ""], t.because ? "long" : null));
  return found.length ? h("dl", { class: "facts" }, found) : "";
}
