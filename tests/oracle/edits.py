"""Everything that can happen to a file or directory, each a function of a root and names.

What cannot be done in the state of the moment raises OSError, and then nothing, or a part of it,
has happened; both are fine with the oracle.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from oracle.files import CONTENTS, EDITED, FILES, OUTSIDE
from oracle.ignoring import RULES


def _write(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENTS[number].encode())


def _append(path: Path, number: int) -> None:
    with path.open("ab") as opened:
        opened.write(CONTENTS[number][-12:].encode() or b"\n")


def _other_digits(path: Path, number: int) -> bytes:
    """The content with every digit raised: other bytes, equal size."""
    turned = bytes.maketrans(
        b"0123456789", b"0123456789"[number % 9 + 1 :] + b"0123456789"[: number % 9 + 1]
    )
    return path.read_bytes().translate(turned)


def _same_size(path: Path, number: int) -> None:
    path.write_bytes(_other_digits(path, number))


def _same_size_and_time(path: Path, number: int) -> None:
    before = path.stat()
    path.write_bytes(_other_digits(path, number))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(path: Path, number: int) -> None:
    fresh = path.parent / ".fresh"
    _write(fresh, number)
    fresh.replace(path)


def _replace_same(path: Path, number: int) -> None:
    before = path.stat()
    fresh = path.parent / ".fresh"
    fresh.write_bytes(_other_digits(path, number))
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.replace(path)


def _exchange(path: Path, number: int) -> None:
    """Two files change places: both keep their inodes and times."""
    other = _other(path, number)
    aside = path.parent / ".aside"
    path.rename(aside)
    other.rename(path)
    aside.rename(other)


def _other(path: Path, number: int) -> Path:
    root = next(parent for parent in path.parents if os.path.lexists(parent / ".git"))
    return root / list(FILES)[number % len(FILES)] if number else path.with_suffix(".moved")


def _rename(path: Path, number: int) -> None:
    other = _other(path, number)
    if other.name == ".gitignore":
        return
    other.parent.mkdir(parents=True, exist_ok=True)
    path.rename(other)


def _rename_case(path: Path, _number: int) -> None:
    path.rename(path.with_name(path.name.swapcase()))


def _delete(path: Path, _number: int) -> None:
    path.unlink()


def _link(path: Path, number: int) -> None:
    target = _other(path, number)
    path.unlink(missing_ok=True)
    path.symlink_to(os.path.relpath(target, path.parent))


def _link_outside(path: Path, number: int) -> None:
    root = next(parent for parent in path.parents if os.path.lexists(parent / ".git"))
    path.unlink(missing_ok=True)
    path.symlink_to(root.parent / OUTSIDE / ("engine.py", "alpha.py", "none")[number % 3])


def _edit_outside(path: Path, number: int) -> None:
    root = next(parent for parent in path.parents if os.path.lexists(parent / ".git"))
    _write(root.parent / OUTSIDE / ("engine.py", "alpha.py")[number % 2], number)


def _hard_link(path: Path, number: int) -> None:
    other = _other(path, number)
    if other.exists() and not other.samefile(path):
        path.unlink(missing_ok=True)
        path.hardlink_to(other)


def _mode(path: Path, number: int) -> None:
    path.chmod((0o644, 0o755, 0o600)[number % 3])


def _touch(path: Path, number: int) -> None:
    seconds = (None, 86_400, -86_400)[number % 3]
    if seconds is None:
        path.touch()
    else:
        now = path.stat().st_mtime_ns
        os.utime(path, ns=(now, now + seconds * 1_000_000_000))


def _line_ends(path: Path, _number: int) -> None:
    content = path.read_bytes()
    plain = content.replace(b"\r\n", b"\n")
    path.write_bytes(plain.replace(b"\n", b"\r\n") if plain == content else plain)


def _rewrite(path: Path, _number: int) -> None:
    """The same content once more."""
    path.write_bytes(path.read_bytes())


FILE_EDITS: Mapping[str, Callable[[Path, int], None]] = {
    "write": _write,
    "append": _append,
    "same size": _same_size,
    "same size and time": _same_size_and_time,
    "replace": _replace,
    "replace, same size and time": _replace_same,
    "exchange": _exchange,
    "rename": _rename,
    "rename case": _rename_case,
    "delete": _delete,
    "link": _link,
    "link outside": _link_outside,
    "edit outside": _edit_outside,
    "hard link": _hard_link,
    "mode": _mode,
    "touch": _touch,
    "line ends": _line_ends,
    "rewrite": _rewrite,
}
ATOMIC_EDITS = ("replace", "replace, same size and time", "delete", "rename")
"""Those of which no reader sees a half."""


def _move_directory(path: Path, number: int) -> None:
    path.rename(path.with_name(f"{path.name}{number % 2}"))


def _move_back(path: Path, number: int) -> None:
    path.with_name(f"{path.name}{number % 2}").rename(path)


def _directory_to_link(path: Path, number: int) -> None:
    """The directory is put aside, and a link to it, or to another, stands in its place."""
    aside = path.with_name(f"{path.name}0")
    if not path.is_symlink():
        path.rename(aside)
    else:
        path.unlink()
    root = next(parent for parent in path.parents if os.path.lexists(parent / ".git"))
    path.symlink_to((aside.name, str(root.parent / OUTSIDE), "docs")[number % 3])


def _link_to_directory(path: Path, _number: int) -> None:
    if path.is_symlink():
        path.unlink()
        path.with_name(f"{path.name}0").rename(path)


def _delete_directory(path: Path, _number: int) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path)


def _make_directory(path: Path, _number: int) -> None:
    path.mkdir(parents=True)


def _copy_directory(path: Path, number: int) -> None:
    """Replace it by a copy of itself: other inodes, equal contents and times."""
    aside = path.with_name(f"{path.name}.{number}")
    if path.is_symlink():
        return
    shutil.copytree(path, aside, symlinks=True)
    shutil.rmtree(path)
    aside.rename(path)


DIRECTORY_EDITS: Mapping[str, Callable[[Path, int], None]] = {
    "move": _move_directory,
    "move back": _move_back,
    "to link": _directory_to_link,
    "from link": _link_to_directory,
    "delete": _delete_directory,
    "make": _make_directory,
    "copy": _copy_directory,
}
IGNORE_FILES = (".gitignore", ".gitignore", "pkg/.gitignore", ".git/info/exclude", ".ignore")


def write_ignore(root: Path, name: str, number: int) -> None:
    """Write other rules, or with a number beyond them remove the file."""
    path = root / name
    if number < len(RULES):
        path.write_text(RULES[number])
    else:
        path.unlink()


def mend(root: Path) -> None:
    """Put every file of the template back where it stands no more."""
    for directory in ("pkg", "docs", "tests"):
        if (root / directory).is_symlink():
            (root / directory).unlink()
    for name in FILES:
        path = root / name
        if path.is_symlink():
            path.unlink()
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FILES[name])
    for name in EDITED:
        if name not in FILES and (root / name).is_symlink():
            (root / name).unlink()
    for directory in ("pkg0", "pkg1", "docs0", "docs1", "pkg/core0", "pkg/core1"):
        shutil.rmtree(root / directory, ignore_errors=True)
    (root / ".ignore").unlink(missing_ok=True)
