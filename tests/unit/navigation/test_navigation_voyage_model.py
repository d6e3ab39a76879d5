"""Whatever befalls it, a voyage arrives or says why not, looks before it repeats, and pays for fuel once."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from navigation_service.domain.events import VoyageState
from tests.fakes.navigation_model import PLACES
from tests.fakes.navigation_voyage_world import DESTINATION, Itinerary, Mishap, World

MISHAPS = st.lists(st.sampled_from(Mishap), max_size=25)
FOREIGN_HANDS = st.lists(
    st.sampled_from(["", "", "", "move", "fly", "dock", "orbit", "mode", "refuel", "drain"]), max_size=25
)
REFUSALS = st.lists(st.sampled_from([0, 0, 0, 4000, 4203, 4204, 4214, 4236, 4244, 4600, 4601, 404]), max_size=25)


@given(MISHAPS)
@example([])
@example([mishap for mishap in Mishap for _ in range(3)])
@settings(max_examples=300, deadline=None)
def test_arrives_through_lost_answers_and_crashes(mishaps: list[Mishap]) -> None:
    world = World(mishaps, [], [])

    ended = world.fly()

    assert ended.state is VoyageState.COMPLETED
    assert world.ship.place == DESTINATION
    assert world.refuels == 2


@given(MISHAPS, FOREIGN_HANDS)
@settings(max_examples=300, deadline=None)
def test_absorbs_foreign_hands_or_says_why_not(mishaps: list[Mishap], foreign: list[str]) -> None:
    ended = World(mishaps, foreign, []).fly()

    event(ended.failure.reason if ended.failure else "arrived")
    if ended.state is not VoyageState.COMPLETED:
        assert ended.failure is not None
        assert ended.failure.reason in {"NO_ROUTE", "REPLAN_LOOP", "INVALID_SHIP_STATE", "PHYSICS_MISMATCH"}


@given(MISHAPS, REFUSALS)
@settings(max_examples=300, deadline=None)
def test_gives_up_only_for_refusals_that_explain_it(mishaps: list[Mishap], refusals: list[int]) -> None:
    world = World(mishaps, [], refusals)

    ended = world.fly()

    event(ended.failure.reason if ended.failure else "arrived")
    explained = {"INVALID_SHIP_STATE"} if world.refusals else set[str]()
    explained |= {"INSUFFICIENT_CREDITS"} if 4600 in world.refusals else set()
    explained |= {"PHYSICS_MISMATCH"} if 4203 in world.refusals else set()
    if ended.state is not VoyageState.COMPLETED:
        assert ended.failure is not None
        assert ended.failure.reason in explained


@given(MISHAPS, FOREIGN_HANDS, REFUSALS)
@settings(max_examples=300, deadline=None)
def test_always_ends_and_always_says_how(mishaps: list[Mishap], foreign: list[str], refusals: list[int]) -> None:
    ended = World(mishaps, foreign, refusals).fly()

    assert ended.end_time is not None
    assert (ended.failure is not None) == (ended.state is VoyageState.FAILED)
    assert replace(ended, intent=None) == ended


@st.composite
def itineraries(draw: st.DrawFn, *, rounds: int = 0) -> Itinerary:
    stops = draw(st.lists(st.sampled_from(sorted(PLACES)), min_size=2 if rounds else 1, max_size=4, unique=True))
    return Itinerary(tuple(stops), draw(st.booleans()), draw(st.booleans()), rounds)


@given(itineraries(), MISHAPS)
@settings(max_examples=100, deadline=None)
def test_a_tour_visits_all_through_lost_answers_and_crashes(itinerary: Itinerary, mishaps: list[Mishap]) -> None:
    ended = World(mishaps, [], [], itinerary).fly()

    assert ended.state is VoyageState.COMPLETED


@given(itineraries(rounds=3), MISHAPS)
@settings(max_examples=100, deadline=None)
def test_a_standing_tour_completes_its_rounds_a_minute_apart(itinerary: Itinerary, mishaps: list[Mishap]) -> None:
    world = World(mishaps, [], [], itinerary)

    ended = world.fly()

    assert ended.state is VoyageState.CANCELLED
    assert ended.round == 4
    starts = world.round_starts
    assert all(later - earlier >= timedelta(seconds=60) for earlier, later in pairwise(starts))


@given(itineraries(rounds=2), MISHAPS, FOREIGN_HANDS)
@settings(max_examples=100, deadline=None)
def test_a_standing_tour_absorbs_foreign_hands(itinerary: Itinerary, mishaps: list[Mishap], foreign: list[str]) -> None:
    ended = World(mishaps, foreign, [], itinerary).fly()

    if ended.state is not VoyageState.CANCELLED:
        assert ended.failure is not None
        event(ended.failure.reason)
        assert ended.failure.reason in {"NO_ROUTE", "REPLAN_LOOP", "INVALID_SHIP_STATE", "PHYSICS_MISMATCH"}
