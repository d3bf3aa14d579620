"""A petition's life in any order of legal and illegal moves: a short model says its state, its count, what it
awaits and which letters were queued."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.core.errors import Refusal
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation import service as moderation
from app.moderation.model import Case
from app.moderation.rules.standards import Verdict
from app.outcomes import service as outcomes
from app.outcomes.rules.answers import read_answer
from petitions.rules.texts import Texts
from petitions.service import authoring, ending, withdrawing
from petitions.service.acts import Confirmed
from petitions.service.announcing import Announcing
from tests.people import crowd
from tests.site import ADMINISTRATOR, Town

NEEDED, MOST, RESPONSE = 2, 4, 6
PEOPLE = crowd(8, "signer")
MOVES = st.one_of(
    st.tuples(st.sampled_from(["support", "sign", "leave", "invalidate"]), st.integers(0, len(PEOPLE) - 1)),
    st.tuples(st.sampled_from(["support", "sign", "sign", "sign"]), st.integers(0, len(PEOPLE) - 1)),
    st.tuples(
        st.sampled_from(
            ["publish", "publish", "reject", "hide", "take down", "restore", "resubmit", "withdraw", "answer", "months"]
        ),
        st.just(0),
    ),
)

#: lives begin at different points, so that the later ones are reached often
_SUPPORTED = [("support", 0), ("support", 1)]
_OPEN = [*_SUPPORTED, ("publish", 0)]
_NEARLY = [*_OPEN, ("sign", 2), ("sign", 3), ("sign", 4)]
BEGINNINGS = st.sampled_from([[], _SUPPORTED, _OPEN, _NEARLY])


class Model:
    """What must be so after each move; every ``if`` is a rule that people are told."""

    def __init__(self) -> None:
        self.state, self.people, self.creator = "pending", set[int](), False
        self.published = self.resubmitted = self.withdrawn = self.over = self.awaits = self.answered = False
        self.letters: Counter[str] = Counter(gather_support=1)

    @property
    def count(self) -> int:
        return len(self.people) + self.creator

    def allows(self, move: str, who: int) -> bool:
        gathering = self.state in ("pending", "collecting", "in_moderation")
        is_open = self.state == "open" and not self.over
        refused = self.state in ("rejected", "hidden")
        may_leave = who in self.people and (gathering or is_open)
        return {
            "support": ((gathering and len(self.people) < MOST) or is_open) and who not in self.people,
            "sign": is_open and who not in self.people,
            "leave": may_leave,
            "invalidate": who in self.people,
            "publish": self.state == "in_moderation",
            "reject": self.state == "in_moderation",
            "hide": self.state == "in_moderation",
            "take down": self.state in ("open", "closed") or (self.state == "withdrawn" and self.published),
            "restore": refused,
            "resubmit": refused and not self.published and not self.resubmitted,
            "withdraw": gathering or is_open,
            "answer": self.awaits and not self.answered,
            "months": True,
        }[move]

    def make(self, move: str, who: int) -> None:
        match move:
            case "support" | "sign":
                if self.state == "pending":
                    self.creator, self.state = True, "collecting"
                self.people.add(who)
                if self.state == "collecting":
                    self.letters["sponsor_joined"] += len(self.people) < NEEDED
                    if len(self.people) == NEEDED:
                        self.state = "in_moderation"
                        self.letters["submitted"] += 1
                self._reach()
            case "leave" | "invalidate":
                self.people.discard(who)
                if self.awaits and not self.answered and self.count < RESPONSE:
                    self.awaits = False
            case "publish":
                self.state = "withdrawn" if self.withdrawn else "closed" if self.over and self.published else "open"
                self.published = True
                self.letters["published"] += 1
                self._reach()
            case "reject" | "hide":
                self.state = {"reject": "rejected", "hide": "hidden"}[move]
                self.letters["taken_down" if self.published else self.state] += 1
            case "take down":
                self.state = "hidden"
                self.letters["taken_down"] += 1
            case "restore":
                self.state = "in_moderation"
                self.letters["restored"] += 1
            case "resubmit":
                self.state, self.resubmitted = "in_moderation", True
                self.letters["submitted"] += 1
            case "withdraw":
                self.state, self.withdrawn = "withdrawn", True
            case "answer":
                self.answered = True
            case "months":
                self.over = self.over or self.published
                self.state = "closed" if self.state == "open" else self.state

    def _reach(self) -> None:
        if self.published and self.state in ("open", "closed") and not self.awaits and self.count >= RESPONSE:
            self.awaits = True
            self.letters["threshold_reached"] += 1


class Life:
    """The same moves on the real thing."""

    def __init__(self, town: Town) -> None:
        self.town, self.petition = town, town.start()
        self.signatures: dict[int, int] = {}
        self.subject, self.drafts = SubjectRef("petition", self.petition), 0

    def make(self, move: str, who: int) -> bool:
        """Whether it was allowed."""
        try:
            return self._make(move, who)
        except Refusal:
            return False

    def _make(self, move: str, who: int) -> bool:
        town, p = self.town, self.petition
        match move:
            case "support" | "sign":
                return self._sign(who, sponsor=move == "support")
            case "leave":
                if who not in self.signatures:
                    return False
                self._store(lambda db: withdrawing.withdraw(db, self.signatures[who], closed_on="", now=town.now))
                del self.signatures[who]
            case "invalidate":
                if who not in self.signatures:
                    return False
                by = town.moderator()
                ended = self.signatures.pop(who)
                self._store(lambda db: ending.invalidate(db, ended, reason="duplicate", by=by, now=town.now))
            case "publish":
                self._decide(Verdict.PUBLISH, "")
            case "reject":
                self._decide(Verdict.REJECT, "no-action")
            case "hide":
                self._decide(Verdict.REJECT, "libellous")
            case "take down":
                kinds, by = town.site.moderated, town.moderator()
                self._store(
                    lambda db: moderation.take_down(
                        db, kinds, self.subject, reason_code="libellous", by=by, now=town.now
                    )
                )
            case "restore":
                kinds, by, case = town.site.moderated, town.staff(ADMINISTRATOR, "administrator"), self._case()
                self._store(lambda db: moderation.restore(db, kinds, case, note="A mistake.", by=by, now=town.now))
            case "resubmit":
                self.drafts += 1  # the same form twice would be as once
                texts = Texts("Open it on Sundays", f"Changed {self.drafts} times", "")
                self._store(lambda db: authoring.resubmit(db, town.policy, p, texts, town.now))
            case "withdraw":
                news = Announcing(town.settings.news_window, town.settings.zone)
                was = town.petition(p).state
                self._store(lambda db: authoring.withdraw(db, news, p, town.now))
                return was != "withdrawn"  # a second click is as one
            case "answer":
                return self._answer()
            case "months":
                town.clock.advance(timedelta(days=40))
                town.work()
        return True

    def _store(self, act) -> None:
        self.town.database.retrying(act)

    def _case(self) -> int:
        with self.town.database.reading() as db:
            return db.scalar(select(func.max(Case.id)).where(Case.subject_id == self.petition)) or 0

    def _sign(self, who: int, *, sponsor: bool) -> bool:
        act = self.town.request_act(self.petition, PEOPLE[who], sponsor=sponsor)
        (answer,) = self.town.perform([act])
        if isinstance(answer, Refusal):
            raise answer
        if who in self.signatures:
            return False  # the same answer, and nothing new
        (answer,) = self.town.confirm(act.id)
        if isinstance(answer, Confirmed):
            self.signatures[who] = act.id
        return isinstance(answer, Confirmed)

    def _decide(self, verdict: Verdict, reason: str) -> None:
        try:
            self.town.decide(self.petition, verdict, reason=reason)
        except IndexError:  # no case was ever opened: there is nothing to decide
            raise Refusal from None

    def _answer(self) -> bool:
        town = self.town
        owed = [r for r in town.referrals(self.petition) if r.state == "received" and r.cause == "response"]
        if not owed:
            return False
        words, by = read_answer("will-do", "We will.", "In May."), town.officer()

        def give(db) -> None:
            town.site.locks["petition"](db, self.petition)
            department = owed[0].department_id or 0
            outcomes.answer(db, owed[0].id, department, words, after_version=0, by=by, now=town.now)

        self._store(give)
        return True

    def letters(self) -> Counter[str]:
        with self.town.database.reading() as db:
            wanted = select(Letter.template).where(Letter.recipient_id == self._creator(db))
            return Counter(t.removeprefix("petitions/mail/") for t in db.scalars(wanted))

    def _creator(self, db) -> int:
        return self.town.petition(self.petition).creator_signature_id or 0


@pytest.fixture(params=["sqlite", "postgres"])
def street(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    ground = request.getfixturevalue(f"{request.param}_ground")
    ground.clear()
    policy = {"petitions_sponsors_needed": NEEDED, "petitions_sponsors_most": MOST, "petitions_open_months": 1}
    levels = {"petitions_response_at": RESPONSE, "petitions_debate_at": 50, "petitions_erase_after_months": 1000}
    return Town(ground.database, tmp_path_factory.mktemp("life"), **policy, **levels)


@pytest.mark.slow
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(begun=BEGINNINGS, moves=st.lists(MOVES, min_size=5, max_size=30))
def test_a_petitions_life_is_what_the_model_says(
    street: Town, begun: list[tuple[str, int]], moves: list[tuple[str, int]]
):
    street.officer()
    street.clock.advance(timedelta(days=2))  # yesterday's letters to Anna do not count against today's
    model, life = Model(), Life(street)
    for move, who in begun + moves:
        allowed = model.allows(move, who)
        assert life.make(move, who) == allowed, (move, who, model.state)
        if allowed:
            model.make(move, who)
        petition = street.petition(life.petition)
        assert (petition.state, petition.signature_count) == (model.state, model.count), (move, who)
        assert (petition.response_reached_at is not None) == model.awaits, (move, who)
        assert (petition.answered_at is not None) == model.answered
    counted = {name: n for name, n in life.letters().items() if name in model.letters or name in WATCHED}
    assert counted == {name: n for name, n in model.letters.items() if n}
    street.deliver()
    assert street.broken() == {}


WATCHED = {
    "sponsor_joined",
    "submitted",
    "published",
    "rejected",
    "hidden",
    "taken_down",
    "restored",
    "threshold_reached",
}
