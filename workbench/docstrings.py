"""The docstrings under the fields of a class, read from its source when a form, a help text or a schema asks for them.

pydantic can keep them with the fields, and then reads all sources again whenever the program starts.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType


@cache
def docstrings(kind: type) -> Mapping[str, str]:
    """Field → the docstring under it, here or in a base; empty where there is no source at hand."""
    found: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        fields = vars(owner).get("__annotations__", {})
        if fields and owner.__module__ in sys.modules:
            told = _of_module(owner.__module__).get(owner.__qualname__, {})
            found |= {name: told.get(name, "") for name in fields}
    return MappingProxyType({name: text for name, text in found.items() if text})


@cache
def _of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """Class, by its qualified name → field → docstring."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
    except (OSError, TypeError, SyntaxError):
        return {}
    return dict(_classes(tree, ""))


def _classes(node: ast.AST, path: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield path + child.name, dict(_fields(child))
            yield from _classes(child, f"{path}{child.name}.")
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _classes(child, f"{path}{child.name}.<locals>.")
        else:
            yield from _classes(child, path)


def _fields(declared: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(declared.body, declared.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
