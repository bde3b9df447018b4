"""Which slots a change concerns."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcache.errors import StoreError
from agentcache.store.postings import Postings


@pytest.fixture
def postings(tmp_path: Path) -> Iterator[Postings]:
    opened = Postings(tmp_path / "postings.db")
    yield opened
    opened.close()


def test_a_slot_is_found_by_each_path_that_it_rests_on(postings: Postings) -> None:
    postings.note("repo", "one", ["a.py", "src/b.py"])
    assert postings.slots("repo", ["a.py"], limit=9) == ["one"]
    assert postings.slots("repo", ["src/b.py", "a.py"], limit=9) == ["one"]
    assert postings.slots("repo", ["b.py"], limit=9) == []


def test_a_directory_stands_for_all_that_is_below_it(postings: Postings) -> None:
    postings.note("repo", "below", ["src/"])
    postings.note("repo", "all", ["./"])
    assert postings.slots("repo", ["src/deep/new.py"], limit=9) == ["all", "below"]
    assert postings.slots("repo", ["srcs/a.py"], limit=9) == ["all"]
    assert postings.slots("repo", ["src"], limit=9) == ["all", "below"]


def test_a_directory_that_is_gone_concerns_all_that_was_in_it(postings: Postings) -> None:
    postings.note("repo", "inside", ["src/deep/a.py"])
    postings.note("repo", "beside", ["src.py"])
    assert postings.slots("repo", ["src"], limit=9) == ["inside"]


def test_repositories_are_kept_apart(postings: Postings) -> None:
    postings.note("repo", "one", ["a.py"])
    assert postings.slots("other", ["a.py"], limit=9) == []


def test_the_newest_come_first_and_no_more_than_asked_for(postings: Postings) -> None:
    for number in range(9):
        postings.note("repo", str(number), ["a.py"])
    assert postings.slots("repo", ["a.py"], limit=3) == ["8", "7", "6"]


def test_what_is_forgotten_is_not_found(postings: Postings) -> None:
    for slot in ("one", "other"):
        postings.note("repo", slot, ["a.py", "./"])
    postings.forget("one")
    postings.forget("never seen")
    assert postings.slots("repo", ["a.py"], limit=9) == ["other"]
    postings.clear()
    assert postings.slots("repo", ["a.py"], limit=9) == []


def test_it_outlives_its_process_and_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "postings.db"
    first = Postings(path)
    first.note("repo", "one", ["a.py"])
    first.close()
    second = Postings(path)
    assert second.slots("repo", ["a.py"], limit=9) == ["one"]
    second.close()
    path.write_bytes(b"no database" * 1000)
    third = Postings(path)
    assert third.slots("repo", ["a.py"], limit=9) == []
    third.close()


def test_what_is_in_the_way_of_the_file_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "postings.db").mkdir()
    with pytest.raises(StoreError, match=r"postings\.db"):
        Postings(tmp_path / "postings.db")


def test_a_failing_file_is_a_store_error(tmp_path: Path) -> None:
    closed = Postings(tmp_path / "postings.db")
    closed.close()
    with pytest.raises(StoreError, match="postings"):
        closed.note("repo", "one", ["a.py"])


PARTS = st.lists(st.sampled_from(["a", "b", "src"]), min_size=1, max_size=3).map("/".join)


@settings(max_examples=20)
@given(st.lists(st.tuples(PARTS, st.booleans()), max_size=5), PARTS)
def test_every_slot_whose_place_holds_the_change_is_found(
    noted: list[tuple[str, bool]], changed: str
) -> None:
    with (
        tempfile.TemporaryDirectory() as place,
        closing(Postings(Path(place) / "postings.db")) as postings,
    ):
        for number, (path, is_directory) in enumerate(noted):
            postings.note("repo", str(number), [f"{path}/" if is_directory else path])
        expected = {
            str(number)
            for number, (path, is_directory) in enumerate(noted)
            if path == changed
            or path.startswith(f"{changed}/")
            or (is_directory and changed.startswith(f"{path}/"))
        }
        assert set(postings.slots("repo", [changed], limit=99)) == expected
