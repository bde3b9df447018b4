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
