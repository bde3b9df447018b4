"""All things of a kind, and what is said behind a question: rewordings (=) and look-alikes (!)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rewordings import groups, is_agreed, mixed_up, told_apart

TABLE = """
How does `gc` decide which sessions to delete?
= How does `gc` decide which sessions to delete? Explain.
= How does `gc` decide which sessions to delete? Please explain.
! How does `gc` decide which sessions to delete? Explain why.
! How does `gc` decide which sessions to delete? Explain `gc`.
! How does `gc` decide which sessions to delete? Explain in detail.
! How does `gc` decide which sessions to delete? Explain the last step.
! How does `gc` decide which sessions to keep? Explain.
! Where does `gc` decide which sessions to delete? Explain.
! Does `gc` decide which sessions to delete? Explain.
! Is it fast? How does `gc` decide which sessions to delete? Explain.
! How does `gc` decide which sessions to delete? All of them.
Is `gc` safe?
! Is `gc` safe? Explain.
! Is `gc` safe? Please explain.
How many sessions does `gc` delete?
! How many sessions does `gc` delete? Explain.
! How many sessions does `gc` delete? List all of them.
! How many sessions does `gc` delete? Name them all.
! Please tell me how many sessions `gc` deletes. List all of them.
Which classes inherit from `Base`?
= What classes inherit from `Base`? Please give all of them.
= Which classes inherit from `Base`? All of them please.
= Which classes inherit from `Base`? List all of them.
= List every class that inherits from `Base`.
! List each class that inherits from `Base`.
! List any class that inherits from `Base`.
! Which classes inherit from `Base`? Give two of them.
! Which classes inherit from `Base`? Explain all of them.
! Which classes inherit from `Base`? Not all of them.
! Which classes inherit from `Base`? Give all of their methods.
! Which classes inherit from `Base`? Explain.
! Do all classes inherit from `Base`?
! List every class that `Base` inherits from.
! List every class that does not inherit from `Base`.
! List every method that inherits from `Base`.
Which class handles `Base`?
! Which class handles `Base`? All of them please.
! Which class handles `Base`? Give all of them.
! Which class handles `Base`? List all of them.
Is `gc` used in tests?
! Is `gc` used in tests? List all.
! Is `gc` used in tests? Please name them all.
What is the type of `gc`?
! What is the type of `gc`? List all of them.
Where is `gc` set?
= Where is `gc` set? List all of them.
! Where is `gc` set? List two of them.
list all components that implement `IUpdatable`
= List every component implementing `IUpdatable`.
! List each component implementing `IUpdatable`.
! List any component implementing `IUpdatable`.
! List one component implementing `IUpdatable`.
! List a component implementing `IUpdatable`.
! List every component not implementing `IUpdatable`.
! List every component that `IUpdatable` implements.
! List every component using `IUpdatable`.
! List every system implementing `IUpdatable`.
! Is every component implementing `IUpdatable`?
! How many components implement `IUpdatable`?
! List almost every component implementing `IUpdatable`.
! List every public component implementing `IUpdatable`.
List all subclasses of `BaseSerializer`.
= Enumerate every subclass of `BaseSerializer`.
! Enumerate every superclass of `BaseSerializer`.
! Enumerate each subclass of `BaseSerializer`.
! Enumerate the subclass of `BaseSerializer`.
! Enumerate every instance of `BaseSerializer`.
"""
ENDINGS = st.sampled_from(
    (
        "Explain your choice.", "Explain it to a child.", "Explain the second one.",
        "Explain with code.", "Give an example.", "Give three of them.", "Name one.",
        "Explain both.", "All of them in Rust.", "Give all of them but one.", "None of them.",
    )
)  # fmt: skip
QUESTIONS = st.sampled_from(
    (
        "How does `gc` decide which sessions to delete?", "Why is `gc` slow?",
        "Which classes inherit from `Base`?", "How do `a` and `b` differ?",
    )
)  # fmt: skip


@pytest.mark.parametrize(("same", "_look_alikes"), groups(TABLE))
def test_a_question_and_its_rewordings_are_the_same_in_both_orders(
    same: list[str], _look_alikes: list[str]
) -> None:
    assert told_apart(same) == []


@pytest.mark.parametrize(("same", "look_alikes"), groups(TABLE))
def test_no_look_alike_of_a_question_is_the_same_in_either_order(
    same: list[str], look_alikes: list[str]
) -> None:
    assert mixed_up(same, look_alikes) == []


@given(question=QUESTIONS, ending=ENDINGS)
def test_what_asks_for_another_answer_makes_another_question(question: str, ending: str) -> None:
    assert not is_agreed(question, f"{question} {ending}")
    assert not is_agreed(f"{question} {ending}", question)
