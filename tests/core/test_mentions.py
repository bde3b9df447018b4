"""What a host says of files that the user named with `@`, and what only looks like it."""

import pytest

from agentcache.core.mentions import mentions_in

CALLED = (
    "<system-reminder>\nCalled the Read tool with the following input: "
    '{"file_path":"/w/a.py"}\n</system-reminder>'
)
RESULT = "<system-reminder>\nResult of calling the Read tool:\n1\tx\n2\t\n</system-reminder>"
BEFORE, BEHIND = "\n--- Content from referenced files ---", "\n--- End of content ---"


def test_each_pair_is_a_tool_that_ran() -> None:
    other = (CALLED.replace("a.py", "b.py"), RESULT.replace("x", "y"))
    found, places = mentions_in([CALLED, RESULT, "note", *other, "Why?"])
    assert [use.arguments for use, _ in found] == [
        {"file_path": "/w/a.py"},
        {"file_path": "/w/b.py"},
    ]
    assert [result.text for _, result in found] == ["1\tx\n2\t", "1\ty\n2\t"]
    assert len({use.id for use, _ in found}) == 2
    assert places == {0, 1, 3, 4}


def test_every_file_between_two_texts_is_one() -> None:
    texts = [
        "Why?",
        BEFORE,
        "\nContent from a.py:\n",
        "x\n",
        "\nContent from b c.py:\n",
        "",
        BEHIND,
    ]
    found, places = mentions_in(texts)
    assert [(use.arguments["absolute_path"], result.text) for use, result in found] == [
        ("a.py", "x\n"),
        ("b c.py", ""),
    ]
    assert places == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(
    "texts",
    [
        [CALLED, "Why?"],
        [CALLED],
        [RESULT, CALLED],
        [CALLED, RESULT.replace("Read", "Bash")],
        [CALLED.replace('{"file_path"', '{file_path"'), RESULT],
        [CALLED.removesuffix("\n</system-reminder>"), RESULT],
        ['Called the Read tool with the following input: {"filePath":"a.py"}', "Why?"],
        [BEFORE, "\nContent from a.py:\n", "x"],
        [BEFORE, "\nContent from a.py:\n", BEHIND],
        [BEFORE, "a.py", "x", BEHIND],
        [BEFORE, BEHIND],
        [BEHIND, "\nContent from a.py:\n", "x", BEFORE],
    ],
)
def test_what_is_not_whole_is_left_where_it_stands(texts: list[str]) -> None:
    assert mentions_in(texts) == ((), set())
