// Two texts, line by line: what is on one side alone, and where a line is another.

const MOST_LINES = 400; // of each side that are matched with each other

/** Both texts as one: lines of the expected one alone (−), of the obtained one alone (+), of both. */
function textDiff({ texts, line, more }) {
  const [a, b] = texts.map((text) => text.replace(/\n$/, "").split("\n"));
  const rows = [];
  let [i, j] = [0, 0];
  for (const [x, y] of [...common(a, b), [a.length, b.length]]) {
    rows.push(...changed(a.slice(i, x), b.slice(j, y), line + i));
    if (x < a.length) rows.push(textRow(" ", line + x, a[x]));
    [i, j] = [x + 1, y + 1];
  }
  const left = more ? h("p", { class: "note" }, "What follows is not shown.") : "";
  return h("figure", { class: "texts" }, h("figcaption", null, h("span", { class: "key less" }, "− Expected"), " ", h("span", { class: "key more" }, "+ Obtained")),
    h("pre", { tabindex: "0", "aria-label": "both texts, line by line" }, folded(rows)), left);
}

/** Pairs of lines that are the same, the longest sequence of them. */
function common(a, b) {
  const [n, m] = [Math.min(a.length, MOST_LINES), Math.min(b.length, MOST_LINES)];
  const best = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));
  for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--) best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  const pairs = [];
  for (let i = 0, j = 0; i < n && j < m;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (best[i + 1][j] >= best[i][j + 1]) i++;
    else j++;
  }
  return pairs;
}

/** Lines in place of others: each with the part that is another marked. */
function changed(a, b, line) {
  const rows = [[], []];
  for (let k = 0; k < Math.max(a.length, b.length); k++) {
    const [start, end] = k < a.length && k < b.length ? around(a[k], b[k]) : [0, 0];
    [a, b].forEach((lines, side) => {
      if (k >= lines.length) return;
      const text = lines[k], stop = text.length - end, whole = !start && !end;
      const told = whole ? text : [text.slice(0, start), h("mark", null, text.slice(start, stop)), text.slice(stop)];
      rows[side].push(textRow("−+"[side], side ? "" : line + k, told));
    });
  }
  return rows.flat();
}

/** How many letters two lines have in common at their starts and at their ends. */
function around(a, b) {
  const least = Math.min(a.length, b.length);
  let start = 0, end = 0;
  while (start < least && a[start] === b[start]) start++;
  while (end < least - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [start, end];
}

function textRow(sign, line, told) {
  const kind = { "−": "less", "+": "more", " ": "" }[sign];
  return h("span", { class: `line ${kind}`, "data-sign": sign }, h("span", { class: "gutter", "aria-hidden": "true" }, `${line}`), h("span", { class: "sign" }, sign), h("span", null, told));
}

const AROUND = 3; // lines of both that are shown before and after what differs

/** Leave out lines that are the same on both sides, far from any that is not. */
function folded(rows) {
  const off = rows.map((row) => row.dataset.sign !== " ");
  const near = rows.map((_, k) => off.slice(Math.max(0, k - AROUND), k + AROUND + 1).some(Boolean));
  const shown = [];
  rows.forEach((row, k) => {
    if (near[k]) shown.push(row);
    else if (k === 0 || near[k - 1]) shown.push(h("span", { class: "line dim" }, "   …"));
  });
  return shown;
}
