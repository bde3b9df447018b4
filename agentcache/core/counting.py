"""Numbers as people read them."""


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun; `many` where that is not `one` with an s.

    >>> counted(1, "entry", "entries"), counted(2000, "entry", "entries"), counted(0, "token")
    ('1 entry', '2,000 entries', '0 tokens')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
