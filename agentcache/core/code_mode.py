"""Scripts of Codex's tool `exec`: JavaScript that runs commands and shows what they printed.

Read is only this grammar, of which a script that ended well can mean but one thing:

    statement := ("const" | "let") NAME "=" "await" CALL
               | ("const" | "let") NAME "=" "await" ALL
               | ("const" | "let") "[" NAME, ... "]" "=" "await" ALL
               | "for (const" NAME "of" NAME ")" (SHOW | "{" SHOW ... "}")
               | SHOW
    SHOW      := "text(" (CONSTANT | CALLED | CALLED ".output") ")"
    CALLED    := NAME | "await" CALL, in brackets before ".output"
    ALL       := "Promise.all([" CALL, ... "])"
    CALL      := "tools.exec_command({" KEY ":" CONSTANT, ... "})"
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from agentcache.core.codec import CodecError, Json, JsonObject, decode_json_object
from agentcache.core.conversation import ToolRun
from agentcache.core.values import ToolResult, ToolUse

T = TypeVar("T")

_SCRIPTED = ("exec", "functions.exec")
_COMPLETED = re.compile(r"Script completed\nWall time (\d{1,6}\.\d) seconds\nOutput:\n")
_OMITTED = "[omitted "
"""What stands in the place of the last items of a result that was too long."""

_WAITS_MS, _LEAST_MS, _MOST_MS = 10_000, 250, 30_000
"""How long a command is waited for; what it printed until then is all that is shown."""

# Nothing here can be matched in two ways, so it takes one pass.
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\n]++|//[^\n]*+)|[A-Za-z_$][A-Za-z0-9_$]*+|[0-9]{1,9}+|[\[\](){}=,;:.]"""
    r"""|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\$]|\\.|\$(?!\{))*+`""",
    re.DOTALL,
)
_ODD_LINE_ENDS = re.compile("[\r\u2028\u2029]")
_NAME = re.compile(r"[A-Za-z_$].*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_TAKEN = frozenset({"tools", "text", "Promise"})


class _NotReadError(Exception):
    pass


def commands_within(runs: Iterable[ToolRun]) -> list[ToolRun]:
    """`runs` with the commands in the place of each script that runs them, as far as it is read."""
    return [each for run in runs for each in _commands(run)]


def _commands(run: ToolRun) -> list[ToolRun]:
    source, blocks = run.use.arguments.get("input"), run.result.blocks
    ended = _COMPLETED.fullmatch(blocks[0]) if blocks else None
    if run.use.name not in _SCRIPTED or not isinstance(source, str) or ended is None:
        return [run]
    shown = blocks[1:] or ("",)  # an empty text makes no item
    try:
        script = _Script(_tokens(source), most=len(shown))
        script.read()
        texts = _shown(script, shown, seconds=float(ended[1]))
    except (_NotReadError, CodecError):
        return [run]
    return [
        ToolRun(
            ToolUse(run.use.id, "exec_command", script.calls[call]),
            ToolResult(run.result.id, text),
        )
        for call, text in texts
    ]


def _shown(script: "_Script", blocks: tuple[str, ...], *, seconds: float) -> list[tuple[int, str]]:
    """The calls that are shown, each with its result; `seconds`: what all of them took.

    Raises _NotReadError where a call is not shown: it may have failed unseen.
    """
    if len(script.shows) != len(blocks) or any(block.startswith(_OMITTED) for block in blocks):
        raise _NotReadError
    texts: list[tuple[int, str]] = []
    for show, block in zip(script.shows, blocks, strict=True):
        if isinstance(show, str):
            if show != block:
                raise _NotReadError
        elif show.is_bare:
            # It does not tell whether the command ended, nor how.
            if seconds + 0.1 > _waits(script.calls[show.call]):
                raise _NotReadError
            texts.append((show.call, _result(block, 0 if block.strip() else 1)))
        else:
            texts.append((show.call, _whole(block)))
    if {call for call, _ in texts} != set(range(len(script.calls))):
        raise _NotReadError
    return texts


def _waits(arguments: JsonObject) -> float:
    """The seconds for which a command with these arguments is waited for at least."""
    asked = arguments.get("yield_time_ms", _WAITS_MS)
    if type(asked) is not int:
        raise _NotReadError
    return min(max(asked, _LEAST_MS), _MOST_MS) / 1000


def _whole(block: str) -> str:
    """The result that an object tells; raises _NotReadError where the command did not end."""
    told = decode_json_object(block)
    code, output = told.get("exit_code"), told.get("output")
    if type(code) is not int or not isinstance(output, str) or "session_id" in told:
        raise _NotReadError
    return _result(output, code)


def _result(output: str, code: int) -> str:
    return f"Exit code: {code}\nWall time: 0 seconds\nOutput:\n{output}"


def _tokens(source: str) -> list[str]:
    if _ODD_LINE_ENDS.search(source):  # where a comment may end
        raise _NotReadError
    tokens: list[str] = []
    at = 0
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None:
            raise _NotReadError
        tokens += [] if token["blank"] else [token[0]]
        at = token.end()
    return tokens


def _constant(token: str) -> str:
    """The text that a token for a string stands for; raises _NotReadError for other tokens."""
    if token[:1] not in ("'", '"', "`"):
        raise _NotReadError
    return _ESCAPE.sub(_unescaped, token[1:-1])


def _unescaped(escape: re.Match[str]) -> str:
    letter = escape[1]
    if letter == "\n" or (letter.isalnum() and letter not in _ESCAPED):
        raise _NotReadError
    return _ESCAPED.get(letter, letter)


@dataclass(frozen=True, slots=True)
class _Show:
    """What a call gave is shown: all of it, or its bare output."""

    call: int
    is_bare: bool


@dataclass(slots=True)
class _Script:
    """A script that is read from its tokens, which shows no more than `most` items.

    `calls`: the arguments of each. `named`: the calls that a name stands for. `shows`: what is
    shown, constants as their text.
    """

    tokens: list[str]
    most: int
    at: int = 0
    calls: list[JsonObject] = field(default_factory=list)
    named: dict[str, list[int] | int] = field(default_factory=dict)
    shows: list[_Show | str] = field(default_factory=list)

    def read(self) -> None:
        """Read all of it; raises _NotReadError."""
        while self.at < len(self.tokens):
            if self._takes(";"):
                continue
            if self._takes("const") or self._takes("let"):
                self._declare()
            elif self._takes("for"):
                self._loop()
            else:
                self._show()

    def _declare(self) -> None:
        if self._takes("["):
            names = self._listed(self._new_name)
            self._expect("= await")
            calls = self._all()
            if len(names) != len(calls):
                raise _NotReadError
            self.named.update(zip(names, calls, strict=True))
            return
        name = self._new_name()
        self._expect("= await")
        self.named[name] = self._all() if self._is_next("Promise") else self._call()

    def _loop(self) -> None:
        self._expect("( const")
        name = self._new_name()
        self._expect("of")
        calls = self.named.get(self._next())
        self._expect(")")
        if not isinstance(calls, list) or not calls:
            raise _NotReadError
        start = self.at
        for call in calls:
            self.at, self.named[name] = start, call
            in_braces = self._takes("{")
            self._show()
            while in_braces and not self._takes("}"):
                if not self._takes(";"):
                    self._show()
        del self.named[name]

    def _show(self) -> None:
        self._expect("text (")
        self.shows.append(self._value())
        self._expect(")")
        if len(self.shows) > self.most:
            raise _NotReadError

    def _value(self) -> _Show | str:
        if self._takes("("):
            self._expect("await")
            call = self._call()
            self._expect(") . output")
            return _Show(call, is_bare=True)
        if self._takes("await"):
            return _Show(self._call(), is_bare=False)
        token = self._next()
        named = self.named.get(token)
        if named is None:
            return _constant(token)
        if isinstance(named, list):
            raise _NotReadError
        is_bare = self._takes(".")
        if is_bare:
            self._expect("output")
        return _Show(named, is_bare)

    def _all(self) -> list[int]:
        self._expect("Promise . all ( [")
        calls = self._listed(self._call)
        self._expect(")")
        return calls

    def _call(self) -> int:
        self._expect("tools . exec_command ( {")
        arguments: JsonObject = {}
        while not self._takes("}"):
            key = self._next()
            key = key if _NAME.fullmatch(key) else _constant(key)
            self._expect(":")
            if key in arguments:
                raise _NotReadError
            arguments[key] = self._argument()
            if not self._is_next("}"):
                self._expect(",")
        self._expect(")")
        self.calls.append(arguments)
        return len(self.calls) - 1

    def _argument(self) -> Json:
        token = self._next()
        if token in ("true", "false"):
            return token == "true"
        return int(token) if token.isdecimal() else _constant(token)

    def _listed(self, read: Callable[[], T]) -> list[T]:
        """The items up to the end of a list, of which the beginning was read."""
        items: list[T] = []
        while not self._takes("]"):
            items.append(read())
            if not self._is_next("]"):
                self._expect(",")
        return items

    def _new_name(self) -> str:
        name = self._next()
        if not _NAME.fullmatch(name) or name in _TAKEN or name in self.named:
            raise _NotReadError
        self.named[name] = []  # stands for nothing yet
        return name

    def _next(self) -> str:
        if self.at >= len(self.tokens):
            raise _NotReadError
        self.at += 1
        return self.tokens[self.at - 1]

    def _is_next(self, token: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at] == token

    def _takes(self, token: str) -> bool:
        is_next = self._is_next(token)
        self.at += is_next
        return is_next

    def _expect(self, tokens: str) -> None:
        """Go on behind `tokens`, parted by blanks; raises _NotReadError where others stand."""
        if not all(self._takes(token) for token in tokens.split()):
            raise _NotReadError
