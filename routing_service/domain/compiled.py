"""Compilation of the search kernels, in one place."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def compiled(kernel: _Kernel) -> _Kernel:
    """Machine code for `kernel`, made on its first call, run without the GIL, and kept on disk if there is a place.

    The stored code is checked against the kernel's own file alone, so a kernel and what it calls share a file.
    """
    try:
        return cast(_Kernel, numba.njit(cache=True, nogil=True, error_model="numpy")(kernel))
    except RuntimeError:
        # A read-only file system without a home offers no place; each process then compiles for itself.
        return cast(_Kernel, numba.njit(nogil=True, error_model="numpy")(kernel))
