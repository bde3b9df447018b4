"""Research through a shell: what agents without reading tools run."""

from collections.abc import Iterator

import pytest

from flows.conftest import QUESTION, truth
from support.agent import Agent, tool
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Researcher, Shell
from support.provider_values import Answer, ProviderRequest
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer

KEPT = [
    "cat shop/settings.py",
    "cat shop/settings.py | head -20",
    "sed -n '1,4p' shop/settings.py",
    "head -n 3 shop/settings.py",
    "grep -rn RETRY_LIMIT shop",
    "grep -rn 'RETRY_LIMIT =' . | head",
    "cd shop && cat settings.py",
    "ls shop && cat shop/settings.py",
    "ls -la shop; cat shop/settings.py",
    "find . -name '*.py' -not -path './build/*'; cat shop/settings.py",
    "git log --oneline -3; cat shop/settings.py",
    "git show HEAD; cat shop/settings.py",
    "git blame shop/settings.py",
    "wc -l shop/settings.py && cat shop/settings.py",
]
NOT_KEPT = [
    "cat shop/settings.py > copy.txt; cat shop/settings.py",
    "python3 -c 'print(1)'; cat shop/settings.py",
    "cat $(ls shop/*.py)",
    "cat shop/settings.py; date",
    "git status; cat shop/settings.py",
    "sed -i s/5/6/ docs/notes.md; cat shop/settings.py",
    "curl http://127.0.0.1:9/ || cat shop/settings.py",
    "find . -name '*.pyc' -delete; cat shop/settings.py",
]


@pytest.fixture
def shell_agent(server: LiveServer, repository: Repo) -> Iterator[tuple[Agent, list[str]]]:
    """An agent with a shell only, and the list of commands that its model will run."""
    commands: list[str] = []

    def model(request: ProviderRequest) -> Answer:
        turns = tuple(Shell(command) for command in commands)
        course = Course(turns, lambda _: truth(repository.root))
        return Researcher({"RETRY_LIMIT": course})(request)

    with ScriptedProvider(model) as provider:
        base = server.session(repository.root).base(provider.url)
        yield Agent(base, repository.root, tools=[tool("Bash", "command")]), commands


@pytest.mark.parametrize("command", KEPT)
def test_a_pure_read_is_kept_until_what_it_read_changes(
    shell_agent: tuple[Agent, list[str]], repository: Repo, command: str
) -> None:
    agent, commands = shell_agent
    wait_until_settled(repository)
    commands.append(command)
    agent.ask(QUESTION)
    again = agent.ask(QUESTION)
    assert (again.opening.verdict, again.text) == ("hit", truth(repository.root))
    repository.write("shop/settings.py", "# another line\nRETRY_LIMIT = 5\n")
    after = agent.ask(QUESTION)
    assert (after.opening.verdict, after.text) == ("miss", truth(repository.root))


@pytest.mark.parametrize("command", NOT_KEPT)
def test_any_other_command_is_not_kept(
    server: LiveServer, shell_agent: tuple[Agent, list[str]], command: str
) -> None:
    agent, commands = shell_agent
    commands.append(command)
    opening = agent.ask(QUESTION).opening
    assert agent.ask(QUESTION).opening.verdict == "miss"
    assert server.why(opening.id)["kept"] in ("opaque_tool", "tool_error")
