"""Tables of questions with their rewordings and look-alikes, as tests of agreement hold them."""

from itertools import product

from agentcache.core.query import agree, read_query


def groups(table: str) -> list[tuple[list[str], list[str]]]:
    """Each question of `table` with its rewordings (`= `), and its look-alikes (`! `)."""
    found: list[tuple[list[str], list[str]]] = []
    for line in table.strip().splitlines():
        if line[:2] not in {"= ", "! "}:
            found.append(([line], []))
        else:
            found[-1][line.startswith("! ")].append(line[2:])
    return found


def is_agreed(a: str, b: str) -> bool:
    """Whether two questions agree, in this order."""
    return agree(read_query(a), read_query(b)).is_agreed


def told_apart(same: list[str]) -> list[tuple[str, str]]:
    """The pairs of rewordings that do not agree, in either order."""
    return [(a, b) for a, b in product(same, same) if not is_agreed(a, b)]


def mixed_up(same: list[str], look_alikes: list[str]) -> list[tuple[str, str]]:
    """The pairs of a rewording and a look-alike that agree, in either order."""
    pairs = [*product(same, look_alikes), *product(look_alikes, same)]
    return [(a, b) for a, b in pairs if is_agreed(a, b)]
