"""What a host wrapped around a tool's output, and the signs that the tool failed."""

import re

from agentcache.core.codec import CodecError, decode_json_object

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
    r"|cannot (?:read|access|open)|failed to|exit code:? [1-9]|user (?:rejected|denied|cancelled)"
    r"|the user (?:doesn't|does not) want|\[request interrupted|tool execution|access denied"
    r"|<returncode>|unknown tool|invalid )",
    re.IGNORECASE,
)
_FAILED_LINE = re.compile(
    r"^(?:\[stderr\]|<bash_metadata>|(?:fatal|error|warning): .*"
    r"|[^\s:][^:\n]*: .*(?:No such file or directory|Permission denied|[Ii]s a directory"
    r"|command not found|Not a directory|Input/output error|[Ii]nvalid option"
    r"|[Uu]nrecognized option|[Bb]inary file matches|Too many levels of symbolic links"
    r"|timed out)[^\n]*"
    r"|Binary file .* matches)$",
    re.MULTILINE,
)
_CWD_RESET = re.compile(r"\n*Shell cwd was reset to [^\n]*\s*\Z")


def unwrap_shell(text: str) -> str | None:
    """The standard output of a command, None when it failed or did not end."""
    body = _unwrapped(text)
    if body is None or _FAILED_LINE.search(body):
        return None
    body = _CWD_RESET.sub("", body)
    return "" if body.strip() == "(no output)" else body


def looks_failed(text: str) -> bool:
    """Whether a result that came without an error mark reads like an error all the same."""
    return _FAILED_START.match(text) is not None


def _unwrapped(text: str) -> str | None:
    if text.startswith("{"):
        return _from_json(text)
    if match := _MINI.fullmatch(text):
        return match.group(2) if match.group(1) == "0" else None
    if match := _CODEX.match(text):
        code = match.group("before") or match.group("after")
        return text[match.end() :] if code == "0" and not match.group("running") else None
    if match := _QWEN.fullmatch(text):
        output = match.group("output")
        ended = match.group("code") in ("0", "(none)") and match.group("error") == "(none)"
        return ("" if output == "(empty)" else output) if ended else None
    return text


def _from_json(text: str) -> str | None:
    """`{"output": ..., "metadata": {"exit_code": 0}}` and `{"returncode": 0, "output": ...}`."""
    try:
        value = decode_json_object(text)
    except CodecError:
        return text
    output = value.get("output")
    metadata = value.get("metadata")
    code = metadata.get("exit_code") if isinstance(metadata, dict) else value.get("returncode")
    if not isinstance(output, str) or not isinstance(code, int):
        return text
    return output if code == 0 else None
