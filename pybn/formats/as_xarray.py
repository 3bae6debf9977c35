"""Arrays in files as xarray has them: with names for their axes, and still read only where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pybn.errors import LayoutError
from pybn.formats.lazy import LazyArray
from pybn.formats.tensor import import_extra
from pybn.layouts import axes

if TYPE_CHECKING:
    from pybn.formats.datafile import DataFile


def dataset(file: DataFile, layout: Mapping[str, str]) -> Any:
    """Return the arrays and texts of a file as an xarray.Dataset; what is neither stays out, named in its attribute.

    Axes are called as `layout` says by name ("HWCN"; dropped axes of 1 come back), as the file says, or x_0, x_1 ...
    """
    xarray = import_extra("xarray", "xarray")
    variables, left = {}, []
    for name in file:
        value = file[name]
        if isinstance(value, str):
            variables[name] = ((), value)
        elif isinstance(value, LazyArray):
            variables[name] = _variable(xarray, name, value, layout.get(name), file.axes(name))
        else:
            left.append(name)
    attributes = {"source": file.path} | ({"left_out": left} if left else {})
    if unknown := set(layout) - set(file):
        raise LayoutError(f"{file.path}: there is no {', '.join(sorted(unknown))} to name the axes of")
    return xarray.Dataset(variables, attrs=attributes)


def _variable(xarray: Any, name: str, x: LazyArray, layout: str | None, own: tuple[str, ...] | None) -> Any:
    from pybn.formats.oriented import Oriented

    names = axes(layout) if layout else own or tuple(f"{name}_{k}" for k in range(x.ndim))
    if len(names) < x.ndim:
        raise LayoutError(f"{name}: wanted names for {x.ndim} axes, {list(x.shape)}, got {layout!r}")
    whole = Oriented(x, tuple(range(len(names)))) if len(names) > x.ndim else x
    indexing = xarray.core.indexing

    class Held(xarray.backends.BackendArray):  # type: ignore[misc]
        """What xarray asks by its own kinds of index."""

        shape, dtype = whole.shape, whole.dtype

        def __getitem__(self, key: Any) -> Any:
            basic = indexing.IndexingSupport.BASIC
            return indexing.explicit_indexing_adapter(key, self.shape, basic, whole.__getitem__)

    return xarray.Variable(names, indexing.LazilyIndexedArray(Held()))
