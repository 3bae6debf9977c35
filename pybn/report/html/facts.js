// What is read beside the pictures: one element, all elements of a slice, the slices at a glance.

/** The element under the pointer: its index and its value on both sides. */
function readout(a, b, axes, labels, sameType, fine) {
  const element = h("div", { class: "readout", role: "status", "aria-live": "polite" });
  const cell = (name, value, kind) => h("div", null, h("span", { class: "dim" }, name), h("code", { class: kind }, value));
  function show(k, worst) {
    const index = indexOf(a, k);
    const where = axes.length ? axes.map((name, axis) => (name.startsWith("axis ") ? index[axis] : `${name} ${index[axis]}`)).join(", ") : "the only one";
    const cells = [cell(worst ? "worst element" : "element", `[${where}]`), cell(labels[0], elementText(a, k))];
    if (b) {
      const part = differences(pairOf(a, k), pairOf(b, k), "magnitude")[0];
      const word = verdictOf(a, b, k, fine);
      cells.push(cell(labels[1], elementText(b, k), word === "differs" ? "off" : null));
      if (!a.complex) cells.push(cell("difference", Number.isFinite(part) ? short(part) : "–"));
      if (sameType) { const far = ulpDistance(a, b, k); cells.push(cell(unitOf(a.dtype), Number.isNaN(far) ? "–" : ulps(far))); }
      cells.push(h("div", null, h("span", { class: "dim" }, "verdict"), word === "differs" ? h("span", { class: "off word" }, word) : word));
    }
    element.replaceChildren(...cells);
  }
  return { element, show };
}

function verdictOf(a, b, k, fine) {
  if (elementText(a, k) === elementText(b, k)) return "equal";
  if (fine?.[k]) return "within what is allowed";
  const width = a.complex && b.complex ? 2 : 1, off = Array.from({ length: width }, (_, part) => differs(a.values, b.values, k * width + part));
  return off.some(Boolean) ? "differs" : "equal but for the sign of zero";
}

/** What a distance of 1 is called. */
const unitOf = (dtype) => (/int|bool/.test(dtype) ? "units" : "ULP");

/** A side of one element. */
function pairOf(side, k) {
  const width = side.complex ? 2 : 1;
  return { ...side, values: side.values.slice(k * width, k * width + width) };
}

/** The largest error of each slice, to click on: the first two axes that one flips through. */
function minimap(side, axes, goTo) {
  const canvas = h("canvas", { "aria-hidden": "true" }), here = h("i", { class: "cursor" });
  const words = h("figcaption"), frame = h("div", { class: "frame" }, canvas, here);
  const element = h("figure", { class: "minimap", hidden: true }, words, frame);
  let down = -1, across = -1;
  const height = () => (down < 0 ? 1 : side.count[down]);

  function prepare(error, paint, state, fine) {
    const free = flippable(side, state);
    [across, down] = [free[0] ?? -1, free.length > 1 ? free[1] : -1];
    element.hidden = !error || !free.length || free.length > 2 || error.every((value) => value === 0);
    if (element.hidden) return;
    const { count } = side, strides = geometry(side, 0, 0).strides, width = count[across];
    const most = new Float64Array(width * height()), bad = new Uint8Array(most.length);
    error.forEach((value, k) => {
      const r = down < 0 ? 0 : Math.floor(k / strides[down]) % count[down], c = Math.floor(k / strides[across]) % width;
      const at = r * width + c, size = Number.isNaN(value) ? Infinity : Math.abs(value), wrong = size && !fine?.[k] ? 1 : 0;
      if (wrong > bad[at] || (wrong === bad[at] && size > most[at])) [most[at], bad[at]] = [size, wrong];
    });
    canvas.width = width;
    canvas.height = height();
    const context = canvas.getContext("2d");
    most.forEach((value, at) => {
      context.fillStyle = css(value === Infinity ? SPECIAL.NaN : paint(value, !bad[at]));
      context.fillRect(at % width, Math.floor(at / width), 1, 1);
    });
    const cell = Math.max(3, Math.min(18, Math.floor(320 / width), Math.floor(180 / height())));
    frame.style.width = `${cell * width}px`;
    frame.style.height = `${cell * height()}px`;
    words.textContent = `Largest error of each slice: ${axes[across]} across${down < 0 ? "" : `, ${axes[down]} down`}`;
  }

  function mark(state) {
    if (element.hidden) return;
    const c = state.where[across], r = down < 0 ? 0 : state.where[down], width = side.count[across];
    here.style.left = `${(100 * c) / width}%`;
    here.style.top = `${(100 * r) / height()}%`;
    here.style.width = `${100 / width}%`;
    here.style.height = `${100 / height()}%`;
  }

  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    goTo(across, Math.floor(((event.clientX - box.left) / box.width) * side.count[across]));
    if (down >= 0) goTo(down, Math.floor(((event.clientY - box.top) / box.height) * height()));
  });
  return { element, prepare, mark };
}

const CELLS = 20; // rows and columns of the table of values at most

/** The elements of the slice as a table, for those who read rather than look. */
function valueTable(a, b, axes) {
  const body = h("div"), element = h("details", { class: "values" }, h("summary", null, "Values of this slice"), body);
  let last = null;
  element.addEventListener("toggle", () => { if (element.open && last) fill(...last); });
  function fill(plan, state) {
    const height = Math.min(plan.height, CELLS), width = Math.min(plan.width, CELLS), rows = [];
    for (let r = 0; r < height; r++) {
      const cells = [];
      for (let c = 0; c < width; c++) {
        const k = plan.at(r, c, state.where);
        if (k < 0) continue;
        const want = elementText(a, k), got = b ? elementText(b, k) : want;
        cells.push(h("td", { class: want === got ? "number" : "number off" }, want, want === got ? "" : h("span", null, got)));
      }
      rows.push(h("tr", null, h("th", { scope: "row" }, r), cells));
    }
    const heads = Array.from({ length: width }, (_, c) => [String(c), "number"]);
    const caption = `Values${a.count.length > 2 ? ` at ${sliceWords(a, axes, state)}` : ""}${b ? ", with what was obtained below where it is another" : ""}`;
    const left = height < plan.height || width < plan.width ? h("p", { class: "note" }, `The first ${height} by ${width} of ${plan.height} by ${plan.width}.`) : "";
    body.replaceChildren(table(caption, ["", ...heads], rows, { class: "cells" }), left);
  }
  return { element, show: (...now) => { last = now; if (element.open) fill(...now); } };
}
