"""The adapter for Aider loops: equal states make equal prompts, whatever the hash seed.

It knows by shape a coder, with sets of file names and what makes messages of them, and a map of
the repository, which ranks by sets. All else of Aider is served as it is: `/ask`, commit messages
and summaries come at temperature 0.
"""

from __future__ import annotations

import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself is not imported at run time
    from collections.abc import Iterator
    from typing import Any

_SETS = ("abs_fnames", "abs_read_only_fnames")
_MAKERS = ("get_files_content", "get_chat_files_messages", "get_read_only_files_content")
_RANKERS, _SEARCH = ("get_ranked_tags", "get_repo_map"), "_run_captures"


class Ordered(set):  # type: ignore[type-arg]  # hosts' Pythons may be old
    """A set that is gone through in the order of its names."""

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(set.__iter__(self), key=str))

    def intersection(self, *others: Any) -> Ordered:
        """As of a set, in order too."""
        return Ordered(set.intersection(self, *others))

    def union(self, *others: Any) -> Ordered:
        """As of a set, in order too."""
        return Ordered(set.union(self, *others))


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
    """The coders whose sets are in order, and the module of the maps, until `detach`."""

    def __init__(self, coders: list[type], maps: list[type], module: Any) -> None:
        self._coders, self._module = coders, module if maps else None
        self._searches = [(kind, vars(kind)[_SEARCH]) for kind in maps if _has(kind, (_SEARCH,))]
        for kind in coders:
            for name in _SETS:
                setattr(kind, name, _Sets(name, vars(kind)[name]))
        if maps:
            module.set = Ordered  # what its functions call by that name
        for kind, search in self._searches:
            setattr(kind, _SEARCH, _ordered(search))

    def detach(self) -> None:
        """Restore what was there, in the coders that live too."""
        coders, module, self._coders, self._module = self._coders, self._module, [], None
        for kind in coders:
            for name in _SETS:
                vars(kind)[name].restore(kind)
        if module is not None:
            del module.set
            for kind, search in self._searches:
                setattr(kind, _SEARCH, search)


def attach(module: Any) -> Attached | None:
    """Attach to what `module` defines; None when it is nothing of these, or attached already."""
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type)]
    kinds = [kind for kind in kinds if kind.__module__ == module.__name__]
    coders = [kind for kind in kinds if _is_coder(kind)]
    maps = [kind for kind in kinds if _has(kind, _RANKERS) and "set" not in vars(module)]
    return Attached(coders, maps, module) if coders or maps else None


def _ordered(search: Any) -> Any:
    """`search`, whose syntax nodes by their kind come in the order in which they stand."""

    def run(*args: Any, **kwargs: Any) -> Any:
        found = search(*args, **kwargs)
        try:
            return {
                tag: sorted(found[tag], key=lambda node: (node.start_byte, node.end_byte))
                for tag in sorted(found)
            }
        except (AttributeError, TypeError):
            return found  # of another shape

    return run


def _is_coder(kind: type) -> bool:
    own = vars(kind)
    has_sets = all(name in own and not isinstance(own[name], _Sets) for name in _SETS)
    return has_sets and _has(kind, _MAKERS)


def _has(kind: type, names: tuple[str, ...]) -> bool:
    return all(callable(vars(kind).get(name)) for name in names)
