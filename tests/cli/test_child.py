"""The environment and the command line with which an agent is started."""

import os
import tomllib
from pathlib import Path

import pytest

import agentcache.shim
from agentcache.cli.child import (
    child_command,
    child_environment,
    find_program,
    is_chatgpt_login,
)
from agentcache.repo.apart import git_apart, settings_of
from agentcache.server.network import network_of
from support.repositories import make_repository

ROOT = "http://127.0.0.1:4321/s/token"
SHIM = str(Path(agentcache.shim.__path__[0]))


def test_every_variable_for_a_base_url_leads_to_the_session() -> None:
    child = child_environment({}, ROOT)
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "ANTHROPIC_ENDPOINT"):
        assert child[name] == f"{ROOT}/https/api.anthropic.com"
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        assert child[name] == f"{ROOT}/https/api.openai.com/v1"
    assert child["AGENTCACHE_SESSION"] == ROOT


def test_the_upstream_that_the_user_had_stays_the_upstream() -> None:
    child = child_environment({"ANTHROPIC_BASE_URL": "https://gate.example/a/"}, ROOT)
    assert child["ANTHROPIC_BASE_URL"] == f"{ROOT}/https/gate.example/a"
    assert child["ANTHROPIC_API_BASE"] == child["ANTHROPIC_BASE_URL"]
    assert child["OPENAI_BASE_URL"] == f"{ROOT}/https/api.openai.com/v1"


def test_each_variable_that_was_set_keeps_its_own_upstream() -> None:
    environ = {
        "OPENAI_API_BASE": "http://127.0.0.1:8000/v1",
        "OPENAI_BASE_URL": "https://b.example",
    }
    child = child_environment(environ, ROOT)
    assert child["OPENAI_API_BASE"] == f"{ROOT}/http/127.0.0.1:8000/v1"
    assert child["OPENAI_BASE_URL"] == f"{ROOT}/https/b.example"


@pytest.mark.parametrize(
    "name", ["CUSTOM_BASE_URL", "OPENROUTER_API_BASE", "DEEPSEEK_API_BASE", "GEMINI_API_BASE"]
)
def test_other_variables_are_routed_only_where_they_are_set(name: str) -> None:
    assert name not in child_environment({}, ROOT)
    child = child_environment({name: "https://own.example/v1"}, ROOT)
    assert child[name] == f"{ROOT}/https/own.example/v1"


def test_a_base_url_that_is_none_is_left_as_it_is_and_said() -> None:
    told: list[str] = []
    given = {"OPENAI_BASE_URL": "api.example", "OPENAI_API_BASE": "https://x.example/v1"}
    child = child_environment(given, ROOT, tell=told.append)
    assert child["OPENAI_BASE_URL"] == "api.example"
    assert child["OPENAI_API_BASE"] == f"{ROOT}/https/x.example/v1"
    (line,) = told
    assert line.startswith("OPENAI_BASE_URL is left as it is: 'api.example'")


def test_a_base_url_that_is_none_is_said_once_for_the_variable_that_was_set() -> None:
    told: list[str] = []
    child = child_environment({"ANTHROPIC_BASE_URL": "garbage"}, ROOT, tell=told.append)
    (line,) = told
    assert line.startswith("ANTHROPIC_BASE_URL is left as it is")
    assert "ANTHROPIC_API_BASE" not in child


def test_codex_logged_in_with_an_account_is_told_from_one_with_a_key() -> None:
    assert is_chatgpt_login({"OPENAI_API_KEY": None, "tokens": {"access_token": "t"}})
    assert not is_chatgpt_login({"OPENAI_API_KEY": "sk-1", "tokens": {"access_token": "t"}})
    assert not is_chatgpt_login({"OPENAI_API_KEY": "sk-1"})


def test_everything_else_is_handed_on_and_the_parents_own_is_untouched() -> None:
    environ = {"HOME": "/h", "ANTHROPIC_API_KEY": "secret", "PATH": "/bin"}
    child = child_environment(environ, ROOT)
    assert {name: child[name] for name in environ} == environ
    assert "AGENTCACHE_SESSION" not in environ


@pytest.mark.parametrize(
    ("environ", "upper", "lower"),
    [
        ({}, "127.0.0.1,localhost", "127.0.0.1,localhost"),
        ({"NO_PROXY": "a.b"}, "a.b,127.0.0.1,localhost", "a.b,127.0.0.1,localhost"),
        ({"no_proxy": "a.b"}, "a.b,127.0.0.1,localhost", "a.b,127.0.0.1,localhost"),
        ({"NO_PROXY": "a", "no_proxy": "b"}, "a,127.0.0.1,localhost", "b,127.0.0.1,localhost"),
        ({"NO_PROXY": "*"}, "*", "*"),
    ],
)
def test_what_went_straight_still_does_and_so_do_we(
    environ: dict[str, str], upper: str, lower: str
) -> None:
    child = child_environment(environ, ROOT)
    assert (child["NO_PROXY"], child["no_proxy"]) == (upper, lower)


def test_our_own_url_goes_through_no_proxy() -> None:
    for environ in ({"ALL_PROXY": "http://p:1"}, {"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}):
        network = network_of(child_environment(environ, ROOT))
        assert network.proxy_for(ROOT) is None


def test_the_shim_stands_in_front_of_the_users_own_path() -> None:
    assert child_environment({}, ROOT)["PYTHONPATH"] == SHIM
    child = child_environment({"PYTHONPATH": f"/a{os.pathsep}/b"}, ROOT)
    assert child["PYTHONPATH"] == os.pathsep.join([SHIM, "/a", "/b"])


@pytest.mark.parametrize(
    ("environ", "value"),
    [
        ({}, None),
        ({"ANTHROPIC_BASE_URL": "https://api.anthropic.com/"}, None),
        ({"ANTHROPIC_BASE_URL": "https://gate.example"}, "0"),
        ({"ANTHROPIC_BASE_URL": "https://g.example", "CLAUDE_CODE_ATTRIBUTION_HEADER": "1"}, "1"),
    ],
)
def test_another_server_gets_no_token_that_changes(
    environ: dict[str, str], value: str | None
) -> None:
    child = child_environment(environ, ROOT)
    assert child.get("CLAUDE_CODE_ATTRIBUTION_HEADER") == value


@pytest.mark.parametrize("program", ["codex", "/usr/bin/codex", "./bin/codex.js"])
def test_codex_is_told_on_its_command_line(program: str) -> None:
    child = child_environment({"OPENAI_BASE_URL": "https://gate.example/v1"}, ROOT)
    told = child_command([program, "exec", "Why?"], child)
    assert (told[0], told[1], told[3:]) == (program, "-c", ["exec", "Why?"])
    assert tomllib.loads(told[2]) == {"openai_base_url": child["OPENAI_BASE_URL"]}


@pytest.mark.parametrize(
    "command", [["claude", "-p", "a b"], ["codex2"], ["aider", "codex"], ["/opt/codex/run"]]
)
def test_other_command_lines_stay_as_they_are(command: list[str]) -> None:
    assert child_command(command, child_environment({}, ROOT)) == command


def test_a_program_is_found_where_the_shell_would_find_it(tmp_path: Path) -> None:
    program = tmp_path / "agent"
    program.write_text("#!/bin/sh\n")
    environ = {"PATH": str(tmp_path)}
    assert find_program("agent", environ) is None
    program.chmod(0o755)
    assert find_program("agent", environ) == str(program)
    assert find_program(str(program), {"PATH": ""}) == str(program)
    assert find_program("nothing-of-that-name", environ) is None


def test_known_loops_are_adapted_where_answers_are_served_unless_the_user_says_otherwise() -> None:
    name = "AGENTCACHE_ADAPTERS"
    assert child_environment({}, ROOT)[name] == "1"
    assert child_environment({}, ROOT, adapts=False)[name] == "0"
    assert child_environment({name: "0"}, ROOT)[name] == "0"
    assert child_environment({name: "1"}, ROOT, adapts=False)[name] == "1"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, None),
        ({"GIT_INDEX_FILE": ".git/index", "GIT_EDITOR": "vi", "GIT_PREFIX": ""}, None),
        ({"GIT_DIR": ".git", "GIT_WORK_TREE": "."}, None),
        ({"GIT_INDEX_FILE": ".git/index.lock"}, "GIT_INDEX_FILE"),
        ({"GIT_DIR": "../elsewhere/.git"}, "GIT_DIR"),
        ({"GIT_EXTERNAL_DIFF": "difft"}, "GIT_EXTERNAL_DIFF"),
        ({"GIT_GLOB_PATHSPECS": "1"}, "GIT_GLOB_PATHSPECS"),
        ({"GIT_NO_REPLACE_OBJECTS": "1"}, "GIT_NO_REPLACE_OBJECTS"),
        ({"GIT_NOTES_REF": "refs/notes/review"}, "GIT_NOTES_REF"),
        ({"GIT_SHALLOW_FILE": "../shallow"}, "GIT_SHALLOW_FILE"),
    ],
)
def test_a_variable_by_which_git_shows_something_else_is_known(
    tmp_path: Path, variables: dict[str, str], name: str | None
) -> None:
    repository = make_repository(tmp_path / "repository", {"a.py": "A = 1\n"})
    assert git_apart(variables, repository.root) == name


def test_the_variables_of_a_hook_in_a_work_tree_are_its_own(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.py": "A = 1\n"})
    repository.git("worktree", "add", "-q", str(tmp_path / "second"))
    own = f"{repository.root}/.git/worktrees/second"
    variables = {"GIT_DIR": own, "GIT_INDEX_FILE": f"{own}/index"}
    assert git_apart(variables, tmp_path / "second") is None
    assert git_apart(variables, repository.root) == "GIT_INDEX_FILE"


@pytest.mark.parametrize(
    ("text", "is_apart"),
    [("--hidden\n", True), ("# --hidden\n\n--colors=line:none\n", False), (None, False)],
)
def test_an_agent_whose_ripgrep_has_options_of_its_own_is_known(
    tmp_path: Path, text: str | None, is_apart: bool
) -> None:
    path = tmp_path / "ripgreprc"
    if text is not None:
        path.write_text(text)
    found = git_apart({"RIPGREP_CONFIG_PATH": str(path)}, tmp_path)
    assert found == ("RIPGREP_CONFIG_PATH" if is_apart else None)


@pytest.mark.parametrize(
    ("value", "is_apart"),
    [("/elsewhere", True), (".dot", True), (".:/elsewhere", False), (":/x", False), ("", False)],
)
def test_an_agent_whose_cd_goes_elsewhere_first_is_known(
    tmp_path: Path, value: str, is_apart: bool
) -> None:
    found = git_apart({"CDPATH": value}, tmp_path)
    assert found == ("CDPATH" if is_apart else None)


def test_the_settings_of_git_are_compared_without_their_values() -> None:
    one = settings_of({"HOME": "/h", "GIT_CONFIG_VALUE_0": "secret"})
    assert "secret" not in repr(one)
    assert one == settings_of({"HOME": "/h/", "XDG_CONFIG_HOME": "/h/.config",
                               "GIT_CONFIG_VALUE_0": "secret"})  # fmt: skip
    assert one != settings_of({"HOME": "/h", "GIT_CONFIG_VALUE_0": "other"})
