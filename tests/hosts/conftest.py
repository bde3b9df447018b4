"""A small real repository, and the plan of a model that researches it."""

import subprocess
from pathlib import Path

import pytest

from support.provider_scripts import Course, Grep, Read, Researcher

QUESTION = "Where is the retry limit set?"
ANSWER = "The retry limit is RETRY_LIMIT = 5 in settings.py line 3."
FILES = {
    "settings.py": '"""Settings."""\n\nRETRY_LIMIT = 5\nTIMEOUT = 30\n',
    "client.py": "from settings import RETRY_LIMIT\n\n\ndef fetch():\n    return RETRY_LIMIT\n",
    "README.md": "# Demo\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A work tree with one commit."""
    root = tmp_path / "repo"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text, encoding="utf-8")
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["config", "user.name", "Tester"],
        ["config", "user.email", "tester@example.com"],
        ["add", "-A"],
        ["commit", "-q", "-m", "first"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    return root


@pytest.fixture
def researcher(repo: Path) -> Researcher:
    """Searches, reads the file it found and answers QUESTION with ANSWER."""
    course = Course((Grep("RETRY_LIMIT"), Read("settings.py")), ANSWER)
    return Researcher({QUESTION: course}, root=repo)
