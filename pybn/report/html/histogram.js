// How many elements are how many ULP apart, and how many of them further than is allowed.

const BARS = 14; // of a histogram at most

/** Bin k holds distances from lower(k) to upper(k). */
const lower = (k) => (k < 3 ? k : 2 ** (k - 2) + 1), upper = (k) => (k === 0 ? 0 : 2 ** (k - 1));

function ulpHistogram(tensor) {
  const unit = unitOf(tensor.dtype), bad = tensor.bad ?? [];
  let bars = tensor.histogram.map((n, k) => ({ n, bad: bad[k] ?? 0, from: k, to: k })).filter((bar) => bar.n || bar.to === 0);
  while (bars.length > BARS) bars = bars.flatMap((bar, k) => (k === 0 ? [bar] : k % 2 ? [joined(bar, bars[k + 1])] : []));
  const most = Math.max(...bars.map((bar) => bar.n), 1);
  const part = (n, kind) => {
    const mark = h("i", { class: kind });
    mark.style.width = n ? `max(2px, ${(100 * n) / most}%)` : "0";
    return mark;
  };
  const rows = bars.map((bar) => h("tr", null, h("th", { scope: "row" }, rangeOf(bar)),
    h("td", { class: "bar" }, h("div", null, part(bar.n - bar.bad, bar.to ? "near" : "same"), part(bar.bad, "bad"))),
    h("td", { class: "number" }, count(bar.n)), bad.length ? h("td", { class: "number bad" }, bar.bad ? count(bar.bad) : "") : ""));
  const kinds = [["same", "equal", bars[0].n], ["near", "within what is allowed", bars.some((bar) => bar.to && bar.n > bar.bad)], ["bad", "beyond", bad.length]];
  const keys = kinds.filter(([, , there]) => there).map(([kind, text]) => h("span", { class: "swatch" }, h("i", { class: kind, "aria-hidden": "true" }), text));
  const heads = [`${unit} apart`, "", ["elements", "number"], ...(bad.length ? [["beyond", "number"]] : [])];
  return h("figure", { class: "histogram" }, h("figcaption", null, `How far the elements are apart, in ${unit}`), h("div", { class: "legend" }, keys),
    table(`Elements by ${unit} between the two sides`, heads, rows));
}

const joined = (bar, next) => ({ n: bar.n + (next?.n ?? 0), bad: bar.bad + (next?.bad ?? 0), from: bar.from, to: (next ?? bar).to });

/** The distances of a bar: 3–8, or the power of two that bounds them. */
function rangeOf(bar) {
  if (bar.to < 3 && bar.from === bar.to) return String(bar.to);
  if (bar.to < 15) return `${count(lower(bar.from))}–${count(upper(bar.to))}`;
  return ["≤ 2", h("sup", null, bar.to - 1)];
}
