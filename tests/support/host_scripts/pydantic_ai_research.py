"""A research agent on pydantic-ai: `python pydantic_ai_research.py MODEL QUESTION` in a repo."""

import re
import sys
from pathlib import Path

from pydantic_ai import Agent

INSTRUCTIONS = "You answer questions about the repository. Look before you answer; change nothing."


def read_file(path: str) -> str:
    """Read a file of the repository; the path is relative to its root."""
    return Path(path).read_text(encoding="utf-8")


def grep(pattern: str, path: str = ".") -> str:
    """Search the files below `path` for a regular expression; lines as path:number:text."""
    sought = re.compile(pattern)
    files = sorted(file for file in Path(path).rglob("*") if file.is_file())
    return "\n".join(
        f"{file.as_posix()}:{number}:{line}"
        for file in files
        if not any(part.startswith(".") for part in file.parts)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if sought.search(line)
    )


def main(model: str, question: str) -> None:
    """Ask and print the answer."""
    agent = Agent(model, instructions=INSTRUCTIONS, tools=[read_file, grep])
    sys.stdout.write(f"{agent.run_sync(question).output}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
