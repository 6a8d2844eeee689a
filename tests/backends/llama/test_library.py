"""The library's layout is proved before it is relied on, and an unknown one is refused."""

from __future__ import annotations

import ctypes
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from backends.model import ModelRefusal

pytest.importorskip("llama_cpp")

from backends.gguf.conversion import convert
from backends.llama import library as llama_library
from backends.llama.library import Tensor, check_layout, library


class Impostor:
    """The real library, answering one question otherwise."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        return self._answers.get(name) or getattr(library().ggml, name)


def test_the_installed_library_is_known() -> None:
    check_layout(library().ggml)
    assert len(library().digest) == 64
    assert library().type_name(12) == "q4_K"
    assert library().type_name(10_000) == ""


def test_a_tensor_of_another_size_is_refused() -> None:
    larger = Impostor(ggml_tensor_overhead=lambda: library().ggml.ggml_tensor_overhead() + 8)
    with pytest.raises(ModelRefusal, match="takes") as refusal:
        check_layout(larger)  # type: ignore[arg-type]
    assert refusal.value.code == "model.unsupported"


@pytest.mark.parametrize("field", ["name", "op", "src", "view_src"])
def test_a_field_that_moved_is_refused(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a newer ggml had put two fields of a tensor in another order, its size unchanged."""
    fields: list[tuple[str, Any]] = list(Tensor._fields_)
    at = [name for name, _ in fields].index(field)
    fields[at], fields[at + 1] = fields[at + 1], fields[at]

    class Moved(ctypes.Structure):
        _fields_ = fields

    assert ctypes.sizeof(Moved) == ctypes.sizeof(Tensor)
    monkeypatch.setattr(llama_library, "Tensor", Moved)
    with pytest.raises(ModelRefusal, match="lie elsewhere"):
        check_layout(library().ggml)


def test_where_the_engine_is_not_installed_the_refusal_gives_the_very_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    command = f"pip install {' '.join(project['optional-dependencies']['llama'])}"
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(ModelRefusal) as engine:
        library.__wrapped__()
    with pytest.raises(ModelRefusal) as conversion:
        convert(tmp_path, tmp_path, tmp_path / "model.gguf", "f32")
    for refusal in (engine.value, conversion.value):
        assert refusal.code == "model.unsupported" and command in refusal.try_this
