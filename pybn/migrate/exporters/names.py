"""Names of nodes as attributes of a torch.nn.Module, which has attributes of its own."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable, Mapping

# Those of torch.nn.Module, methods and all that it sets, and what the generated module's own code names.
# fmt: off
MODULE = frozenset({
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children",
    "compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward",
    "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu",
    "load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules",
    "named_parameters", "parameters", "register_backward_hook", "register_buffer",
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook", "register_module", "register_parameter",
    "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_",
    "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "training", "type", "xpu", "zero_grad",
})
# fmt: on
OURS = frozenset({"self", "cls", "x", "torch", "nn", "functional", "Path", "load_file", "load", "Model"})


def attributes(wanted: Mapping[str, str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return an attribute's name for each key, the one that it wants where that may be one, and no two alike.

    Those that come first have the first choice. `taken` are other names that the module uses.
    """
    used = {*MODULE, *OURS, *taken}
    made: dict[str, str] = {}
    for key, name in wanted.items():
        if _plain(name) and name not in used:
            made[key] = name
            used.add(name)
    # Those that cannot have their own take what nobody wanted.
    for key, name in wanted.items():
        if key not in made:
            made[key] = _other(name, used)
            used.add(made[key])
    return made


def _plain(name: str) -> bool:
    """Tell whether Python takes a name as any other: no keyword, no builtin, not private to a class."""
    reserved = keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name)
    return name.isascii() and name.isidentifier() and not reserved and not name.startswith("_")


def _other(name: str, used: set[str]) -> str:
    made = f"node{name}" if name.startswith("_") else f"{name}_"
    while made in used or not _plain(made):
        made += "_"
    return made
