"""What code does with the names that it writes, as its bytecode says."""

import dis
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import CodeType

_STORES = ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_DEREF", "DELETE_DEREF")
_LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF")
_MEMBERS = ("LOAD_METHOD", "LOAD_ATTR")
_FILLS = {"append", "extend", "insert", "add", "update"}
"""What lists, sets and dicts are only filled with: none of these gives anything back."""


class Writes:
    """Names that are written in some code, of variables or of attributes; more may be added."""

    def __init__(self) -> None:
        self.written: set[str] = set()
        self._assigned: set[str] = set()
        self._used: set[str] = set()
        self._filled: set[str] = set()

    @property
    def idle(self) -> set[str]:
        """Those that are only counted, or written and not read again: nothing comes of them."""
        return self.written - (self._assigned & (self._used | self._filled))

    @property
    def filled(self) -> set[str]:
        """Those that, where they are containers, are only filled."""
        return self._filled - self._used

    def add_variables(self, codes: Iterable[CodeType]) -> None:
        """Add those of variables outside of a function."""
        for code in codes:
            self._add(steps_of(code), _STORES, _LOADS)

    def add_attributes(self, codes: Iterable[CodeType]) -> None:
        """Add those of attributes, of whatever object."""
        for code in codes:
            self._add(steps_of(code), ("STORE_ATTR", "DELETE_ATTR"), _MEMBERS)

    def _add(
        self, steps: Sequence[dis.Instruction], stores: Sequence[str], loads: Sequence[str]
    ) -> None:
        counting: set[int] = set()
        for number, step in enumerate(steps):
            if step.opname in stores:
                self.written.add(step.argval)
                own = _computed_from(steps, number, loads)
                if own is None:
                    self._assigned.add(step.argval)
                else:
                    counting.add(own)
        for number, (step, after) in enumerate(zip(steps, [*steps[1:], None], strict=True)):
            if step.opname in loads and number not in counting:
                fills = after is not None and after.opname in _MEMBERS and after.argval in _FILLS
                (self._filled if fills else self._used).add(step.argval)


def _computed_from(
    steps: Sequence[dis.Instruction], number: int, loads: Sequence[str]
) -> int | None:
    """Where the old value is read that the one stored at `number` is counted on from, if so."""
    name = steps[number].argval
    if not any(step.opname == "BINARY_OP" for step in steps[max(0, number - 2) : number]):
        return None
    for before in range(number - 1, -1, -1):
        step = steps[before]
        if step.opname in loads and step.argval == name:
            return before
        if "JUMP" in step.opname or step.opname.startswith("STORE_"):
            return None
    return None


def steps_of(code: CodeType) -> list[dis.Instruction]:
    """The instructions of `code`."""
    return [each for each in dis.get_instructions(code) if each.opname != "EXTENDED_ARG"]


def filled(codes: Iterable[CodeType], values: Mapping[str, object]) -> set[str]:
    """Names of containers that are only ever filled."""
    used: dict[str, set[str]] = {}
    for code in codes:
        for step, after in pairwise(steps_of(code)):
            if step.opname in _LOADS:
                used.setdefault(step.argval, set()).add(
                    after.argval if after.opname in _MEMBERS else ""
                )
    found = {name for name, members in used.items() if members <= _FILLS}
    return {name for name in found if type(values.get(name)) in (list, set, dict)}
