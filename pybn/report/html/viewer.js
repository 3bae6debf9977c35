// The two sides of a tensor and what parts them, slice by slice.

/** Show both sides of a picture; two of unlike shapes one below the other, with no error between them. */
function viewer(tensor, sides, labels) {
  const { expected, obtained } = sides;
  const alike = expected && obtained && String(expected.shape) === String(obtained.shape);
  if (alike) return slices(tensor, [expected, obtained], labels);
  const each = [expected, obtained].map((side, k) => side && slices(tensor, [side], [labels[k]]));
  return h("div", { class: "two" }, each.filter(Boolean));
}

function slices(tensor, sides, labels) {
  const [a, b] = sides;
  const axes = a.shape.map((_, k) => (tensor.axes?.length === a.shape.length ? tensor.axes[k] : `axis ${k}`));
  const state = { rows: a.rows, columns: a.columns, part: "real", mode: "difference", where: a.count.map(() => 0) };
  const worst = tensor.worst && tensor.worst.length === a.count.length ? packedAt(a, tensor.worst) : -1;
  const strides = geometry(a, a.rows, a.columns).strides;
  const positions = (k) => a.count.map((n, axis) => Math.floor(k / strides[axis]) % n);
  const parts = a.complex || b?.complex ? ["real", "imaginary", "magnitude"] : null;
  const sameType = b && a.dtype === b.dtype;
  if (parts && b) {
    const most = (part) => Math.max(...extent([differences(a, b, part)]).map(Math.abs));
    if (most("imaginary") > most("real")) state.part = "imaginary";
  }
  if (worst >= 0) state.where = positions(worst);
  let chosen = Math.max(worst, 0);

  const heads = [...labels, ...(b ? ["Error"] : [])];
  const panels = heads.map((title) => panel(title, (r, c) => choose(plan.at(r, c, state.where))));
  const box = h("div", { class: `panels n${panels.length}` }, panels.map((each) => each.element));
  const lines = h("div"), controls = h("div", { class: "controls" }), legend = h("div", { class: "legend" });
  const read = readout(a, b, axes, labels, sameType), map = minimap(a, axes, goTo), values = valueTable(a, b, axes);
  let plan, data;

  /** Work out what does not change from slice to slice. */
  function prepare() {
    const values = sides.map((side) => numbers(side, state.part));
    const error = b && (state.mode === "ULP" && sameType
      ? Float64Array.from({ length: values[0].length }, (_, k) => ulpDistance(a, b, k)) : differences(a, b, state.part));
    const [low, high] = extent(values), most = error ? Math.max(...extent([error]).map(Math.abs)) : 0;
    const paint = greys(low, high), wrong = state.mode === "ULP" ? logarithmic(most) : diverging(most);
    data = { values, error, paint, wrong, low, high, most };
    legend.replaceChildren(...specialLegend(values, error));
    panels.forEach((each, k) => each.under.replaceChildren(k === 2 ? errorBar() : k === 0 || !b ? colourBar(paint, low, high, [short(low), short(high)]) : h("span", { class: "dim" }, "on the same scale")));
    map.prepare(error, wrong, state);
    lines.replaceChildren(...(a.count.length === 1 && a.count[0] > 7 ? [curve(values, low, high, a, axes[0])] : []));
  }

  function errorBar() {
    if (data.error.every((value) => value === 0)) return h("span", { class: "dim" }, "no difference");
    if (!data.most) return h("span", { class: "dim" }, "NaN or Inf out of place");
    const ends = state.mode === "ULP" ? [0, data.most] : [-data.most, data.most];
    const texts = state.mode === "ULP" ? ["0", `${ulps(data.most)} ULP`] : [`-${short(data.most)}`, "0", `+${short(data.most)}`];
    return colourBar(data.wrong, ...ends, texts);
  }

  function draw() {
    plan = geometry(a, state.rows, state.columns);
    const place = sliceWords(a, axes, state);
    panels.forEach((each, k) => {
      const shown = k === 2 ? data.error : data.values[k], paint = k === 2 ? data.wrong : data.paint;
      const colour = (r, c) => { const at = plan.at(r, c, state.where); return at < 0 ? null : paint(shown[at]); };
      each.paint(plan.height, plan.width, colour, `${heads[k]} of ${tensor.name}${place ? `, ${place}` : ""}: ${plan.height} by ${plan.width}; arrow keys read its elements`);
      each.worst(worst >= 0 && b ? placeOf(worst) : null);
    });
    map.mark(state);
    values.show(plan, state);
    choose(chosen, true);
  }

  /** The row and column of an element, null where it is in another slice. */
  function placeOf(k) {
    if (a.count.length < 2) return [Math.floor(k / plan.width), k % plan.width];
    const at = positions(k);
    const hidden = at.some((n, axis) => axis !== state.rows && axis !== state.columns && n !== state.where[axis]);
    return hidden ? null : [at[state.rows], at[state.columns]];
  }

  function choose(k, redrawn) {
    if (k < 0) return;
    const place = placeOf(k);
    if (redrawn && !place) return choose(plan.at(0, 0, state.where));
    chosen = k;
    panels.forEach((each) => each.cursor(place, k === worst && b));
    read.show(k, k === worst && Boolean(b));
  }

  function goTo(axis, at) {
    state.where[axis] = Math.max(0, Math.min(a.count[axis] - 1, at));
    refresh();
  }

  function refresh() {
    fill();
    draw();
  }

  function fill() {
    const focused = controls.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const jump = () => { state.where = positions(worst); chosen = worst; refresh(); };
    const toWorst = worst >= 0 && b && flippable(a, state).length > 0;
    controls.replaceChildren(...steppers(a, axes, state, goTo), toWorst ? h("button", { type: "button", "data-key": "worst", onclick: jump }, "Worst") : "",
      ...choices(a, axes, state, parts, sameType, changed));
    if (focused) controls.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  function changed(name, value) {
    if (name === "rows" && value === state.columns) state.columns = state.rows;
    if (name === "columns" && value === state.rows) state.rows = state.columns;
    state[name] = value;
    prepare();
    refresh();
  }

  prepare();
  fill();
  const note = thinned(a, axes);
  const element = h("div", { class: "viewer" }, controls, lines, box, legend, read.element,
    note && h("p", { class: "note" }, note), map.element, values.element);
  const redraw = () => { prepare(); draw(); };
  new ResizeObserver(() => panels.forEach((each) => each.fit())).observe(box);
  dark.addEventListener("change", redraw);
  flip.current = (which, by) => {
    const free = flippable(a, state);
    if (free[which] !== undefined) goTo(free[which], state.where[free[which]] + by);
  };
  requestAnimationFrame(draw);
  draw();
  return element;
}

/** What the keys that flip through slices act on. */
const flip = { current: null };

const flippable = (side, state) => side.count.map((_, axis) => axis).filter((axis) => axis !== state.rows && axis !== state.columns && side.count[axis] > 1 && side.count.length > 2);

function sliceWords(side, axes, state) {
  if (side.count.length < 3) return "";
  return axes.map((name, axis) => (axis === state.rows || axis === state.columns ? null : `${name} ${side.start[axis] + side.step[axis] * state.where[axis]}`)).filter(Boolean).join(", ");
}

/** Say which elements are there, where not all are. */
function thinned(side, axes) {
  const ordinal = (n) => `${n}${n % 10 === 2 && n !== 12 ? "nd" : "th"}`;
  const told = axes.map((name, axis) => (side.step[axis] > 1 ? `every ${ordinal(side.step[axis])} of ${count(side.shape[axis])} along ${name}` : null)).filter(Boolean);
  return told.length ? `Thinned out: ${told.join(", ")}. What is shown is exact; the figures and the histogram are of all elements.` : "";
}

/** Buttons and a slider for each axis that one flips through. */
function steppers(side, axes, state, goTo) {
  return flippable(side, state).map((axis, which) => {
    const last = side.count[axis] - 1, at = state.where[axis], name = axes[axis];
    const index = side.start[axis] + side.step[axis] * at;
    const button = (by, text, word) => h("button", { type: "button", "data-key": `${axis}${by}`, "aria-label": `${word} ${name}`, title: `${word} ${name}  (${["[ ]", ", ."][which] ? ["[ ]", ", ."][which].split(" ")[by < 0 ? 0 : 1] : ""})`, "aria-disabled": at + by < 0 || at + by > last ? "true" : null, onclick: () => goTo(axis, at + by) }, text);
    return h("div", { class: "stepper", role: "group", "aria-label": `slice along ${name}` }, h("b", null, name),
      button(-1, "‹", "previous"), h("output", null, `${index}`, h("span", { class: "dim" }, ` of 0…${side.shape[axis] - 1}`)), button(1, "›", "next"),
      last > 1 ? h("input", { type: "range", min: 0, max: last, value: at, "data-key": `${axis}range`, "aria-label": `${name}`, oninput: (event) => goTo(axis, Number(event.target.value)) }) : "");
  });
}

function choices(side, axes, state, parts, ulp, changed) {
  const choice = (name, label, options) => h("label", null, label, " ", h("select", { "data-key": name, onchange: (event) => changed(name, JSON.parse(event.target.value)) },
    options.map(([value, text]) => h("option", { value: JSON.stringify(value), selected: state[name] === value }, text))));
  const found = [];
  if (parts) found.push(choice("part", "part", parts.map((part) => [part, part])));
  if (ulp && side.dtype !== "bool") found.push(choice("mode", "error", [["difference", "difference"], ["ULP", side.dtype.includes("int") ? "units (log)" : "ULP (log)"]]));
  if (side.count.length > 2) {
    found.push(choice("rows", "down", axes.map((name, axis) => [axis, name])), choice("columns", "across", axes.map((name, axis) => [axis, name])));
  }
  return found;
}
