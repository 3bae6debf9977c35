// Read what the file holds, build the page, follow the address.

let report, packed, ordered, shownCase = null;
const byKey = new Map();

const shortPath = (path) => path.split("/").pop().replace(/\.toml$/, "");
/** The name of a case's file: its stem, or the whole path where two files have the same stem. */
const stemOf = (each) => {
  const path = report.paths[each.file], stem = shortPath(path);
  return report.paths.filter((other) => shortPath(other) === stem).length > 1 ? path.replace(/\.toml$/, "") : stem;
};
const keyOf = (each) => `${encodeURIComponent(stemOf(each))}/${encodeURIComponent(`${each.name} [${each.dtype}]`)}`;

const wide = () => matchMedia("(min-width: 900px)").matches;

function go(key, tensor) {
  const address = `#${key}${tensor === undefined ? "" : `/${encodeURIComponent(tensor)}`}`;
  if (location.hash === address) follow();
  else location.hash = address;
}

/** Show what the address names: a case, one of its tensors; the overview where it names nothing. */
function follow() {
  const [file, id, tensor] = location.hash.slice(1).split("/");
  const each = byKey.get(`${file}/${id}`);
  const detail = find("#detail"), same = each && each === shownCase;
  rows.get(shownCase)?.removeAttribute("aria-current");
  shownCase = each ?? null;
  document.body.classList.toggle("reading", Boolean(each) || location.hash === "#overview");
  const link = rows.get(each);
  link?.setAttribute("aria-current", "page");
  const first = !location.hash && wide() ? ordered.find((one) => !one.passed) : null;
  flip.current = null;
  detail.replaceChildren(...(each ? showCase(each, decode(tensor)) : first ? showCase(first) : showOverview()).flat().filter(Boolean));
  if (first) { shownCase = first; rows.get(first)?.setAttribute("aria-current", "page"); }
  document.title = `${each ? `${each.name} [${each.dtype}] · ` : ""}${title}`;
  if (each && !same) {
    link.scrollIntoView({ block: "nearest" });
    if (wide()) detail.scrollTop = 0;
    else detail.scrollIntoView();
  }
}

function decode(text) {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest?.("input[type=search], select, textarea");
  if (event.key === "Escape" && typing) return event.target.blur();
  if (typing) return;
  const slices = { "[": [0, -1], "]": [0, 1], ",": [1, -1], ".": [1, 1] }[event.key];
  if (slices && flip.current) return flip.current(...slices);
  if (event.key === "/") { event.preventDefault(); find("#search").focus(); }
  const step = { j: 1, k: -1 }[event.key];
  const next = step && neighbour(step);
  if (next) go(keyOf(next));
}

const title = document.title;

async function start() {
  report = JSON.parse(new TextDecoder().decode(await inflate(find("#index").textContent)));
  packed = find("#pictures").textContent.split("\n");
  const rank = new Map(ORDER.map((status, k) => [status, k]));
  ordered = report.cases.map((each, k) => [each, k]).sort((a, b) => rank.get(a[0].status) - rank.get(b[0].status) || a[1] - b[1]).map(([each]) => each);
  for (const each of report.cases) byKey.set(keyOf(each), each);
  showHead();
  buildList();
  choose({});
  follow();
  addEventListener("hashchange", follow);
  addEventListener("keydown", keys);
  document.body.dataset.ready = "true";
}

start().catch((error) => {
  find("#detail").append(h("p", { class: "callout error" }, `This report cannot be shown: ${error.message}. It wants a browser of 2023 or later.`));
});
