"""`agentcache tools`: what is kept for which set of tools."""

from pathlib import Path

from agentcache.core.codec import Json, convert, decode_json
from agentcache.core.entry import Cost, Entry, Kind, Slot, encode_slot
from agentcache.core.registry import registry_tag
from agentcache.core.values import Part, Reply, Scope, Stop, Text, Tool, ToolUse, Usage, WireName
from agentcache.store.disk import DiskStore
from support.server import run_cli

OLD, NEW = registry_tag([Tool("Read", "d1")]), registry_tag([Tool("Read", "d2")])


def keep(home: Path, kind: Kind, tag: str, made_at: float, *parts: Part, model: str = "m") -> None:
    scope = Scope(
        "default", "", "/w/.git", "http://127.0.0.1", WireName.ANTHROPIC, model, "p", tag, "q"
    )
    said = parts or (Text("There."),)
    reply = Reply(model, said, Stop.TOOL_USE if parts else Stop.END)
    entry = Entry(kind, scope, "Where?", reply, (), Cost(1, Usage()), made_at)
    store = DiskStore(home / "store", size_limit=1 << 30)
    store.save(f"{kind}:{tag}{made_at}", encode_slot(Slot((entry,))))
    store.close()


def filled(home: Path) -> Path:
    keep(home, Kind.RESEARCH, NEW, 30.0)
    keep(home, Kind.DECISION, OLD, 10.0, ToolUse("1", "Read", {}), ToolUse("2", "Grep", {}))
    keep(home, Kind.DECISION, OLD, 11.0, ToolUse("3", "Glob", {}))
    keep(home, Kind.COMPACTION, OLD, 12.0, model="other")
    return home


def test_every_tag_has_its_entries_by_kind_and_the_newest_comes_first(tmp_path: Path) -> None:
    listed = convert(
        decode_json(run_cli(filled(tmp_path), "tools", "--json").stdout), list[dict[str, Json]]
    )
    none = {kind.value: 0 for kind in Kind}
    assert listed == [
        {
            "tag": NEW, "entries": none | {"research": 1}, "models": ["m"], "tools": [],
            "last_kept": 30.0,
        },
        {
            "tag": OLD, "entries": none | {"decision": 2, "compaction": 1},
            "models": ["m", "other"], "tools": ["Glob", "Grep", "Read"], "last_kept": 12.0,
        },
    ]  # fmt: skip


def test_people_read_the_same(tmp_path: Path) -> None:
    first, _, second, *more = run_cli(filled(tmp_path), "tools").stdout.splitlines()
    assert first.startswith(f"{NEW}  1 research  (the last ")
    assert second.startswith(f"{OLD}  1 compaction, 2 decision  (the last ")
    assert more == ["  models: m, other", "  decisions ask for: Glob, Grep, Read"]


def test_results_of_tools_belong_to_no_set_and_no_model(tmp_path: Path) -> None:
    keep(tmp_path, Kind.TOOL, "", 30.0, model="")
    [line] = run_cli(tmp_path, "tools").stdout.splitlines()
    assert line.startswith("no set of tools  1 tool  (the last ")
    told = run_cli(tmp_path, "show", id_of_the_only_one(tmp_path)).stdout
    assert "model:" not in told
    assert "rests on: the tool's version\n" in told


def test_why_of_an_entry_that_no_request_is_known_of_leads_to_show(tmp_path: Path) -> None:
    keep(tmp_path, Kind.REPLAY, NEW, 30.0)
    done = run_cli(tmp_path, "why", id_of_the_only_one(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"`agentcache show {id_of_the_only_one(tmp_path)}`" in done.stderr


def id_of_the_only_one(home: Path) -> str:
    [entry] = convert(decode_json(run_cli(home, "ls", "--json").stdout), list[dict[str, Json]])
    return str(entry["id"])


def test_an_empty_store_is_no_error(tmp_path: Path) -> None:
    assert run_cli(tmp_path, "tools").stdout == "nothing is kept yet\n"
    assert decode_json(run_cli(tmp_path, "tools", "--json").stdout) == []
