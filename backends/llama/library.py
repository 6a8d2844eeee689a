"""The llama.cpp library as this engine uses it: loaded once, its memory layout checked before anything is read."""

from __future__ import annotations

import atexit
import ctypes
import functools
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.gguf.packages import INSTALL
from backends.model import ModelRefusal

GGML_F32, GGML_F16, GGML_I32, GGML_BF16 = 0, 1, 26, 30

_OBJECT_HEADER = 32
"""ggml keeps this many bytes of its own before each tensor; `ggml_tensor_overhead` counts them in."""


class Tensor(ctypes.Structure):
    """`struct ggml_tensor`. ggml offers no accessors for most of it, so the layout is checked at load."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
        ("extra", ctypes.c_void_p),
        ("padding", ctypes.c_char * 8),
    ]


_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "ggml_nbytes": (ctypes.c_size_t, [ctypes.c_void_p]),
    "ggml_tensor_overhead": (ctypes.c_size_t, []),
    "ggml_op_name": (ctypes.c_char_p, [ctypes.c_int]),
    "ggml_type_name": (ctypes.c_char_p, [ctypes.c_int]),
    "ggml_blck_size": (ctypes.c_int64, [ctypes.c_int]),
    "ggml_type_size": (ctypes.c_size_t, [ctypes.c_int]),
    "ggml_version": (ctypes.c_char_p, []),
    "ggml_commit": (ctypes.c_char_p, []),
    "ggml_backend_tensor_get": (None, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]),
    "ggml_backend_tensor_set": (None, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]),
    "ggml_free": (None, [ctypes.c_void_p]),
    "ggml_new_tensor_2d": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]),
    "ggml_set_name": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
    "ggml_scale": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_float]),
    "ggml_transpose": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p]),
    "ggml_mul_mat": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]),
    "ggml_graph_overhead": (ctypes.c_size_t, []),
    "ggml_new_graph": (ctypes.c_void_p, [ctypes.c_void_p]),
    "ggml_build_forward_expand": (None, [ctypes.c_void_p, ctypes.c_void_p]),
    "ggml_backend_graph_compute": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]),
    "ggml_backend_free": (None, [ctypes.c_void_p]),
}
_CPU_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "ggml_backend_cpu_init": (ctypes.c_void_p, []),
    "ggml_backend_cpu_set_n_threads": (None, [ctypes.c_void_p, ctypes.c_int]),
}


class InitParams(ctypes.Structure):
    """`struct ggml_init_params`."""

    _fields_ = [("mem_size", ctypes.c_size_t), ("mem_buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool)]


@dataclass(frozen=True)
class Library:
    """The loaded library: llama-cpp-python's bindings, and ggml's own functions beneath them."""

    llama: Any
    """The module `llama_cpp.llama_cpp`."""
    ggml: ctypes.CDLL
    cpu: ctypes.CDLL
    """ggml's kernels for the processor."""
    version: str
    """Of llama-cpp-python, llama.cpp and ggml."""
    digest: str
    """SHA-256 (hex) over the shared libraries: two builds of one version differ in their last bits."""
    features: str
    """What `llama_print_system_info` says, e.g. `CPU : AVX2 = 1 | FMA = 1`."""

    def type_name(self, kind: int) -> str:
        """Name of a ggml type, e.g. `q4_K`; empty if this build doesn't know it."""
        name = self.ggml.ggml_type_name(kind) if 0 <= kind < self.llama.GGML_TYPE_COUNT else None
        return name.decode() if name else ""

    def read(self, address: int) -> npt.NDArray[Any]:
        """Copy of a tensor of floats or ints, shaped slowest dimension first: (ne3, ne2, ne1, ne0)."""
        tensor = Tensor.from_address(address)
        kinds: dict[int, Any] = {GGML_F32: np.float32, GGML_F16: np.float16, GGML_I32: np.int32}
        kind = kinds[tensor.type]
        raw = np.empty(self.ggml.ggml_nbytes(address), np.uint8)
        self.ggml.ggml_backend_tensor_get(address, raw.ctypes.data, 0, raw.size)
        # A view may skip bytes: `ggml_nbytes` spans them and the strides walk over them.
        return np.ndarray(tuple(tensor.ne)[::-1], kind, raw, strides=tuple(tensor.nb)[::-1])

    def write(self, address: int, values: npt.NDArray[np.float32]) -> None:
        """Overwrite a contiguous float32 tensor."""
        tensor = Tensor.from_address(address)
        values = np.ascontiguousarray(values, np.float32)
        if tensor.type != GGML_F32 or values.nbytes != self.ggml.ggml_nbytes(address):
            raise RuntimeError(f"cannot overwrite {tensor.name!r}: it is not {values.nbytes} bytes of float32")
        self.ggml.ggml_backend_tensor_set(address, values.ctypes.data, 0, values.nbytes)


@functools.cache
def library() -> Library:
    """Load llama.cpp, once a process. Raises ModelRefusal if it is missing or laid out in an unknown way."""
    # An abort() inside the library should end the process, not start a debugger in it.
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    try:
        import llama_cpp
        from llama_cpp import _utils
        from llama_cpp import llama_cpp as bindings
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelRefusal(
            "model.unsupported",
            "The llama.cpp engine cannot be started.",
            f"llama-cpp-python does not load here: {error}.",
            INSTALL,
        ) from error
    for null in (_utils.outnull_file, _utils.errnull_file):
        atexit.register(null.close)  # the package opens them and leaves them open
    folder = Path(bindings._base_path)
    ggml = _declare(ctypes.CDLL(str(_shared_library(folder, "ggml-base"))), _SIGNATURES)
    cpu = _declare(ctypes.CDLL(str(_shared_library(folder, "ggml-cpu"))), _CPU_SIGNATURES)
    check_layout(ggml)
    _silence(bindings)
    bindings.llama_backend_init()
    versions = (llama_cpp.__version__, bindings.llama_version().decode(), ggml.ggml_version().decode())
    return Library(
        llama=bindings,
        ggml=ggml,
        cpu=cpu,
        version="llama-cpp-python {} llama.cpp {} ggml {}".format(*versions),
        digest=_digest(folder),
        features=bindings.llama_print_system_info().decode().strip(" |"),
    )


def check_layout(ggml: ctypes.CDLL) -> None:
    """Refuse a library whose tensors are laid out otherwise than `Tensor` says; a wrong guess would read wrong numbers.

    Builds three small tensors through the library and reads every field that is relied upon back through `Tensor`.
    """
    size = ggml.ggml_tensor_overhead() - _OBJECT_HEADER
    if size != ctypes.sizeof(Tensor):
        raise _unknown_layout(f"a tensor takes {size} bytes instead of {ctypes.sizeof(Tensor)}")
    arena = ctypes.create_string_buffer(16 * ctypes.sizeof(Tensor))
    ggml.ggml_init.restype = ctypes.c_void_p
    context = ggml.ggml_init(InitParams(len(arena), ctypes.cast(arena, ctypes.c_void_p), True))
    try:
        leaf = ggml.ggml_new_tensor_2d(context, GGML_F16, 5, 3)
        ggml.ggml_set_name(leaf, b"layout")
        node = ggml.ggml_scale(context, leaf, 2.0)
        view = ggml.ggml_transpose(context, leaf)
        first, scaled, turned = (Tensor.from_address(address) for address in (leaf, node, view))
        told = {
            "type": first.type == GGML_F16,
            "shape": tuple(first.ne) == (5, 3, 1, 1),
            "strides": tuple(first.nb) == (2, 10, 30, 30) and tuple(turned.nb)[:2] == (10, 2),
            "name": first.name == b"layout" and turned.name.startswith(b"layout"),
            "operation": ggml.ggml_op_name(scaled.op) == b"SCALE",
            "parameters": ctypes.c_float.from_buffer(scaled.op_params).value == 2.0,
            "sources": scaled.src[0] == leaf and not scaled.src[1],
            "view": turned.view_src == leaf and turned.view_offs == 0 and not first.view_src,
            "data": not first.data and not first.buffer,
        }
    finally:
        ggml.ggml_free(context)
    wrong = [field for field, right in told.items() if not right]
    if wrong:
        raise _unknown_layout(f"its {', '.join(wrong)} lie elsewhere")


def _unknown_layout(difference: str) -> ModelRefusal:
    return ModelRefusal(
        "model.unsupported",
        "This version of llama.cpp is not known to the workbench.",
        f"Its tensors have another memory layout ({difference}), so activations would be read wrongly.",
        INSTALL,
    )


def _declare(shared: ctypes.CDLL, signatures: Mapping[str, tuple[Any, list[Any]]]) -> ctypes.CDLL:
    for name, (result, arguments) in signatures.items():
        function = getattr(shared, name)
        function.restype, function.argtypes = result, arguments
    return shared


def _shared_library(folder: Path, stem: str) -> Path:
    names = (f"lib{stem}.so", f"lib{stem}.dylib", f"{stem}.dll", f"lib{stem}.dll")
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise ModelRefusal(
        "model.unsupported",
        "The llama.cpp engine cannot be started.",
        f"None of {', '.join(names)} is in {folder}.",
        INSTALL,
    )


def _digest(folder: Path) -> str:
    """One digest for the build; versioned copies of one library (`.so`, `.so.0`) count once."""
    digests = {
        hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.is_file() and any(mark in file.name for mark in (".so", ".dylib", ".dll"))
    }
    return hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


_last_words: list[str] = []
"""The library's latest errors, so that a refusal can quote its reason."""

_callbacks: list[object] = []
"""What the library calls for as long as the process lives."""

_KEPT_WORDS = 20
_LEVEL_ERROR = 4


def last_words() -> str:
    """What the library complained about last, in one line; forgets it."""
    said = " ".join(" ".join(_last_words).split())
    _last_words.clear()
    return said[-300:]


def _silence(bindings: Any) -> None:
    """Keep the library off stderr, where it would spoil a terminal view."""

    @bindings.llama_log_callback  # type: ignore[untyped-decorator, unused-ignore]
    def keep(level: int, text: bytes | None, _data: object) -> None:
        if level == _LEVEL_ERROR and text:
            _last_words.append(text.decode(errors="replace"))
            del _last_words[:-_KEPT_WORDS]

    _callbacks.append(keep)
    bindings.llama_log_set(keep, None)
