"""One table of what happens between questions, and what every form of the library says of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anthropic
import httpx2
import pytest

from agentcache import AgentCache
from client.askers import Form, Place
from flows.conftest import QUESTION, REWORDED, researcher, truth
from support.provider import ScriptedProvider
from support.provider_values import Answer, html_page, overloaded
from support.repositories import Repo


@dataclass(frozen=True, slots=True)
class World:
    """What a step may change."""

    repository: Repo
    provider: ScriptedProvider

    def edit(self) -> None:
        self.repository.write("shop/settings.py", "\n\nRETRY_LIMIT = 6\n")

    def commit_elsewhere(self) -> None:
        self.repository.write("docs/page.md", "A page\n")
        self.repository.commit("Add a page")

    def answer(self, answer: Answer) -> None:
        self.provider._script = lambda _: answer

    def recover(self) -> None:
        self.provider._script = researcher(self.repository.root)


def nothing(_: World) -> None:
    return


CUT = Answer(text="It is in shop/settings.py, as far as I can see.", cut_at_byte=250)
Step = tuple[Callable[[World], None], str, str]

SCENARIOS: dict[str, list[Step]] = {
    "the same question, and other words": [
        (nothing, QUESTION, "miss"),
        (nothing, QUESTION, "hit same_text"),
        (nothing, REWORDED, "hit same_meaning"),
        (nothing, "Which file has the definition of RETRY_LIMIT?", "hit agrees"),
        (nothing, "Where is RETRY_LIMIT used?", "miss"),
    ],
    "an edit of what was read": [
        (nothing, QUESTION, "miss"),
        (nothing, QUESTION, "hit same_text"),
        (World.edit, QUESTION, "hit decision"),  # of the first step; the answer is the model's
        (nothing, QUESTION, "hit same_text"),
    ],
    "a commit of something else": [
        (nothing, QUESTION, "miss"),
        (nothing, QUESTION, "hit same_text"),
        (World.commit_elsewhere, QUESTION, "hit same_text"),
    ],
    "an overloaded provider": [
        (lambda world: world.answer(overloaded()), QUESTION, "OverloadedError"),
        (World.recover, QUESTION, "miss"),
        (lambda world: world.answer(overloaded()), QUESTION, "hit same_text"),
    ],
    "a gateway's page": [
        (lambda world: world.answer(html_page(502)), QUESTION, "InternalServerError"),
        (World.recover, QUESTION, "miss"),
    ],
}


@pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_form_gives_the_verdicts_of_the_table(
    place: Place,
    repository: Repo,
    provider: ScriptedProvider,
    name: str,
    form: Form,
    streams: bool,
) -> None:
    world = World(repository, provider)
    with place.asker(form, streams=streams) as asker:
        verdicts = []
        for change, question, _ in SCENARIOS[name]:
            change(world)
            verdicts.append(asker.opening(question))
    assert verdicts == [verdict for *_, verdict in SCENARIOS[name]]


@pytest.mark.parametrize("form", Form)
def test_a_hit_asks_no_provider_and_tells_the_truth(
    place: Place, repository: Repo, provider: ScriptedProvider, form: Form
) -> None:
    with place.asker(form) as asker:
        first = asker.ask(QUESTION)
        asked = len(provider.calls)
        assert asker.ask(QUESTION) == first == truth(repository.root)
        assert len(provider.calls) == asked == 3
        repository.write("shop/settings.py", "\nRETRY_LIMIT = 9\n")
        assert asker.ask(QUESTION) == truth(repository.root)


@pytest.mark.parametrize("form", Form)
def test_a_stream_that_is_cut_is_not_kept(
    place: Place, repository: Repo, provider: ScriptedProvider, form: Form
) -> None:
    world = World(repository, provider)
    with place.asker(form, streams=True) as asker:
        world.answer(CUT)
        with pytest.raises((anthropic.APIConnectionError, httpx2.TransportError)):
            asker.ask(QUESTION)
        world.recover()
        assert asker.opening(QUESTION) == "miss"
        assert asker.opening(QUESTION) == "hit same_text"


@pytest.mark.parametrize("form", [each for each in Form if each is not Form.ADAPTED])
def test_a_run_rests_on_what_an_answer_that_is_used_in_it_was_read_from(
    place: Place, repository: Repo, form: Form
) -> None:
    whole = "Where is the number of retries set?"
    with place.asker(form) as asker:
        asker.ask(QUESTION)
        with asker.cache.research(whole) as run:
            run.read("docs/notes.md")
            said = asker.ask(QUESTION)
            assert asker.verdicts[-1] == "hit same_text"
            assert run.keep(said).reason == ("kept" if form.is_embedded else "opaque_tool")
        repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
        with asker.cache.research(whole) as run:
            assert run.answer is None


@pytest.mark.parametrize("form", [Form.LIBRARY_SYNC, Form.CONNECTED_SYNC])
def test_a_run_of_another_cache_is_not_kept_with_an_answer_that_is_used_in_it(
    place: Place, repository: Repo, tmp_path: Path, form: Form
) -> None:
    """It learns nothing of what that was read from."""
    with (
        place.asker(form) as asker,
        AgentCache.open(repository.root, home=tmp_path / "other") as other,
    ):
        asker.ask(QUESTION)
        with other.research("Where is the number of retries set?") as run:
            run.read("docs/notes.md")
            said = asker.ask(QUESTION)
            assert asker.verdicts[-1] == "hit same_text"
            assert run.keep(said).reason == "opaque_tool"
