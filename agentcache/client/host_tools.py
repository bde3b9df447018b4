"""The tools of a host agent that runs in this process, as an adapter's `attach` serves them."""

from collections.abc import Callable, Mapping
from typing import cast

from agentcache.client.embedded import Embedded
from agentcache.core.codec import Json, digest
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode


class HostTools:
    """Answers from the embedded store `where`, for the host named `host`; for any thread."""

    def __init__(self, where: Embedded, host: str) -> None:
        self._where = where
        self._host = host
        self._owner = digest([where.session.tenant, host])

    def serve(
        self, name: str, arguments: Mapping[str, object], cwd: str, run: Callable[[], object]
    ) -> object:
        """What the tool gives now: from an earlier run if that is known, else from `run`.

        `cwd`: the absolute directory that the tool's relative paths start from. Raises only what
        `run` does.
        """
        where = self._where
        where.desk.gatherings.tell_parents()
        if where.lifetime.is_over or where.session.mode is not Mode.ON:
            return run()
        for gathering in where.desk.gatherings.concerned():
            # Of a host's tools only some are seen, so an answer may rest on more than is known.
            gathering.refuse(Reason.OPAQUE_TOOL, f"{name} of {self._host}")
        results = where.tool_results
        given = cast("dict[str, Json]", dict(arguments))
        found = results.lookup(name, given, owner=self._owner, cwd=cwd)
        if found.text is not None:
            return found.text
        text = run()
        if isinstance(text, str) and not where.lifetime.is_over:
            results.keep(found, text)
        return text
