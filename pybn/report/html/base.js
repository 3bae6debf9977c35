// Elements, texts and numbers. Whatever comes from outside goes into the page as text, never as markup.

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Make an element: attributes (on... are listeners, null and false are left out), then children: elements or texts. */
function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for a part of a drawing. */
function svg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

const plural = (n, one, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;
const count = (n) => Number(n).toLocaleString("en");

/** A measured size in few digits: 0, 0.25, 1.2e-7. */
function short(value) {
  if (typeof value === "string") return value.replace("inf", "Inf").replace("nan", "NaN");
  if (value === 0 || !Number.isFinite(value)) return String(value).replace("Infinity", "Inf").replace("-", "−");
  const size = Math.abs(value);
  const text = size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(1).replace("e+", "e");
  return text.replace(/^-/, "−");
}

/** A count of ULP, which may have nineteen digits. */
const ulps = (n) => (typeof n === "number" && n < 1e7 ? count(n) : Number(n).toExponential(1).replace("e+", "e"));

/** A part of a whole: 216 of 5,184 (4.2 %). */
function share(n, whole) {
  const percent = (100 * n) / whole;
  if (n === whole) return `all ${count(whole)}`;
  return `${count(n)} of ${count(whole)} (${percent < 0.1 ? "< 0.1" : percent > 99.9 ? "> 99.9" : percent.toPrecision(percent < 10 ? 2 : 3)} %)`;
}

const GLYPHS = { differs: "✗", error: "!", "known divergence": "≈", agrees: "✓" };
const CLASSES = { differs: "bad", error: "error", "known divergence": "known", agrees: "good" };
const ORDER = ["differs", "error", "known divergence", "agrees"];
const SHORT = { differs: "differs", error: "error", "known divergence": "known", agrees: "agrees" };
const WORDS = {
  differs: ["differs", "differ"],
  error: ["error", "errors"],
  "known divergence": ["known divergence", "known divergences"],
  agrees: ["agrees", "agree"],
};

const glyph = (status) => h("span", { class: `glyph ${CLASSES[status]}`, "aria-hidden": "true" }, GLYPHS[status]);

const badge = (status) => h("span", { class: `badge ${CLASSES[status]}` }, GLYPHS[status], " ", status);

/** A table that scrolls by itself where it is too wide: heads may be [text, class]. */
function table(caption, heads, rows, attributes) {
  const head = heads.map((each) => {
    const [text, kind] = Array.isArray(each) ? each : [each, null];
    return h("th", { scope: "col", class: kind }, text);
  });
  const frame = { class: "scroll", tabindex: "0", role: "region", "aria-label": caption };
  return h("div", frame, h("table", attributes, h("caption", { class: "unseen" }, caption),
    h("thead", null, h("tr", null, head)), h("tbody", null, rows)));
}

function section(title, ...children) {
  return h("section", null, h("h3", null, title), ...children);
}

/** A button that copies a text, and says that it has. */
function copyButton(words, label, text) {
  const button = h("button", { type: "button", class: "small", "aria-label": label, title: label, onclick: copy }, words);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
    } catch { // no permission, or no secure context: the old way
      const field = h("textarea", { class: "unseen", "aria-hidden": "true" });
      field.value = text();
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = words; }, 1500);
  }
  return button;
}
