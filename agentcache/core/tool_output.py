"""What a host wrapped around a tool's output, and the signs that the tool failed."""

import re
from dataclasses import dataclass

from agentcache.core.codec import CodecError, decode_json_object
from agentcache.core.reminders import without_reminders

_CODEX = re.compile(
    r"(?:Chunk ID: [^\n]*\n)?"
    r"(?:Exit code: (?P<before>-?\d+)\n)?"
    r"Wall time: [^\n]*\n"
    r"(?:Process exited with code (?P<after>-?\d+)\n|(?P<running>Process running[^\n]*\n))?"
    r"(?:Original token count: \d+\n|Total output lines: \d+\n)*"
    r"Output:\n?"
)
_MINI = re.compile(r"\s*<returncode>(-?\d+)</returncode>\s*<output>\n?(.*?)</output>\s*", re.DOTALL)
_QWEN = re.compile(
    r"Command: .*?\nDirectory: [^\n]*\nOutput: (?P<output>.*)\nError: (?P<error>[^\n]*)\n"
    r"Exit Code: (?P<code>[^\n]*)\n(?:Signal: \(none\)\n)?.*",
    re.DOTALL,
)
_FAILED_START = re.compile(
    r"\s*(?:error\b|denied\b|permission denied|no such file|<tool_use_error>|fatal:|traceback \("
    r"|command timed out|timed out|timeout\b|file not found|file does not exist|file has been"
    r"|cannot (?:read|access|open)|could not read file|failed to|exit code:? [1-9]"
    r"|user (?:rejected|denied|cancelled)"
    r"|the user (?:doesn't|does not) want|\[request interrupted|tool execution|access denied"
    r"|<returncode>|unknown tool|invalid |\[old tool result content cleared\])",
    re.IGNORECASE,
)
_FAILED_LINE = re.compile(
    r"^(?:\[stderr\]|<bash_metadata>|(?:fatal|error|warning): .*"
    r"|rg: No files were searched[^\n]*|[^\n]*  \[error opening dir\]"
    r"|[^\s:][^:\n]*: .*(?:No such file or directory|Permission denied|[Ii]s a directory"
    r"|command not found|Not a directory|Input/output error|[Ii]nvalid option"
    r"|[Uu]nrecognized option|[Bb]inary file matches|Too many levels of symbolic links"
    r"|timed out)[^\n]*"
    r"|Binary file .* matches)$",
    re.MULTILINE,
)
_EXIT_CODE = re.compile(r"\AExit code \d+\n")
_CWD_RESET = re.compile(r"(?<!\n)\n*Shell cwd was reset to [^\n]*\s*\Z")


# What stands before what is left of a long output, the head of one, and what stands before one
# without its middle and in the place of that.
_SAVED = re.compile(
    r"\.\.\.output truncated\.\.\.\n\nFull output saved to: [^\n]+\n\n"
    r"|Tool output was too large and has been truncated\.\nThe full output has been saved to: "
    r"(?:[^\n]*\n)+?\nTruncated part of the output:\n"
)
_PREVIEW = re.compile(
    r"<persisted-output>\nOutput too large [^\n]*Full output saved to: [^\n]+\n\n"
    r"Preview \([^\n]*\):\n(?P<head>.*)\n\.\.\.\n</persisted-output>\s*",
    re.DOTALL,
)
_CUT_HEAD = re.compile(r"Warning: truncated output [^\n]*\n(?:Total output lines: \d+\n)?\n?")
_CUT_MIDDLE = re.compile(r"…\d+ (?:chars|tokens|lines) truncated…")
_NO_OUTPUT = ("(no output)", "(Bash completed with no output)")


@dataclass(frozen=True, slots=True)
class ShellOutput:
    """The standard output of a command that ended.

    `is_cut`: the host left out some of it. `found_nothing`: it ended with 1 and said nothing, as
    searches do that find nothing and as other commands do that fail. `is_terminal`: it wrote to a
    terminal, where some commands lay out what they show otherwise.
    """

    text: str
    is_cut: bool = False
    found_nothing: bool = False
    is_terminal: bool = False


def unwrap_shell(text: str) -> ShellOutput | None:
    """What a command printed, None when it failed or did not end."""
    text = without_reminders(text)
    saved = _SAVED.match(text)
    text = text if saved is None else text[saved.end() :]
    preview = _PREVIEW.fullmatch(text)
    text = text if preview is None else preview["head"]
    unwrapped = _unwrapped(text)
    if unwrapped is None:
        return None
    body, code = unwrapped
    body = _CWD_RESET.sub("", body)
    body = "" if body.strip() in _NO_OUTPUT else body
    if code == 1 and not body.strip():
        return ShellOutput("", found_nothing=True)
    if code != 0 or _FAILED_LINE.search(body):
        return None
    head = _CUT_HEAD.match(body)
    if head is not None and _CUT_MIDDLE.search(body):
        return ShellOutput(body[head.end() :], is_cut=True)
    is_terminal = _QWEN.fullmatch(text) is not None
    return ShellOutput(body, is_cut=bool(saved or preview), is_terminal=is_terminal)


def output_of_failed(text: str) -> str | None:
    """What a command printed that ended, with whatever exit code; None when it did not end."""
    unwrapped = _unwrapped(_EXIT_CODE.sub("", text))
    return None if unwrapped is None else _CWD_RESET.sub("", unwrapped[0])


def looks_failed(text: str) -> bool:
    """Whether a result that came without an error mark reads like an error all the same."""
    return _FAILED_START.match(text) is not None


def _unwrapped(text: str) -> tuple[str, int] | None:
    """The output and the exit code, which is 0 where the host tells none; None when it failed."""
    if text.startswith("{"):
        return _from_json(text)
    if match := _MINI.fullmatch(text):
        return match.group(2), int(match.group(1))
    if match := _CODEX.match(text):
        code = match.group("before") or match.group("after")
        ended = code is not None and not match.group("running")
        return (text[match.end() :], int(code)) if ended else None
    if match := _QWEN.fullmatch(text):
        output, code = match.group("output"), match.group("code")
        if match.group("error") != "(none)" or not (code.isdecimal() or code == "(none)"):
            return None
        return "" if output == "(empty)" else output, int(code) if code.isdecimal() else 0
    return text, 0


def _from_json(text: str) -> tuple[str, int]:
    """`{"output": ..., "metadata": {"exit_code": 0}}` and `{"returncode": 0, "output": ...}`."""
    try:
        value = decode_json_object(text)
    except CodecError:
        return text, 0
    output = value.get("output")
    metadata = value.get("metadata")
    code = metadata.get("exit_code") if isinstance(metadata, dict) else value.get("returncode")
    if not isinstance(output, str) or not isinstance(code, int):
        return text, 0
    return output, code
