"""Names against globs; the only module that knows the glob library."""

from functools import lru_cache
from typing import Protocol, cast

from wcmatch import glob as wcglob

from agentcache.errors import ObserveError

_FLAGS = wcglob.GLOBSTAR | wcglob.BRACE | wcglob.DOTGLOB | wcglob.FORCEUNIX
_LONGEST = 500
_MOST_BRACES = 3


class _Matcher(Protocol):
    def match(self, filename: str) -> bool: ...


@lru_cache(maxsize=256)
def _matcher(patterns: tuple[str, ...]) -> _Matcher:
    for pattern in patterns:
        # Braces multiply, and a range in them can stand for any number of names.
        if len(pattern) > _LONGEST or pattern.count("{") > _MOST_BRACES or ".." in pattern:
            raise ObserveError(f"a glob that is too much to look for: {pattern[:60]!r}")
    try:
        return cast("_Matcher", wcglob.compile(list(patterns), flags=_FLAGS, limit=0))
    except (ValueError, RecursionError) as error:
        raise ObserveError(f"the glob {patterns[0]!r}: {error}") from error


def matches(path: str, pattern: str) -> bool:
    """Whether `path`, or its end from some part on, matches `pattern`; raises ObserveError.

    A pattern without `/` is held against the last part. Names with a leading dot match `*`.
    """
    if not pattern:
        return True
    pattern = pattern.strip("/")
    if "/" not in pattern:
        return bool(_matcher((pattern,)).match(path.rpartition("/")[2]))
    return bool(_matcher((pattern, f"**/{pattern}")).match(path))


def matches_from(path: str, pattern: str) -> bool:
    """Whether `path`, relative to where a pattern is anchored, matches it from its beginning."""
    return bool(_matcher((pattern.strip("/"),)).match(path))
