"""Where an answer stands: apart for every difference that counts, together for none."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.place import place_of
from agentcache.core.values import Scope, WireName

SCOPE = Scope("t", "u", "r", "up", WireName.ANTHROPIC, "m", "p", "reg", "par")
ASKED = "Where is LIMIT defined?"
PLACE = place_of(SCOPE, "", ASKED)


def test_the_same_form_is_one_slot_and_another_text_another_name() -> None:
    reworded = place_of(SCOPE, "", "Find the definition of LIMIT")
    assert reworded.slot == PLACE.slot
    assert reworded.text != PLACE.text


def test_questions_that_only_agree_have_their_own_slots_near_each_other() -> None:
    agreeing = place_of(SCOPE, "", "Which file defines LIMIT?")
    assert agreeing.slot != PLACE.slot
    assert agreeing.near == PLACE.near


def test_a_question_that_is_not_understood_is_alone() -> None:
    assert place_of(SCOPE, "", "LIMIT defined where is? Or is it?").is_alone
    assert not PLACE.is_alone


@given(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9), st.text(max_size=9))
def test_scopes_and_contexts_are_never_mixed(
    tenant: str, context: str, other_tenant: str, other_context: str
) -> None:
    one = place_of(replace(SCOPE, tenant=tenant), context, ASKED)
    other = place_of(replace(SCOPE, tenant=other_tenant), other_context, ASKED)
    is_equal = (tenant, context) == (other_tenant, other_context)
    assert (one.slot == other.slot) == is_equal
    assert (one.text == other.text) == is_equal
    assert (one.near == other.near) == is_equal


@given(st.text(max_size=40))
def test_every_text_has_a_place(question: str) -> None:
    place = place_of(SCOPE, "", question)
    assert place.slot.startswith("research:")
    assert place.near.endswith(":")
