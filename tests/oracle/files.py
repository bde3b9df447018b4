"""The files of the repository that the oracle edits, and a template of it to copy.

Names and contents are few, so that edits meet what was asked about.
"""

import os
import shutil
import subprocess
from pathlib import Path

from support.repositories import ENVIRONMENT, make_repository

ALPHA = "import beta\n\n\ndef alpha(x):\n    retries = 3\n    return x\n\n\nTODO = 1\n"
CONTENTS = (
    ALPHA,
    ALPHA.replace("3", "4"),
    ALPHA.replace("\n", "\r\n"),
    ALPHA.replace("import beta", "import gamma"),
    "def beta():\n    return 2\n",
    "def beta():\n    return 2",
    "import alpha\nimport util\n\n\nclass Engine:\n    limit = 10\n    # TODO: retries\n",
    "import alpha\nimport util\n\n\nclass Engine:\n    limit = 20\n    # TODO: retries\n",
    "limit = 5\nretries = 1\nname = 'zebra é'\n",
    "def gamma():\n    pass\n\n\ndef alpha():\n    pass\n",
    "",
    "\n\n\n",
)
FILES = {
    ".gitignore": "*.log\nbuild/\n",
    "README.md": "See docs.\nTODO: more\n",
    "config.toml": CONTENTS[8],
    "pkg/__init__.py": "",
    "pkg/alpha.py": CONTENTS[0],
    "pkg/beta.py": CONTENTS[4],
    "pkg/gamma.py": "def gamma():\n    pass\n",
    "pkg/core/engine.py": CONTENTS[6],
    "pkg/core/util.py": "import gamma\nlimit = 3\n",
    "docs/guide.md": "retries are 3\n",
    "docs/other.md": "nothing\nhere\nTODO\n",
    "tests/test_alpha.py": "import alpha\n",
}
"""What the first commit holds; `docs/linked.md` is a link to `guide.md` besides."""

EDITED = (
    "pkg/alpha.py", "pkg/alpha.py", "pkg/beta.py", "pkg/beta.py", "pkg/gamma.py",
    "pkg/core/engine.py", "pkg/core/engine.py", "pkg/core/util.py", "config.toml", "docs/guide.md",
    "docs/linked.md", "README.md", "pkg/new.py", "pkg/core/new.py", "pkg/trace.log",
    "build/out.py", "vendor/lib/lib.py", "pkg/Alpha.py", "docs/\u00e9 x.md",
)  # fmt: skip
"""The files that edits are made to; some do not exist at first, some are ignored."""

DIRECTORIES = ("pkg", "pkg/core", "docs", "pkg/sub")
OUTSIDE = "outside"
"""A directory beside the work tree, which links lead to."""


def git(root: Path, *arguments: str) -> bool:
    """Run git in `root`; whether it succeeded."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", "-c", "core.hooksPath=/dev/null", *arguments],
        cwd=root,
        env={**os.environ, **ENVIRONMENT, "GIT_EDITOR": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def make_template(place: Path) -> None:
    """A repository at `place/repo` with two branches, two commits on each, and a submodule."""
    library = make_repository(place / "library", {"lib.py": "def lib():\n    return 'zebra'\n"})
    library.write("lib.py", "def lib():\n    return 'TODO'\n")
    library.commit("second")
    library.checkout("--quiet", "-b", "older", "HEAD~1")
    repo = make_repository(place / "repo", FILES)
    repo.link("docs/linked.md", "guide.md")
    repo.commit("a link")
    assert git(repo.root, "submodule", "add", "--quiet", "../library", "vendor/lib")
    repo.commit("a submodule")
    repo.git("branch", "other")
    repo.write("pkg/alpha.py", CONTENTS[3])
    repo.write("pkg/new.py", CONTENTS[9])
    repo.commit("main goes on")
    repo.checkout("other")
    repo.write("pkg/beta.py", CONTENTS[9])
    repo.write("config.toml", CONTENTS[1])
    repo.remove("pkg/core/util.py")
    repo.commit("other goes on")
    repo.checkout("main")
    for place_of_git in (repo.root / "vendor/lib", repo.root):
        git(place_of_git, "gc", "--quiet")  # fewer files to copy
    for hook in (repo.root / ".git").rglob("*.sample"):
        hook.unlink()
    outside = place / OUTSIDE
    outside.mkdir()
    (outside / "engine.py").write_text("class Engine:\n    limit = 7\n")
    (outside / "alpha.py").write_text("def alpha():\n    return 'outside'\n")


def copy_template(template: Path, place: Path) -> Path:
    """A fresh copy of the repository; its root."""
    for name in ("repo", OUTSIDE):
        shutil.copytree(template / name, place / name, symlinks=True)
    return place / "repo"
