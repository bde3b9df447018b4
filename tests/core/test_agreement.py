import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.agreement import Agreement, is_whole, shows
from agentcache.core.evidence import ABSENT, File, GitRef, Lines, Listing, Look, Search, Tree
from agentcache.core.sight import Found, Seen
from agentcache.core.vocabulary import Body

AGREES, DISAGREES, CANNOT_TELL = Agreement.AGREES, Agreement.DISAGREES, Agreement.CANNOT_TELL
FILE = File("a.py")
SEEN = Seen("d", lines=("LIMIT = 10", "", "def f():", "    return LIMIT"))
LAYOUTS: dict[str, Callable[[int, str], str]] = {
    "cat -n": lambda number, line: f"{number:6}\t{line}",
    "arrow": lambda number, line: f"{number:6}→{line}",
    "bar": lambda number, line: f"{number:05}| {line}",
    "colon": lambda number, line: f"{number}: {line}",
    "plain": lambda _number, line: line,
}


def laid_out(layout: str, lines: tuple[str, ...], first: int = 1) -> str:
    return "\n".join(LAYOUTS[layout](first + place, line) for place, line in enumerate(lines))


def judge(
    look: Look,
    seen: Seen,
    text: str,
    *,
    is_plain: bool = True,
    is_part: bool = False,
    limit: int = 0,
) -> Agreement:
    return shows(look, seen, Body(text, is_plain=is_plain, is_part=is_part, limit=limit))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_read_in_any_layout_agrees_when_the_lines_are_those_on_disk(layout: str) -> None:
    text = laid_out(layout, SEEN.lines)
    # Without numbers an empty last line and a stripped line end look alike.
    agreement = CANNOT_TELL if layout == "plain" else AGREES
    assert judge(FILE, SEEN, text) is agreement
    assert judge(FILE, SEEN, text + "\n") is agreement


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "stale",
    [
        ("LIMIT = 99", "", "def f():", "    return LIMIT"),
        ("LIMIT = 10", "", "def f():"),
        ("LIMIT = 10", "", "def f():", "    return LIMIT", "more"),
        ("LIMIT = 10", "", "def f():", "  return LIMIT"),
        ("LIMIT = 10", "def f():", "    return LIMIT"),
        ("", "LIMIT = 10", "", "def f():", "    return LIMIT"),
    ],
)
def test_a_read_of_other_lines_never_agrees(layout: str, stale: tuple[str, ...]) -> None:
    assert judge(FILE, SEEN, laid_out(layout, stale)) is not AGREES


REMINDER = "<system-reminder>\nBe kind.\n</system-reminder>"


@pytest.mark.parametrize("before", ["", "\n", "\n\n", "\n \n"])
def test_a_reminder_behind_a_read_takes_nothing_of_its_last_line(before: str) -> None:
    text = laid_out("cat -n", SEEN.lines) + f"\n     5\t\n{before}{REMINDER}\n"
    assert judge(FILE, replace(SEEN, lines=(*SEEN.lines, "")), text) is AGREES
    assert judge(FILE, SEEN, text.replace("10", "11")) is DISAGREES
    open_tab = Seen("d", lines=(*SEEN.lines, "\t"))
    assert judge(FILE, open_tab, text) is not AGREES


def test_the_number_of_an_empty_last_line_may_stand_alone() -> None:
    text = laid_out("cat -n", SEEN.lines) + "\n5"
    assert judge(FILE, SEEN, text) is CANNOT_TELL  # some hosts number what is behind the last line
    assert judge(FILE, Seen("d", lines=(*SEEN.lines, "")), text) is AGREES
    assert judge(FILE, Seen("d", lines=(*SEEN.lines, "x")), text) is DISAGREES
    assert judge(FILE, SEEN, text.removesuffix("5") + "6") is DISAGREES


def test_a_stale_read_of_a_hosts_own_cache_disagrees() -> None:
    assert judge(FILE, SEEN, "     1\tLIMIT = 99\n     2\t\n     3\tdef f():\n") is DISAGREES


@given(
    lines=st.lists(st.text("ab \t:|→1\n"[:-1], max_size=5), min_size=1, max_size=6).map(tuple),
    stale=st.lists(st.text("ab \t:|→1\n"[:-1], max_size=5), min_size=1, max_size=6).map(tuple),
    layout=st.sampled_from(sorted(LAYOUTS)),
)
def test_whatever_the_lines_are_only_they_agree(
    lines: tuple[str, ...], stale: tuple[str, ...], layout: str
) -> None:
    seen = Seen("d", lines=lines)
    if layout != "plain":
        assert judge(FILE, seen, laid_out(layout, lines)) is AGREES
        if stale not in (lines, (*lines, "")):
            assert judge(FILE, seen, laid_out(layout, stale)) is not AGREES


@pytest.mark.parametrize(
    ("text", "agreement"),
    [
        ("     1\tLIMIT = 10\n\n(File has more lines. Use 'offset' to read on)", AGREES),
        ("     1\tLIMIT = 10\n[... Read stopped after 262,144 source bytes ...]", AGREES),
        ("     1\tLIMIT = 10\n     2\t\n     3\tdef\n[... Read output capped ...]", AGREES),
        ("     1\tLIMIT = 10\n     2\t\n     3\tdeg\n[... Read output capped ...]", DISAGREES),
        ("     1\tLIMIT = 10", DISAGREES),
        ("     1\tLIMIT = 11\n[... Read output capped at 50 characters ...]", DISAGREES),
        ("LIMIT = 10\n\n[truncated]", CANNOT_TELL),
    ],
)
def test_a_read_may_be_cut_only_when_it_says_so(text: str, agreement: Agreement) -> None:
    assert judge(FILE, SEEN, text) is agreement


def test_the_chrome_of_hosts_around_a_read_is_known() -> None:
    for text in (
        f"<file>\n{laid_out('bar', SEEN.lines)}\n\n(End of file - total 4 lines)\n</file>",
        (
            f"<path>/w/a.py</path>\n<type>file</type>\n<content>\n{laid_out('colon', SEEN.lines)}\n"
            "(End of file - total 4 lines)\n</content>"
        ),
        f"{laid_out('arrow', SEEN.lines)}\n\n<system-reminder>\nbe\ncareful\n</system-reminder>\n",
    ):
        assert judge(FILE, SEEN, text) is AGREES
    assert judge(FILE, SEEN, f"surprise\n{laid_out('arrow', SEEN.lines)}") is DISAGREES


def test_a_long_line_may_be_cut_by_the_host() -> None:
    seen = Seen("d", lines=("x" * 3000, "y"))
    assert judge(FILE, seen, f"1\t{'x' * 2000}... [truncated]\n2\ty") is AGREES
    assert judge(FILE, seen, f"1\t{'z' * 2000}... [truncated]\n2\ty") is DISAGREES
    assert judge(FILE, seen, "1\tx...\n2\ty") is DISAGREES


def test_white_space_around_a_plain_read_leaves_doubt() -> None:
    seen = Seen("d", lines=("  indented", "end"))
    assert judge(FILE, seen, "indented\nend") is CANNOT_TELL


def test_an_empty_result_may_be_of_an_empty_file_or_of_empty_lines_and_of_no_other() -> None:
    empty = Seen("d")
    for text in ("", "(empty file)", "<system-reminder>the contents are empty</system-reminder>"):
        assert judge(FILE, empty, text) is CANNOT_TELL
        assert judge(FILE, Seen("d", lines=("", " ")), text) is CANNOT_TELL
    assert judge(FILE, empty, "     1\tx") is DISAGREES
    assert judge(FILE, SEEN, "(empty file)") is DISAGREES


def test_an_empty_file_may_be_shown_with_the_number_of_its_lines_which_is_none() -> None:
    text = "<path>/w/a3.py</path>\n<type>file</type>\n<content>\n\n\n{}\n</content>"
    none = text.format("(End of file - total 0 lines)")
    assert judge(FILE, Seen("d"), none) is CANNOT_TELL
    assert judge(FILE, SEEN, none) is DISAGREES
    assert judge(FILE, Seen("d"), text.format("(End of file - total 4 lines)")) is DISAGREES
    assert judge(FILE, Seen("d"), text.format("1: x")) is DISAGREES


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_byte_order_mark_that_a_read_does_not_show_leaves_doubt(layout: str) -> None:
    seen = replace(SEEN, lines=(f"\ufeff{SEEN.lines[0]}", *SEEN.lines[1:]))
    assert judge(FILE, seen, laid_out(layout, SEEN.lines)) is CANNOT_TELL
    shown = CANNOT_TELL if layout == "plain" else AGREES
    assert judge(FILE, seen, laid_out(layout, seen.lines)) is shown
    assert judge(FILE, seen, laid_out(layout, ("LIMIT = 9", *SEEN.lines[1:]))) is DISAGREES


@pytest.mark.parametrize(
    "text", ["a.py:1:A = 1", "a.py\n1:A = 1", "a.py:\n  Line 1: A = 1", "A = 1"]
)
def test_a_byte_order_mark_that_a_search_does_not_show_leaves_doubt(text: str) -> None:
    seen = Seen("d", found=(Found("a.py", 1, "\ufeffA = 1\r"),))
    assert judge(Search(".", "^A"), seen, text) is CANNOT_TELL
    assert judge(Search(".", "^A"), seen, text.replace("= 1", "= 2")) is DISAGREES


def test_a_range_may_be_counted_from_zero_or_from_one() -> None:
    look = Lines("a.py", 10, 12)
    seen = Seen("d", lines=("j", "k", "l"), start=10, ends=False)
    assert judge(look, seen, "10\tj\n11\tk", limit=2) is AGREES
    assert judge(look, seen, "11\tk\n12\tl", limit=2) is AGREES
    assert judge(look, seen, "10\tj", limit=2) is DISAGREES
    assert judge(look, seen, "10\tj\n11\tK", limit=2) is DISAGREES
    assert judge(look, seen, "9\ti\n10\tj\n11\tk", limit=2) is DISAGREES


def test_fewer_lines_than_were_asked_for_agree_only_at_the_end_of_the_file() -> None:
    look = Lines("a.py", 10, 13)
    seen = Seen("d", lines=("j", "k"), start=10, ends=True)
    assert judge(look, seen, "10\tj\n11\tk", limit=3) is AGREES
    assert judge(look, seen, "11\tk", limit=3) is AGREES
    for lines, ends in ((("j", "k", "l"), True), (("j", "k", "l", "m"), False)):
        grown = Seen("d", lines=lines, start=10, ends=ends)
        assert judge(look, grown, "10\tj\n11\tk", limit=3) is DISAGREES


def test_a_line_that_reads_like_a_remark_of_the_host_proves_nothing() -> None:
    for look, seen, text in (
        (SEARCH, FOUND, "a.py:1:LIMIT = 10\nsrc/b.py:7:    return LIMIT\nc.py:1:LIMIT omitted"),
        (FILE, SEEN, "LIMIT = 10\n# truncated"),
        (Listing("."), NAMES, ".hidden\na.py\nsrc\nsrc/b.py\ntruncated.py"),
    ):
        assert judge(look, seen, text) is CANNOT_TELL
    assert judge(FILE, SEEN, "def f():\n# truncated", is_part=True) is CANNOT_TELL


def test_a_part_of_a_file_that_stands_in_it_may_have_ended_elsewhere() -> None:
    header = "Showing lines 3-4 of 4 total lines.\n\n---\n\n"
    for text in (
        "def f():\n    return LIMIT",
        "00003| def f():",
        "---\ndef f():\n---",
        f"{header}def f():\n    return LIMIT",
    ):
        assert judge(FILE, SEEN, text, is_part=True) is CANNOT_TELL
    assert judge(FILE, SEEN, "---\n---", is_part=True) is DISAGREES
    assert judge(FILE, SEEN, "def g():\n    return LIMIT", is_part=True) is DISAGREES


def test_line_ends_of_either_kind_prove_nothing_where_hosts_show_them_alike() -> None:
    with_returns = replace(SEEN, lines=tuple(f"{line}\r" for line in SEEN.lines))
    text = laid_out("cat -n", SEEN.lines)
    assert judge(FILE, SEEN, text) is AGREES
    assert judge(FILE, with_returns, text) is CANNOT_TELL
    assert judge(FILE, SEEN, text.replace("\n", "\r\n")) is CANNOT_TELL


SEARCH = Search(".", "LIMIT", before=1)
FOUND = Seen(
    "d",
    bases=("/w",),
    found=(
        Found("a.py", 1, "LIMIT = 10"),
        Found("src/b.py", 6, "", is_match=False),
        Found("src/b.py", 7, "    return LIMIT"),
    ),
)

ALL_FOUND = "a.py:1:LIMIT = 10\n--\nsrc/b.py-6-\nsrc/b.py:7:    return LIMIT\n"


@pytest.mark.parametrize(
    "text",
    [
        ALL_FOUND,
        "./a.py:1:LIMIT = 10\n./src/b.py-6-\n./src/b.py:7:    return LIMIT",
        "/w/a.py:1:LIMIT = 10\n/w/src/b.py:7:    return LIMIT",
        "a.py\n1:LIMIT = 10\n\nsrc/b.py\n7:    return LIMIT",
        (
            "Found 2 matches\n/w/a.py:\n  Line 1: LIMIT = 10\n\n/w/src/b.py:\n"
            "  Line 7:     return LIMIT"
        ),
    ],
)
def test_a_search_agrees_in_every_known_layout(text: str) -> None:
    assert judge(SEARCH, FOUND, text) is AGREES


def test_a_search_without_numbers_leaves_doubt_of_how_often_a_line_matched() -> None:
    text = "a.py:LIMIT = 10\nsrc/b.py:    return LIMIT"
    assert judge(SEARCH, FOUND, text) is CANNOT_TELL
    assert judge(SEARCH, FOUND, text + " + 1") is DISAGREES


@pytest.mark.parametrize("look", [FILE, SEARCH])
def test_what_a_shell_shows_can_disprove_but_not_prove(look: Look) -> None:
    seen, text = (SEEN, laid_out("cat -n", SEEN.lines)) if look == FILE else (FOUND, ALL_FOUND)
    assert judge(look, seen, text) is AGREES
    assert shows(look, seen, Body(text, is_raw=True)) is CANNOT_TELL
    assert shows(look, seen, Body(text.replace("10", "11"), is_raw=True)) is DISAGREES


@pytest.mark.parametrize(
    "text",
    [
        "a.py:1:LIMIT = 10",
        "a.py:1:LIMIT = 99\nsrc/b.py:7:    return LIMIT",
        "a.py:2:LIMIT = 10\nsrc/b.py:7:    return LIMIT",
        "a.py:1:LIMIT = 10\nsrc/b.py:7:    return LIMIT\nc.py:1:LIMIT",
        "",
        "No matches found",
        "(no output)",
        "a.py\nsrc/b.py",
    ],
)
def test_a_stale_or_partial_search_disagrees(text: str) -> None:
    assert judge(SEARCH, FOUND, text) is DISAGREES


def test_a_trimmed_match_leaves_doubt() -> None:
    text = (
        'Found 2 matches for pattern "LIMIT" in path ".":\n---\nFile: a.py\nL1: LIMIT = 10\n---\n'
    )
    assert judge(SEARCH, FOUND, text + "File: src/b.py\nL7: return LIMIT\n---") is CANNOT_TELL


def test_a_search_may_be_cut_only_when_it_is_said_or_asked_for() -> None:
    assert judge(SEARCH, FOUND, "a.py:1:LIMIT = 10", is_part=True) is AGREES
    assert judge(SEARCH, FOUND, "a.py:1:LIMIT = 10\n(Results are truncated)") is CANNOT_TELL
    assert judge(SEARCH, FOUND, "a.py:1:LIMIT = 9\n(Results are truncated)") is DISAGREES


@pytest.mark.parametrize(
    ("row", "agreement"),
    [
        ("src/b.py:7:    ret...", CANNOT_TELL),
        ("/w/src/b.py:7:    ret...", CANNOT_TELL),
        ("/w...", CANNOT_TELL),
        ("...", CANNOT_TELL),
        ("src/b.py:7:    raise...", DISAGREES),
        ("src/b.py:8...", DISAGREES),
        ("/elsewhere...", DISAGREES),
    ],
)
def test_a_search_may_be_cut_in_the_middle_of_a_row_of_a_match(
    row: str, agreement: Agreement
) -> None:
    text = f"Found 2 matches\n---\na.py:1:LIMIT = 10\n{row}\n---\n"
    assert judge(SEARCH, FOUND, f"{text}[1 lines truncated] ...") is agreement
    assert judge(SEARCH, FOUND, text) is DISAGREES
    assert judge(SEARCH, FOUND, f"{text}[1 lines truncated] ...\nsrc/b.py:9:x") is DISAGREES


def test_a_list_of_matching_files_is_complete_or_disagrees() -> None:
    look = Search(".", "LIMIT", names_only=True)
    seen = Seen("d", found=(Found("a.py", 0, ""), Found("src/b.py", 0, "")))
    assert judge(look, seen, "Found 2 files\na.py\nsrc/b.py") is AGREES
    assert judge(look, seen, "Found 1 file\na.py") is DISAGREES
    assert judge(look, seen, "a.py\nsrc/b.py\nc.py") is DISAGREES


def test_an_empty_search_agrees_only_when_nothing_was_found() -> None:
    for text in ("", "No matches found", "No files found", "(no output)"):
        assert judge(SEARCH, Seen("d"), text) is AGREES
    assert judge(SEARCH, Seen("d"), "a.py:1:LIMIT = 10") is DISAGREES


def test_an_empty_search_for_what_empty_lines_may_match_leaves_doubt() -> None:
    assert judge(Search(".", "^$"), Seen("d"), "") is CANNOT_TELL
    assert judge(Search(".", "    "), Seen("d"), "") is CANNOT_TELL
    assert judge(Search(".", "^$", names_only=True), Seen("d"), "") is AGREES


def test_matches_that_only_some_tools_show_may_be_missing_in_doubt() -> None:
    seen = Seen("d", found=(*FOUND.found, Found(".x", 1, "LIMIT", is_required=False)))
    text = "a.py:1:LIMIT = 10\nsrc/b.py:7:    return LIMIT"
    assert judge(SEARCH, seen, text) is CANNOT_TELL
    assert judge(SEARCH, seen, f"{text}\n.x:1:LIMIT") is CANNOT_TELL


NAMES = Seen(
    "d",
    bases=("/w",),
    names=(".hidden", "a.py", "src/", "src/b.py"),
    doubtful=frozenset({".hidden"}),
)


@pytest.mark.parametrize(
    ("text", "agreement"),
    [
        (".hidden\na.py\nsrc\nsrc/b.py", CANNOT_TELL),
        (".\n./.hidden\n./a.py\n./src\n./src/b.py", CANNOT_TELL),
        ("/w/.hidden\n/w/a.py\n/w/src\n/w/src/b.py", CANNOT_TELL),
        ("a.py\nsrc\nsrc/b.py", CANNOT_TELL),
        ("a.py\nsrc/b.py", DISAGREES),
        (".hidden\na.py\nsrc\nsrc/b.py\ngone.py", DISAGREES),
        ("a.py\n(Results are truncated: showing first 1 results)", CANNOT_TELL),
        ("No files matched", DISAGREES),
        ("", DISAGREES),
        ("- /w/\n  - .hidden\n  - a.py\n  - src/\n    - b.py", CANNOT_TELL),
    ],
)
def test_a_listing_shows_every_name_and_no_other(text: str, agreement: Agreement) -> None:
    assert judge(Listing("."), NAMES, text) is agreement


@pytest.mark.parametrize("base", ["", "./", "/w/"])
def test_a_listing_of_names_that_every_tool_shows_proves_itself(base: str) -> None:
    seen = replace(NAMES, names=NAMES.names[1:], doubtful=frozenset())
    text = "\n".join(f"{base}{name}" for name in ("a.py", "src", "src/b.py"))
    assert judge(Listing("."), seen, text) is AGREES


def test_a_path_that_is_gone_is_not_mistaken_for_one_of_the_same_name() -> None:
    seen = Seen("d", bases=("/w",), names=("a.py", "src/in/a.py"))
    for gone in ("/w/in/a.py", "in/a.py", "/x/a.py"):
        assert judge(Listing(".", "*.py"), seen, f"/w/a.py\n/w/src/in/a.py\n{gone}") is DISAGREES
    found = Seen("d", bases=("/w",), found=(Found("a.py", 1, "LIMIT"),))
    assert judge(SEARCH, found, "/w/a.py:1:LIMIT\n/w/src/a.py:1:LIMIT") is DISAGREES
    assert judge(SEARCH, found, "/w/a.py:1:LIMIT") is AGREES


def test_paths_may_be_relative_to_what_was_listed_or_to_a_directory_above() -> None:
    seen = Seen("d", bases=("/w",), names=("src/in/a.py",))
    for text in ("a.py", "in/a.py", "src/in/a.py", "./a.py", "/w/src/in/a.py"):
        assert judge(Listing("src/in", "*.py"), seen, text) is AGREES


def test_a_listing_may_count_its_items_and_what_it_left_out() -> None:
    names = ("a.py", "src/", "b.log")
    seen = Seen("d", names=names, doubtful=frozenset({"b.log"}))
    text = "Listed 2 item(s) in /w:\n---\n[DIR] src\na.py\n\n(1 git-ignored)"
    assert judge(Listing(".", depth=1), Seen("d", names=names[:2]), text) is AGREES
    assert judge(Listing(".", depth=1), seen, text) is CANNOT_TELL
    assert judge(Listing(".", depth=1), Seen("d", names=names), text) is DISAGREES


def test_an_empty_listing_agrees_only_when_there_is_nothing() -> None:
    assert judge(Listing(".", "*.x"), Seen("d"), "No files found") is AGREES
    hidden = Seen("d", names=(".x",), doubtful=frozenset({".x"}))
    assert judge(Listing("."), hidden, "") is CANNOT_TELL


def test_a_direct_listing_shows_bare_names() -> None:
    seen = Seen("d", names=("src/b.py", "src/in/"))
    assert judge(Listing("src", depth=1), seen, "b.py\nin") is AGREES
    assert judge(Listing("src", depth=1), seen, "[DIR] in\n[FILE] b.py") is AGREES
    assert judge(Listing("src", depth=1), seen, "b.py\nin\nc.py") is DISAGREES


def test_a_ref_is_shown_by_its_abbreviated_name() -> None:
    head = Seen("0123456789abcdef0123456789abcdef01234567")
    assert judge(GitRef("HEAD"), head, "0123456 first") is AGREES
    assert judge(GitRef("HEAD"), head, "7654321 first") is CANNOT_TELL
    assert judge(GitRef("HEAD"), Seen(ABSENT), "absent") is CANNOT_TELL


@pytest.mark.parametrize("look", [FILE, SEARCH, Listing("."), Tree("."), Lines("a.py", 1, 2)])
def test_text_that_is_computed_from_what_was_read_cannot_tell(look: Look) -> None:
    assert judge(look, SEEN, "4", is_plain=False) is CANNOT_TELL
    assert judge(Tree("."), SEEN, "4") is CANNOT_TELL
    assert judge(Listing(".", with_stat=True), NAMES, "total 4") is CANNOT_TELL


def test_what_is_gone_cannot_have_been_shown() -> None:
    for look in (FILE, SEARCH, Listing("x")):
        assert judge(look, Seen(ABSENT), "anything") is DISAGREES


GREP = Search(".", "LIMIT", before=1, after=2)


@pytest.mark.parametrize("missing", ["a.py-2-y", "src/b.py-6-"])
def test_a_search_is_whole_only_with_all_context_of_the_matches_it_shows(missing: str) -> None:
    below = Found("a.py", 2, "y", is_match=False)
    seen = replace(FOUND, found=(*FOUND.found, below))
    rows = ["a.py:1:LIMIT = 10", "a.py-2-y", "--", "src/b.py-6-", "src/b.py:7:    return LIMIT"]

    def is_whole_with(shown: list[str], *, is_part: bool = False) -> bool:
        return is_whole(GREP, seen, Body("\n".join(shown), is_part=is_part))

    assert is_whole_with(rows)
    assert is_whole_with(rows[:2], is_part=True)  # what was cut off has its context elsewhere
    assert not is_whole_with([row for row in rows if row != missing])


def test_context_that_no_memory_would_hold_is_no_more_than_there_is() -> None:
    far = replace(GREP, before=10**15, after=10**15)
    seen = replace(FOUND, found=(*FOUND.found, Found("a.py", 2, "y", is_match=False)))
    rows = ["a.py:1:LIMIT = 10", "a.py-2-y", "--", "src/b.py-6-", "src/b.py:7:    return LIMIT"]
    assert is_whole(far, seen, Body("\n".join(rows)))
    assert not is_whole(far, seen, Body("\n".join(rows[:1])))


@pytest.mark.parametrize("wide", [" " * 50_000 + "x", "\n" * 50_000 + "x"])
@pytest.mark.parametrize("look", [FILE, SEARCH, Listing(".")])
def test_a_text_that_begins_with_many_blanks_is_judged_at_once(look: Look, wide: str) -> None:
    began = time.process_time()
    assert judge(look, NAMES if isinstance(look, Listing) else SEEN, wide) is DISAGREES
    assert judge(FILE, replace(SEEN, lines=("", "")), wide) is DISAGREES
    assert time.process_time() - began < 3


def test_a_listing_that_counts_what_it_left_out_is_not_whole() -> None:
    assert is_whole(Listing("."), NAMES, Body("Listed 1 item(s) in /w:\n---\na.py"))
    assert not is_whole(Listing("."), NAMES, Body("a.py\n\n(1 git-ignored)"))


@pytest.mark.parametrize("shown", ["q*", "q@", "- q", " q", "q ", "q/"])
def test_what_stands_around_a_name_may_be_of_the_name(shown: str) -> None:
    look = Listing("src", depth=1)
    assert judge(look, Seen("d", names=("src/q",)), shown) is CANNOT_TELL
    if not shown.endswith("/"):
        assert judge(look, Seen("d", names=(f"src/{shown}",)), shown) is AGREES
        assert judge(look, Seen("d", names=(f"src/{shown}x",)), shown) is DISAGREES


def test_a_kind_that_is_told_is_that_of_the_name() -> None:
    look = Listing("src", depth=1)
    for name, told in (("src/in/", "[DIR] in"), ("src/in", "[FILE] in"), ("src/in/", "in/")):
        assert judge(look, Seen("d", names=(name,)), told) is AGREES
    for name, told in (("src/in", "[DIR] in"), ("src/in/", "[FILE] in"), ("src/in", "in/")):
        assert judge(look, Seen("d", names=(name,)), told) is CANNOT_TELL


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (Listing("src"), "src/b.py"),
        (Search("src", "x", names_only=True), "src/b.py"),
        (Search("src", "x"), "src/b.py:1:x"),
    ],
)
def test_a_path_that_may_start_from_two_directories_is_taken_for_the_upper_one(
    look: Look, text: str
) -> None:
    above = Seen("d", names=("src/b.py",), found=(Found("src/b.py", 1, "x"),))
    below = Seen("d", names=("src/src/b.py",), found=(Found("src/src/b.py", 1, "x"),))
    assert judge(look, above, text) is AGREES
    assert judge(look, below, text) is CANNOT_TELL
    assert judge(look, below, text.replace("src/", "src/src/")) is AGREES


@pytest.mark.parametrize(
    ("look", "seen", "text"),
    [
        (FILE, Seen("d", lines=("x\ufffd",)), "     1\tx\ufffd"),
        (SEARCH, Seen("d", found=(Found("a.py", 1, "LIMIT\ufffd"),)), "a.py:1:LIMIT\ufffd"),
        (Listing("."), Seen("d", names=("x\ufffd",)), "x\ufffd"),
    ],
)
def test_the_mark_of_a_byte_that_is_no_text_stands_for_any(
    look: Look, seen: Seen, text: str
) -> None:
    assert judge(look, seen, text) is CANNOT_TELL


@pytest.mark.parametrize("before", ["1\t", "a.py:1:"])
@pytest.mark.parametrize(
    ("mark", "agreement"),
    [
        ("... [truncated]", AGREES),
        ("... [1000 chars truncated]", AGREES),
        ("... [truncated, 3000 chars]", AGREES),
        ("... [500 chars truncated]", CANNOT_TELL),
        ("...", CANNOT_TELL),
    ],
)
def test_a_long_line_that_was_cut_tells_its_own_length(
    before: str, mark: str, agreement: Agreement
) -> None:
    line = "x" * 3000
    seen = Seen("d", lines=(line,), found=(Found("a.py", 1, line),))
    look: Look = FILE if before == "1\t" else Search(".", "x")
    assert judge(look, seen, f"{before}{'x' * 2000}{mark}") is agreement


TEN = Seen("d", lines=tuple(f"line {number}" for number in range(1, 11)))


@pytest.mark.parametrize(
    ("remark", "agreement"),
    [
        ("(Showing lines 2-4 of 10 total lines. Use offset to read more)", AGREES),
        ("(Showing lines 2-4 of 11. Use offset=5 to continue.)", AGREES),
        ("(File has more lines. Total 10)", AGREES),
        ("(File has more lines. Use 'offset' parameter to read beyond line 4)", AGREES),
        ("... (6 more lines truncated)", AGREES),
        ("[... Read stopped after 262,144 source bytes ...]", AGREES),
        ("(Showing lines 2-4 of 500 total lines)", CANNOT_TELL),
        ("(Showing lines 1-4 of 10 total lines)", CANNOT_TELL),
        ("(File has more lines. Total 5)", CANNOT_TELL),
        ("... (3 more lines truncated)", CANNOT_TELL),
        ("[File truncated: 5 of 9,000 characters]", CANNOT_TELL),
    ],
)
def test_the_numbers_in_a_remark_on_a_read_are_those_of_the_file(
    remark: str, agreement: Agreement
) -> None:
    text = laid_out("cat -n", TEN.lines[1:4], first=2)
    assert judge(FILE, TEN, f"{text}\n\n{remark}") is agreement


@pytest.mark.parametrize(
    ("look", "told", "agreement"),
    [
        (Search(".", "x"), "Found 2 matches", AGREES),
        (Search(".", "x"), "Found 1 file", AGREES),
        (Search(".", "x"), "Found 3 matches", CANNOT_TELL),
        (Search(".", "x"), "Found 2 files", CANNOT_TELL),
        (Search(".", "x", names_only=True), "Found 1 file", AGREES),
        (Search(".", "x", names_only=True), "Found 5 files", CANNOT_TELL),
        (Listing("."), "Found 1 files", AGREES),
        (Listing("."), "Listed 1 item(s) in /w:\n---", AGREES),
        (Listing("."), "Listed 3 item(s) in /w:\n---", CANNOT_TELL),
        (Listing("."), "5 files", CANNOT_TELL),
        (Listing("."), "total 5", DISAGREES),
    ],
)
def test_what_a_host_says_it_found_is_counted(look: Look, told: str, agreement: Agreement) -> None:
    is_list = isinstance(look, Listing) or (isinstance(look, Search) and look.names_only)
    seen = Seen("d", names=("a.py",), found=(Found("a.py", 1, "x"), Found("a.py", 2, "x")))
    text = "a.py" if is_list else "a.py:1:x\na.py:2:x"
    assert judge(look, seen, f"{told}\n{text}") is agreement


@pytest.mark.parametrize("text", ["No matches were found", "No matches found", "(no output)"])
def test_a_remark_that_nothing_was_found_may_be_what_was_found(text: str) -> None:
    word = text.strip("()").split()[1]
    assert judge(Search("a.py", word), Seen("d"), text) is CANNOT_TELL
    assert judge(Search("a.py", word.upper(), ignore_case=True), Seen("d"), text) is CANNOT_TELL
    assert judge(Search("a.py", word.upper()), Seen("d"), text) is AGREES
    assert judge(Listing("."), Seen("d"), "No files found") is CANNOT_TELL
    assert judge(Listing("."), Seen("d"), "") is AGREES
