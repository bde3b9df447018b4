"""The adapter for coders with sets of files, on a class of the host's shape."""

import gc
import weakref
from collections import defaultdict
from dataclasses import astuple, dataclass
from types import ModuleType
from typing import Any

import pytest

import agentcache_aider as adapter

NAMES = [f"/repo/part_{number}.py" for number in range(40)]


def coder_module() -> ModuleType:
    """A module as the host's: one coder class, one made from it, and others."""

    class Coder:
        abs_fnames: Any = None
        abs_read_only_fnames: Any = None

        def __init__(self) -> None:
            self.abs_fnames = set()
            self.abs_read_only_fnames = set()

        def get_files_content(self) -> str:
            return "\n".join(self.abs_fnames)

        def get_chat_files_messages(self) -> list[str]:
            return [name for name in self.abs_fnames]  # noqa: C416  # as the host does

        def get_read_only_files_content(self) -> str:
            return "\n".join(list(self.abs_read_only_fnames))

    class EditCoder(Coder):
        pass

    class Other:
        abs_fnames: Any = None

    module = ModuleType("base_coder")
    vars(module).update(Coder=Coder, EditCoder=EditCoder, Other=Other, number=3)
    for kind in kinds(module).values():
        kind.__module__ = module.__name__
    return module


@pytest.fixture
def module() -> ModuleType:
    return coder_module()


def attached(module: ModuleType) -> adapter.Attached:
    found = adapter.attach(module)
    assert found is not None
    return found


def test_files_stand_in_the_order_of_their_names_however_they_came(module: ModuleType) -> None:
    attached(module)
    for kind in (module.Coder, module.EditCoder):
        coder = kind()
        for name in NAMES[::-1]:
            coder.abs_fnames.add(name)
        coder.abs_read_only_fnames = set(NAMES)
        assert coder.get_files_content().split() == sorted(NAMES)
        assert coder.get_chat_files_messages() == sorted(NAMES)
        assert coder.get_read_only_files_content().split() == sorted(NAMES)


def test_alone_their_order_is_that_of_a_set(module: ModuleType) -> None:
    coder = module.Coder()
    coder.abs_fnames = set(NAMES)
    assert coder.get_files_content().split() == list(set(NAMES))


def test_it_is_a_set_to_all_who_use_it(module: ModuleType) -> None:
    attached(module)
    coder = module.Coder()
    coder.abs_fnames = set(NAMES)
    assert coder.abs_fnames == set(NAMES)
    assert coder.abs_fnames - set(NAMES[1:]) == {NAMES[0]}
    assert NAMES[3] in coder.abs_fnames
    coder.abs_fnames.remove(NAMES[3])
    coder.abs_fnames.discard("nothing")
    assert len(coder.abs_fnames) == len(NAMES) - 1
    assert isinstance(coder.abs_fnames, set)


def test_a_class_and_a_coder_without_files_have_what_they_had(module: ModuleType) -> None:
    attached(module)
    assert module.Coder.abs_fnames is None
    coder = module.Coder.__new__(module.Coder)
    assert coder.abs_fnames is None
    coder.abs_fnames = ["a", "b"]
    assert coder.abs_fnames == ["a", "b"]
    del coder.abs_fnames
    assert coder.abs_fnames is None


def test_detaching_restores_the_classes_and_the_coders_that_live(module: ModuleType) -> None:
    before = {name: dict(vars(kind)) for name, kind in kinds(module).items()}
    early = module.Coder()
    early.abs_fnames = set(NAMES)
    attachment = attached(module)
    coder = module.EditCoder()
    coder.abs_fnames = set(NAMES)
    attachment.detach()
    attachment.detach()
    assert {name: dict(vars(kind)) for name, kind in kinds(module).items()} == before
    assert type(coder.abs_fnames) is type(early.abs_fnames) is set
    assert coder.abs_fnames == early.abs_fnames == set(NAMES)


def kinds(module: ModuleType) -> dict[str, type]:
    return {name: kind for name, kind in vars(module).items() if isinstance(kind, type)}


def test_it_attaches_once_and_again_after_detaching(module: ModuleType) -> None:
    attachment = attached(module)
    assert adapter.attach(module) is None
    attachment.detach()
    assert adapter.attach(module) is not None


def test_a_coder_that_nobody_has_any_more_is_let_go(module: ModuleType) -> None:
    attached(module)
    coder = module.Coder()
    alive = weakref.ref(coder)
    del coder
    gc.collect()
    assert alive() is None


def test_a_class_that_a_module_has_from_another_is_left_alone() -> None:
    module = ModuleType("commands")
    vars(module).update(vars(coder_module()), __name__="commands")
    vars(module).update(RepoMap=map_module().RepoMap)
    assert adapter.attach(module) is None
    assert not hasattr(module, "set")


def test_a_module_without_such_a_class_is_left_alone() -> None:
    module = ModuleType("base_coder")
    vars(module).update(Coder=type("Coder", (), {"abs_fnames": None}), text="x")
    assert adapter.attach(module) is None


@dataclass(frozen=True)
class Node:
    """A syntax node, by where it stands."""

    start_byte: int
    end_byte: int


def map_module() -> ModuleType:
    """A module as the host's map of a repository: what it shows follows the order of its sets."""
    module = ModuleType("repomap")
    code = """
class RepoMap:
    def _run_captures(self, nodes):
        return nodes

    def get_ranked_tags(self, names):
        kept = defaultdict(set)
        for name in names:
            kept["all"].add(name)
        return list(set(names).union(names).intersection(set(kept["all"])))

    def get_repo_map(self):
        return None
"""
    vars(module)["defaultdict"] = defaultdict
    exec(code, vars(module))  # noqa: S102  # its functions must look names up in this module
    return module


def test_a_map_ranks_in_one_order_and_detaching_restores_it() -> None:
    module = map_module()
    search = module.RepoMap._run_captures
    attachment = attached(module)
    assert module.RepoMap().get_ranked_tags(NAMES) == sorted(NAMES)
    assert adapter.attach(module) is None
    attachment.detach()
    assert not hasattr(module, "set")
    assert module.RepoMap._run_captures is search
    assert module.RepoMap().get_ranked_tags(NAMES) != sorted(NAMES)


def test_syntax_nodes_come_in_the_order_in_which_they_stand() -> None:
    module = map_module()
    attached(module)
    nodes = [Node(3, 5), Node(1, 9), Node(1, 2)]
    found = module.RepoMap()._run_captures({"b": nodes, "a": nodes[:1]})
    assert list(found.items()) == [("a", [Node(3, 5)]), ("b", sorted(nodes, key=astuple))]
    assert module.RepoMap()._run_captures([(nodes[0], "b")]) == [(nodes[0], "b")]
