"""What a Python program below `agentcache run` gets, with the real SDKs."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import agentcache.shim

ROOT = "http://127.0.0.1:4321/s/token"
SHIM = str(Path(agentcache.shim.__path__[0]))
KEYS = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}
VARIABLES = {
    "ANTHROPIC_BASE_URL": f"{ROOT}/https/api.anthropic.com",
    "OPENAI_BASE_URL": f"{ROOT}/https/api.openai.com/v1",
}


def run(
    body: str, *, path: str = SHIM, session: str | None = ROOT, flags: tuple[str, ...] = ()
) -> str:
    """What a program prints that was started with the shim; its errors fail the test."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": path, **KEYS}
    if session is not None:
        environ |= {"AGENTCACHE_SESSION": session, **VARIABLES}
    done = subprocess.run(
        [sys.executable, *flags, "-c", textwrap.dedent(body)],
        env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


CLIENTS = ["anthropic.Anthropic", "anthropic.AsyncAnthropic", "openai.OpenAI", "openai.AsyncOpenAI"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_fixed_base_url_goes_through_the_session(client: str) -> None:
    module = client.partition(".")[0]
    shown = run(f"""
        import {module}
        print({client}(base_url="https://own.example/v1/").base_url)
        print({client}(base_url="http://127.0.0.1:8000").base_url)
        print({client}(base_url="{ROOT}/https/x.example").base_url)
        print({client}(base_url="https://own.example/v1").copy(timeout=1).base_url)
        print({client}().with_options(base_url="https://late.example").base_url)
    """)
    assert shown.split() == [
        f"{ROOT}/https/own.example/v1/",
        f"{ROOT}/http/127.0.0.1:8000/",
        f"{ROOT}/https/x.example/",
        f"{ROOT}/https/own.example/v1/",
        f"{ROOT}/https/late.example/",
    ]


@pytest.mark.parametrize("client", CLIENTS)
def test_without_a_fixed_one_the_variable_says_where_to(client: str) -> None:
    module = client.partition(".")[0]
    shown = run(f"import {module}\nprint({client}().base_url, {client}(base_url=None).base_url)")
    assert shown.split() == [VARIABLES[f"{module.upper()}_BASE_URL"] + "/"] * 2


def test_a_url_object_is_a_url_too() -> None:
    shown = run("""
        import openai
        url = openai.OpenAI(base_url="https://own.example/v1").base_url
        print(openai.OpenAI(base_url=url).base_url)
        print(openai.OpenAI(base_url=type(url)("https://two.example/v1")).base_url)
    """)
    assert shown.split() == [f"{ROOT}/https/own.example/v1/", f"{ROOT}/https/two.example/v1/"]


def test_a_subclass_of_ones_own_goes_through_the_session() -> None:
    shown = run("""
        from openai import OpenAI
        class Mine(OpenAI):
            def __init__(self, **kwargs):
                super().__init__(base_url="https://own.example", **kwargs)
        print(Mine().base_url)
    """)
    assert shown == f"{ROOT}/https/own.example/"


def test_the_clouds_own_clients_are_left_alone_and_so_are_their_subclasses() -> None:
    shown = run("""
        from openai import AzureOpenAI
        class Mine(AzureOpenAI):
            pass
        for kind in (AzureOpenAI, Mine):
            client = kind(azure_endpoint="https://a.example", api_version="1", api_key="k",
                          azure_deployment="d")
            print(client.base_url)
    """)
    assert shown.split() == ["https://a.example/openai/deployments/d/"] * 2


@pytest.mark.parametrize(
    "first", ["import openai._client", "from openai import *", "import openai.types"]
)
def test_however_it_is_imported(first: str) -> None:
    shown = run(f"""
        {first}
        from openai import OpenAI
        print(OpenAI(base_url="https://own.example").base_url)
    """)
    assert shown == f"{ROOT}/https/own.example/"


def test_threads_that_import_it_late_and_at_once() -> None:
    shown = run("""
        import threading
        barrier = threading.Barrier(4)
        def work():
            barrier.wait()
            import openai
            print(openai.OpenAI(base_url="https://own.example").base_url)
        threads = [threading.Thread(target=work) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    """)
    assert shown.split() == [f"{ROOT}/https/own.example/"] * 4


def test_nothing_is_imported_before_the_program_does() -> None:
    names = ("anthropic", "openai", "typing", "httpx", "agentcache", "importlib.util")
    look = f"import sys\nprint([name for name in {names} if name in sys.modules])"
    assert run(look) == run(look, path="", session=None)


def test_without_a_session_nothing_changes() -> None:
    shown = run("""
        import sys, openai
        print(openai.OpenAI(base_url="https://own.example").base_url)
        print([finder for finder in sys.meta_path if type(finder).__name__ == "_Finder"])
    """, session=None)  # fmt: skip
    assert shown.split("\n") == ["https://own.example", "[]"]


def test_an_isolated_interpreter_is_left_alone() -> None:
    shown = run("""
        import openai
        print(openai.OpenAI(base_url="https://own.example").base_url)
    """, flags=("-I",))  # fmt: skip
    assert shown == "https://own.example"


@pytest.mark.parametrize("session", [ROOT, None])
def test_a_sitecustomize_that_it_hides_still_runs(tmp_path: Path, session: str | None) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import builtins\nbuiltins.mark = __name__ + ' ' + __file__\n"
    )
    path = os.pathsep.join([SHIM, str(tmp_path)])
    shown = run("import builtins\nprint(builtins.mark)", path=path, session=session)
    assert shown == f"sitecustomize {tmp_path / 'sitecustomize.py'}"


@pytest.mark.parametrize(
    "content",
    [
        "class OpenAI:\n    pass\n",
        "class OpenAI:\n    __init__ = property()\n",
        "def OpenAI(**kwargs): pass\nAsyncOpenAI = None\n",
        "",
    ],
)
def test_a_module_of_another_shape_is_imported_as_it_is(tmp_path: Path, content: str) -> None:
    (tmp_path / "openai.py").write_text(content + "x = 1\n")
    path = os.pathsep.join([SHIM, str(tmp_path)])
    assert run("import openai\nprint(openai.x)", path=path) == "1"


def test_an_error_of_the_module_itself_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "openai.py").write_text("raise ZeroDivisionError('mine')\n")
    path = os.pathsep.join([SHIM, str(tmp_path)])
    shown = run("""
        try:
            import openai
        except ZeroDivisionError as error:
            print(error)
    """, path=path)  # fmt: skip
    assert shown == "mine"


def test_a_module_that_is_missing_is_missing() -> None:
    shown = run("""
        import importlib.util, sys
        sys.path = [place for place in sys.path if "site-packages" not in place]
        print(importlib.util.find_spec("openai"))
        try:
            import openai
        except ModuleNotFoundError as error:
            print(error.name)
    """)
    assert shown.split() == ["None", "openai"]


def test_a_base_url_that_cannot_be_read_is_left_to_the_sdk() -> None:
    shown = run("""
        import openai
        class Odd:
            def __str__(self):
                raise ZeroDivisionError
        try:
            openai.OpenAI(base_url=Odd())
        except ZeroDivisionError:
            print("ours")
        except Exception as error:
            print("theirs")
    """)
    assert shown == "theirs"


def test_a_reloaded_sdk_goes_through_the_session_once() -> None:
    shown = run("""
        import importlib, openai
        importlib.reload(openai)
        print(openai.OpenAI(base_url="https://own.example").base_url)
    """)
    assert shown == f"{ROOT}/https/own.example/"


# A host's registry and coder, as small as they can be and still be of that shape.
LOOP = {
    "tool_registry.py": """
        from dataclasses import dataclass
        from typing import Callable

        @dataclass
        class ToolDef:
            name: str
            schema: dict
            func: Callable
            read_only: bool = False

        _registry = {}

        def register_tool(tool):
            _registry[tool.name] = tool

        def _cache_key(name, params):
            return name
    """,
    "base_coder.py": """
        class Coder:
            abs_fnames = None
            abs_read_only_fnames = None
            def get_files_content(self): pass
            def get_chat_files_messages(self): pass
            def get_read_only_files_content(self): pass
    """,
}
TELL = "print(hasattr({0}.register_tool, 'agentcache'), {0}._cache_key('a', {{}}) == 'a')"


@pytest.fixture
def loop(tmp_path: Path) -> Path:
    """A directory with both, and with a package that holds them too."""
    for place in (tmp_path, tmp_path / "host"):
        place.mkdir(exist_ok=True)
        for name, text in LOOP.items():
            (place / name).write_text(textwrap.dedent(text))
    (tmp_path / "host" / "__init__.py").touch()
    return tmp_path


def with_loop(place: Path, body: str, **variables: str) -> str:
    lines = "".join(f"os.environ[{name!r}] = {value!r}\n" for name, value in variables.items())
    return run(f"import os\n{lines}{body}", path=os.pathsep.join([SHIM, str(place)]))


@pytest.mark.parametrize("name", ["tool_registry", "host.tool_registry"])
def test_a_registry_of_tools_gets_its_adapter_wherever_it_lies(loop: Path, name: str) -> None:
    assert with_loop(loop, f"import {name}\n" + TELL.format(name)) == "True False"


def test_a_coder_with_sets_of_files_gets_its_adapter(loop: Path) -> None:
    shown = with_loop(
        loop,
        "from host.base_coder import Coder\n"
        "coder = Coder()\n"
        "coder.abs_fnames = set('edcba')\n"
        "print(*coder.abs_fnames)",
    )
    assert shown == "a b c d e"


def test_the_adapters_directory_does_not_become_one_that_the_program_imports_from(
    loop: Path,
) -> None:
    shown = with_loop(
        loop,
        "import sys\n"
        "before = list(sys.path)\n"
        "import tool_registry, base_coder\n"
        "print(sys.path == before, 'agentcache' in sys.modules, 'http' in sys.modules)",
    )
    assert shown == "True False False"


def test_the_adapters_can_be_switched_off(loop: Path) -> None:
    body = "import tool_registry\n" + TELL.format("tool_registry")
    assert with_loop(loop, body, AGENTCACHE_ADAPTERS="0") == "False True"


def test_a_module_of_that_name_but_another_shape_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tool_registry.py").write_text("def register_tool(tool): return tool\n")
    (tmp_path / "base_coder.py").write_text("Coder = 3\n")
    shown = with_loop(
        tmp_path,
        "import tool_registry, base_coder\n"
        "print(tool_registry.register_tool(1), hasattr(tool_registry.register_tool, 'agentcache'))",
    )
    assert shown == "1 False"


def test_an_adapter_that_fails_is_the_hosts_concern_in_nothing(loop: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    (broken / "agentcache" / "shim").mkdir(parents=True)
    shim = Path(SHIM) / "sitecustomize.py"
    (broken / "agentcache" / "shim" / "sitecustomize.py").write_text(shim.read_text())
    body = "import tool_registry\n" + TELL.format("tool_registry")
    path = os.pathsep.join([str(broken / "agentcache" / "shim"), str(loop)])
    assert run(body, path=path) == "False True"  # there is none
    adapter = broken / "agentcache_nano_claude_code"
    adapter.mkdir()
    (adapter / "__init__.py").write_text("raise ZeroDivisionError\n")
    assert run(body, path=path) == "False True"
    (adapter / "__init__.py").write_text("def attach(module):\n    module.mark = 1\n")
    assert run("import tool_registry\nprint(tool_registry.mark)", path=path) == "1"  # a wheel's
