// What one flips through slices with, and what else there is to choose.

/** Buttons and a slider for each axis that one flips through. */
function steppers(side, axes, state, goTo) {
  return flippable(side, state).map((axis, which) => {
    const last = side.count[axis] - 1, at = state.where[axis], name = axes[axis];
    const index = side.start[axis] + side.step[axis] * at;
    const button = (by, text, word) => h("button", { type: "button", "data-key": `${axis}${by}`, "aria-label": `${word} ${name}`, title: `${word} ${name}  (${["[ ]", ", ."][which] ? ["[ ]", ", ."][which].split(" ")[by < 0 ? 0 : 1] : ""})`, "aria-disabled": at + by < 0 || at + by > last ? "true" : null, onclick: () => goTo(axis, at + by) }, text);
    return h("div", { class: "stepper", role: "group", "aria-label": `slice along ${name}` }, h("b", null, name),
      button(-1, "‹", "previous"), h("output", null, `${index}`, h("span", { class: "dim" }, ` of 0…${side.shape[axis] - 1}`)), button(1, "›", "next"),
      last > 1 ? h("input", { type: "range", min: 0, max: last, value: at, "data-key": `${axis}range`, "aria-label": `${name}`, oninput: (event) => goTo(axis, Number(event.target.value)) }) : "");
  });
}

function choices(side, axes, state, parts, ulp, changed) {
  const choice = (name, label, options) => h("label", null, label, " ", h("select", { "data-key": name, onchange: (event) => changed(name, JSON.parse(event.target.value)) },
    options.map(([value, text]) => h("option", { value: JSON.stringify(value), selected: state[name] === value }, text))));
  const found = [];
  if (parts) found.push(choice("part", "part", parts.map((part) => [part, part])));
  if (ulp && side.dtype !== "bool") found.push(choice("mode", "error", [["difference", "difference"], ["ULP", side.dtype.includes("int") ? "units (log)" : "ULP (log)"]]));
  if (side.count.length > 2) {
    found.push(choice("rows", "down", axes.map((name, axis) => [axis, name])), choice("columns", "across", axes.map((name, axis) => [axis, name])));
  }
  return found;
}
