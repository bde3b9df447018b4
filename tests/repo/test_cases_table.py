"""The table beside the code and the tests of its rows cannot drift apart."""

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = HERE.parent.parent / "agentcache" / "repo" / "CASES.md"
HEADS = ("case", "---")


def rows() -> dict[str, list[list[str]]]:
    """The cells of every row, by the heading that it stands under."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in TABLE.read_text().splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells[0] not in HEADS:
                found.setdefault(heading, []).append(cells)
    return found


def sentences(*files: str) -> list[str]:
    """The names of the tests in `files`, as the table spells them."""
    return [
        node.name.removeprefix("test_").replace("_", " ")
        for name in files
        for node in ast.parse((HERE / name).read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


@pytest.mark.parametrize(
    ("heading", "file"),
    [("Files", "test_cases.py"), ("git", "test_cases_git.py"), ("Tools", "test_cases_tools.py")],
)
def test_every_row_is_a_test_and_every_test_a_row(heading: str, file: str) -> None:
    assert [cells[0] for cells in rows().get(heading, [])] == sentences(file)


def test_every_row_is_whole_and_there_once() -> None:
    every = [cells for table in rows().values() for cells in table]
    assert [cells for cells in every if len(cells) != 5 or not all(cells)] == []
    assert len({cells[0] for cells in every}) == len(every)
