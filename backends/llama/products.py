"""Rows times a matrix as it is stored, by ggml's own kernels: what llama.cpp computes, without making numbers of codes.

A vocabulary of hundreds of thousands of rows takes a gigabyte as numbers, and longer to be turned into them than it
takes to be multiplied with a few rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from backends.llama.library import GGML_F32, InitParams, Library, Tensor
from backends.model import FloatArray


def product(
    lib: Library, rows: FloatArray, raw: npt.NDArray[np.uint8], kind: int, count: int, threads: int
) -> FloatArray:
    """(n, width) rows → (n, count): each times each of the `count` rows of a matrix stored as `kind` in `raw`."""
    rows = np.ascontiguousarray(rows, np.float32)
    found = np.empty((len(rows), count), np.float32)
    if not found.size:
        return found
    arena = np.empty(lib.ggml.ggml_graph_overhead() + 3 * lib.ggml.ggml_tensor_overhead(), np.uint8)
    backend = lib.cpu.ggml_backend_cpu_init()
    lib.cpu.ggml_backend_cpu_set_n_threads(backend, threads)
    context = lib.ggml.ggml_init(InitParams(arena.size, arena.ctypes.data, True))
    try:
        matrix = lib.ggml.ggml_new_tensor_2d(context, kind, rows.shape[1], count)
        factor = lib.ggml.ggml_new_tensor_2d(context, GGML_F32, rows.shape[1], len(rows))
        result = lib.ggml.ggml_mul_mat(context, matrix, factor)
        for tensor, array in ((matrix, raw), (factor, rows), (result, found)):
            Tensor.from_address(tensor).data = array.ctypes.data
        graph = lib.ggml.ggml_new_graph(context)
        lib.ggml.ggml_build_forward_expand(graph, result)
        status = lib.ggml.ggml_backend_graph_compute(backend, graph)
    finally:
        lib.ggml.ggml_free(context)
        lib.ggml.ggml_backend_free(backend)
    if status != 0:
        raise RuntimeError(f"ggml computed nothing and returned {status}")
    return found
