"""Which changes of a system prompt are recognised, and that they can be made again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.prefix.changes import apply_changes, changes_between, differ_in_moment

RECOGNISED = {
    "date": ("Today's date is 2026-11-20.", "Today's date is 2026-11-21."),
    "time on top": ("[2026-11-20 10:00:00] Agent", "[2026-11-20 10:00:07] Agent"),
    "long date": ("Date: Friday, November 20, 2026", "Date: Saturday, November 21, 2026"),
    "time of day": ("Now it is 9:59 am.", "Now it is 10:02 am."),
    "uuid": (
        "Request 0b1c7d2e-1111-4222-8333-444455556666",
        "Request 9b1c7d2e-1111-4222-8333-444455556667",
    ),
    "directory": ("Working directory: /home/a/x", "Working directory: /home/a/x/sub"),
    "branch": ("Current branch: main", "Current branch: feature"),
    "status": ("Status:\n M a.py\n?? b.py\n\nBe short.", "Status:\n M c.py\n\nBe short."),
    "status is clean": ("Git status:\n(clean)\n", "Git status:\n M a.py\n"),
    "commits": (
        "Recent commits:\n1234567 one\n89abcde two",
        "Recent commits:\nfedcba9 new\n1234567 one",
    ),
    "memory": (
        "# Memory\n- likes tabs\n\n# Rules\nx",
        "# Memory\n- likes spaces\n- and\n\n# Rules\nx",
    ),
    "environment": ("<env>\nShell: bash\n</env>", "<env>\nShell: zsh\n</env>"),
    "files": ("Files:\n- a.py\n- b.py", "Files:\n- a.py\n- b.py\n- c.py"),
    "deeper": ("# Environment\n## Shell\nbash", "# Environment\n## Shell\nzsh"),
}
UNKNOWN = {
    "rule": ("Never delete files.", "Always delete files."),
    "number in a rule": ("Use at most 3 retries.", "Use at most 5 retries."),
    "mode": ("You are in plan mode.\nDo not edit.", "You are in edit mode.\nEdit."),
    "added rule": ("Be short.", "Be short.\nAsk before you write."),
    "removed rule": ("Be short.\nAsk first.", "Be short."),
    "path in a rule": ("Never touch /etc/passwd.", "Never touch /etc/shadow."),
    "after the part": (
        "# Memory\n- a\n\n# Rules\nBe short.",
        "# Memory\n- a\n\n# Rules\nBe long.",
    ),
    "after the tag": ("<env>\nx\n</env>\nBe short.", "<env>\nx\n</env>\nBe long."),
}


@pytest.mark.parametrize("name", RECOGNISED)
def test_what_hosts_rebuild_is_recognised(name: str) -> None:
    old, new = RECOGNISED[name]
    found = changes_between([old], [new])
    assert found
    assert apply_changes([old], found) == (new,)


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_change_of_instructions_is_not_recognised(name: str) -> None:
    old, new = UNKNOWN[name]
    assert changes_between([old], [new]) is None


def test_equal_prompts_have_no_changes() -> None:
    assert changes_between(["a\nb", "c"], ["a\nb", "c"]) == ()


def test_another_number_of_texts_is_another_prompt() -> None:
    assert changes_between(["a"], ["a", "b"]) is None
    assert changes_between(["a"], ["a", "b"], allow_unknown=True) is None


def test_an_unknown_change_is_taken_on_request() -> None:
    old = "One.\nTwo.\nThree.\nFour."
    new = "One.\nTwo, but not really.\nThree.\nFour."
    assert changes_between([old], [new]) is None
    found = changes_between([old], [new], allow_unknown=True)
    assert found is not None
    assert apply_changes([old], found) == (new,)


def test_another_prompt_is_another_prompt_even_on_request() -> None:
    assert changes_between(["a\nb\nc"], ["d\ne\nf"], allow_unknown=True) is None


_LINES = st.lists(
    st.sampled_from(
        ["Be short.", "", "# Memory", "- note", "Today: 2026-11-20", "Today: 2026-11-21", "Status:",
         " M a.py", "<env>", "</env>", "x"]
    ),
    max_size=12,
)  # fmt: skip


@given(_LINES, _LINES)
def test_changes_made_to_the_old_prompt_give_the_new_one(old: list[str], new: list[str]) -> None:
    before, after = ["\n".join(old)], ["\n".join(new)]
    for unknown in (False, True):
        found = changes_between(before, after, allow_unknown=unknown)
        assert found is None or apply_changes(before, found) == tuple(after)


def test_a_long_prompt_that_changes_at_both_ends_is_compared_in_a_moment() -> None:
    # Pairs of equal lines: 2,500,000,000, with which a matcher alone is busy for many minutes.
    inner = "\n".join(f"}}\nline {number}" for number in range(50_000))
    old, new = (
        f"Today: 2026-11-{day}\n{inner}\nCurrent branch: {branch}"
        for day, branch in ((20, "main"), (21, "other"))
    )
    found = changes_between([old], [new])
    assert found is not None
    assert [change.lines for change in found] == [
        ("Today: 2026-11-21",),
        ("Current branch: other",),
    ]


def test_too_many_equal_lines_between_two_changes_are_one_change() -> None:
    inner = "x\n" * 2_000
    old, new = (f"{rule}\n{inner}Be {how}." for rule, how in (("One", "short"), ("Two", "long")))
    found = changes_between([old, "a\nb\nc"], [new, "a\nb\nc"], allow_unknown=True)
    assert found is None
    many = "\n".join(str(number) for number in range(9_000))
    found = changes_between([f"{many}\n{old}"], [f"{many}\n{new}"], allow_unknown=True)
    assert found is not None
    assert len(found) == 1
    assert apply_changes([f"{many}\n{old}"], found) == (f"{many}\n{new}",)


@pytest.mark.parametrize(
    ("name", "may_cross"),
    [("date", True), ("status", True), ("commits", True), ("branch", True), ("directory", False),
     ("memory", False), ("environment", False), ("files", False), ("uuid", True)],
)  # fmt: skip
def test_only_the_moment_may_differ_between_two_conversations(name: str, may_cross: bool) -> None:
    old, new = RECOGNISED[name]
    assert differ_in_moment([old], [new]) is may_cross


def test_what_only_reads_like_git_s_lines_is_no_fact_of_the_moment() -> None:
    assert not differ_in_moment(
        ["You help:\nM Jones\n\nBe short."], ["You help:\nA Smith\n\nBe short."]
    )


def test_whom_a_prompt_is_about_is_no_fact_of_the_moment() -> None:
    asked = "You answer for the customer {}2222222-2222-4222-8222-222222222222."
    assert not differ_in_moment([asked.format(1)], [asked.format(2)])
    assert not differ_in_moment([asked.format(1)], [asked.format(1), ""])
