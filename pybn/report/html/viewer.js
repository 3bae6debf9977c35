// The two sides of a tensor and what parts them, slice by slice.

/** Show both sides of a picture; two of unlike shapes side by side on one scale, with no error between them. */
function viewer(tensor, sides) {
  const { expected, obtained } = sides;
  const alike = expected && obtained && String(expected.shape) === String(obtained.shape);
  if (alike) return slices(tensor, [expected, obtained], ["Expected", "Obtained"], scaleOf);
  const both = [expected, obtained].filter(Boolean);
  const common = () => scaleOf(both.map((side) => numbers(side, "real")));
  const views = both.map((side) => slices(tensor, [side], [side === expected ? "Expected" : "Obtained"], both.length > 1 ? common : scaleOf));
  return { element: h("div", { class: "two" }, views.map((view) => view.element)), draw: () => views.forEach((view) => view.draw()) };
}

function slices(tensor, sides, labels, scale) {
  const [a, b] = sides;
  const axes = axesOf(tensor, a), parts = a.complex || b?.complex ? ["real", "imaginary", "magnitude"] : null;
  const sameType = Boolean(b) && a.dtype === b.dtype, fine = sameType ? fineOnes(tensor, a, b) : null;
  const state = { rows: a.rows, columns: a.columns, part: "real", mode: "difference", where: a.count.map(() => 0) };
  if (a.count.length > 1 && elongated(a.count[a.columns], a.count[a.rows])) [state.rows, state.columns] = [a.columns, a.rows];
  if (parts && b) {
    const most = (part) => Math.max(...extent([differences(a, b, part)]).map(Math.abs));
    if (most("imaginary") > most("real")) state.part = "imaginary";
  }
  const worst = b && tensor.worst && tensor.worst.length === a.count.length ? packedAt(a, tensor.worst) : -1;
  const strides = geometry(a, a.rows, a.columns).strides;
  const positions = (k) => a.count.map((n, axis) => Math.floor(k / strides[axis]) % n);
  if (worst >= 0) state.where = positions(worst);
  let chosen = Math.max(worst, 0), plan, data;

  const heads = [...labels, ...(b ? ["Error"] : [])];
  const panels = heads.map((title) => panel(title, (r, c) => choose(plan.at(r, c, state.where))));
  const box = h("div", { class: `panels n${panels.length}` }, panels.map((each) => each.element));
  const lines = curve(labels), controls = h("div", { class: "controls" }), legend = h("div", { class: "legend" });
  const read = readout(a, b, axes, labels, sameType, fine), map = minimap(a, axes, goTo), values = valueTable(a, b, axes);

  /** Work out what does not change from slice to slice. */
  function prepare() {
    const values = sides.map((side) => numbers(side, state.part)), inUlp = state.mode === "ULP" && sameType;
    const error = b && (inUlp ? Float64Array.from({ length: values[0].length }, (_, k) => ulpDistance(a, b, k)) : differences(a, b, state.part));
    const [low, high, far] = scale(values, state.part), most = error ? Math.max(...extent([error]).map(Math.abs)) : 0;
    data = { values, error, low, high, most, paint: greys(low, high), wrong: inUlp ? logarithmic(most) : diverging(most) };
    legend.replaceChildren(...colourLegend(values, error, fine?.some(Boolean)));
    const bar = () => colourBar(data.paint, low, high, [short(low), short(high)]);
    const reach = () => h("span", { class: "dim" }, far ? `on the same scale; reaches from ${extent([values[1]]).map(short).join(" to ")}` : "on the same scale");
    panels.forEach((each, k) => each.under.replaceChildren(k === 2 ? errorBar(data, inUlp) : k ? reach() : bar()));
    if (b) panels[2].note.textContent = inUlp ? "ULP apart" : parts ? `obtained − expected, ${state.part}` : "obtained − expected";
    map.prepare(error, data.wrong, state, fine);
  }

  function draw() {
    plan = geometry(a, state.rows, state.columns);
    const strip = elongated(plan.height, plan.width), place = sliceWords(a, axes, state);
    box.classList.toggle("strips", strip);
    lines.element.hidden = !strip;
    panels[0].note.textContent = plan.height > 1 ? `${axes[state.rows]} ↓ ${axes[state.columns]} →` : a.count.length ? `${axes[Math.max(state.columns, 0)]} →` : "";
    panels.forEach((each, k) => {
      const shown = k === 2 ? data.error : data.values[k], paint = k === 2 ? data.wrong : data.paint;
      const colour = (r, c) => { const at = plan.at(r, c, state.where); return paint(shown[at], fine?.[at]); };
      const strength = (r, c) => wrongness(plan.at(r, c, state.where));
      each.paint({ height: plan.height, width: plan.width, strip, colour, strength }, `${heads[k]} of ${tensor.name}${place ? `, ${place}` : ""}: ${plan.height} by ${plan.width}; arrow keys read its elements`);
      each.worst(worst >= 0 ? placeOf(worst) : null);
    });
    map.mark(state);
    values.show(plan, state);
    choose(chosen, true);
  }

  /** How much an element is to be seen: NaN out of place most, then by the error, what is allowed least. */
  function wrongness(at) {
    const error = data.error?.[at] ?? 0;
    return Number.isFinite(error) ? Math.abs(error) * (fine?.[at] ? 1e-9 : 1) : Infinity;
  }

  /** The row and column of an element, null where it is in another slice. */
  function placeOf(k) {
    if (a.count.length < 2) return [0, k];
    const at = positions(k);
    const hidden = at.some((n, axis) => axis !== state.rows && axis !== state.columns && n !== state.where[axis]);
    return hidden ? null : [at[state.rows], at[state.columns]];
  }

  function choose(k, redrawn) {
    const place = placeOf(k);
    if (redrawn && !place) return choose(plan.at(0, 0, state.where));
    chosen = k;
    panels.forEach((each) => each.cursor(place, k === worst));
    read.show(k, k === worst);
    if (!lines.element.hidden) drawLine(place);
  }

  /** Draw the row of an element. */
  function drawLine([r, c]) {
    const row = Array.from({ length: plan.width }, (_, column) => plan.at(r, column, state.where));
    const along = Math.max(state.columns, 0), ends = [row[0], row[row.length - 1]].map((k) => indexOf(a, k)[along]);
    const others = axes.map((name, axis) => (axis === along || a.shape[axis] === 1 ? null : `${name} ${indexOf(a, row[0])[axis]}`)).filter(Boolean);
    const worstPlace = worst >= 0 ? placeOf(worst) : null;
    lines.show(data.values.map((side) => row.map((k) => side[k])), [data.low, data.high], `Along ${axes[along]}${others.length ? ` at ${others.join(", ")}` : ""}`,
      ...ends, [worstPlace?.[0] === r ? worstPlace[1] : null, chosen === worst ? null : c]);
  }

  function goTo(axis, at) {
    state.where[axis] = Math.max(0, Math.min(a.count[axis] - 1, at));
    refresh();
  }

  function toWorst() {
    if (worst < 0) return;
    state.where = positions(worst);
    chosen = worst;
    refresh();
  }

  function refresh() {
    setControls();
    draw();
  }

  function setControls() {
    const focused = controls.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const button = worst >= 0 && flippable(a, state).length ? h("button", { type: "button", "data-key": "worst", title: "go to the worst element  (w)", onclick: toWorst }, "Worst") : "";
    controls.replaceChildren(...[...steppers(a, axes, state, goTo), button, ...choices(a, axes, state, parts, sameType, changed)].filter(Boolean));
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
  setControls();
  const note = thinned(a, axes), redraw = () => { prepare(); draw(); };
  const element = h("div", { class: "viewer" }, controls, read.element, lines.element, box, legend, note && h("p", { class: "note" }, note), map.element, values.element);
  new ResizeObserver(() => panels.forEach((each) => each.fit())).observe(box);
  dark.addEventListener("change", () => element.isConnected && redraw());
  flip.current = (which, by) => {
    const free = flippable(a, state);
    if (free[which] !== undefined) goTo(free[which], state.where[free[which]] + by);
  };
  flip.worst = toWorst;
  return { element, draw };
}

/** What the keys that flip through slices act on. */
const flip = { current: null, worst: null };

/** The names of a side's axes: those that are declared, where its shape is. */
function axesOf(tensor, side) {
  const named = tensor.axes?.length === side.shape.length && String(tensor.shape) === String(side.shape);
  return side.shape.map((_, k) => (named ? tensor.axes[k] : `axis ${k}`));
}

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

/** The legend of the error: the same to both sides of zero, of all slices. */
function errorBar({ error, most, wrong }, inUlp) {
  if (error.every((value) => value === 0)) return h("span", { class: "dim" }, "no difference");
  if (!most) return h("span", { class: "dim" }, "NaN or Inf out of place");
  const texts = inUlp ? ["0", `${ulps(most)} ULP`] : [`−${short(most)}`, "0", `+${short(most)}`];
  return colourBar(wrong, ...(inUlp ? [0, most] : [-most, most]), texts);
}
