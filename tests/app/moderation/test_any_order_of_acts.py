"""The desk in any order of acts: whatever authors, readers and moderators do, each case that waits can be decided."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.holding import Person
from app.core.errors import Refusal
from app.core.subject import SubjectRef
from app.moderation import illegal, service
from app.moderation.model import Case
from app.moderation.refusals import OwnDecision
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import APPEALABLE, REFUSALS, allowed
from tests.app.comments.forum import forum_on
from tests.app.moderation.moderators import Moderators
from tests.site import Ground

ACTS = ("say", "edit", "edit", "withdraw", "report", "report", "decide", "decide", "decide", "undo", "take down",
        "restore", "appeal", "appeal", "remove", "erase", "mode")  # fmt: skip
MOVES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.integers(0, 7)), min_size=3, max_size=14)
READERS = ("Ben", "Cora", "Dan", "Eve")


class Story:
    """Makes moves about what Ana and Abel said; those that are refused change nothing."""

    def __init__(self, desk: Moderators) -> None:
        self.desk, self.number, self.gone = desk, 0, 0
        self.said: list[tuple[str, int]] = []
        self.batches: list[tuple[int, int]] = []

    def make(self, act: str, which: int, how: int) -> None:
        self.number += 1
        self.desk.town.clock.advance(timedelta(seconds=1))  # no two acts are of one instant
        with suppress(Refusal):
            self._make(act, which, how)

    def _make(self, act: str, which: int, how: int) -> None:
        desk, forum = self.desk, self.desk.forum
        if act == "say" or not self.said:
            name = f"{('Ana', 'Abel')[which % 2]} {self.gone}"
            self.said.append((name, forum.say(name, f"{self.number * 7919} words of their own")))
            return
        name, comment = self.said[which % len(self.said)]
        match act:
            case "edit":
                forum.edit(name, comment, f"{self.number * 104729} other words")
            case "withdraw":
                forum.withdraw(name, comment)
            case "report":
                desk.report(comment, READERS[how % 4])
            case "decide":
                self._decide(which, how)
            case "undo" if self.batches:
                batch, by = self.batches[which % len(self.batches)]
                desk.undo(batch, by)
            case "take down":
                forum.take_down(comment)
            case "restore":
                case = desk.case(comment).id
                moderated, now = desk.site.moderated, desk.now
                desk.database.retrying(
                    lambda db: service.restore(db, moderated, case, note="Once more.", by=desk.ada, now=now)
                )
            case "appeal":
                refused = [d for d in desk.decisions() if d.verdict in APPEALABLE]
                if refused:
                    desk.appeal(refused[-1 - which % len(refused)].id)
            case "remove":
                self._remove(comment)
            case "erase":
                person = Person(forum.person(name).id, None)
                for _kind, held in sorted(desk.site.holdings.items()):
                    desk.database.retrying(lambda db, held=held: held.erase(db, person, desk.now))  # type: ignore[misc]
                self.said, self.gone = [one for one in self.said if one[0] != name], self.gone + 1
            case "mode":
                forum.mode("before" if how % 2 else "after")

    def waiting(self) -> list[Case]:
        about = (Case.subject_kind == "comment", Case.state == "waiting", Case.origin != "illegal")
        return self.desk.town.rows(Case, *about)

    def _decide(self, which: int, how: int) -> None:
        """As one of a batch where that can be undone, else alone."""
        waiting = self.waiting()
        if not waiting:
            return
        case = waiting[which % len(waiting)]
        verdicts = sorted(allowed(case.origin, can_return=True))
        verdict = verdicts[how % len(verdicts)]
        if case.origin == "appeal" or verdict is Verdict.RETURN:
            self.settle(case, verdict)
            return
        by = self.desk.max if how % 2 else self.desk.mia
        reason = "spam" if verdict in REFUSALS else ""
        done = self.desk.decide_many([case.id], verdict, reason=reason, by=by)
        assert done.refused == [], done.refused
        self.batches.append((done.batch, by))

    def settle(self, case: Case, verdict: Verdict) -> None:
        """By the first who did not decide what it appeals against."""
        desk, reason = self.desk, "spam" if verdict in REFUSALS else ""
        for by in (desk.ada, desk.max, desk.mia):
            try:
                desk.decide(case.id, verdict, reason=reason, note="Because.", by=by)
            except OwnDecision:
                continue
            except Refusal as refused:
                raise AssertionError((case.origin, verdict, refused.code)) from refused
            return

    def _remove(self, comment: int) -> None:
        desk, moderated, now = self.desk, self.desk.site.moderated, self.desk.now
        about = SubjectRef("comment", comment)
        case = desk.database.retrying(
            lambda db: illegal.report(db, moderated, desk.site.keys, about, "A law.", now=now).case_id
        )
        desk.database.retrying(lambda db: illegal.propose(db, moderated, case, by=desk.mia, now=now))
        desk.database.retrying(lambda db: illegal.confirm(db, moderated, case, by=desk.max, now=now))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(moves=MOVES)
def test_whatever_happens_each_case_that_waits_can_be_decided(
    kind: str, moves: list[tuple[str, int, int]], request: pytest.FixtureRequest, tmp_path: Path
):
    ground: Ground = request.getfixturevalue(f"{kind}_ground")
    ground.clear()
    desk = Moderators(forum_on(ground.database, tmp_path))
    story = Story(desk)
    for move in [("say", 0, 0), *moves]:
        story.make(*move)
    assert desk.town.broken() == {}
    for case in story.waiting():
        if desk.state(case.id) == "waiting":  # deciding one may settle another
            story.settle(case, min(allowed(case.origin, can_return=True)))
    assert desk.town.broken() == {}
