"""The Scopes of what is asked inside a loop."""

from agentcache.core.codec import RawJson, as_raw, canonical_json
from agentcache.core.session import Session
from agentcache.core.values import Scope, WireName
from agentcache.repo.worktree import WorkTree
from agentcache.tool_results import IN_THE_LOOP


class ScopeMemory:
    """The Scope of the last use of a tool, which is that of most; for any thread."""

    def __init__(self) -> None:
        self._last: tuple[Session, WorkTree | None, str, Scope, RawJson] | None = None

    def scope(self, session: Session, tree: WorkTree | None, user: str) -> tuple[Scope, RawJson]:
        """The Scope as `scope_of` has it, and its canonical JSON."""
        last = self._last
        if last is None or last[0] is not session or last[1] is not tree or last[2] != user:
            made = scope_of(session, tree, user=user)
            last = self._last = (session, tree, user, made, as_raw(canonical_json(made)))
        return last[3], last[4]


def scope_of(
    session: Session,
    tree: WorkTree | None,
    *,
    user: str,
    registry: str = "",
    model: str = "",
    agent: str = "",
) -> Scope:
    """The Scope of what is asked inside a loop of this session."""
    return Scope(
        tenant=session.tenant,
        user=user,
        repository=str(tree.common_dir) if tree else "",
        upstream=IN_THE_LOOP,
        wire=WireName.ANTHROPIC,  # none; it has to have one
        model=model,
        profile=agent,
        registry=registry,
        parameters="",
        directory=tree.to_relative(session.cwd) if tree else session.cwd,
    )
