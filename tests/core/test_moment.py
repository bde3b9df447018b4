"""What an answer tells of the day that it was given on."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core import moment
from agentcache.core.moment import said_of_now, said_of_work, spellings

FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%A, %B %d, %Y", "%d %b %Y")


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(FORMS))
def test_a_day_is_spelled_alike_from_whatever_form_it_was_stated_in(day: date, form: str) -> None:
    said = spellings(day.strftime(form))
    assert said == spellings(day.isoformat())
    assert f"{day.strftime('%b')} {day.day}" in said
    assert f"{day.day} {day.strftime('%B')}" in said
    assert day.strftime("%d.%m.%Y") in said


@pytest.mark.parametrize("text", ["", "09:30:00", "2026-02-30", "May the third", "99/99/2026"])
def test_what_states_no_day_is_not_spelled(text: str) -> None:
    assert spellings(text) == ()


@pytest.mark.parametrize(
    "answer",
    [
        "It is out today.",
        "On 2026-12-01, in 9 days.",
        "It was 3 weeks ago.",
        "The flag has expired.",
        "As of now there are two.",
        "One is overdue.",
        "In nine days.",
        "It ends next week, or tomorrow.",
        "The only flag that has expired is A.",
        "The last release was 3 hours ago.",
        "It was dropped a few days ago.",
        "It was dropped a couple of weeks ago.",
        "It was dropped several months ago.",
        "It was dropped twenty-one days ago.",
        "It ends within a month.",
        "It ends in less than two weeks.",
        "It ends in about fifteen days.",
        "It is good for 40 more days.",
        "The copy is three years behind.",
        "It ends next Monday.",
        "Yes, it is still valid.",
        "That date is already in the past.",
        "It has reached its end of life.",
    ],
)
def test_an_answer_that_speaks_of_now_is_known_unless_that_was_shown(answer: str) -> None:
    assert said_of_now(answer, "nothing") is not None
    assert said_of_now(answer, f"the file says: {answer}") is None


@pytest.mark.parametrize(
    "answer",
    [
        "It expires after 30 minutes.",
        "Retries wait 5 seconds.",
        "In models.py, line 9.",
        "The path is passed to `fetch`, and the second one not passed at all.",
        "It returns 401 when the token has expired.",
        "The old value has passed validation.",
        "It polls every 2 minutes and gives up after an hour.",
        "It fails unless the token is still valid.",
        "It raises ValueError if the date is in the past.",
    ],
)
def test_an_answer_about_code_does_not_speak_of_now(answer: str) -> None:
    assert said_of_now(answer, "") is None


@pytest.mark.parametrize(
    "answer",
    [
        "In a.py; that file has uncommitted changes.",
        "Yes: you are on `main`.",
        "It is in a.py, which is currently modified.",
        "The file is modified.",
        "All of it was made on the current branch.",
        "The repository has a clean working tree.",
        "The latest commit adds it.",
    ],
)
def test_an_answer_that_speaks_of_the_work_at_hand_is_known_unless_that_was_shown(
    answer: str,
) -> None:
    assert said_of_work(answer, "nothing") is not None
    assert said_of_work(answer, f"the file says: {answer}") is None


@pytest.mark.parametrize(
    "answer",
    [
        "The value is changed by save().",
        "It marks the row as dirty.",
        "See src/main.py.",
        "The list is modified in place. Git is not used.",
        "Jobs are pushed onto the queue by `git.commit()`.",
        "CI runs on main.",
    ],
)
def test_an_answer_about_code_does_not_speak_of_the_work_at_hand(answer: str) -> None:
    assert said_of_work(answer, "") is None


def test_a_span_that_was_shown_is_no_count_from_now() -> None:
    answer = "The cookie is valid for 30 days."
    assert said_of_now(answer, "max_age = timedelta(days=30)") is None
    assert said_of_now(answer, "max_age = timedelta(days=130)") == "for 30 days"
    assert said_of_now("It counts those of the last 7 days.", "") is None
    assert said_of_now("It counts logins in the last 7 days.", "WINDOW = 7") is None


@pytest.mark.parametrize("row", ["    30\tx = 1", "    30\u2192x = 1", "30:x = 1", "a.py:30:x = 1"])
def test_the_number_of_a_line_is_no_span_that_was_shown(row: str) -> None:
    assert said_of_now("The cookie is valid for 30 days.", f"a\n{row}\n") == "for 30 days"


class Counted:
    """A pattern that counts the characters it is given to look through."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.count = 0
        self._pattern = pattern

    def __getattr__(self, name: str) -> Callable[..., object]:
        method: Callable[..., object] = getattr(self._pattern, name)

        def counted(*arguments: object) -> object:
            text = arguments[-1]
            assert isinstance(text, str)
            self.count += len(text)
            return method(*arguments)

        return counted


@pytest.mark.parametrize(
    ("pattern", "said", "seen", "says"),
    [
        ("_OF_GIT", "row is modified, ", "", said_of_work),
        ("_QUOTED", "row is modified, ", "", said_of_work),
        ("_SUPPOSED", "it has expired, ", "has expired", said_of_now),
    ],
)
def test_a_long_line_is_looked_through_once_however_often_it_speaks_so(
    monkeypatch: pytest.MonkeyPatch,
    pattern: str,
    said: str,
    seen: str,
    says: Callable[..., str | None],
) -> None:
    counted = Counted(getattr(moment, pattern))
    monkeypatch.setattr(moment, pattern, counted)
    answer = said * 500
    assert says(answer, seen) is None
    assert counted.count <= 3 * len(answer)


@pytest.mark.parametrize(
    ("answer", "leans"),
    [
        ("The list is modified, and `git` is not asked.", None),
        ("The list is modified, and git is asked.", "is modified"),
        ("You work on `main` and `git status` tells of it.", "on `main"),
        ("It runs on `main` as well.", None),
        ("Unless the repository asks: it is pushed. The list is modified.", "is pushed"),
        ("The files. It is modified. A tree.", None),
        ("It changes; modified files are listed, also modified changes.", "modified files"),
        ("Where modified files are kept.", None),
    ],
)
def test_what_is_said_beside_it_in_the_sentence_tells_whether_it_is_of_git(
    answer: str, leans: str | None
) -> None:
    assert said_of_work(answer, "") == leans


def test_what_is_said_of_a_changed_file_speaks_of_the_work_at_hand() -> None:
    answer = "Here till.py is modified."
    assert said_of_work(answer, "", {"till.py"}) == "is modified"
    assert said_of_work(answer, "", {"other.py"}) is None
