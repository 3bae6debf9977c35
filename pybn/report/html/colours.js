// Colours. Values are grey, so that colour is left for what is wrong: NaN, Inf, and the error.

const SPECIAL = {
  NaN: [214, 39, 160], Inf: [240, 140, 0], "-Inf": [0, 150, 160],
};
const dark = matchMedia("(prefers-color-scheme: dark)");

const mix = (a, b, t) => a.map((from, k) => Math.round(from + (b[k] - from) * t));
const css = (colour) => `rgb(${colour.join(" ")})`;

const BLACK = [18, 20, 24], WHITE = [250, 250, 251];
const LESS = { light: [[250, 250, 251], [120, 170, 225], [24, 84, 170]], dark: [[30, 33, 39], [52, 104, 178], [120, 190, 255]] };
const MORE = { light: [[250, 250, 251], [236, 140, 110], [186, 32, 32]], dark: [[30, 33, 39], [178, 72, 52], [255, 140, 110]] };

const through = (stops, t) => (t < 0.5 ? mix(stops[0], stops[1], t * 2) : mix(stops[1], stops[2], t * 2 - 1));

const special = (value) => SPECIAL[value !== value ? "NaN" : value > 0 ? "Inf" : "-Inf"];

/** Return what paints a value between the least and the greatest finite one. */
function greys(low, high) {
  const span = high - low;
  return (value) => (Number.isFinite(value) ? mix(BLACK, WHITE, span > 0 ? (value - low) / span : 0.5) : special(value));
}

/** Return what paints a difference: none is the ground, one way is red, the other blue. A trace stays visible. */
function diverging(most) {
  const mode = dark.matches ? "dark" : "light";
  return (value) => {
    if (value === 0) return LESS[mode][0];
    if (!Number.isFinite(value)) return SPECIAL.NaN; // out of place
    const share = most > 0 ? Math.abs(value) / most : 1;
    return through(value < 0 ? LESS[mode] : MORE[mode], 0.12 + 0.88 * Math.min(1, share));
  };
}

/** Return what paints a distance in ULP, by its logarithm. */
function logarithmic(most) {
  const mode = dark.matches ? "dark" : "light", top = Math.log2(1 + most) || 1;
  return (value) => {
    if (value !== value) return SPECIAL.NaN;
    return value === 0 ? MORE[mode][0] : through(MORE[mode], 0.15 + 0.85 * (Math.log2(1 + value) / top));
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

/** Say what the special colours are, of those that occur. */
function specialLegend(arrays, error) {
  const seen = new Set();
  const astray = error?.some((value) => !Number.isFinite(value));
  if (astray) seen.add("NaN");
  for (const values of arrays) for (const value of values) if (!Number.isFinite(value)) seen.add(value !== value ? "NaN" : value > 0 ? "Inf" : "-Inf");
  const names = Object.keys(SPECIAL).filter((name) => seen.has(name));
  return names.map((name) => {
    const swatch = h("i", { "aria-hidden": "true" });
    swatch.style.background = css(SPECIAL[name]);
    return h("span", { class: "swatch" }, swatch, name, name === "NaN" && astray ? "; in the error: NaN or Inf out of place" : "");
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
