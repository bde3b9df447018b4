"""The README's orchestrator: twenty questions over real code, with edits between, none stale."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Read, Researcher
from support.repositories import Repo, make_repository

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EDITED = 5

Research = Callable[[Sequence[str]], dict[str, str]]


def orchestrator() -> ModuleType:
    """The example of the README, as it stands there."""
    (text,) = re.findall(r"<!-- orchestrator -->\n```python\n(.*?)```", README, re.DOTALL)
    module = ModuleType("orchestrator")
    exec(compile(text, "README.md", "exec"), module.__dict__)  # noqa: S102  # it is our own
    return module


def real_code(place: Path) -> Repo:
    """A repository that holds the code of this project's core."""
    files = {
        f"core/{path.name}": path.read_bytes()
        for path in sorted((ROOT / "agentcache/core").glob("*.py"))
    }
    return make_repository(place, dict(files))


def definitions(repository: Path) -> dict[str, tuple[str, int]]:
    """Where each public function stands that is defined only once: its file and line."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in sorted(repository.glob("core/*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if match := re.match(r"def ([a-z]\w+)\(", line):
                name = str(path.relative_to(repository))
                found.setdefault(match[1], []).append((name, number))
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def truth(repository: Path, name: str) -> str:
    path, number = definitions(repository)[name]
    return f"`{name}` is defined in {path}, line {number}."


def model(repository: Path, names: Sequence[str]) -> Researcher:
    """Searches for the definition, reads the file that it is in, and answers with the truth."""

    def course(name: str) -> Course:
        turns = (Grep(f"def {name}\\("), Read(definitions(repository)[name][0]))
        return Course(turns, final=lambda _: truth(repository, name))

    return Researcher({f"`{name}`": course(name) for name in names})


def spread(names: Sequence[str], repository: Path, count: int) -> list[str]:
    """As many names, of as many files as there are."""
    places = definitions(repository)
    by_file: dict[str, list[str]] = {}
    for name in names:
        by_file.setdefault(places[name][0], []).append(name)
    rounds = [group[place] for place in range(count) for group in by_file.values()
              if place < len(group)]  # fmt: skip
    return rounds[:count]


def test_what_a_model_asks_the_example_for_is_no_option_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("--version\n")
    monkeypatch.chdir(tmp_path)
    run = orchestrator().run
    assert run("Grep", {"pattern": "--version"}) == "a.py\n"
    assert run("Read", {"file_path": "nope.py"}).startswith("Error: ")


def test_twenty_questions_asked_again_and_reworded_cost_what_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = real_code(tmp_path / "repository").root
    names = spread(sorted(definitions(repository)), repository, 20)
    plain = [f"Where is `{name}` defined?" for name in names]
    reworded = [f"Find the definition of `{name}`" for name in names]
    research: Research = orchestrator().research
    monkeypatch.chdir(repository)
    rows: list[tuple[int, int]] = []
    with ScriptedProvider(model(repository, names)) as provider:
        monkeypatch.setenv("AGENTCACHE_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("ANTHROPIC_BASE_URL", provider.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-not-a-key")

        def ask(questions: Sequence[str]) -> None:
            before = len(provider.calls)
            answers = research(questions)
            new = provider.calls[before:]
            rows.append((len(new), sum(len(call.body) for call in new) // 4))
            for name, question in zip(names, questions, strict=True):
                assert answers[question] == truth(repository, name)

        ask(plain)
        ask(plain)
        ask(reworded)
        for path in sorted({definitions(repository)[name][0] for name in names})[:EDITED]:
            edited = repository / path
            edited.write_text("# A new first line.\n" + edited.read_text())
        ask(plain)
        ask(reworded)
    assert provider.violations == []
    said = [
        [int(cell.replace(",", "")) for cell in re.findall(r"\| ([\d,]+)", line)]
        for line in table()
    ]
    assert [row[0] for row in said] == [calls for calls, _ in rows]
    # The code that is asked about grows with the project.
    assert all(
        abs(row[2] - sent) <= 0.3 * row[2] for row, (_, sent) in zip(said, rows, strict=True)
    )


def table() -> list[str]:
    """The rows of the README's table, without its head."""
    _, _, after = README.partition("| 20 questions | model calls | of | input tokens sent |\n")
    return [line for line in after.split("\n\n")[0].splitlines() if not line.startswith("|---")]
