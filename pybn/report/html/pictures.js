// One slice as a picture: a canvas of one pixel an element, blown up, with a ring at the worst one and a cursor.

const LARGEST = 34, WRAP = 48; // pixels of an element at most; elements of a vector in a row

/** How a slice lies on the screen: height, width, and which packed element is at a row and a column (-1: none). */
function geometry(side, rows, columns) {
  const { count } = side;
  const strides = count.map((_, k) => product(count.slice(k + 1)));
  if (count.length < 2) {
    const all = product(count), width = Math.min(all, WRAP);
    return { height: Math.ceil(all / width), width, at: (r, c) => (r * width + c < all ? r * width + c : -1), strides };
  }
  const base = (where) => where.reduce((sum, k, axis) => (axis === rows || axis === columns ? sum : sum + k * strides[axis]), 0);
  return {
    height: count[rows], width: count[columns], strides,
    at: (r, c, where) => base(where) + r * strides[rows] + c * strides[columns],
  };
}

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
  const canvas = h("canvas", { role: "img", tabindex: "0" });
  const ring = h("i", { class: "ring", hidden: true }), cursor = h("i", { class: "cursor", hidden: true });
  const frame = h("div", { class: "frame" }, canvas, ring, cursor);
  const note = h("span", { class: "dim" }), under = h("div", { class: "under" });
  const element = h("figure", { class: "panel" }, h("figcaption", null, title, " ", note), frame, under);
  let size = [1, 1], here = [0, 0];

  const put = (mark, place) => {
    mark.hidden = !place;
    if (!place) return;
    const [r, c] = place, style = mark.style;
    style.left = `${(100 * c) / size[1]}%`;
    style.top = `${(100 * r) / size[0]}%`;
    style.width = `${100 / size[1]}%`;
    style.height = `${100 / size[0]}%`;
  };
  const go = (r, c) => moved(Math.max(0, Math.min(size[0] - 1, r)), Math.max(0, Math.min(size[1] - 1, c)));
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    go(Math.floor(((event.clientY - box.top) / box.height) * size[0]), Math.floor(((event.clientX - box.left) / box.width) * size[1]));
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    go(here[0] + step[0], here[1] + step[1]);
  });

  /** Paint a slice: `colour(r, c)` is [red, green, blue], or null where nothing is. */
  function paint(height, width, colour, label) {
    size = [height, width];
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d"), image = context.createImageData(width, height);
    for (let r = 0, at = 0; r < height; r++) for (let c = 0; c < width; c++, at += 4) {
      const found = colour(r, c);
      if (found) image.data.set([...found, 255], at);
    }
    context.putImageData(image, 0, 0);
    canvas.setAttribute("aria-label", label);
    fit();
  }

  function fit() {
    const room = element.clientWidth || 300, [height, width] = size;
    const cell = Math.min(LARGEST, room / width, Math.max(300, room) / height);
    const whole = cell >= 2 ? Math.floor(cell) : cell;
    frame.style.width = `${Math.max(whole * width, Math.min(room, 28))}px`;
    frame.style.height = `${Math.max(whole * height, 28)}px`;
    under.style.width = `max(${frame.style.width}, ${Math.min(room, 150)}px)`;
  }

  return {
    element, paint, fit, note, under,
    worst: (place) => put(ring, place),
    /** Move the cursor; upon the ring it is not drawn. */
    cursor: (place, onWorst) => { here = place ?? here; put(cursor, onWorst ? null : place); },
  };
}
