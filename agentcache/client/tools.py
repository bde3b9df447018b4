"""`@cache.tool`: read-only tools of an orchestrator, which run once for all that they looked at.

A tool is believed only as far as it can be watched: by files that it declares to read, by the Look
that it reads through, or by a version that stands for all it knows.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from agentcache.client.binding import Binder
from agentcache.client.code import Code
from agentcache.client.look import Look
from agentcache.client.pace import Pace
from agentcache.client.scopes import ScopeMemory
from agentcache.client.threads import off_loop
from agentcache.client.told import Told, check_told
from agentcache.client.using import Described, Desk, Use
from agentcache.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")

_LOOK = "look"
_REST = inspect.Parameter.VAR_POSITIONAL


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
    code = Code(function, is_versioned=version is not None)
    check_told("user", user)
    if version is not None:
        check_told("version", version)
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    looks = bool(parameters) and parameters[0].name == _LOOK
    if not looks and not observes and version is None:
        raise UsageError(
            f"nothing says what {function.__qualname__} reads: name its parameters that are files "
            "with observes=, give it a first parameter `look` to read through, or a version= of "
            "all that it knows"
        )
    if looks:
        signature = signature.replace(parameters=parameters[1:])
    known = signature.parameters
    tool = Described(
        name=f"{function.__module__}.{function.__qualname__}",
        binder=Binder(signature),
        rest=next((name for name in known if known[name].kind is _REST), None),
        code=code,
        observes=observes,
        semantic=semantic,
        version=version,
        user=user,
        public=public,
        looks=looks,
        scopes=ScopeMemory(),
        pace=Pace(),
    )
    for name in (*tool.observes, *([semantic] if semantic else [])):
        if name not in known:
            names = ", ".join(known) or "none"
            raise UsageError(f"{tool.name} has no parameter {name!r}; there are {names}")
    desk.names.add(function.__name__)
    return _signed(_wrapped(desk, function, tool), signature)


def _wrapped(desk: Desk, function: Callable[..., Any], tool: Described) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def run_async(*args: object, **kwargs: object) -> object:
            use = Use(desk, tool, args, kwargs)
            is_hit = use.find_at_once()
            if is_hit is None:
                is_hit = await off_loop(desk, use.find, otherwise=False)
            if is_hit:
                return use.value
            with use:
                value = await function(*use.args, **kwargs)
            if not use.end_at_once(value):
                await off_loop(desk, lambda: use.end(value), otherwise=None)
            return value

        return run_async

    @wraps(function)
    def run(*args: object, **kwargs: object) -> object:
        use = Use(desk, tool, args, kwargs)
        if use.find():
            return use.value
        with use:
            value = function(*use.args, **kwargs)
        use.end(value)
        return value

    return run


def _signed(wrapper: Any, signature: inspect.Signature) -> Callable[..., Any]:  # noqa: ANN401  # it takes an attribute
    wrapper.__signature__ = signature
    return cast("Callable[..., Any]", wrapper)
