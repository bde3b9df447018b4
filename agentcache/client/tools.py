"""`@cache.tool`: read-only tools of an orchestrator, which run once for all that they looked at.

A tool is believed only as far as it can be watched: by files that it declares to read, by the Look
that it reads through, or by a version that stands for all it knows.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from agentcache.client.code import Code
from agentcache.client.look import Look
from agentcache.client.using import Described, Desk, Told, Use, off_loop
from agentcache.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")

_LOOK = "look"


class ToolDecorator(Protocol):
    """What `@cache.tool(...)` is: of a function's type only a Look in front goes."""

    @overload
    def __call__(self, function: Callable[Concatenate[Look, P], R], /) -> Callable[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]: ...


def decorated(
    desk: Desk,
    function: Callable[..., Any],
    *,
    observes: tuple[str, ...],
    semantic: str | None,
    version: Told | None,
    user: Told,
    public: bool,
) -> Callable[..., Any]:
    """`function` behind the cache; raises UsageError for what cannot be watched."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(f"{function!r} gives its result piece by piece: return it whole")
    if semantic is not None and version is None:
        raise UsageError(
            f"{semantic!r} of {function!r} can only be matched by meaning under a version="
        )
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    looks = bool(parameters) and parameters[0].name == _LOOK
    if not looks and not observes and version is None:
        raise UsageError(
            f"nothing says what {function.__qualname__} reads: name its parameters that are files "
            "with observes=, give it a first parameter `look` to read through, or a version= of "
            "all that it knows"
        )
    tool = Described(
        name=f"{function.__module__}.{function.__qualname__}",
        signature=signature.replace(parameters=parameters[1:]) if looks else signature,
        code=Code(function),
        observes=observes,
        semantic=semantic,
        version=version,
        user=user,
        public=public,
        looks=looks,
    )
    for name in (*tool.observes, *([semantic] if semantic else [])):
        if name not in tool.signature.parameters:
            known = ", ".join(tool.signature.parameters) or "none"
            raise UsageError(f"{tool.name} has no parameter {name!r}; there are {known}")
    desk.names.add(function.__name__)
    return _wrapped(desk, function, tool)


def _wrapped(desk: Desk, function: Callable[..., Any], tool: Described) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def run_async(*args: object, **kwargs: object) -> object:
            use = Use(desk, tool, args, kwargs)
            if await off_loop(desk, use.find, otherwise=False):
                return use.value
            with use.open():
                value = await function(*use.args, **kwargs)
            await off_loop(desk, lambda: use.end(value), otherwise=None)
            return value

        return _signed(run_async, tool.signature)

    @wraps(function)
    def run(*args: object, **kwargs: object) -> object:
        use = Use(desk, tool, args, kwargs)
        if use.find():
            return use.value
        with use.open():
            value = function(*use.args, **kwargs)
        use.end(value)
        return value

    return _signed(run, tool.signature)


def _signed(wrapper: Any, signature: inspect.Signature) -> Callable[..., Any]:  # noqa: ANN401  # it takes an attribute
    wrapper.__signature__ = signature
    return cast("Callable[..., Any]", wrapper)
