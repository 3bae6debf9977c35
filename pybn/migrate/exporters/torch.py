"""PyTorch: safetensors by its names, and a readable module that loads them, of which pybn is no part."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pybn.errors import FormatError
from pybn.formats.base import atomic_write
from pybn.formats.write_safetensors import WRITER
from pybn.graph import Input
from pybn.migrate.exporters.base import Exported, Plan, own_way, unknown
from pybn.migrate.exporters.names import attributes
from pybn.migrate.exporters.npz import write_arrays
from pybn.migrate.exporters.torch_builder import Builder
from pybn.migrate.exporters.torch_layers import LAYERS as PLAIN
from pybn.migrate.exporters.torch_more import LAYERS as MORE
from pybn.migrate.exporters.torch_recurrent import LAYERS as RECURRENT
from pybn.migrate.exporters.torch_sequences import LAYERS as SEQUENCES

LAYERS = {**PLAIN, **RECURRENT, **SEQUENCES, **MORE}
PARTS = tuple(Path(__file__).with_name(f"{name}.py") for name in ("torch_parts", "torch_parts_sequences"))
HELPERS = ("pad", "flatten")  # what may stand before a node, each a submodule of its own

HEAD = '''\
"""A PyTorch model, made from one of MATLAB's; its parameters are in the .safetensors file beside this one."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional
'''
LOAD = '''\
def load(path=None):
    """Return the model with its parameters, in evaluation mode; they are in the file beside this one, or at `path`."""
    model = Model().float()
    model.load_state_dict(load_file(path or Path(__file__).with_suffix(".safetensors")), strict=True)
    return model.eval()
'''
MODEL = """\
class Model(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self):
        pass
"""


def write_torch(path: Path, plan: Plan) -> tuple[tuple[Exported, ...], dict[str, str], dict[str, list[str]]]:
    """Write the parameters to `path`, and beside it, as .py, the module; each of them whole or not at all.

    Returns the tensors, the attribute of the module that makes each node's output, and what was decided on by node.
    Raises FormatError for a layer that this function has no way to say; FileError.
    """
    build = built(plan)
    text = source(build)
    write_arrays(path, WRITER, build.tensors)
    with atomic_write(module_path(path)) as temporary:
        temporary.write_text(text, encoding="ascii")
    names = {unit.name: build.names[unit.name] for unit in plan.units}
    return tuple(build.tensors), names, build.notes


def module_path(path: Path) -> Path:
    """Return where the module of a .safetensors file lies."""
    return path.with_suffix(".py")


def built(plan: Plan) -> Builder:
    """Return the module in the making, of all nodes. Raises FormatError for a layer that is not known here."""
    names = [unit.name for unit in plan.units]
    wanted = {name: name for name in names}
    wanted |= {f"{name}.{helper}": f"{name}_{helper}" for name in names for helper in HELPERS}
    build = Builder(plan, attributes(wanted, _sources()), _sources())
    for unit in plan.units:
        if isinstance(unit.layer, Input):
            continue
        handler = LAYERS.get(type(unit.layer)) or own_way(unit, "write_torch")
        if handler is None:
            raise unknown(unit, "PyTorch", "write_torch", LAYERS)
        handler(build, unit)
    return build


def source(build: Builder) -> str:
    """Return the text of the module, which Python has compiled."""
    parts = _parts(build.parts)
    load = LOAD if build.plan.dtype == "float32" else LOAD.replace("float()", "double()")
    blocks = [HEAD, *parts, _model(build), load]
    if not any("functional." in part for part in parts):
        blocks[0] = HEAD.replace("from torch.nn import functional\n", "")
    if not any("torch." in part.replace("functional.", "") for part in parts):
        blocks[0] = blocks[0].replace("import torch\n", "")
    text = "\n\n".join(blocks)
    try:
        compile(text, "model.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormatError(f"the generated module does not compile: {error}") from error
    return text


def _model(build: Builder) -> str:
    tree = ast.parse(MODEL)
    kind = tree.body[0]
    assert isinstance(kind, ast.ClassDef)  # noqa: S101
    start, forward = kind.body
    assert isinstance(start, ast.FunctionDef)  # noqa: S101
    assert isinstance(forward, ast.FunctionDef)  # noqa: S101
    start.body += build.made
    inputs = [unit.name for unit in build.plan.units if isinstance(unit.layer, Input)]
    forward.args.args += [ast.arg(build.names[name]) for name in inputs]
    answers: list[ast.expr] = [ast.Name(build.variable(name), ast.Load()) for name in build.plan.outputs]
    answer = answers[0] if len(answers) == 1 else ast.Tuple(answers, ast.Load())
    forward.body = [*build.forward, ast.Return(answer)]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


@cache
def _sources() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return the text of each class of ours, and the names of those of ours that it names."""
    kinds: dict[str, tuple[str, ast.stmt]] = {}
    for text in (path.read_text(encoding="utf-8") for path in PARTS):
        for one in ast.parse(text).body:
            if isinstance(one, ast.ClassDef | ast.FunctionDef):
                kinds[one.name] = (f"{ast.get_source_segment(text, one)}\n", one)
    found = {}
    for name, (text, tree) in kinds.items():
        named = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)} & kinds.keys() - {name}
        found[name] = (text, tuple(sorted(named)))
    return found


def _parts(wanted: Iterable[str]) -> list[str]:
    """Return the texts of classes of ours, and of those that they name, in the order in which they stand."""
    found: set[str] = set()
    left = list(wanted)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _sources()[name][1]
    return [text for name, (text, _) in _sources().items() if name in found]
