"""Globs that every tool reads alike, by a whitelist; in place of any other all names count.

Tools differ in braces with one alternative, in `?` beyond ASCII, in classes, in `**` beside other
text, in blanks, and in where a glob may lead.
"""

import re

_CHARACTER = r"[\w.@-]|\*(?!\*)|\[(?:a-z|A-Z|0-9|\w)+\]"
_ALTERNATIVE = rf"(?!\.+[,}}])(?:{_CHARACTER})+"
_PART = re.compile(
    rf"\*\*|(?:{_CHARACTER}|\{{{_ALTERNATIVE}(?:,{_ALTERNATIVE})+\}})+",
    re.ASCII,
)
_SINGLES = re.compile(r"\*?\?[*?]*")
_PIECES = re.compile(r"[/{},|()]")
_BRACES = re.compile(r"\{[^{}]*\}")
_MARKS = re.compile(r"[*?\[]")


def covering(glob: str) -> str:
    """A glob that all tools read alike, of at least the names that `glob` has for any of them.

    It is "", for all names, where none is sure. `?` may be a character or a byte: it becomes `*`.
    """
    wider = _SINGLES.sub("*", glob)
    is_plain = ".." not in wider and all(
        part != "." and _PART.fullmatch(part) for part in wider.split("/")
    )
    return wider if is_plain else ""


def may_lead_out(glob: str) -> bool:
    """Whether what `glob` stands for may lie elsewhere than below where it is used."""
    pieces = _PIECES.split(glob)
    if ".." in pieces or ("{" in glob and "." in pieces) or re.search(r"[{,(|][/~]", glob):
        return True
    return glob.startswith(("/", "{")) and re.search(r"^/|\{,|,,|,\}", glob) is not None


def may_name_git(glob: str) -> bool:
    """Whether `glob` names `.git`, which no Look goes into, other than by wildcards alone."""
    pieces = [*_BRACES.sub("*", glob).split("/"), *_PIECES.split(glob)]
    return any(_may_be_git(piece) for piece in pieces)


def _may_be_git(piece: str) -> bool:
    if not piece.startswith(".") or piece in (".", ".."):
        return False
    literal = _MARKS.split(piece, maxsplit=1)[0]
    return ".git".startswith(literal) and (literal != piece or piece in (".g", ".gi", ".git"))
