"""The project's own rules: style, types, import direction, a wheel that stands alone."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import uv

from agentcache import __version__

ROOT = Path(__file__).parent.parent


def run(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def test_every_file_is_in_our_style() -> None:
    run(tool("ruff"), "check", ".")
    run(tool("ruff"), "format", "--check", ".")


@pytest.mark.parametrize("where", [["agentcache", "adapters"], ["tests"]], ids=["package", "tests"])
def test_every_type_is_right(where: list[str], tmp_path: Path) -> None:
    run(tool("mypy"), "--cache-dir", str(tmp_path), *where)


def test_nobody_imports_upwards() -> None:
    run(tool("lint-imports"), "--no-cache")


def test_each_third_party_library_is_imported_in_one_module() -> None:
    importers: dict[str, set[str]] = {}
    for path in (ROOT / "agentcache").rglob("*.py"):
        for line in path.read_text().splitlines():
            match = re.match(r"\s*(?:from|import) (diskcache|msgspec|wcmatch|platformdirs)\b", line)
            if match:
                importers.setdefault(match.group(1), set()).add(str(path.relative_to(ROOT)))
    assert importers.keys() == {"diskcache", "msgspec", "wcmatch", "platformdirs"}
    assert {library: len(paths) for library, paths in importers.items()} == dict.fromkeys(
        importers, 1
    )


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path): count
        for path in (ROOT / "agentcache").rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_the_wheel_works_in_an_empty_environment(tmp_path: Path) -> None:
    binary = uv.find_uv_bin()
    run(binary, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "agentcache/shim/sitecustomize.py" in names
    assert "agentcache/py.typed" in names
    assert not any(name.startswith(("tests/", "fixtures/")) for name in names)
    run(binary, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "env"))
    python = str(tmp_path / "env/bin/python")
    run(binary, "pip", "install", "--quiet", "--python", python, str(wheel))
    done = subprocess.run(
        [tmp_path / "env/bin/agentcache", "--version"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"agentcache, version {__version__}"
