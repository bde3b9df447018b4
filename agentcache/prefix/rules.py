"""The rules of providers' prefix caches, as dated data: which hold for a model at an upstream.

Knows the form of the table, no provider: every number stands in rules.toml or in a user's file.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import resources
from typing import get_type_hints
from urllib.parse import urlsplit

from agentcache.core.codec import CodecError, JsonObject, convert, decode_toml_as
from agentcache.core.values import WireName
from agentcache.errors import UsageError
from agentcache.prefix.prompt import Level


class Kind(StrEnum):
    """What makes a provider cache a prefix."""

    MARKS = "marks"  # only a breakpoint
    IMPLICIT = "implicit"  # nothing has to be asked for; breakpoints where most_marks is above 0
    UNITS = "units"  # the ends of requests, and prefixes that requests were seen to share
    BLOCKS = "blocks"  # chained hashes of an engine's blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRules:
    """The rules for one model at one provider; rules.toml says what the fields mean.

    `pattern`: which of the table's patterns named the model, "" where none did and these are the
    provider's defaults. `lifetimes` and `write_price` have the same keys, the names of the ttls.
    `late_system`: a system message may stand inside of the conversation. `conflict`: what sources
    disagree about; the stricter value is the one that holds here.
    """

    provider: str
    kind: Kind
    minimum: int
    lifetimes: Mapping[str, float]
    default_ttl: str
    write_price: Mapping[str, float]
    read_price: float
    round_to: int
    most_marks: int = 0
    lookback: int = 0
    runs_are_one: bool = False
    routes_by_key: bool = False
    key_isolates: bool = False
    key_rate: int = 0
    late_system: bool = False
    kills: Mapping[str, Level] = field(default_factory=dict)
    pattern: str = ""
    conflict: str = ""
    source: str = ""
    as_of: str = ""

    @property
    def ttls(self) -> tuple[str, ...]:
        """The lifetimes that can be asked for, the shortest first."""
        return tuple(self.lifetimes)

    def ttl_of(self, mark: str | None) -> str:
        """The ttl that a mark asks for; one that is not offered, or not named, is the default."""
        return mark if mark is not None and mark in self.lifetimes else self.default_ttl


@dataclass(frozen=True, slots=True)
class Models:
    """The settings of the models that one of the patterns names."""

    match: tuple[str, ...]
    settings: JsonObject


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's part of the table.

    `like`: the provider that this one extends. `vendors`: what stands before the "/" of a model's
    name, and whose rules it then gets.
    """

    name: str
    hosts: tuple[str, ...] = ()
    like: str = ""
    vendors: Mapping[str, str] = field(default_factory=dict)
    defaults: JsonObject = field(default_factory=dict)
    models: tuple[Models, ...] = ()

    def over(self, base: "Provider") -> "Provider":
        """What this provider says, and for the rest what the other one does."""
        return Provider(
            self.name,
            self.hosts + base.hosts,
            self.like or base.like,
            {**base.vendors, **self.vendors},
            {**base.defaults, **self.defaults},
            self.models + base.models,
        )

    def pattern_for(self, model: str) -> tuple[str, JsonObject] | None:
        """The first pattern that names a model, and its settings."""
        for models in self.models:
            for pattern in models.match:
                if fnmatchcase(model, pattern):
                    return pattern, models.settings
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The whole table, which `load_rules` makes.

    `unknown_hosts`: what a host that no provider has is taken for, by the wire, in the order in
    which the providers are asked whether they know the model; the last takes every model.
    """

    table: Mapping[str, Provider]
    unknown_hosts: Mapping[WireName, tuple[str, ...]]

    def for_call(
        self, wire: WireName, upstream: str, model: str, *, provider: str | None = None
    ) -> ModelRules:
        """The rules for a model behind an upstream's URL.

        `provider`: a name of the table, which then decides; without one the URL's host does, and
        where no provider has that host, the wire and the model. A model that the provider's table
        does not name gets the provider's defaults. Raises UsageError for an unknown provider.
        """
        if provider is not None:
            return self.fixed(provider).for_call(wire, upstream, model)
        is_short = len(upstream) + len(model) < _MOST_REMEMBERED
        find = _remembered if is_short else Rules._found
        return find(self, wire, upstream, model)

    def _found(self, wire: WireName, upstream: str, model: str) -> ModelRules:
        known = self._provider_at(upstream)
        name = known or self._provider_of(wire, model)
        vendor = self.table[name].vendors.get(model.lower().partition("/")[0])
        found = self.settled(vendor or name)
        pattern, settings = found.pattern_for(_short(model)) or ("", {})
        rules = _model_rules(name, {**found.defaults, **settings, "pattern": pattern})
        # Who resells a provider's models may refuse a parameter that is the provider's own.
        return rules if known else replace(rules, routes_by_key=False)

    def fixed(self, provider: str) -> "Rules":
        """The table with every upstream at one provider; raises UsageError for an unknown one."""
        if provider not in self.table:
            known = ", ".join(self.table)
            raise UsageError(f"provider {provider!r} is unknown; there are {known}")
        return Rules(
            {name: replace(one, hosts=()) for name, one in self.table.items()},
            dict.fromkeys(WireName, (provider,)),
        )

    def _provider_at(self, upstream: str) -> str | None:
        host = upstream_host(upstream)
        return next(
            (
                provider.name
                for provider in self.table.values()
                if any(fnmatchcase(host, pattern) for pattern in provider.hosts)
            ),
            None,
        )

    def _provider_of(self, wire: WireName, model: str) -> str:
        *hosted, last = self.unknown_hosts[wire]
        short = _short(model)
        return next((name for name in hosted if self.settled(name).pattern_for(short)), last)

    def settled(self, name: str) -> Provider:
        """A provider with everything it has from the one it is like."""
        provider = self.table[name]
        if not provider.like:
            return provider
        return provider.over(self.settled(provider.like))


_MOST_REMEMBERED = 1000
_remembered = lru_cache(maxsize=256)(Rules._found)  # noqa: SLF001  # every Call asks for its own


def _short(model: str) -> str:
    return model.lower().rpartition("/")[2]


def upstream_host(upstream: str) -> str:
    """The host of an upstream's URL in lower case, "" where it names none."""
    try:
        return (urlsplit(upstream).hostname or "").lower()
    except ValueError:  # brackets that hold no address
        return ""


@lru_cache(maxsize=8)
def load_rules(user_text: str | None = None) -> Rules:
    """The packaged table, with the text of a user's file over it.

    The user's providers and models come first; the keys of its defaults replace ours. Raises
    UsageError that names the key and the value where the text is no such table.
    """
    if user_text is None:
        text = resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
        return _checked_rules(_read(text))
    ours, theirs = load_rules(), _read(user_text)
    merged = {
        name: provider.over(ours.table[name]) if name in ours.table else provider
        for name, provider in theirs.table.items()
    }
    rest = {name: provider for name, provider in ours.table.items() if name not in merged}
    return _checked_rules(Rules(merged | rest, {**ours.unknown_hosts, **theirs.unknown_hosts}))


_TOP: Mapping[str, type[object]] = {
    "as_of": str,
    "unknown_hosts": dict[WireName, tuple[str, ...]],
    "providers": dict[str, JsonObject],
}
_PROVIDER: Mapping[str, type[object]] = {
    "hosts": tuple[str, ...],
    "like": str,
    "vendors": dict[str, str],
    "source": str,
    "defaults": JsonObject,
    "models": list[JsonObject],
}
_SETTINGS: Mapping[str, type[object]] = {
    name: kind
    for name, kind in get_type_hints(ModelRules).items()
    if name not in ("provider", "pattern", "source", "as_of")
}


def _read(text: str) -> Rules:
    try:
        raw = decode_toml_as(text, JsonObject)
    except CodecError as error:
        raise UsageError(f"the rules are not TOML: {error}") from error
    top = _known(raw, _TOP, "")
    dated = {"as_of": top["as_of"]} if "as_of" in top else {}
    tables = convert(top.get("providers", {}), dict[str, JsonObject])
    return Rules(
        {name: _read_provider(name, table, dated) for name, table in tables.items()},
        convert(top.get("unknown_hosts", {}), dict[WireName, tuple[str, ...]]),
    )


def _read_provider(name: str, table: JsonObject, dated: JsonObject) -> Provider:
    where = f"providers.{name}."
    given = _known(table, _PROVIDER, where)
    sourced = {"source": given["source"]} if "source" in given else {}
    defaults = convert(given.get("defaults", {}), JsonObject)
    models = convert(given.get("models", []), list[JsonObject])
    return Provider(
        name,
        convert(given.get("hosts", []), tuple[str, ...]),
        convert(given.get("like", ""), str),
        convert(given.get("vendors", {}), dict[str, str]),
        {**_known(defaults, _SETTINGS, f"{where}defaults."), **sourced, **dated},
        tuple(_read_models(one, f"{where}models[{at}].") for at, one in enumerate(models)),
    )


def _read_models(table: JsonObject, where: str) -> Models:
    settings = dict(_known(table, {"match": tuple[str, ...], **_SETTINGS}, where))
    match = convert(settings.pop("match", []), tuple[str, ...])
    if not match:
        raise UsageError(f"the rules: {where}match is missing: name the models it is for")
    return Models(match, settings)


def _known(table: JsonObject, kinds: Mapping[str, type[object]], where: str) -> JsonObject:
    """The table, when it has no other keys than `kinds` and each value is of its kind."""
    for key, value in table.items():
        if key not in kinds:
            raise UsageError(f"the rules: {where}{key} is unknown; there are {', '.join(kinds)}")
        try:
            convert(value, kinds[key])
        except CodecError as error:
            raise UsageError(f"the rules: {where}{key} = {value!r}: {error}") from error
    return table


def _checked_rules(rules: Rules) -> Rules:
    """The rules; UsageError when a name is unknown, or a model's settings are not all there."""
    for name, provider in rules.table.items():
        for other in (*([provider.like] if provider.like else []), *provider.vendors.values()):
            if other not in rules.table or rules.table[other].like:
                raise UsageError(
                    f"the rules: providers.{name} names {other!r}, no provider of its own; "
                    f"there are {', '.join(rules.table)}"
                )
        whole = rules.settled(name)
        for settings in ({}, *(models.settings for models in provider.models)):
            _model_rules(name, {**whole.defaults, **settings})
    for wire, names in rules.unknown_hosts.items():
        if not names or not set(names) <= rules.table.keys():
            raise UsageError(f"the rules: unknown_hosts.{wire} = {names!r} names no provider")
    return rules


def _model_rules(provider: str, settings: JsonObject) -> ModelRules:
    """A model's rules from all of its settings; raises UsageError when they make none."""
    try:
        rules = convert({**settings, "provider": provider}, ModelRules)
    except CodecError as error:
        raise UsageError(f"the rules of providers.{provider} are not complete: {error}") from error
    for key, breach in _breaches(rules):
        raise UsageError(
            f"the rules: providers.{provider}: {key} = {getattr(rules, key)!r} {breach}"
        )
    return rules


def _breaches(rules: ModelRules) -> Iterator[tuple[str, str]]:
    """Each field whose value cannot be, and what it must be."""
    for key in ("minimum", "most_marks", "lookback", "key_rate", "read_price"):
        if not 0 <= getattr(rules, key) < math.inf:
            yield key, "must not be below 0"
    if rules.round_to < 1:
        yield "round_to", "must be 1 or more"
    if not all(seconds > 0 for seconds in rules.lifetimes.values()):
        yield "lifetimes", "must be seconds above 0"
    if list(rules.lifetimes.values()) != sorted(rules.lifetimes.values()):
        yield "lifetimes", "must name the shortest first"
    if rules.default_ttl not in rules.lifetimes:
        yield "default_ttl", f"is none of {', '.join(rules.lifetimes)}"
    if rules.write_price.keys() != rules.lifetimes.keys():
        yield "write_price", f"must have a price for each of {', '.join(rules.lifetimes)}"
    if not all(0 <= price < math.inf for price in rules.write_price.values()):
        yield "write_price", "must not be below 0"
