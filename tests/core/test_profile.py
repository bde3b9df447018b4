"""The facts of the moment do not split profiles; every instruction does."""

import re
import time
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.profile import Fact, FactKind, leans_on, read_profile

RULES = "Prefer small edits. Run the tests before you say that you are done."


class Host(Protocol):
    """Writes the prompt of one host."""

    def __call__(
        self,
        *,
        cwd: str = ...,
        date: str = ...,
        branch: str = ...,
        dirty: tuple[str, ...] = ...,
        commits: tuple[str, ...] = ...,
    ) -> str:
        """The prompt, in the shape that the host gives it."""


def _claude(
    *,
    cwd: str = "/home/ada/shop",
    date: str = "2026-11-21",
    branch: str = "main",
    dirty: tuple[str, ...] = (),
    commits: tuple[str, ...] = ("4fd0a1b Add the till",),
) -> str:
    status = "\n".join(dirty) or "(clean)"
    return (
        f"You work in a terminal.\n\n# Rules\n{RULES}\n\nHere is what surrounds you:\n<env>\n"
        f"Working directory: {cwd}\nIs directory a git repo: Yes\nPlatform: linux\n"
        f"Today's date: {date}\n</env>\n\n"
        "gitStatus: This was the state when we began and is not kept up to date.\n"
        f"Current branch: {branch}\n\nMain branch (for pull requests, usually): main\n\n"
        f"Status:\n{status}\n\nRecent commits:\n" + "\n".join(commits)
    )


def _cheetah(
    *,
    cwd: str = "/home/ada/shop",
    date: str = "2026-11-21 Saturday",
    branch: str = "main",
    dirty: tuple[str, ...] = (),
    commits: tuple[str, ...] = ("4fd0a1b Add the till",),
) -> str:
    status = "".join(f"  {line}\n" for line in dirty)
    return (
        f"You help in a shell.\n\n# Environment\n- Current date: {date}\n"
        f"- Working directory: {cwd}\n- Platform: Linux\n- Git branch: {branch}\n"
        + (f"- Git status:\n{status}" if dirty else "")
        + "- Recent commits:\n"
        + "".join(f"  {line}\n" for line in commits)
        + f"\n# Commands\n{RULES}\n"
    )


def _codex(
    *,
    cwd: str = "/home/ada/shop",
    date: str = "2026-11-21",
    branch: str = "main",
    dirty: tuple[str, ...] = (),
    commits: tuple[str, ...] = (),
) -> str:
    del branch, dirty, commits
    return (
        f"<environment_context>\n  <cwd>{cwd}</cwd>\n  <shell>bash</shell>\n"
        f"  <current_date>{date}</current_date>\n  <rules>{RULES}</rules>\n</environment_context>"
    )


def _opencode(
    *,
    cwd: str = "/home/ada/shop",
    date: str = "Sat Nov 21 2026",
    branch: str = "main",
    dirty: tuple[str, ...] = (),
    commits: tuple[str, ...] = (),
) -> str:
    del branch, dirty, commits
    return (
        f"{RULES}\nThis is where you run:\n<env>\n  Working directory: {cwd}\n"
        f"  Is directory a git repo: yes\n  Today's date: {date}\n</env>"
    )


def _qwen(
    *,
    cwd: str = "/home/ada/shop",
    date: str = "Saturday, November 21, 2026",
    branch: str = "main",
    dirty: tuple[str, ...] = (),
    commits: tuple[str, ...] = (),
) -> str:
    lines = [f"Current branch: {branch}", "Status:", *(dirty or ("(clean)",))]
    lines += ["Recent commits:", *commits] if commits else []
    return (
        f"This is the shell. {RULES}\nToday's date is {date} (formatted by your locale).\n"
        f"I'm currently working in the directory: {cwd}\nIt holds:\n\nshop/\n  till.py\n"
        + "\n".join(f"git: {line.strip()}" for line in lines)
    )


HOSTS = pytest.mark.parametrize("host", [_claude, _cheetah, _codex, _opencode, _qwen])
DATES: dict[Host, str] = {
    _claude: "2025-01-02",
    _cheetah: "2025-01-02 Thursday",
    _codex: "2025-01-02",
    _opencode: "Thu Jan 02 2025",
    _qwen: "Thursday, January 2, 2025",
}


def static(text: str, root: str = "") -> str:
    return read_profile(text, root=root).static


@HOSTS
def test_another_directory_does_not_split(host: Host) -> None:
    assert static(host(cwd="/srv/x")) == static(host())


@HOSTS
def test_another_day_does_not_split(host: Host) -> None:
    other = host(date=DATES[host])
    assert static(other) == static(host())


@HOSTS
def test_another_branch_does_not_split(host: Host) -> None:
    other = host(branch="feature/till-2")
    assert static(other) == static(host())


STATUS = st.tuples(
    st.sampled_from(["M ", " M", "MM", "A ", "??", "D ", " D", "R ", "UU"]),
    st.from_regex(r"[a-z]{1,8}(/[a-z_]{1,8}){0,2}\.(py|md)", fullmatch=True),
).map(" ".join)
COMMITS = st.from_regex(r"[0-9a-f]{7,10} [A-Z][a-z ]{3,30}[a-z]", fullmatch=True)


@HOSTS
@given(
    dirty=st.lists(STATUS, max_size=5).map(tuple),
    commits=st.lists(COMMITS, min_size=1, max_size=5).map(tuple),
)
def test_dirty_files_and_commits_do_not_split(
    host: Host, dirty: tuple[str, ...], commits: tuple[str, ...]
) -> None:
    other = host(dirty=dirty, commits=commits)
    assert static(other) == static(host())


@HOSTS
@given(data=st.data())
def test_every_changed_word_of_an_instruction_splits(host: Host, data: st.DataObject) -> None:
    text = host()
    words = [match.span() for match in re.finditer(r"[A-Za-z]+", RULES)]
    begin, end = data.draw(st.sampled_from(words))
    start = text.index(RULES)
    changed = text[: start + begin] + "otherwise" + text[start + end :]
    assert static(changed) != static(text)


@pytest.mark.parametrize(
    "text",
    [
        "Today it is 2026-11-21.",
        "Today it is 2026-11-21T09:30:00Z.",
        "Today it is 2026-11-21 09:30:00.",
        "Today it is 2026-11-21 09:30:15.123456.",
        "Today it is 2026-11-21 09:30:00 UTC.",
        "Today it is 2026-11-21T09:30:00+02:00.",
        "Today it is 2026-11-21 Saturday.",
        "Today it is 2026-11-21 Sat.",
        "Today it is 2026-11-21, Saturday.",
        "Today it is 2026-11-21 (Saturday).",
        "Today it is Saturday, 2026-11-21.",
        "Today it is November 21, 2026.",
        "Today it is Saturday, November 21st, 2026.",
        "Today it is Sat, 21 Nov 2026 09:30:00 GMT.",
        "Today it is Sat Nov 21 2026.",
        "Today it is Sat Nov 21 09:30:00 UTC 2026.",
        "Today it is 21 November 2026.",
        "Today it is 11/21/2026.",
        "Today it is 11/21/2026, 9:30:00 AM.",
        "Today it is 09:30:00.",
    ],
)
def test_a_time_in_whatever_form_is_a_fact(text: str) -> None:
    profile = read_profile(text)
    assert profile.static == "Today it is \x00time\x00."
    assert [fact.kind for fact in profile.facts] == [FactKind.TIME]


@pytest.mark.parametrize(
    "text",
    [
        "Use version 3.11.7.",
        "The model is gpt-4.1-2025.",
        "The limit is 2026.",
        "Wait from 9:30 on.",
        "May it last.",
        "On Saturday nobody works.",
        "Read chapter 11/21.",
        "Look at rev-20261121.",
        "x2026-11-21y",
        "Sunlight is good, 5 times.",
    ],
)
def test_what_is_no_time_stays(text: str) -> None:
    assert read_profile(text).static == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("session id: 4f2a-b", "session id: 99zz"),
        ("session_id=abc", "session_id=d"),
        ("Run 0a1b2c3d-0000-4000-8000-0123456789ab", "Run ffffffff-1111-4111-9111-ba9876543210"),
        ("x-header: a; cch=0f3;", "x-header: a; cch=9;"),
        ("cc_version=1.20.3.0ab; cch=0;", "cc_version=1.20.3.9f9; cch=1;"),
        (
            "Files: /tmp/a/0a1b2c3d-0000-4000-8000-0123456789ab/x",
            "Files: /tmp/a/ffffffff-1111-4111-9111-ba9876543210/x",
        ),
        (
            "Log: /home/u/.agent/0a1b2c3d-0000-4000-8000-0123456789ab.jsonl",
            "Log: /home/u/.agent/ffffffff-1111-4111-9111-ba9876543210.jsonl",
        ),
        ("Current date: 2026-11-21", "Current date: 2026-11-22"),
        ("The current local time is 2026-11-21", "The current local time is 2026-11-22"),
        ("cwd: /d", "cwd: /somewhere/else"),
        ("session id: s", "session id: t"),
        ("Working directory: /a b/c", "Working directory: /d"),
        ("pwd : /a", "pwd : /b"),
        ("<cwd>/a</cwd>", "<cwd>/b/c</cwd>"),
    ],
)
def test_ids_and_directories_do_not_split(one: str, other: str) -> None:
    assert static(one) == static(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Status:\nAll is well here", "Status:\nNothing is well here"),
        ("Recent commits:\nare good", "Recent commits:\nare bad"),
        ("Use a branch for: every fix of yours", "Use a branch for: no fix of yours"),
        ("Write to the directory that I name", "Write to the directory that he names"),
        ("identity: 12", "identity: 13"),
        (
            "You answer for customer 0a1b2c3d-0000-4000-8000-0123456789ab.",
            "You answer for customer ffffffff-1111-4111-9111-ba9876543210.",
        ),
        ("Current sprint: 2026-11-16", "Current sprint: 2026-11-30"),
        ("Status codes:\nA means active", "Status codes:\nA means archived"),
        ("Status:\nA means active", "Status:\nA means archived"),
        (
            "Recent commits policy:\n- A commit is signed",
            "Recent commits policy:\n- A commit is not",
        ),
        ("Project status:\nA migration to v2", "Project status:\nA migration to v3"),
        ("Time limit of a job: 00:30:00", "Time limit of a job: 01:30:00"),
        ("Main branch for releases: one", "Main branch for releases: two"),
        ("cc_version=1.20.3.0ab;", "cc_version=1.20.4.0ab;"),
        ("abc  def", "abc def"),
        ("a\nb", "a b"),
    ],
)
def test_what_only_looks_like_a_fact_splits(one: str, other: str) -> None:
    assert static(one) != static(other)


def test_the_facts_are_what_was_taken_out() -> None:
    text = _cheetah(dirty=(" M till.py", "?? new.py"))
    facts = read_profile(text).facts
    told = {(fact.kind, fact.text) for fact in facts}
    assert (FactKind.DIRECTORY, "/home/ada/shop") in told
    assert (FactKind.TIME, "2026-11-21 Saturday") in told
    git = "\n".join(fact.text for fact in facts if fact.kind is FactKind.GIT)
    assert all(word in git for word in ("main", "till.py", "new.py", "4fd0a1b"))


def test_the_work_tree_is_left_out_wherever_it_is_named() -> None:
    one = "Files below /home/ada/shop, as /home/ada/shop/a.py"
    other = "Files below /srv/w2, as /srv/w2/a.py"
    assert static(one, "/home/ada/shop") == static(other, "/srv/w2")
    assert static(one) != static(other)
    assert static("see /srv/w2-old", "/srv/w2") == "see /srv/w2-old"
    assert static("see /srv/w2.x and /srv/w2_y", "/srv/w2") == "see /srv/w2.x and /srv/w2_y"


def test_a_status_that_a_host_cut_is_git_s_all_the_same() -> None:
    cut = "Status:\n M a.py\n M b\n... (truncated, ask git for the rest)"
    assert static(f"{cut}\n\n{RULES}") == static(f"Status:\n(clean)\n\n{RULES}")
    facts = read_profile(cut).facts
    assert leans_on(facts, "It is in a.py.", "") is not None
    assert leans_on(facts, "The rest) is elsewhere.", "") is None


def test_the_name_of_a_session_s_plan_does_not_split() -> None:
    plans = [f"Write the plan to /home/ada/.claude/plans/{name}.md now." for name in ("a-b", "c-d")]
    assert static(plans[0]) == static(plans[1])


def test_text_without_facts_is_all_static() -> None:
    assert read_profile(RULES).static == RULES
    assert read_profile(RULES).facts == ()


@pytest.mark.parametrize(
    ("answer", "seen", "leans"),
    [
        ("It was 2026-11-21.", "", True),
        ("It was 2026-11-21.", "the log says 2026-11-21", False),
        ("Since November 21 it is.", "", True),
        ("Since 21 Nov it is.", "It was on 21 Nov", False),
        ("21.11.2026 is when", "", True),
        ("Until 11/21/2026.", "", True),
        ("Since November 22 it is.", "", False),
        ("Commit 4fd0a1b did it.", "", True),
        ("It was at 09:30:00.", "", True),
        ("They chose to Add the till.", "", True),
        ("The till is in src/till.py.", "", False),
        ("RETRY_LIMIT is 5.", "", False),
    ],
)
def test_an_answer_leans_on_a_fact_it_repeats_unseen(answer: str, seen: str, leans: bool) -> None:
    facts = (
        Fact(FactKind.TIME, "2026-11-21 09:30:00"),
        Fact(FactKind.GIT, "Recent commits:\n4fd0a1b Add the till"),
    )
    assert (leans_on(facts, answer, seen) is not None) == leans


@pytest.mark.parametrize(
    "piece",
    [
        " ", "\n", "\n ", "a", "1", "M", "Status:\n", "Status: ", "Status:\n M a\n", "branch: ",
        "2026-11-21 ", "2026-11-21", "Mon ", "May ", "1 May ", "cwd: ", "<cwd>", "session id: ",
        "0a1b2c3d-", "deadbeef \n", "git status:", "?", "\t", "12:", "1/", "/work", "\x00",
    ],
)  # fmt: skip
def test_the_time_to_read_a_prompt_grows_with_its_length_only(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    read_profile(text, root="/work")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Fixtures directory: tests/data", "Fixtures directory: tests/golden"),
        ("Release branch: release/2.1", "Release branch: release/2.2"),
        ("Freeze on March 3, 2025", "Freeze on March 10, 2025"),
        ("Default timeout: 10:30:00", "Default timeout: 11:30:00"),
    ],
)
def test_what_a_project_says_of_itself_is_no_fact_of_the_moment(before: str, after: str) -> None:
    assert read_profile(before).static != read_profile(after).static


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Scratch directory: /scratch/one", "It writes to /scratch/one."),
        ("Current branch: topic/limits", "You work on topic/limits."),
        ("Freeze date: today is March 3, 2025", "The freeze is on March 3, 2025."),
    ],
)
def test_an_answer_that_repeats_a_fact_that_no_tool_showed_leans_on_it(
    prompt: str, answer: str
) -> None:
    facts = read_profile(prompt).facts
    assert leans_on(facts, answer, seen="nothing") is not None
    assert leans_on(facts, answer, seen=answer) is None
