"""Whatever a few people do on a few petitions, in whatever order and batches, ten lines say who counts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.service import withdrawing
from petitions.service.acts import Confirmed
from tests.people import BOB, LAURA, PEDRO, SUZIE, Person
from tests.site import Town

PEOPLE = [
    SUZIE,
    SUZIE.but(name="Sam Wong"),
    SUZIE.but(name="Li Wong"),
    SUZIE.but(name="Sam Wong", postcode="M1 1AE"),
    BOB,
    BOB.but(email="b.obJones+petitions@googlemail.com", name="bob  JONES"),
    LAURA,
    PEDRO,
]
PETITIONS = 2
person, petition = st.sampled_from(PEOPLE), st.integers(0, PETITIONS - 1)
asked = st.integers(0, 30)
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.lists(st.tuples(petition, person), min_size=1, max_size=4)),
    st.tuples(st.just("confirm"), st.lists(asked, min_size=1, max_size=5)),
    st.tuples(st.sampled_from(["withdraw", "disown"]), asked),
)


class Model:
    """Who counts: at most two names an address, one postcode, each person once."""

    def __init__(self) -> None:
        self.counted: dict[int, list[tuple[int, str, str, str]]] = {p: [] for p in range(PETITIONS)}
        self.ended: set[int] = set()

    def confirm(self, signature: int, petition: int, who: Person) -> bool:
        me = (signature, who.address.canonical, " ".join(who.name.lower().split()), who.postcode)
        here = [s for s in self.counted[petition] if s[1] == me[1]]
        if me in here:
            return True
        if signature in self.ended or len(here) > 1 or any(s[2] == me[2] or s[3] != me[3] for s in here):
            return False
        self.counted[petition].append(me)
        return True

    def end(self, signature: int) -> None:
        self.ended.add(signature)
        for rows in self.counted.values():
            rows[:] = [s for s in rows if s[0] != signature]


@pytest.fixture(params=["sqlite", "postgres"])
def square(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    ground = request.getfixturevalue(f"{request.param}_ground")
    ground.clear()
    return Town(ground.database, tmp_path_factory.mktemp("any"), petitions_sponsors_needed=1)


@pytest.mark.slow
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEPS, max_size=25))
def test_the_count_is_what_ten_lines_say(square: Town, steps: list):
    ids = [square.open_petition() for _ in range(PETITIONS)]
    before = [square.count(p) for p in ids]
    model, signatures, numbers = Model(), [], {p: set() for p in range(PETITIONS)}
    for verb, what in steps:
        if verb == "ask":
            acts = [square.request_act(ids[p], who) for p, who in what]
            square.perform(acts)
            stored = {s.id for p in ids for s in square.signatures(p)}
            signatures += [(a.id, p, who) for a, (p, who) in zip(acts, what, strict=True) if a.id in stored]
        elif not signatures:
            continue
        elif verb == "confirm":
            chosen = [signatures[n % len(signatures)] for n in what]
            answers = square.confirm(*(s for s, _p, _w in chosen))
            for (signature, p, who), answer in zip(chosen, answers, strict=True):
                assert isinstance(answer, Confirmed) == model.confirm(signature, p, who)
                if isinstance(answer, Confirmed):
                    numbers[p].add((answer.number, signature))
        else:
            signature = signatures[what % len(signatures)][0]
            square.database.retrying(lambda db, v=verb, s=signature: _end(db, v, s, square.now))
            model.end(signature)
        assert [square.count(p) for p in ids] == [n + len(model.counted[p]) for p, n in enumerate(before)]
    for given_out in numbers.values():
        assert len({number for number, _s in given_out}) == len(given_out) == len({s for _n, s in given_out})
    square.deliver()
    assert square.broken() == {}


def _end(db, verb: str, signature: int, now) -> None:
    if verb == "withdraw":
        withdrawing.withdraw(db, signature, closed_on="", now=now)
    else:
        withdrawing.disown(db, signature, now)
