"""A Python repository with a history, made at run time: small edits, as people commit them."""

import random
from pathlib import Path

from support.repositories import Repo, make_repository

_MODULES = 24


def make_history(place: Path, *, commits: int, seed: int = 7) -> Repo:
    """A repository whose every commit edits, adds or removes a few lines, seldom a file."""
    pick = random.Random(seed)  # noqa: S311  # a sample, not a secret
    repo = make_repository(place, {f"shop/part_{n}.py": _module(n) for n in range(_MODULES)})
    for number in range(_MODULES // 3):
        repo.write(
            f"tests/test_part_{number}.py", f"from shop.part_{number} import step_{number}_0\n"
        )
    repo.commit("tests")
    for count in range(commits):
        for _ in range(pick.choice([1, 1, 2, 3])):
            _edit(repo, pick, count)
        repo.commit(f"change {count}")
    return repo


def _module(number: int) -> str:
    lines = [f'"""Part {number} of the shop, which does what the other parts leave to it."""', ""]
    lines += [
        f"from shop.part_{(number + 1) % _MODULES} import LIMIT_{(number + 1) % _MODULES}",
        "",
    ]
    lines += [f"LIMIT_{number} = {number * 3}", ""]
    for step in range(6):
        lines += ["", f"def step_{number}_{step}(order, retries=3):"]
        lines += [f'    """Step {step}."""', f"    total = order + {step}", "    return total", ""]
    return "\n".join(lines)


def _edit(repo: Repo, pick: random.Random, count: int) -> None:
    path = repo.path(f"shop/part_{pick.randrange(_MODULES)}.py")
    if pick.random() < 0.1:
        repo.write(f"shop/extra_{count}.py", f"def extra_{count}(order):\n    return order\n" * 3)
        return
    lines = path.read_text(encoding="utf-8").split("\n")
    place = pick.randrange(6, len(lines))
    if pick.random() < 0.6:
        lines[place : place + 1] = [f"{lines[place]}  # change {count}" if lines[place] else ""]
    elif pick.random() < 0.7:
        lines.insert(place, f"# a remark of change {count}")
    else:
        del lines[place]
    path.write_text("\n".join(lines), encoding="utf-8")
