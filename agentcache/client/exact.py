"""Values that JSON gives back exactly as they were, which is what is kept and told apart."""

from typing import cast

from agentcache.core.codec import Json

_DEEPEST = 50
_LARGEST = 1 << 63


class InexactError(ValueError):
    """A value that JSON has no equal of."""


def exact(value: object, *, deepest: int = _DEEPEST) -> Json:
    """`value` itself as JSON; raises InexactError for what would come back as something else.

    So for tuples, sets, subclasses, bytes, NaN, keys that are no text, and text that is none.
    """
    kind = type(value)
    if value is None or kind is bool:
        return cast("Json", value)
    if kind is str:
        return _text(cast("str", value))
    if kind is int and -_LARGEST <= cast("int", value) < _LARGEST:
        return cast("int", value)
    if kind is float and value - value == 0:  # type: ignore[operator]  # finite
        return cast("float", value)
    if deepest and kind is list:
        return [exact(item, deepest=deepest - 1) for item in cast("list[object]", value)]
    if deepest and kind is dict:
        items = cast("dict[object, object]", value).items()
        return {_key(key): exact(item, deepest=deepest - 1) for key, item in items}
    raise InexactError(f"{kind.__name__} is no JSON")


def _key(key: object) -> str:
    if type(key) is not str:
        raise InexactError(f"{key!r} is no name in JSON")
    return _text(key)


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InexactError("a text with lone surrogates") from error
    return text
