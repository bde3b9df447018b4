"""What runs ended with, as far as it is proven."""

import pytest

from agentcache import reports as module
from agentcache.core.evidence import File, Observation
from agentcache.reports import Report, Reports

EVIDENCE = (Observation(File("a.py"), "1"),)


def proven(at_ns: int) -> Report:
    return Report(EVIDENCE, "/r", at_ns)


def unproven(at_ns: int) -> Report:
    return Report((), "/r", at_ns)


def noted(*ended: Report) -> Reports:
    reports = Reports()
    for report in ended:
        reports.note("s", "Where?", "There.", report)
    return reports


def test_what_is_proven_is_found_by_session_question_and_text() -> None:
    reports = noted(proven(5))
    assert reports.find("s", "Where?", " There.\n", since_ns=5) == proven(5)
    assert reports.find("t", "Where?", "There.", since_ns=5) is None
    assert reports.find("s", "Where is it?", "There.", since_ns=5) is None
    assert reports.find("s", "Where?", "Here.", since_ns=5) is None


def test_what_ended_before_is_not_found() -> None:
    assert noted(proven(5)).find("s", "Where?", "There.", since_ns=6) is None


@pytest.mark.parametrize("ended", [(proven(5), unproven(6)), (unproven(6), proven(7))])
def test_what_also_ended_unproven_is_not_found(ended: tuple[Report, ...]) -> None:
    assert noted(*ended).find("s", "Where?", "There.", since_ns=5) is None


def test_what_ended_unproven_before_does_not_matter() -> None:
    assert noted(unproven(4), proven(7)).find("s", "Where?", "There.", since_ns=5) == proven(7)


def test_what_began_and_did_not_end_may_have_read_more() -> None:
    reports = noted()
    reports.begin("s", "Where?", 5)
    reports.begin("s", "Where?", 6)
    reports.note("s", "Where?", "There.", proven(7))
    assert reports.find("s", "Where?", "There.", since_ns=5) is None
    assert reports.find("s", "Where?", "There.", since_ns=6) == proven(7)


def test_of_many_that_began_and_did_not_end_the_first_ones_count_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RUNS", 2)
    reports = noted()
    for at_ns in (1, 2, 3):
        reports.begin("s", "Where?", at_ns)
    for at_ns in (4, 5, 6):
        reports.note("s", "Where?", "There.", proven(at_ns))
    assert reports.find("s", "Where?", "There.", since_ns=1) is None
    assert reports.find("s", "Where?", "There.", since_ns=2) == proven(6)


def test_only_so_many_that_began_are_remembered_of_one_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RUNS", 2)
    reports = noted()
    for at_ns in range(1, 10):
        reports.begin("s", "Where?", at_ns)
    reports.note("s", "Where?", "There.", proven(10))
    reports.note("s", "Where?", "There.", proven(11))
    assert reports.find("s", "Where?", "There.", since_ns=7) is None
    assert reports.find("s", "Where?", "There.", since_ns=8) == proven(11)


def test_what_ended_unproven_may_be_of_a_run_that_was_not_seen_to_begin() -> None:
    reports = noted()
    reports.begin("s", "Where?", 5)
    reports.begin("s", "Where?", 6)
    reports.note("s", "Where?", "Here.", unproven(7))
    reports.note("s", "Where?", "There.", proven(8))
    assert reports.find("s", "Where?", "There.", since_ns=5) is None


def test_what_ended_with_its_first_reply_ends_no_other() -> None:
    reports = noted()
    reports.begin("s", "Where?", 5)
    reports.note("s", "Where?", "There.", proven(6), is_one=True)
    assert reports.find("s", "Where?", "There.", since_ns=5) is None
    reports.note("s", "Where?", "There.", proven(7))
    assert reports.find("s", "Where?", "There.", since_ns=5) == proven(7)


def test_other_questions_and_sessions_that_did_not_end_do_not_matter() -> None:
    reports = noted(proven(7))
    reports.begin("s", "And?", 6)
    reports.begin("t", "Where?", 6)
    assert reports.find("s", "Where?", "There.", since_ns=5) == proven(7)


def test_since_before_the_oldest_were_forgotten_nothing_is_proven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "REPORTS", 1)
    reports = noted(unproven(5), proven(6))
    assert reports.find("s", "Where?", "There.", since_ns=5) is None
    assert reports.find("s", "Where?", "There.", since_ns=6) == proven(6)
    reports.note("s", "And?", "Here.", proven(7))
    assert reports.find("s", "And?", "Here.", since_ns=6) is None
    assert reports.find("s", "And?", "Here.", since_ns=7) == proven(7)
    for question, at_ns in (("Who?", 8), ("Why?", 9)):
        reports.begin("s", question, at_ns)
        assert reports.find("s", question, "There.", since_ns=8) is None
    reports.note("s", "And?", "Here.", proven(10))
    assert reports.find("s", "And?", "Here.", since_ns=8) is None
    assert reports.find("s", "And?", "Here.", since_ns=9) == proven(10)
