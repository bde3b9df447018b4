import math
from fnmatch import fnmatchcase

import pytest

from agentcache.core.values import WireName
from agentcache.errors import UsageError
from agentcache.prefix.prompt import Level
from agentcache.prefix.rules import Kind, ModelRules, load_rules, upstream_host

A, CHAT, RESPONSES = WireName
ANTHROPIC, OPENAI = "https://api.anthropic.com/v1/messages", "https://api.openai.com/v1/responses"
NOWHERE = "http://127.0.0.1:8000/v1"


def rules_of(model: str, url: str = ANTHROPIC, wire: WireName = A) -> ModelRules:
    return load_rules().for_call(wire, url, model)


def test_a_model_s_name_may_be_of_any_length() -> None:
    assert rules_of("claude-sonnet-5" + "-x" * 1000) == rules_of("claude-sonnet-5-x")


@pytest.mark.parametrize(
    ("model", "minimum", "read"),
    [
        ("claude-fable-5", 512, 0.1),
        ("claude-fable-5-1", 512, 0.025),
        ("claude-mythos-5", 512, 0.1),
        ("claude-mythos-5-1", 512, 0.025),
        ("claude-opus-5", 512, 0.1),
        ("claude-opus-5-5", 512, 0.05),
        ("claude-sonnet-5-5", 512, 0.1),
        ("claude-haiku-5-5", 512, 0.1),
        ("claude-opus-4-8", 1024, 0.1),
        ("claude-sonnet-5", 1024, 0.1),
        ("claude-sonnet-4-6", 1024, 0.1),
        ("claude-sonnet-4-5-20250929", 1024, 0.1),
        ("claude-sonnet-4-20250514", 1024, 0.1),
        ("claude-opus-4-1-20250805", 1024, 0.1),
        ("claude-opus-4-20250514", 1024, 0.1),
        ("claude-opus-4-7", 2048, 0.1),
        ("claude-mythos-preview", 2048, 0.1),
        ("claude-3-5-haiku-20241022", 2048, 0.1),
        ("claude-opus-4-6", 4096, 0.1),
        ("claude-opus-4-5-20251101", 4096, 0.1),
        ("claude-haiku-4-5", 4096, 0.1),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", 4096, 0.1),
        ("Claude-Opus-5-5", 512, 0.05),
    ],
)
def test_the_table_has_the_published_numbers_of_anthropic(
    model: str, minimum: int, read: float
) -> None:
    rules = rules_of(model)
    assert (rules.minimum, rules.read_price) == (minimum, read)
    assert rules.pattern
    assert (rules.kind, rules.most_marks, rules.lookback) == (Kind.MARKS, 4, 20)
    assert rules.write_price == {"5m": 1.25, "1h": 2.0}
    assert rules.lifetimes == {"5m": 300, "1h": 3600}
    assert rules.runs_are_one


@pytest.mark.parametrize(
    ("model", "most_marks", "round_to", "read", "ttls"),
    [
        ("gpt-6.1-sol", 4, 1, 0.05, ("30m", "12h")),
        ("gpt-6.2-sol", 4, 1, 0.1, ("30m", "12h")),
        ("gpt-6-astra", 4, 1, 0.1, ("30m", "12h")),
        ("gpt-5.6-terra", 4, 1, 0.1, ("30m", "12h")),
        ("gpt-5.5-2026-04-23", 0, 2048, 0.1, ("24h",)),
        ("gpt-5.1-codex", 0, 128, 0.1, ("in_memory", "24h")),
        ("gpt-4.1-mini", 0, 128, 0.25, ("in_memory", "24h")),
        ("o3", 0, 128, 0.25, ("in_memory", "24h")),
        ("o4-mini", 0, 128, 0.25, ("in_memory", "24h")),
        ("gpt-4o-2024-11-20", 0, 128, 0.5, ("in_memory", "24h")),
        ("o1", 0, 128, 0.5, ("in_memory", "24h")),
    ],
)
def test_the_table_has_the_published_numbers_of_openai_by_generation(
    model: str, most_marks: int, round_to: int, read: float, ttls: tuple[str, ...]
) -> None:
    rules = rules_of(model, OPENAI, RESPONSES)
    assert (rules.kind, rules.minimum, rules.pattern != "") == (Kind.IMPLICIT, 1024, True)
    assert (rules.most_marks, rules.round_to, rules.read_price) == (most_marks, round_to, read)
    assert rules.ttls == ttls
    assert rules.key_isolates == (most_marks == 4)
    assert rules.routes_by_key
    assert set(rules.write_price.values()) == {1.25 if most_marks else 1.0}


def test_every_pattern_of_the_table_can_be_reached() -> None:
    for provider in load_rules().table.values():
        patterns = [pattern for models in provider.models for pattern in models.match]
        for at, pattern in enumerate(patterns):
            name = pattern.replace("[-.]", "-").replace("[0-9]", "3").replace("[6-9]", "7")
            name = name.replace("[56]", "5").replace("*", "")
            assert fnmatchcase(name, pattern)
            first = next(one for one in patterns if fnmatchcase(name, one))
            assert first == pattern, f"{first} stands before {pattern}, number {at}"


def test_every_provider_says_where_its_rules_are_from_and_as_of_when() -> None:
    rules = load_rules()
    for provider in rules.table:
        found = rules.for_call(A, NOWHERE, "some-model", provider=provider)
        assert found.as_of == "2026-11-21"
        assert found.source
        assert found.pattern == ""


def test_an_unknown_model_of_a_known_provider_gets_the_strictest_values_of_that_provider() -> None:
    for url, wire in ((ANTHROPIC, A), (OPENAI, CHAT)):
        unknown = rules_of("model-of-tomorrow", url, wire)
        assert unknown.pattern == ""
        provider = load_rules().table[unknown.provider]
        known = [
            rules_of(name.replace("*", "").replace("[-.]", "-"), url, wire)
            for models in provider.models
            for name in models.match
        ]
        assert unknown.minimum == max(one.minimum for one in known)
        assert unknown.read_price == max(one.read_price for one in known)


@pytest.mark.parametrize(
    ("url", "wire", "model", "provider", "kind"),
    [
        ("https://API.anthropic.com/v1", A, "m", "anthropic", Kind.MARKS),
        ("https://api.openai.com:443/v1", CHAT, "m", "openai", Kind.IMPLICIT),
        ("https://mine.openai.azure.com/x", CHAT, "m", "openai", Kind.IMPLICIT),
        ("https://api.deepseek.com/chat", CHAT, "deepseek-chat", "deepseek", Kind.UNITS),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", CHAT, "gemini-3",
         "gemini", Kind.IMPLICIT),
        ("https://bedrock-runtime.us-east-1.amazonaws.com", A, "anthropic.claude-opus-5-v1:0",
         "claude-on-clouds", Kind.MARKS),
        (NOWHERE, A, "qwen3", "anthropic", Kind.MARKS),
        (NOWHERE, CHAT, "gpt-5.1", "openai", Kind.IMPLICIT),
        (NOWHERE, CHAT, "gpt-oss-120b", "self-hosted", Kind.BLOCKS),
        (NOWHERE, RESPONSES, "anthropic/claude-opus-5", "anthropic", Kind.MARKS),
        (NOWHERE, CHAT, "Qwen/Qwen3-Coder", "self-hosted", Kind.BLOCKS),
        ("http://[not-a-host", CHAT, "llama", "self-hosted", Kind.BLOCKS),
        ("", A, "claude-opus-5", "anthropic", Kind.MARKS),
    ],
)  # fmt: skip
def test_the_provider_is_told_by_host_then_by_wire_and_model(
    url: str, wire: WireName, model: str, provider: str, kind: Kind
) -> None:
    rules = rules_of(model, url, wire)
    assert (rules.provider, rules.kind) == (provider, kind)


def test_a_reseller_has_the_rules_of_the_vendor_in_the_models_name() -> None:
    url = "https://openrouter.ai/api/v1/chat/completions"
    claude = rules_of("anthropic/claude-opus-4.5", url, CHAT)
    assert (claude.provider, claude.kind, claude.minimum) == ("openrouter", Kind.MARKS, 4096)
    assert rules_of("deepseek/deepseek-chat", url, CHAT).kind is Kind.UNITS
    assert rules_of("nobody/new", url, CHAT).kind is Kind.IMPLICIT


def test_a_provider_that_is_like_another_has_its_models_and_differs_where_it_says_so() -> None:
    clouds = load_rules().for_call(A, NOWHERE, "claude-opus-5", provider="claude-on-clouds")
    assert (clouds.minimum, clouds.runs_are_one) == (512, False)


def test_a_named_provider_decides_whatever_the_host() -> None:
    rules = load_rules().for_call(A, ANTHROPIC, "claude-opus-5", provider="vllm")
    assert (rules.kind, rules.read_price, rules.lifetimes) == (
        Kind.BLOCKS,
        0,
        {"resident": math.inf},
    )


def test_an_unknown_provider_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'gogle' is unknown; there are anthropic, .*gemini"):
        load_rules().for_call(A, ANTHROPIC, "m", provider="gogle")


def test_a_change_kills_from_the_level_on_that_the_provider_publishes() -> None:
    kills = rules_of("claude-opus-5").kills
    assert [kills[name] for name in ("speed", "web_search", "citations")] == [Level.SYSTEM] * 3
    assert [kills[name] for name in ("tool_choice", "thinking", "images")] == [Level.MESSAGES] * 3
    openai = rules_of("gpt-6.1", OPENAI, RESPONSES).kills
    assert "tool_choice" not in openai
    assert set(openai.values()) == {Level.TOOLS}


def test_where_sources_disagree_the_stricter_value_holds_and_both_are_told() -> None:
    assert rules_of("claude-sonnet-5-5").read_price == 0.1
    assert "0.05 or 0.1" in rules_of("claude-sonnet-5-5").conflict
    assert "12h" in rules_of("gpt-5.6-sol", OPENAI, CHAT).conflict


def test_a_users_models_stand_before_ours_and_their_defaults_replace_ours() -> None:
    mine = load_rules(
        """
        as_of = "2027-01-01"
        [providers.anthropic.defaults]
        minimum = 99
        [[providers.anthropic.models]]
        match = ["claude-opus-5*"]
        read_price = 0.2
        """
    )
    opus = mine.for_call(A, ANTHROPIC, "claude-opus-5-5")
    assert (opus.read_price, opus.minimum, opus.as_of) == (0.2, 99, "2027-01-01")
    assert mine.for_call(A, ANTHROPIC, "claude-opus-4-8").minimum == 1024
    assert mine.for_call(A, ANTHROPIC, "claude-of-tomorrow").minimum == 99
    assert rules_of("claude-opus-5-5").read_price == 0.05


def test_a_user_can_name_a_provider_and_what_unknown_hosts_are() -> None:
    mine = load_rules(
        """
        unknown_hosts = { openai-chat = ["ours"] }
        [providers.ours]
        like = "self-hosted"
        hosts = ["*.example.org"]
        [providers.ours.defaults]
        minimum = 32
        """
    )
    for url in ("https://gpu.example.org/v1", NOWHERE):
        rules = mine.for_call(CHAT, url, "qwen3")
        assert (rules.provider, rules.minimum, rules.kind) == ("ours", 32, Kind.BLOCKS)
    assert mine.for_call(RESPONSES, NOWHERE, "qwen3").provider == "self-hosted"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("minimum", "not TOML"),
        ("price = 3", "price is unknown"),
        ("[providers.x]\nhots = ['a']", "providers.x.hots is unknown; there are hosts"),
        ("[providers.x]\nhosts = 'a'", "providers.x.hosts = 'a'"),
        ("[providers.openai.defaults]\nminimum = 'low'", "defaults.minimum = 'low'"),
        ("[providers.openai.defaults]\nminimum = -1", "minimum = -1"),
        ("[providers.openai.defaults]\nread_price = nan", "read_price = nan"),
        ("[providers.openai.defaults]\nround_to = 0", "round_to = 0"),
        ("[providers.openai.defaults]\nkind = 'magic'", "kind = 'magic'"),
        ("[providers.openai.defaults]\nkills = { speed = 'all' }", "kills = {'speed': 'all'}"),
        ("[providers.openai.defaults]\nprovider = 'x'", "defaults.provider is unknown"),
        ("[[providers.openai.models]]\nminimum = 3", r"models\[0\].match is missing"),
        ("[[providers.openai.models]]\nmatch = ['m']\ndefault_ttl = '9h'", "default_ttl = '9h'"),
        ("[[providers.openai.models]]\nmatch = ['m']\nlifetimes = { '24h' = 0 }", "lifetimes = "),
        ("[[providers.openai.models]]\nmatch = ['m']\nlifetimes = { in_memory = 9, '24h' = 3 }",
         "the shortest first"),
        ("[[providers.openai.models]]\nmatch = ['m']\nwrite_price = { in_memory = 1 }",
         "write_price = {'in_memory': 1.0} must have a price for each of in_memory, 24h"),
        ("[[providers.openai.models]]\nmatch = ['m']\nwrite_price = { in_memory = 1, '24h' = -1 }",
         "must not be below 0"),
        ("[providers.new.defaults]\nminimum = 3", "providers.new are not complete"),
        ("[providers.new]\nlike = 'old'", "providers.new names 'old'"),
        ("[providers.new]\nlike = 'new'", "providers.new names 'new'"),
        ("[unknown_hosts]\nopenai-chat = ['old']", r"unknown_hosts.openai-chat = \('old',\)"),
        ("[unknown_hosts]\nftp = ['openai']", "unknown_hosts = {'ftp'"),
        ("as_of = 2026-01-01", "as_of = "),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_an_error_with_key_and_value(given: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        load_rules(given)


def test_a_ttl_that_is_not_offered_is_the_default_one() -> None:
    rules = rules_of("claude-opus-5")
    assert [rules.ttl_of(ttl) for ttl in ("1h", "", None, "2h")] == ["1h", "5m", "5m", "5m"]


def test_the_table_is_loaded_once() -> None:
    assert load_rules() is load_rules()


def test_a_host_is_told_whatever_else_the_url_holds() -> None:
    assert upstream_host("https://user:pass@API.example.org:8443/v1?x=y") == "api.example.org"
    assert upstream_host("no url") == ""
