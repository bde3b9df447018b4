"""The guide's example is complete, short, and does what the guide says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentcache import AgentCache
from support.repositories import Repo, make_repository, wait_until_settled

GUIDE = Path(__file__).parents[2] / "adapters" / "README.md"
ANSWER = "In settings.py."


def example() -> str:
    """The code of the guide."""
    (code,) = re.findall(
        r"a test runs -->\n```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL
    )
    return str(code)


class Model:
    """Searches, reads, and answers; `calls` counts. With `also` it uses that tool first."""

    def __init__(self, also: str = "") -> None:
        self.calls = 0
        steps = [("grep", {"pattern": "LIMIT"}), ("read", {"path": "settings.py"})]
        self._steps: list[tuple[str, dict[str, str]]] = [*([(also, {})] if also else []), *steps]

    def __call__(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls += 1
        done = sum(message.get("role") == "tool" for message in messages)
        if done == len(self._steps):
            return {"answer": ANSWER}
        tool, arguments = self._steps[done]
        return {"tool": tool, "arguments": arguments}


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    repo = make_repository(tmp_path / "repo", {"settings.py": "LIMIT = 5\n", "other.py": "A = 1\n"})
    wait_until_settled(repo)
    monkeypatch.chdir(repo.root)
    return repo


@pytest.fixture
def guide() -> dict[str, Any]:
    """What the example defines."""
    names: dict[str, Any] = {"__name__": "guide"}
    exec(compile(example(), str(GUIDE), "exec"), names)  # noqa: S102  # our own guide
    return names


def test_the_example_is_shorter_than_60_lines() -> None:
    assert len(example().splitlines()) < 60


def test_a_question_is_answered_again_without_a_call_until_an_edit(
    repo: Repo, guide: dict[str, Any], tmp_path: Path
) -> None:
    tools, model = dict(guide["TOOLS"]), Model()
    with AgentCache.open(repo.root, home=tmp_path / "home") as cache:
        detach: Callable[[], None] = guide["attach"](tools, cache)

        def ask(question: str) -> object:
            return guide["answer"](question, tools, model, cache)

        assert ask("Where is the limit set?") == ANSWER
        assert model.calls == 3
        assert ask("Where is the limit set?") == ANSWER
        assert ask("Find where the limit is set.") == ANSWER
        assert model.calls == 3
        repo.write("other.py", "LIMIT = 6\n")
        assert ask("Where is the limit set?") == ANSWER
        assert model.calls == 6
        detach()
        assert tools == guide["TOOLS"]


def test_an_answer_that_an_unwatched_tool_took_part_in_is_not_kept(
    repo: Repo, guide: dict[str, Any], tmp_path: Path
) -> None:
    tools, model = dict(guide["TOOLS"]), Model(also="now")
    with AgentCache.open(repo.root, home=tmp_path / "home") as cache:
        guide["attach"](tools, cache)
        for _ in range(2):
            guide["answer"]("Where is the limit set?", tools, model, cache)
    assert model.calls == 8


def test_the_tools_show_the_model_what_they_show_without_the_adapter(
    repo: Repo, guide: dict[str, Any], tmp_path: Path
) -> None:
    tools = dict(guide["TOOLS"])
    with AgentCache.open(repo.root, home=tmp_path / "home") as cache:
        guide["attach"](tools, cache)
        for name, argument in (("read", "settings.py"), ("grep", "LIMIT"), ("grep", "A")):
            assert tools[name](argument) == guide["TOOLS"][name](argument)
