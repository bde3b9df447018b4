"""Every host on its own keeps to the provider's protocol: what the product's tests rest on."""

import subprocess
from pathlib import Path

import pytest

from support.hosts import HOSTS, isolated_environment, run_host
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Researcher
from support.provider_values import ProviderRequest

QUESTION = "Where is the retry limit set?"
ANSWER = "The retry limit is RETRY_LIMIT = 5 in settings.py line 3."
REQUEST = "Raise the timeout to 60 seconds."
EDIT = """I raise it.

settings.py
```python
<<<<<<< SEARCH
TIMEOUT = 30
=======
TIMEOUT = 60
>>>>>>> REPLACE
```
"""

pytestmark = pytest.mark.hosts

ASKING = [
    pytest.param(name, marks=pytest.mark.xdist_group(host.environment))
    for name, host in HOSTS.items()
    if name not in ("aider-edit", "sdk-matrix")
]


def is_side_call(request: ProviderRequest) -> bool:
    """Whether it is cheetahclaws' guess at the next question, which not every run makes."""
    return request.body_json is not None and request.body_json.get("tools") == []


@pytest.mark.parametrize("name", ASKING)
def test_a_host_researches_a_question_without_breaking_a_rule_of_the_provider(
    name: str, repo: Path, researcher: Researcher, tmp_path: Path
) -> None:
    has_tools = HOSTS[name].environment != "aider"
    with ScriptedProvider(researcher) as provider:
        run = run_host(
            name,
            repo=repo,
            base_env=isolated_environment(tmp_path / "home"),
            question=QUESTION,
            provider_url=provider.url,
            arguments=["settings.py"] if not has_tools else [],
        )

    assert provider.violations == []
    assert run.exit_code == 0, run
    assert ANSWER in run.stdout, run
    calls = [call for call in provider.calls if not is_side_call(call)]
    looked = [result for call in calls[-1:] for m in call.messages for result in m.results]
    assert len(calls) == (3 if has_tools else 1)
    assert ["RETRY_LIMIT" in result.text or "settings.py" in result.text for result in looked] == (
        [True, True] if has_tools else []
    )
    temperatures = {call.json.get("temperature") for call in calls}
    assert temperatures == {0 if HOSTS[name].keeps_temperature else None}


@pytest.mark.xdist_group("aider")
def test_aider_adds_a_file_that_the_answer_names_and_asks_again(
    repo: Path, researcher: Researcher, tmp_path: Path
) -> None:
    with ScriptedProvider(researcher) as provider:
        run = run_host(
            "aider-anthropic",
            repo=repo,
            base_env=isolated_environment(tmp_path / "home"),
            question=QUESTION,
            provider_url=provider.url,
        )

    assert provider.violations == []
    assert run.exit_code == 0, run
    first, second = provider.calls
    assert "TIMEOUT = 30" not in first.body.decode()
    assert "TIMEOUT = 30" in second.body.decode()
    assert ANSWER in second.body.decode()


@pytest.mark.xdist_group("aider")
def test_aider_edits_a_file_and_commits_it(repo: Path, tmp_path: Path) -> None:
    # The request for a commit message quotes the user, so it is told apart by its opening.
    plan = {f"USER: {REQUEST}": Course((), "feat: raise the timeout"), REQUEST: Course((), EDIT)}
    script = Researcher(plan)
    with ScriptedProvider(script) as provider:
        run = run_host(
            "aider-edit",
            repo=repo,
            base_env=isolated_environment(tmp_path / "home"),
            question=REQUEST,
            provider_url=provider.url,
            arguments=["settings.py"],
        )

    assert provider.violations == []
    assert run.exit_code == 0, run
    committed = subprocess.run(
        ["git", "show", "HEAD:settings.py"], cwd=repo, check=True, capture_output=True, text=True
    )
    subject = subprocess.run(
        ["git", "log", "-1", "--format=%s"], cwd=repo, check=True, capture_output=True, text=True
    )
    assert subject.stdout == "feat: raise the timeout\n"
    assert committed.stdout == '"""Settings."""\n\nRETRY_LIMIT = 5\nTIMEOUT = 60\n'
    assert len(provider.calls) == 2  # the edit, then its commit message
