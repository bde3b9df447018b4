"""What a function's callers give, by the names of its parameters."""

from collections.abc import Mapping
from inspect import Parameter, Signature

_PLAIN = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


class Binder:
    """`signature.bind` with its defaults filled in, which takes far longer; for any thread."""

    def __init__(self, signature: Signature) -> None:
        parameters = signature.parameters
        required = [name for name, each in parameters.items() if each.default is Parameter.empty]
        self._signature = signature
        self._names = tuple(parameters)
        self._defaults = {name: each.default for name, each in parameters.items()}
        self._required = required
        self._needed = 1 + max(map(self._names.index, required), default=-1)
        self._is_plain = all(each.kind in _PLAIN for each in parameters.values())
        self._positions = sum(each.kind is _PLAIN[0] for each in parameters.values())

    def bind(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> dict[str, object]:
        """The value of every parameter, in their order; raises TypeError for what does not fit."""
        if self._is_plain and self._fits(len(args), kwargs):
            return {**self._defaults, **dict(zip(self._names, args, strict=False)), **kwargs}
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments

    def _fits(self, count: int, kwargs: Mapping[str, object]) -> bool:
        """Whether `count` values by position, and `kwargs`, are each parameter's only one."""
        if count > self._positions:
            return False
        if not kwargs:
            return count >= self._needed
        by_position, by_name = self._names[:count], self._names[count:]
        return all(name in by_name for name in kwargs) and all(
            name in by_position or name in kwargs for name in self._required
        )
