"""How nodes are wired: who takes whose output, in which order they run, and which of them matter."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pybn.errors import GraphError
from pybn.graph.node import Input, Node, article, plural


@dataclass(frozen=True, slots=True)
class Wiring:
    """The nodes of a graph by name, in the order in which they run.

    `sources` names what each node takes, "the node before" made explicit. `live` are those that lead to `output`,
    in the order in which they run; only they do.
    """

    nodes: Mapping[str, Node]
    sources: Mapping[str, tuple[str, ...]]
    output: str
    live: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that lead to the output, in the order of the list."""
        return tuple(name for name in self.live if isinstance(self.nodes[name].layer, Input))


def wire(given: Sequence[Node], output: str | None) -> Wiring:
    """Wire nodes, listed in any order; `output` may be left out where one node alone is consumed by none.

    Nodes run as they are listed, but none before those that it takes.
    Raises GraphError for a name twice or unknown, a cycle, too many or too few inputs, no or several outputs.
    """
    nodes = _by_name(given)
    sources = {
        node.name: _sources(nodes, node, before) for before, node in zip([None, *given], given, strict=False)
    }
    order = _order(sources)
    output = _output(nodes, sources, output)
    live = _ancestors(sources, output)
    return Wiring(
        {name: nodes[name] for name in order}, sources, output, tuple(name for name in order if name in live)
    )


def _by_name(given: Sequence[Node]) -> dict[str, Node]:
    for node in given:
        if not isinstance(node, Node):
            raise GraphError(f"wanted a list of Node(name, layer, inputs), got {node!r} in it")
    nodes = {node.name: node for node in given}
    for name, count in Counter(node.name for node in given).items():
        if count > 1:
            raise GraphError(f"{name}: wanted a name of its own for each node, got {count} of this name")
    owners: dict[int, str] = {}
    for node in given:
        # A layer remembers one forward, so that a second one would spoil the gradients of the first.
        other = owners.setdefault(id(node.layer), node.name)
        if other != node.name and not isinstance(node.layer, Input):
            raise GraphError(f"{node.name}: wanted a layer of its own, got the very object of {other}")
    if not any(isinstance(node.layer, Input) for node in given):
        raise GraphError("wanted at least one Input among the nodes, got none")
    return nodes


def _sources(nodes: Mapping[str, Node], node: Node, before: Node | None) -> tuple[str, ...]:
    names = node.inputs
    if isinstance(node.layer, Input):
        if names:
            raise GraphError(f"{node.name}: an Input takes nothing, got inputs {', '.join(names)}")
        return ()
    if not names:
        if before is None:
            raise GraphError(f"{node.name}: wanted inputs, or a node before it in the list, got neither")
        names = (before.name,)
    for name in names:
        if name not in nodes:
            raise GraphError(f"{node.name}: its input {name!r} is unknown; there are {', '.join(nodes)}")
    wanted = node.layer.fan_in
    if len(names) < 2 if wanted is None else len(names) != wanted:
        many = "two or more inputs" if wanted is None else plural(wanted, "input")
        raise GraphError(
            f"{node.name}: {article(node.kind)} wants {many}, got {len(names)}: {', '.join(names)}"
        )
    return names


def _order(sources: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the names such that each comes after its sources, otherwise as they are listed."""
    names = list(sources)
    place = {name: k for k, name in enumerate(names)}
    waits = {name: len(set(taken)) for name, taken in sources.items()}
    consumers: dict[str, list[str]] = {name: [] for name in names}
    for name, taken in sources.items():
        for source in dict.fromkeys(taken):
            consumers[source].append(name)
    ready = [place[name] for name in names if not waits[name]]
    order: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for consumer in consumers[name]:
            waits[consumer] -= 1
            if not waits[consumer]:
                heapq.heappush(ready, place[consumer])
    if len(order) < len(names):
        raise GraphError(f"wanted no cycle, got {' -> '.join(_cycle(sources, set(names) - set(order)))}")
    return order


def _cycle(sources: Mapping[str, tuple[str, ...]], stuck: set[str]) -> list[str]:
    """Return a cycle among nodes that all wait for one of them: walk up until a name comes again."""
    walked = [min(stuck, key=list(sources).index)]
    while walked.count(walked[-1]) < 2:
        walked.append(next(name for name in sources[walked[-1]] if name in stuck))
    return walked[walked.index(walked[-1]) :][::-1]


def _output(nodes: Mapping[str, Node], sources: Mapping[str, tuple[str, ...]], output: str | None) -> str:
    taken = {source for names in sources.values() for source in names}
    ends = [name for name in sources if name not in taken]
    if output is None and len(ends) > 1:
        raise GraphError(f"wanted output=, since nothing takes {' or '.join(ends)}; got None")
    output = ends[0] if output is None else output
    if not isinstance(output, str) or output not in nodes or isinstance(nodes[output].layer, Input):
        layers = [name for name, node in nodes.items() if not isinstance(node.layer, Input)]
        raise GraphError(
            f"output: wanted the name of a layer ({', '.join(layers) or 'there is none'}), got {output!r}"
        )
    return output


def _ancestors(sources: Mapping[str, tuple[str, ...]], name: str) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        new = set(sources[waiting.pop()]) - found
        found |= new
        waiting += new
    return found
