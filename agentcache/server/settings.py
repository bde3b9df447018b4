"""Sessions whose agent's git has other settings than the server's, by which it verifies."""

import os
from dataclasses import replace

from agentcache.core.session import Mode
from agentcache.repo.apart import settings_of
from agentcache.server.spec import SessionSpec


def without_other_settings(spec: SessionSpec) -> tuple[SessionSpec, list[str]]:
    """`spec`, only observing where what its agent is shown cannot be verified here; and why."""
    if spec.settings is None or spec.mode is not Mode.ON:
        return spec, []
    names = sorted({name for name, _ in {*spec.settings} ^ {*settings_of(os.environ)}})
    if not names:
        return spec, []
    why = (
        f"{names[0]} is not what the server was started with, so git may differ: only observing; "
        "`agentcache stop`, while no session runs, lets the next one start it with its own"
    )
    return replace(spec, mode=Mode.OBSERVE), [why]
