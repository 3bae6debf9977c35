// A row of a slice as lines: the expected one broad and pale, the obtained one thin upon it.

const WIDE = 1000, HIGH = 120, EDGE = 6; // of the drawing

/** The row through the element that is looked at, for slices that are strips. */
function curve(labels) {
  const plot = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img" });
  const name = h("span"), top = h("span", { class: "top" }), bottom = h("span", { class: "bottom" }), ends = h("div", { class: "ends" });
  const keys = labels.map((label, k) => h("span", { class: `key ${k || labels.length === 1 ? "thin" : "broad"}` }, label));
  const element = h("figure", { class: "curve", hidden: true }, h("figcaption", null, name, " ", keys), h("div", { class: "plot" }, plot, top, bottom), ends);

  /** Draw rows, arrays of values, upon a scale; `marks` are the columns of the worst element and of the cursor. */
  function show(rows, [low, high], words, first, last, marks) {
    const n = rows[0].length, span = high - low || 1;
    const x = (k) => (WIDE * (k + 0.5)) / n;
    const y = (value) => HIGH - EDGE - (HIGH - 2 * EDGE) * Math.max(0, Math.min(1, (value - low) / span));
    const line = (values) => {
      let pen = "M";
      return Array.from(values, (value, k) => {
        if (!Number.isFinite(value)) { pen = "M"; return ""; }
        const step = `${pen}${x(k).toFixed(1)} ${y(value).toFixed(1)}`;
        pen = "L";
        return step;
      }).join("");
    };
    const upright = (k, kind) => (k === null ? "" : svg("line", { x1: x(k), x2: x(k), y1: 0, y2: HIGH, class: kind, "vector-effect": "non-scaling-stroke" }));
    const zero = low < 0 && high > 0 ? svg("line", { x1: 0, x2: WIDE, y1: y(0), y2: y(0), class: "zero", "vector-effect": "non-scaling-stroke" }) : "";
    const lines = rows.map((values, k) => svg("path", { d: line(values), class: rows.length > 1 && k === 0 ? "broad" : "thin", fill: "none", "vector-effect": "non-scaling-stroke" }));
    plot.replaceChildren(...[zero, upright(marks[1], "here"), upright(marks[0], "worst"), ...lines].filter(Boolean));
    plot.setAttribute("aria-label", `${words}: from ${short(low)} to ${short(high)}`);
    name.textContent = words;
    top.textContent = short(high);
    bottom.textContent = short(low);
    ends.replaceChildren(h("span", null, String(first)), h("span", null, String(last)));
  }
  return { element, show };
}
