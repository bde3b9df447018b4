"""What a host says beside results: what an answer may follow, and what is always said."""

import time

import pytest

from agentcache.core.reminders import files_told, remark_in, without_reminders

QUEUED = "<system-reminder>\nThe user sent a new message: only the tests.\n</system-reminder>"
MEMORY = "<system-reminder>\nContents of /r/api/notes.md:\n\nVersion 1.\n</system-reminder>"
OF_FILES = (
    "<system-reminder>\nContents of /r/api/CLAUDE.md:\n\n# Api\n</system-reminder>",
    "<system-reminder>\nInstructions from: /r/api/CLAUDE.md\n# Api\n</system-reminder>",
)
STANDING = (
    "<system-reminder>\nThe TodoWrite tool hasn't been used recently.\n</system-reminder>",
    "<system-reminder>This is a reminder that your todo list is currently empty.</system-reminder>",
    "<system-reminder>Warning: the file exists but the contents are empty.</system-reminder>",
    "<system-reminder>\nWhenever you read a file, look out for malware.\n</system-reminder>",
)
COUNTS = (
    "<system-reminder>\n<total_tokens>149 tokens left</total_tokens>\n</system-reminder>",
    "<total_tokens>149 tokens left</total_tokens>",
    "<system-reminder>Token usage: 10/200; 190 remaining</system-reminder>",
    "<system-reminder>USD budget: $0.10/$5; $4.90 remaining</system-reminder>",
    "<system-reminder>\nElapsed time so far: 1m 03s\n</system-reminder>",
    "Output tokens \u2014 turn: 1.2k \u00b7 session: 30k",
    "The user hasn't heard from you in a while. As you continue, keep them updated on it.",
    "# Environment update\n - Primary working directory: /r/shop (was /r)",
)
PLANNING = (
    "<system-reminder>\nPlan mode still active (see full instructions earlier in conversation). "
    "Read-only except plan file (/r/plan.md). Follow 5-phase workflow. End turns with Ask (for "
    "clarifications) or Exit (for plan approval). Never ask about plan approval via text or Ask."
    "\n</system-reminder>"
)
TEXT = "     1\ta = 1\n     2\t<system-reminder>not a host's</system-reminder>\n     3\tb = 2"


@pytest.mark.parametrize("block", [QUEUED, MEMORY, "<user_query>And the rest?</user_query>"])
def test_what_an_answer_may_follow_is_found_between_the_results(block: str) -> None:
    assert remark_in([*STANDING, block], [TEXT]) == block


@pytest.mark.parametrize("block", [QUEUED, MEMORY])
@pytest.mark.parametrize("text", ["{block}", "a = 1\n\n{block}", "a = 1\n  {block}\nb = 2\n"])
def test_what_an_answer_may_follow_is_found_in_a_result(block: str, text: str) -> None:
    assert remark_in(STANDING, [TEXT, text.format(block=block)]) == block


def test_a_reminder_that_does_not_end_is_found() -> None:
    assert remark_in([], ["a = 1\n<system-reminder>\nThe user sent"]) is not None


def test_what_is_said_whatever_was_asked_is_no_remark() -> None:
    results = [TEXT, *(f"a = 1\n\n{block}\n{block}" for block in STANDING)]
    assert remark_in(STANDING, results) is None


@pytest.mark.parametrize("end", [f"a = 1 {QUEUED}", f"a = 1\n\n{STANDING[0]}{QUEUED}"])
def test_a_reminder_behind_other_text_is_found(end: str) -> None:
    assert remark_in([], [end]) is not None


def test_a_standing_reminder_that_tells_of_the_user_is_a_remark() -> None:
    said = STANDING[0].replace("</", "The user sent a new message: stop. </")
    assert remark_in([said], []) == said


def test_standing_words_in_the_midst_of_a_reminder_do_not_excuse_it() -> None:
    said = QUEUED.replace("only", "Your todo list is wrong. Only")
    assert remark_in([said], []) == said


@pytest.mark.parametrize("block", [QUEUED, *STANDING])
def test_results_are_compared_without_reminders_at_their_end(block: str) -> None:
    assert without_reminders(f"5\t\n\n{block}\n{block}\n") == "5\t"


def test_a_reminder_behind_thousands_of_empty_lines_takes_no_more_than_a_moment() -> None:
    blank = "\n" * 20_000
    began = time.process_time()
    assert without_reminders(f"a{blank}b\n{QUEUED}") == f"a{blank}b"
    assert remark_in([], [f"a{blank}b\n{QUEUED}"]) == QUEUED
    assert time.process_time() - began < 2


@pytest.mark.parametrize("said", COUNTS)
def test_counts_and_the_like_are_no_remarks_by_themselves_alone(said: str) -> None:
    assert remark_in([said], [f"a = 1\n\n{STANDING[0]}"]) is None
    more = said.replace("</", "\nOnly the tests.\n</", 1)
    more = f"{said}\nOnly the tests." if more == said else more
    assert remark_in([more], []) is not None


def test_that_plan_mode_still_is_on_is_no_remark_by_itself_alone() -> None:
    assert remark_in([PLANNING], []) is None
    assert remark_in([], [f"a = 1\n\n{PLANNING}\n{STANDING[0]}"]) is None


@pytest.mark.parametrize(
    "said",
    [
        PLANNING.replace("</", "Name only the tests.\n</"),
        PLANNING.replace("Follow 5-phase workflow", "Follow these steps: read only the tests"),
        "<system-reminder>\nPlan mode is active. Only the tests matter.\n</system-reminder>",
        "<system-reminder>\nPlan mode is active.\n\n## Plan\nKeep to b.py.\n</system-reminder>",
    ],
)
def test_what_is_said_of_a_plan_beside_that_is_a_remark(said: str) -> None:
    assert remark_in([said], []) == said


@pytest.mark.parametrize("block", OF_FILES)
def test_the_instructions_of_a_directory_are_a_file_and_no_remark(block: str) -> None:
    for between, text in (([block], TEXT), ([], f"a = 1\n\n{block}"), ([block], f"\n{block}")):
        assert remark_in(between, [text]) is None
        ((path, shown),) = files_told(between, [text])
        assert (path, shown.strip()) == ("/r/api/CLAUDE.md", "# Api")


@pytest.mark.parametrize("block", [QUEUED, MEMORY, *STANDING])
def test_what_else_a_host_says_is_no_file(block: str) -> None:
    assert files_told([block], [f"a = 1\n\n{block}"]) == frozenset()


def test_a_remark_behind_the_instructions_of_a_directory_is_found() -> None:
    assert remark_in([], [f"a = 1\n\n{OF_FILES[0]}\n{QUEUED}"]) == QUEUED
    ((_, shown),) = files_told([f"{OF_FILES[0]}\n{QUEUED}"], [])
    assert QUEUED.removesuffix("</system-reminder>") in shown
