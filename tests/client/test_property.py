"""Whatever is done in whatever order: both colours of the library say the same."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.askers import Asker, Form, Place
from flows.conftest import FILES, QUESTION, REWORDED, researcher, truth
from support.provider import ScriptedProvider
from support.provider_values import Answer, overloaded
from support.repositories import Repo, make_repository

OTHER = "Where is TIMEOUT defined?"
QUESTIONS = {"ask": QUESTION, "reword": REWORDED, "another": OTHER}
FAILURES = {
    "overloaded": overloaded(),
    "error in the stream": Answer(text="It is in one of them.", fail_after_events=4),
    "cut": Answer(text="It is in one of them, as far as I see.", cut_at_byte=200),
}
ACTIONS = st.one_of(
    st.sampled_from([*QUESTIONS, *FAILURES]), st.integers(0, 2).map(lambda n: f"edit {n}")
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A repository of its own with a provider that knows it."""

    repository: Repo
    provider: ScriptedProvider

    def reset(self) -> None:
        """As at first."""
        self.provider._script = researcher(self.repository.root)
        self.repository.write("shop/settings.py", FILES["shop/settings.py"])

    def play(self, action: str, asker: Asker) -> str:
        """What one action comes to: a verdict and whether the answer is true, or an error."""
        if action.startswith("edit"):
            text = FILES["shop/settings.py"].replace("= 5", f"= 1{action[-1]}")
            self.repository.write("shop/settings.py", text)
            return ""
        if action in QUESTIONS:
            before = len(asker.verdicts)
            answer = asker.ask(QUESTIONS[action])
            is_stale = action != "another" and answer != truth(self.repository.root)
            return f"{asker.verdicts[before:]}{' STALE' * is_stale}"
        self.provider._script = lambda _: FAILURES[action]
        try:
            asker.ask(QUESTION)
            said = asker.verdicts[-1]
        except Exception as error:  # noqa: BLE001  # that it is the same one is what is tested
            said = type(error).__name__
        self.provider._script = researcher(self.repository.root)
        return said


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Form, Stage]]:
    with ExitStack() as stack:
        made = {}
        for form in (Form.LIBRARY_SYNC, Form.LIBRARY_ASYNC):
            repository = make_repository(tmp_path_factory.mktemp("r") / "repository", dict(FILES))
            provider = stack.enter_context(ScriptedProvider(researcher(repository.root)))
            made[form] = Stage(repository, provider)
        yield made


def played(stage: Stage, form: Form, actions: list[str], *, streams: bool) -> list[str]:
    stage.reset()
    with TemporaryDirectory() as home:
        place = Place(stage.repository.root, stage.provider.url, Path(home), Path)
        with place.asker(form, streams=streams) as asker:
            # What is no stream has no error in it: it would be the model's answer.
            happen = [each for each in actions if streams or each != "error in the stream"]
            return [stage.play(action, asker) for action in happen]


@settings(max_examples=20)
@given(actions=st.lists(ACTIONS, min_size=1, max_size=8), streams=st.booleans())
def test_sync_and_async_agree_on_any_sequence(
    stages: dict[Form, Stage], actions: list[str], streams: bool
) -> None:
    said = [played(stage, form, actions, streams=streams) for form, stage in stages.items()]
    assert said[0] == said[1]
    assert "STALE" not in "".join(said[0])
