// One slice as a picture: a canvas of one pixel an element, blown up, with a ring at the worst one and a cursor.

const LARGEST = 34; // pixels of an element at most
const LONG = 24, STRIP = 6; // a slice is a strip from so many columns on, and so many times as wide as high

/** How a slice lies on the screen: height, width, and which packed element is at a row and a column. */
function geometry(side, rows, columns) {
  const { count } = side;
  const strides = count.map((_, k) => product(count.slice(k + 1)));
  if (count.length < 2) return { height: 1, width: product(count), strides, at: (r, c) => c };
  const base = (where) => where.reduce((sum, k, axis) => (axis === rows || axis === columns ? sum : sum + k * strides[axis]), 0);
  return {
    height: count[rows], width: count[columns], strides,
    at: (r, c, where) => base(where) + r * strides[rows] + c * strides[columns],
  };
}

const elongated = (height, width) => width >= LONG && width >= STRIP * height;

/** The index of a packed element in the whole tensor. */
function indexOf(side, k) {
  const { count, start, step } = side, index = [];
  for (let axis = count.length - 1; axis >= 0; axis--) {
    index[axis] = start[axis] + step[axis] * (k % count[axis]);
    k = Math.floor(k / count[axis]);
  }
  return index;
}

/** The packed element of an index of the whole tensor, -1 where it is not there. */
function packedAt(side, index) {
  let k = 0;
  for (let axis = 0; axis < side.count.length; axis++) {
    const at = (index[axis] - side.start[axis]) / side.step[axis];
    if (!Number.isInteger(at) || at < 0 || at >= side.count[axis]) return -1;
    k = k * side.count[axis] + at;
  }
  return k;
}

/** A framed picture with its title; `moved(r, c)` hears where the pointer or the arrow keys go. */
function panel(title, moved) {
  const canvas = h("canvas", { role: "img", tabindex: "0", width: 1, height: 1 });
  const ring = h("i", { class: "ring", hidden: true }), cursor = h("i", { class: "cursor", hidden: true });
  const frame = h("div", { class: "frame" }, canvas, ring, cursor);
  const note = h("span", { class: "dim" }), under = h("div", { class: "under" });
  const element = h("figure", { class: "panel" }, h("figcaption", null, title, " ", note), frame, under);
  let shown = null, drawn = "", here = [0, 0];

  const put = (mark, place) => {
    mark.hidden = !place;
    if (!place) return;
    const [r, c] = place, style = mark.style;
    style.left = `${(100 * c) / shown.width}%`;
    style.top = `${(100 * r) / shown.height}%`;
    style.width = `${100 / shown.width}%`;
    style.height = `${100 / shown.height}%`;
  };
  const go = (r, c) => moved(Math.max(0, Math.min(shown.height - 1, r)), Math.max(0, Math.min(shown.width - 1, c)));
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    go(Math.floor(((event.clientY - box.top) / box.height) * shown.height), Math.floor(((event.clientX - box.left) / box.width) * shown.width));
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    go(here[0] + step[0], here[1] + step[1]);
  });

  /**
   * Show a slice: { height, width, strip, colour(r, c), strength(r, c) }. Where a pixel of the screen has several
   * elements, it shows the one of the greatest strength, so that no single wrong one is lost.
   */
  function paint(slice, label) {
    shown = slice;
    drawn = "";
    canvas.setAttribute("aria-label", label);
    fit();
  }

  function fit() {
    const room = element.clientWidth;
    if (!room || !shown) return;
    const { height, width, strip } = shown;
    let wide = room, high = Math.min(28, Math.max(room / width, Math.min(18, 160 / height))) * height;
    if (!strip) {
      const cell = Math.min(LARGEST, room / width, Math.max(300, room) / height), whole = cell >= 2 ? Math.floor(cell) : cell;
      wide = Math.max(whole * width, Math.min(room, 28));
      high = Math.max(whole * height, 28);
    }
    frame.style.width = `${wide}px`;
    frame.style.height = `${high}px`;
    under.style.width = `max(${frame.style.width}, ${Math.min(room, 150)}px)`;
    raster(Math.min(width, Math.round(wide * devicePixelRatio)), Math.min(height, Math.round(high * devicePixelRatio)));
  }

  function raster(wide, high) {
    if (drawn === `${wide} ${high}`) return;
    drawn = `${wide} ${high}`;
    canvas.width = wide;
    canvas.height = high;
    const context = canvas.getContext("2d"), image = context.createImageData(wide, high);
    for (let y = 0, at = 0; y < high; y++) for (let x = 0; x < wide; x++, at += 4) {
      image.data.set([...shown.colour(...strongest(x, y, wide, high)), 255], at);
    }
    context.putImageData(image, 0, 0);
  }

  /** The element that a pixel shows, of those that lie in it. */
  function strongest(x, y, wide, high) {
    const { width, height, strength } = shown;
    if (wide === width && high === height) return [y, x];
    const from = (k, n, many) => Math.floor((k * n) / many);
    let best = [from(y, height, high), from(x, width, wide)], most = -1;
    for (let r = best[0]; r < from(y + 1, height, high); r++) for (let c = from(x, width, wide); c < from(x + 1, width, wide); c++) {
      const strong = strength(r, c);
      if (strong > most) [best, most] = [[r, c], strong];
    }
    return best;
  }

  return {
    element, paint, fit, note, under,
    worst: (place) => put(ring, place),
    /** Move the cursor; upon the ring it is not drawn. */
    cursor: (place, onWorst) => { here = place ?? here; put(cursor, onWorst ? null : place); },
  };
}
