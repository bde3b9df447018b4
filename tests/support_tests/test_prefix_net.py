"""The net fails a test whose conversation leaves its prefix, and only such a test."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentcache.core.codec import Json
from support.agent import SYSTEM, post
from support.prefix_net import broken_prefixes, check_prefixes
from support.prompts import body, conversation
from support.provider import ScriptedProvider
from support.provider_values import Answer

TESTS = Path(__file__).parents[1]


def asked(*bodies: bytes, path: str = "/v1/messages") -> ScriptedProvider:
    with ScriptedProvider(lambda _: Answer(text="Yes.")) as provider:
        for data in bodies:
            post(provider.url + path, data)
    return provider


def dated(turns: Sequence[int]) -> list[bytes]:
    return [body(conversation(n), system=f"{SYSTEM} It is 10:0{n}") for n in turns]


def test_a_conversation_that_grows_passes() -> None:
    provider = asked(*(body(conversation(n)) for n in range(3)))
    assert broken_prefixes(provider) == []
    check_prefixes([provider], may_break=False)


@pytest.mark.breaks_prefix("the net itself is tested")
def test_a_conversation_that_leaves_its_prefix_is_told() -> None:
    provider = asked(*dated(range(3)))
    first, second = broken_prefixes(provider)
    assert first.startswith("#2: volatile-in-prefix (system_changed) in system[0]")
    assert second.startswith("#3: ")
    with pytest.raises(AssertionError, match="did not extend one prefix"):
        check_prefixes([asked(), provider], may_break=False)
    check_prefixes([provider], may_break=True)


def test_a_test_that_means_to_break_and_does_not_fails() -> None:
    with pytest.raises(AssertionError, match="no prefix broke"):
        check_prefixes([asked(body(conversation(0)))], may_break=True)


def test_what_is_no_request_to_a_model_is_in_no_conversation() -> None:
    bodies: list[Json] = ["", "{}", "[]", "no JSON"]
    provider = asked(*(str(data).encode() for data in bodies))
    provider.requests.extend(asked(*dated(range(2)), path="/v1/other").requests)
    assert broken_prefixes(provider) == []


BREAKING = """
import pytest
from support.agent import post
from support.prompts import body, conversation
from support.provider import ScriptedProvider
from support.provider_values import Answer

def converse():
    with ScriptedProvider(lambda _: Answer(text="Yes.")) as provider:
        for n in range(3):
            post(provider.url + "/v1/messages", body(conversation(n), system=f"It is 10:0{n}"))

def test_unmarked():
    converse()

@pytest.mark.breaks_prefix("on purpose")
def test_marked():
    converse()

@pytest.mark.breaks_prefix("on purpose")
def test_marked_for_nothing():
    pass

def test_clean():
    pass
"""


def test_the_fixture_holds_over_every_test_of_the_suite(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(BREAKING)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "test_it.py", "-q", "-p", "no:cacheprovider"),
            *("-c", str(TESTS.parent / "pyproject.toml"), f"--rootdir={tmp_path}"),
            *("-o", f"pythonpath={TESTS}", "-o", "addopts=--strict-markers -rA"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed, 2 errors" in done.stdout, done.stdout + done.stderr
    assert "ERROR test_it.py::test_unmarked - AssertionError: a conversation did not" in done.stdout
    assert "ERROR test_it.py::test_marked_for_nothing - AssertionError: the test is" in done.stdout
