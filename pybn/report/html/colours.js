// Colours. Values are grey, so that colour is left for what is wrong: NaN, Inf, and what is beyond what is allowed.

const SPECIAL = {
  NaN: [214, 39, 160], Inf: [240, 140, 0], "-Inf": [0, 150, 160],
};
const dark = matchMedia("(prefers-color-scheme: dark)");

const mix = (a, b, t) => a.map((from, k) => Math.round(from + (b[k] - from) * t));
const css = (colour) => `rgb(${colour.join(" ")})`;

const BLACK = [18, 20, 24], WHITE = [250, 250, 251];
const LESS = { light: [[250, 250, 251], [120, 170, 225], [24, 84, 170]], dark: [[30, 33, 39], [52, 104, 178], [120, 190, 255]] };
const MORE = { light: [[250, 250, 251], [236, 140, 110], [186, 32, 32]], dark: [[30, 33, 39], [178, 72, 52], [255, 140, 110]] };
const FINE = { light: [[250, 250, 251], [206, 211, 219], [160, 168, 180]], dark: [[30, 33, 39], [66, 72, 84], [104, 113, 129]] };

const scheme = () => (dark.matches ? "dark" : "light");
const through = (stops, t) => (t < 0.5 ? mix(stops[0], stops[1], t * 2) : mix(stops[1], stops[2], t * 2 - 1));

const special = (value) => SPECIAL[value !== value ? "NaN" : value > 0 ? "Inf" : "-Inf"];

/** Return what paints a value between the least and the greatest of a scale; what lies beyond is at its end. */
function greys(low, high) {
  const span = high - low;
  const at = (value) => Math.max(0, Math.min(1, (value - low) / span));
  return (value) => (Number.isFinite(value) ? mix(BLACK, WHITE, span > 0 ? at(value) : 0.5) : special(value));
}

/**
 * Return what paints a difference: none is the ground; less is blue, more is red; what is allowed (`fine`) is grey.
 * A trace stays visible.
 */
function diverging(most) {
  const mode = scheme();
  return (value, fine) => {
    if (value === 0) return LESS[mode][0];
    if (!Number.isFinite(value)) return SPECIAL.NaN; // out of place
    const share = most > 0 ? Math.abs(value) / most : 1;
    return through(fine ? FINE[mode] : value < 0 ? LESS[mode] : MORE[mode], 0.12 + 0.88 * Math.min(1, share));
  };
}

/** Return what paints a distance in ULP, by its logarithm. */
function logarithmic(most) {
  const mode = scheme(), top = Math.log2(1 + most) || 1;
  return (value, fine) => {
    if (value !== value) return SPECIAL.NaN;
    if (value === 0) return MORE[mode][0];
    return through(fine ? FINE[mode] : MORE[mode], 0.15 + 0.85 * (Math.log2(1 + value) / top));
  };
}

/** A strip of colours with what its ends stand for. */
function colourBar(paint, from, to, texts) {
  const canvas = h("canvas", { width: 64, height: 1, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  for (let k = 0; k < 64; k++) {
    context.fillStyle = css(paint(from + ((to - from) * k) / 63));
    context.fillRect(k, 0, 1, 1);
  }
  return h("div", { class: "colourbar" }, canvas, h("div", null, texts.map((text) => h("span", null, text))));
}

/** Say what the special colours are, of those that occur: `fine` where grey is for what is allowed. */
function colourLegend(arrays, error, fine) {
  const seen = new Set();
  const astray = error?.some((value) => !Number.isFinite(value));
  if (astray) seen.add("NaN");
  for (const values of arrays) for (const value of values) if (!Number.isFinite(value)) seen.add(value !== value ? "NaN" : value > 0 ? "Inf" : "-Inf");
  const told = Object.keys(SPECIAL).filter((name) => seen.has(name)).map((name) => [SPECIAL[name], `${name}${name === "NaN" && astray ? "; in the error: NaN or Inf out of place" : ""}`]);
  if (fine) told.push([FINE[scheme()][1], "differs, but is within what is allowed"]);
  return told.map(([colour, text]) => {
    const swatch = h("i", { "aria-hidden": "true" });
    swatch.style.background = css(colour);
    return h("span", { class: "swatch" }, swatch, text);
  });
}

function extent(arrays) {
  let low = Infinity, high = -Infinity;
  for (const values of arrays) for (const value of values) if (Number.isFinite(value)) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

const WIDER = 3; // times as far as the expected side reaches: what goes further would leave it in one shade

/** Return the least and the greatest value of the scale of both sides, and whether the obtained one goes beyond. */
function scaleOf(sides) {
  const [low, high] = extent(sides), own = extent(sides.slice(0, 1)), span = own[1] - own[0];
  const far = sides.length > 1 && span > 0 && high - low > (1 + WIDER) * span;
  return far ? [...own, true] : [low, high, false];
}
