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

const addressOf = (each, tensor) => `#${keyOf(each)}${tensor === undefined ? "" : `/${encodeURIComponent(tensor)}`}`;

function go(key, tensor) {
  const address = `#${key}${tensor === undefined ? "" : `/${encodeURIComponent(tensor)}`}`;
  if (location.hash === address) follow();
  else location.hash = address;
}

let turn = 0, scrolled = 0; // of the list, where it is a page of its own

/**
 * Show what the address names: a case, one of its tensors; the overview where it names nothing. The picture is
 * unpacked before anything changes, so that nothing moves once it is shown.
 */
async function follow() {
  const [file, id, tensor] = location.hash.slice(1).split("/"), mine = ++turn;
  const named = byKey.get(`${file}/${id}`);
  const each = named ?? (!location.hash && wide() ? ordered.find((one) => !one.passed) : undefined);
  const t = each && tensorOf(each, decode(tensor)), sides = await unpacked(t);
  if (mine === turn) show(each, named, t, sides);
}

function show(each, named, t, sides) {
  const detail = find("#detail"), same = each && each === shownCase, reading = Boolean(named) || location.hash === "#overview";
  const inTable = document.activeElement?.closest?.(".tensors") !== null;
  if (!document.body.classList.contains("reading")) scrolled = scrollY;
  rows.get(shownCase)?.removeAttribute("aria-current");
  rows.get(each)?.setAttribute("aria-current", "page");
  shownCase = each ?? null;
  document.body.classList.toggle("reading", reading);
  document.title = `${each ? `${each.name} [${each.dtype}] · ` : ""}${title}`;
  flip.current = flip.worst = null;
  const { parts, draw } = each ? showCase(each, t, sides) : { parts: showOverview(), draw: () => {} };
  detail.replaceChildren(...parts.flat().filter(Boolean));
  draw();
  const chosen = find(".tensors .chosen", detail), long = find(".scroll.long", detail);
  if (long && chosen) long.scrollTop = chosen.offsetTop - long.clientHeight / 2;
  if (same && inTable) find("button", chosen)?.focus();
  if (!same) place(named, reading);
  document.body.dataset.shown = location.hash;
}

/** Scroll to what is new: its start, its row in the list; back to where the list was. */
function place(named, reading) {
  const row = rows.get(named);
  if (row) row.closest("details").open = true;
  if (wide()) {
    row?.scrollIntoView({ block: "nearest" });
    find("#detail").scrollTop = 0;
  } else if (reading) {
    find("#detail").focus({ preventScroll: true });
    scrollTo(0, 0);
  } else scrollTo(0, scrolled);
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
  if (event.key === "w" && flip.worst) return flip.worst();
  if (event.key === "?") return showKeys();
  if (event.key === "/") { event.preventDefault(); find("#search").focus(); }
  const step = { j: 1, k: -1 }[event.key];
  const next = step && neighbour(step);
  if (next) go(keyOf(next));
}

function showKeys() {
  if (location.hash === "#overview") return find("#keys")?.scrollIntoView();
  addEventListener("hashchange", () => setTimeout(() => find("#keys")?.scrollIntoView()), { once: true });
  location.hash = "#overview";
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
  await follow();
  addEventListener("hashchange", follow);
  addEventListener("keydown", keys);
  document.body.dataset.ready = "true";
}

start().catch((error) => {
  document.body.dataset.ready = "not";
  find("#detail").append(h("p", { class: "callout error" }, `This report cannot be shown: ${error.message}. It wants a browser of 2023 or later.`));
});
