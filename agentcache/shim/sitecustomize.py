"""Runs in every Python program below `agentcache run`: sends fixed base URLs through the session.

Standard library only, nothing imported before the program imports it, and never a reason for the
program to fail: without `AGENTCACHE_SESSION` it does nothing at all.
"""

import os
import sys

_SDKS = {"anthropic": ("Anthropic", "AsyncAnthropic"), "openai": ("OpenAI", "AsyncOpenAI")}


def _routed(session, base_url):
    """The session's URL that stands for `base_url`, which stays as it is when it is one already."""
    text = str(base_url)
    scheme, separator, rest = text.partition("://")
    if text.startswith(session) or not separator or scheme not in ("http", "https"):
        return base_url
    return session + "/" + scheme + "/" + rest.rstrip("/")


def _wrap(kind, session):
    """Make `kind(base_url=...)` go through the session; subclasses with URLs of their own do not."""
    original = kind.__init__

    def __init__(self, *args, **kwargs):
        if type(self).__module__.split(".")[:2] == kind.__module__.split(".")[:2] or (
            type(self) is kind
        ):
            if kwargs.get("base_url") is not None:
                kwargs["base_url"] = _routed(session, kwargs["base_url"])
        original(self, *args, **kwargs)

    __init__.__wrapped__ = original
    kind.__init__ = __init__


class _Finder:
    """Finds nothing itself; lets an SDK's own loader run, then wraps its clients."""

    def __init__(self, session):
        self._session = session
        self._looking = set()

    def find_spec(self, name, path=None, target=None):
        if name not in _SDKS or name in self._looking:
            return None
        self._looking.add(name)
        try:
            import importlib.util

            spec = importlib.util.find_spec(name)
        finally:
            self._looking.discard(name)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return spec
        load, session = spec.loader.exec_module, self._session

        def exec_module(module):
            load(module)
            try:
                for kind in _SDKS[name]:
                    _wrap(getattr(module, kind), session)
            except Exception:
                pass  # an SDK of another shape is left as it is

        spec.loader.exec_module = exec_module
        return spec


def _chain():
    """Run the `sitecustomize` that this one stands in front of."""
    import importlib.machinery

    here = os.path.dirname(os.path.abspath(__file__))
    rest = [place for place in sys.path if os.path.abspath(place or os.curdir) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is None or spec.loader is None:
        return
    module = type(sys)("sitecustomize")
    module.__spec__, module.__file__ = spec, spec.origin
    spec.loader.exec_module(module)


if os.environ.get("AGENTCACHE_SESSION"):
    sys.meta_path.insert(0, _Finder(os.environ["AGENTCACHE_SESSION"]))
_chain()
