"""Compilation of the search kernels, and where the machine code is kept.

Numba checks a stored kernel against its source file alone. Ours is stored under a stamp of its own code, of every
kernel that it calls and of every constant that it reads, so kernels may live in several files. It is stored beside
the sources (or in NUMBA_CACHE_DIR) and loaded from there also where that place cannot be written to, as in an image
whose build compiled them.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from types import CodeType
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, InTreeCacheLocator, UserProvidedCacheLocator
from numba.core.event import install_recorder

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def compiled(kernel: _Kernel) -> _Kernel:
    """Machine code for `kernel`, made on its first call or loaded if it is stored; it runs without the GIL."""
    dispatcher: Any = numba.njit(nogil=True, error_model="numpy")(kernel)
    dispatcher._cache = _KernelCache(kernel)
    return cast(_Kernel, dispatcher)


def borrowing(kernel: _Kernel) -> _Kernel:
    """The same for a kernel that makes no arrays, and calls none that do: it counts no references to those it is given.
    Where small kernels hand many arrays to each other, that counting takes longer than their work."""
    kernel.__dict__["borrows"] = True
    # The option is numba's own, and not among those that it publishes.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
    dispatcher: Any = numba.njit(**options)(kernel)
    dispatcher._cache = _KernelCache(kernel)
    return cast(_Kernel, dispatcher)


def compilations(work: Callable[[], object]) -> int:
    """Do `work`; how many times it had to wait for the compiler, because nothing was stored."""
    with install_recorder("numba:compile") as recorder:
        work()
    # The beginning and the end of each.
    return len(recorder.buffer) // 2


def _stamp(kernel: Callable[..., Any]) -> str:
    code: CodeType = kernel.__code__
    parts = [code.co_code.hex(), repr(code.co_consts), *kernel.__dict__]
    for name in code.co_names:
        used = kernel.__globals__.get(name)
        if isinstance(getattr(used, "_cache", None), _KernelCache):
            parts.append(_stamp(cast(Any, used).py_func))
        elif isinstance(used, int | float):
            parts.append(f"{name}={used!r}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class _AsShipped(InTreeCacheLocator):
    """The place beside the sources, whether or not it can be written to."""

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_AsShipped":
        return cls(py_func, py_file)


class _AsConfigured(UserProvidedCacheLocator):
    """The place that NUMBA_CACHE_DIR names, if it does, whether or not it can be written to."""

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_AsConfigured | None":
        return cls(py_func, py_file) if getattr(numba.config, "CACHE_DIR", "") else None


class _StampedKernels(CompileResultCacheImpl):
    def __init__(self, kernel: Callable[..., Any]) -> None:
        self._locator_classes = [_AsConfigured, _AsShipped]
        super().__init__(kernel)  # type: ignore[no-untyped-call]  # numba's own
        self.locator.get_source_stamp = lambda: _stamp(kernel)


class _KernelCache(FunctionCache):
    _impl_class = _StampedKernels

    def __init__(self, kernel: Callable[..., Any]) -> None:
        super().__init__(kernel)  # type: ignore[no-untyped-call]  # numba's own

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        # Made once more: by now there are also the kernels that stand behind their callers.
        self._cache_file._source_stamp = self._impl.locator.get_source_stamp()
        with suppress(OSError):
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]  # numba's own
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]  # numba's own
