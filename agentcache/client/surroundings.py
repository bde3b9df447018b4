"""What code reads of the process that it runs in: the environment, the command line, the place."""

import os
import sys
from collections.abc import Callable, Collection, Iterable
from functools import partial

_ENVIRONMENT = ("environ", "getenv")
_DIRECTORY = ("getcwd", "cwd")


def read_around(
    names: Collection[str], values: Collection[object], constants: Iterable[object]
) -> list[Callable[[], object]]:
    """What gives all of it as it is now.

    `names`: all that the code names, `values`: those of them that are variables of its module. A
    variable of the environment may be named by a text among these and the `constants`.
    """
    reads: list[Callable[[], object]] = []
    if any(name in names for name in _ENVIRONMENT) or any(each is os.environ for each in values):
        texts = {each for each in (*values, *constants) if type(each) is str}
        reads += [partial(_variable, text) for text in sorted(texts)]
    if "argv" in names:
        reads.append(partial(getattr, sys, "argv"))
    if any(name in names for name in _DIRECTORY):
        reads.append(_directory)
    return reads


def _variable(name: str) -> str | None:
    try:
        return os.environ.get(name)
    except UnicodeError:  # a text that can be no variable's name
        return None


def _directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109  # strings, as all paths here
    except OSError:  # it is gone
        return None
