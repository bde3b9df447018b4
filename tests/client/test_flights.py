"""Who may wait for which flight, how long, and when a lookup is to be made again."""

from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.client.flights import GRACE, Again, Asker, Flight, Flights, Follow, Lead, Whole
from agentcache.sharing import Landed

ME, ANOTHER = Asker(1), Asker(2)
WHOLE = Whole((), {}, b"all of it")


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def flights(clock: Clock) -> Flights:
    return Flights(clock=clock)


def led(flights: Flights, *, asker: Asker = ME, key: str | None = "key") -> Flight:
    entered = flights.enter(None if key is None else (key,), [], asker=asker, since=None)
    assert isinstance(entered, Lead)
    return entered.flight


def test_the_first_leads_and_the_next_follows_until_it_has_ended(flights: Flights) -> None:
    flight = led(flights)
    assert flights.enter(("key",), [], asker=ANOTHER, since=0) == Follow(flight)
    assert led(flights, key="another") is not flight
    flights.end(flight, WHOLE)
    assert flight.ended.result(0) is WHOLE
    assert led(flights) is not flight


def test_who_shares_with_nobody_is_followed_by_nobody(flights: Flights) -> None:
    assert led(flights, key=None) is not led(flights, key=None)
    alone = flights.alone(ME)
    flights.end(alone, WHOLE)
    assert alone.ended.result(0) is WHOLE


def test_a_flight_ends_once(flights: Flights) -> None:
    flight = led(flights)
    flights.end(flight, None)
    flights.end(flight, WHOLE)
    assert flight.ended.result(0) is None


def test_the_end_of_one_is_not_the_end_of_the_one_that_took_its_place(flights: Flights) -> None:
    flight = led(flights)
    flights.forget(flight)
    successor = led(flights)
    flights.end(flight, None)
    assert flights.enter(("key",), [], asker=ANOTHER, since=None) == Follow(successor)


def test_who_waits_cannot_cancel_what_all_wait_for(flights: Flights) -> None:
    flight = led(flights)
    assert not flight.ended.cancel()


def test_closing_releases_all_and_lets_nobody_follow_any_more(flights: Flights) -> None:
    held = [led(flights, key=key) for key in "abc"]
    flights.close()
    assert [flight.ended.result(0) for flight in held] == [None] * 3
    assert led(flights, key="a") is not led(flights, key="a")


def test_a_lookup_is_made_again_when_an_answer_lands_or_has_landed(flights: Flights) -> None:
    since = flights.now
    with flights.landing(["one", "two"]):
        entered = flights.enter(("key",), ["two", "three"], asker=ME, since=since)
        assert isinstance(entered, Again)
        (landing,) = entered.landings
        assert not landing.done()
        assert isinstance(flights.enter(("key",), ["three"], asker=ME, since=since), Lead)
        flights.note_kept(["one", "two"])
    assert landing.done()
    assert flights.enter(("k",), ["two"], asker=ME, since=since) == Again(frozenset())
    assert isinstance(flights.enter(("k",), ["two"], asker=ME, since=flights.now), Lead)
    assert isinstance(flights.enter(("k",), ["two"], asker=ME, since=None), Lead)


def test_a_landing_that_fails_releases_who_waits_for_it(flights: Flights) -> None:
    waiting: list[Future[None]] = []
    with pytest.raises(RuntimeError), flights.landing(["one"]):  # noqa: PT012  # what fails in it
        entered = flights.enter(None, ["one"], asker=ME, since=0)
        assert isinstance(entered, Again)
        waiting.extend(entered.landings)
        raise RuntimeError("the disk is gone")
    assert waiting[0].done()
    assert isinstance(flights.enter(None, ["one"], asker=ME, since=0), Lead)


def test_a_thread_waits_for_nothing_that_it_holds_up_itself() -> None:
    def holds_up(asker: Asker, leader: Asker) -> bool:
        return Flights(clock=Clock()).alone(leader).waits_for(asker)

    assert holds_up(Asker(1), Asker(1))
    assert holds_up(Asker(1), Asker(1, task=5))
    assert not holds_up(Asker(1), Asker(2))
    assert holds_up(Asker(1, task=5), Asker(1, task=5))
    assert not holds_up(Asker(1, task=5), Asker(1, task=6))
    assert not holds_up(Asker(1, task=5), Asker(1))


TURNS = st.lists(st.tuples(st.floats(0.001, 5), st.floats(0.0, 1.0)), min_size=1, max_size=30)
"""Seconds that the provider takes, and the share of them that the reader takes then."""


def waited(turns: list[tuple[float, float]], *, rests: bool, longest: float = 1000.0) -> float:
    """Seconds until a follower gave up; after the turns its reader `rests`, or the provider."""
    clock = Clock()
    flight = Flights(clock=clock).alone(ME)
    moments: list[tuple[float, bool]] = []
    for provider, share in turns:
        came = (moments[-1][0] if moments else 0.0) + provider
        moments += [(came, False), (came + provider * share, True)]
    if rests:
        moments.pop()
    for seconds in flight.patience(longest):
        until = clock.now + seconds
        while moments and moments[0][0] <= until:
            clock.now, is_asking = moments.pop(0)
            flight.go_on() if is_asking else flight.rest()
        clock.now = until
    return clock.now


@given(TURNS)
def test_a_reader_that_is_quicker_than_its_provider_is_waited_for(
    turns: list[tuple[float, float]],
) -> None:
    end = sum(provider * (1 + share) for provider, share in turns)
    assert end + 20 - GRACE <= waited(turns, rests=False, longest=20.0) <= end + 20 + GRACE


@given(TURNS)
def test_a_reader_that_does_not_read_on_is_given_as_long_as_all_took_before(
    turns: list[tuple[float, float]],
) -> None:
    end = sum(provider * (1 + share) for provider, share in turns[:-1]) + turns[-1][0]
    assert end < waited(turns, rests=True) <= 2 * end + GRACE


def test_only_the_newest_slots_are_remembered() -> None:
    landed = Landed()
    landed.note(["first"])
    assert landed.has_changed(["first", "other"], 0)
    assert not landed.has_changed(["first"], 1)
    for number in range(1000):
        landed.note([str(number)])
    assert not landed.has_changed(["first"], 0)
    assert landed.has_changed(["999"], 1000)
