"""Reads the type arguments that classes declare, and compares them as far as run time can."""

from collections.abc import Sequence
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin


def type_arguments(cls: type[object], generic: type[object]) -> tuple[object, ...]:
    """The arguments that `cls` gives to its generic ancestor `generic`; () if it gives none.

    `class Base(Request[list[T]])`, `class Names(Base[str])`: `type_arguments(Names, Request)` is `(list[str],)`.
    """
    for base in cls.__dict__.get("__orig_bases__", cls.__bases__):
        origin = get_origin(base) or base
        if origin is generic:
            return get_args(base)
        if isinstance(origin, type) and issubclass(origin, generic):
            bound = dict(zip(getattr(origin, "__parameters__", ()), get_args(base), strict=False))
            return tuple(_substitute(argument, bound) for argument in type_arguments(origin, generic))
    return ()


def certainly_differs(narrow: object, wide: object) -> bool:
    """Whether a value of type `narrow` is certainly no `wide`.

    What run time cannot decide (type variables, forward references, protocols, literals) counts as agreement:
    that is a type checker's work.
    """
    if narrow == wide or wide is Any or narrow is Any:
        return False
    if _is_union(narrow):
        return any(certainly_differs(member, wide) for member in get_args(narrow))
    if _is_union(wide):
        return all(certainly_differs(narrow, member) for member in get_args(wide))
    narrow_class, wide_class = get_origin(narrow) or narrow, get_origin(wide) or wide
    if not isinstance(narrow_class, type) or not isinstance(wide_class, type):
        return False
    if narrow_class is wide_class:
        return _arguments_differ(get_args(narrow), get_args(wide))
    return not _is_subclass(narrow_class, wide_class)


def _substitute(argument: Any, bound: dict[object, object]) -> object:
    if isinstance(argument, TypeVar):
        return bound.get(argument, argument)
    parameters = getattr(argument, "__parameters__", ())
    return argument[tuple(bound.get(p, p) for p in parameters)] if parameters and get_args(argument) else argument


def _arguments_differ(narrow: Sequence[object], wide: Sequence[object]) -> bool:
    return len(narrow) == len(wide) and any(map(certainly_differs, narrow, wide))


def _is_union(annotation: object) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _is_subclass(narrow: type[object], wide: type[object]) -> bool:
    if (narrow, wide) in ((int, float), (int, complex), (float, complex)):
        return True
    try:
        return issubclass(narrow, wide)
    except TypeError:  # a protocol that is not runtime_checkable, a TypedDict
        return True
