// From packed bytes to elements: numbers to paint, texts to read, distances in ULP.

async function inflate(base64) {
  const packed = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const ARRAYS = {
  bool: Uint8Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array,
  int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array,
  float32: Float32Array, float64: Float64Array, complex64: Float32Array, complex128: Float64Array,
};

const product = (sizes) => sizes.reduce((a, b) => a * b, 1);

/** Unpack both sides of a picture: { expected, obtained }, null where there is none. */
async function unpack(picture, packed) {
  const bytes = await inflate(packed);
  const sides = {};
  let at = 0, before = null;
  for (const name of ["expected", "obtained"]) {
    const told = picture[name];
    sides[name] = null;
    if (!told) continue;
    const kind = ARRAYS[told.dtype], complex = told.dtype.startsWith("complex");
    const size = product(told.count), width = kind.BYTES_PER_ELEMENT * (complex ? 2 : 1);
    const raw = new Uint8Array(size * width);
    for (let b = 0; b < width; b++) for (let k = 0; k < size; k++) raw[k * width + b] = bytes[at++];
    if (picture.xor && before) for (let k = 0; k < raw.length; k++) raw[k] ^= before[k];
    before = raw;
    sides[name] = { ...told, complex, values: new kind(raw.buffer) };
  }
  return sides;
}

/** The elements of a side as numbers: of complex ones the real or imaginary part or the magnitude. */
function numbers(side, part) {
  const { values, complex } = side;
  if (!complex) return Float64Array.from(values, Number);
  const out = new Float64Array(values.length / 2);
  for (let k = 0; k < out.length; k++) {
    const re = values[2 * k], im = values[2 * k + 1];
    out[k] = part === "real" ? re : part === "imaginary" ? im : Math.hypot(re, im);
  }
  return out;
}

/** An element as Python writes it, or nearly: as many digits as tell it from its neighbours. */
function elementText(side, k) {
  const single = side.dtype === "float32" || side.dtype === "complex64";
  const one = (value) => (single ? single32(value) : real(value));
  if (side.complex) {
    const im = side.values[2 * k + 1];
    return `${one(side.values[2 * k])} ${im < 0 || Object.is(im, -0) ? "-" : "+"} ${one(Math.abs(im))}i`;
  }
  const value = side.values[k];
  if (side.dtype === "bool") return value ? "true" : "false";
  return single || side.dtype === "float64" ? one(value) : String(value);
}

const real = (value) => (Object.is(value, -0) ? "-0" : String(value).replace("Infinity", "Inf"));

function single32(value) {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return real(Number(text));
  }
  return real(Number(value.toPrecision(9)));
}

/** How many representable numbers lie between two elements of one dtype; NaN where one is no number. */
function ulpDistance(a, b, k) {
  if (a.complex) return Math.max(ulpOf(a.values, b.values, 2 * k), ulpOf(a.values, b.values, 2 * k + 1));
  return ulpOf(a.values, b.values, k);
}

function ulpOf(a, b, k) {
  const x = a[k], y = b[k];
  if (x === y || (x !== x && y !== y)) return 0;
  if (typeof x === "bigint") return Number(x > y ? x - y : y - x);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return NaN;
  if (a instanceof Float64Array) return Number(abs(ordered64(x) - ordered64(y)));
  if (a instanceof Float32Array) return Math.abs(ordered32(x) - ordered32(y));
  return Math.abs(x - y);
}

const scratch = new DataView(new ArrayBuffer(8));
const abs = (n) => (n < 0n ? -n : n);

function ordered64(x) {
  scratch.setFloat64(0, x);
  const bits = scratch.getBigUint64(0), magnitude = bits & 0x7fffffffffffffffn;
  return bits >> 63n ? -magnitude : magnitude;
}

function ordered32(x) {
  scratch.setFloat32(0, x);
  const bits = scratch.getUint32(0), magnitude = bits & 0x7fffffff;
  return bits >>> 31 ? -magnitude : magnitude;
}

/** What parts each pair of elements: obtained minus expected, 0 where both are the same NaN or Inf. */
function differences(a, b, part) {
  if (a.values instanceof BigInt64Array || a.values instanceof BigUint64Array) {
    return Float64Array.from(a.values, (x, k) => Number(BigInt(b.values[k]) - x));
  }
  const x = numbers(a, part), y = numbers(b, part);
  return x.map((from, k) => (from === y[k] || (from !== from && y[k] !== y[k]) ? 0 : y[k] - from));
}

/** Which elements are not the same on both sides, but as near as is allowed: 1 for each, of two sides of one dtype. */
function fineOnes(tensor, a, b) {
  const [ulp, atol, rtol] = tensor.allowed.map(Number), top = Number(tensor.top ?? 0);
  const width = a.complex ? 2 : 1, x = a.values, y = b.values;
  const near = (k) => {
    const far = ulpOf(x, y, k);
    if (far <= ulp) return true;
    const gap = typeof x[k] === "bigint" ? far : Math.abs(x[k] - y[k]);
    return (atol || rtol) && gap <= atol + rtol * Math.abs(Number(x[k])) || (top && gap <= top);
  };
  return Uint8Array.from({ length: x.length / width }, (_, k) => {
    const off = differs(x, y, k * width) || (width === 2 && differs(x, y, k * width + 1));
    return off && near(k * width) && (width === 1 || near(k * width + 1)) ? 1 : 0;
  });
}

const differs = (x, y, k) => x[k] !== y[k] && !(x[k] !== x[k] && y[k] !== y[k]);
