"""The adapter for Aider loops: the files of a chat stand in one order, whatever the hash seed.

It knows a coder by shape: a class with sets of file names and what makes messages of them. All
else of Aider is served as it is: `/ask`, commit messages and summaries come at temperature 0.
"""

from __future__ import annotations

import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself is not imported at run time
    from collections.abc import Iterator
    from typing import Any

_SETS = ("abs_fnames", "abs_read_only_fnames")
_MAKERS = ("get_files_content", "get_chat_files_messages", "get_read_only_files_content")


class Ordered(set):  # type: ignore[type-arg]  # hosts' Pythons may be old
    """A set that is gone through in the order of its names."""

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(set.__iter__(self), key=str))


class _Sets:
    """The attribute `name` of a coder, where every set that is put becomes Ordered."""

    def __init__(self, name: str, default: object) -> None:
        self._name, self.default = name, default
        self._coders: weakref.WeakSet[Any] = weakref.WeakSet()

    def __get__(self, coder: Any, kind: type | None = None) -> Any:
        return self.default if coder is None else vars(coder).get(self._name, self.default)

    def __set__(self, coder: Any, files: Any) -> None:
        vars(coder)[self._name] = Ordered(files) if type(files) is set else files
        self._coders.add(coder)

    def __delete__(self, coder: Any) -> None:
        del vars(coder)[self._name]

    def restore(self, kind: type) -> None:
        """Make the attribute of `kind` what it was, and the sets that are Ordered plain ones."""
        setattr(kind, self._name, self.default)
        for coder in list(self._coders):
            files = vars(coder).get(self._name)
            if type(files) is Ordered:
                vars(coder)[self._name] = set(files)


class Attached:
    """The coder classes whose sets are in order, until `detach`."""

    def __init__(self, kinds: list[type]) -> None:
        self._kinds = kinds
        for kind in kinds:
            for name in _SETS:
                setattr(kind, name, _Sets(name, vars(kind)[name]))

    def detach(self) -> None:
        """Restore what was there, in the coders that live too."""
        kinds, self._kinds = self._kinds, []
        for kind in kinds:
            for name in _SETS:
                vars(kind)[name].restore(kind)


def attach(module: Any) -> Attached | None:
    """Attach to the coders that `module` defines; None when there is none, or they are attached."""
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and _is_coder(kind)]
    return Attached(kinds) if kinds else None


def _is_coder(kind: type) -> bool:
    own = vars(kind)
    has_sets = all(name in own and not isinstance(own[name], _Sets) for name in _SETS)
    return has_sets and all(callable(own.get(name)) for name in _MAKERS)
