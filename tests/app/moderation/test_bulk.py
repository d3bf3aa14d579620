"""Many cases for one reason: each as if alone, and all of it undone for ten minutes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.model import Account
from app.comments.model import Comment
from app.core.errors import Invalid
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation import bulk, hiding, reasons
from app.moderation.log import UNDO
from app.moderation.model import Batch, Case, Reason
from app.moderation.refusals import NotYourBatch, UndoTooLate
from tests.app.moderation.moderators import Moderators
from tests.people import ANNA, SAM
from tests.site import Town


def cases_of(desk: Moderators, *names: str) -> list[int]:
    return [desk.case(desk.forum.say(name, f"{name} sells carpets.")).id for name in names]


def test_what_was_decided_meanwhile_and_ones_own_are_listed_with_why(desk: Moderators):
    mia = desk.mia
    desk.forum.people["Mia"] = desk.town.rows(Account, Account.id == mia)[0]
    cases = cases_of(desk, "Ana", "Ben", "Cora", "Mia")
    desk.decide(cases[1], by=desk.max)
    done = desk.decide_many(cases, by=mia)
    assert done.done == 2
    why = {r.case_id: r.why for r in done.refused}
    assert set(why) == {cases[1], cases[3]}
    assert "Max decided: Published" in why[cases[1]]
    assert "your own" in why[cases[3]]
    assert [desk.state(c) for c in cases] == ["decided", "decided", "decided", "waiting"]
    assert len(desk.lines()) == 3
    assert desk.town.broken() == {}


def test_letters_wait_until_it_can_no_longer_be_undone(desk: Moderators):
    done = desk.decide_many(cases_of(desk, "Ana", "Ben"), by=desk.mia)
    desk.town.deliver()
    assert desk.town.letters.subjects("ana@example.org") == []
    desk.town.clock.advance(timedelta(minutes=10))
    assert desk.town.deliver().subjects("ana@example.org") == ["Your text was not published"]
    with pytest.raises(UndoTooLate):
        desk.undo(done.batch, desk.mia)


def test_undoing_puts_everything_back_and_no_letter_ever_leaves(desk: Moderators):
    cases = cases_of(desk, "Ana", "Ben", "Cora")
    done = desk.decide_many(cases, by=desk.mia)
    desk.town.clock.advance(timedelta(minutes=9))
    with desk.database.reading() as db:
        assert bulk.undoable(db, desk.mia, desk.now) is not None
        assert bulk.undoable(db, desk.max, desk.now) is None
    with pytest.raises(NotYourBatch):
        desk.undo(done.batch, desk.max)
    undone = desk.undo(done.batch, desk.mia)
    assert (undone.done, list(undone.refused)) == (3, [])
    assert [desk.state(c) for c in cases] == ["waiting"] * 3
    assert [c.state for c in desk.town.rows(Comment)] == ["pending"] * 3
    desk.town.clock.advance(timedelta(days=1))
    assert desk.town.deliver().subjects("ana@example.org") == []
    assert [line.verdict for line in desk.lines()] == ["reject"] * 3 + [UNDO] * 3
    with pytest.raises(UndoTooLate):
        desk.undo(done.batch, desk.mia)
    desk.decide(cases[0])
    assert desk.town.broken() == {}


def test_what_cannot_be_undone_is_listed_and_its_letter_leaves(desk: Moderators):
    first, second = (desk.forum.say(name, f"{name} sells carpets.") for name in ("Ana", "Ben"))
    chosen = [desk.case(first).id, desk.case(second).id]
    done = desk.decide_many(chosen, "return", reason="advert", by=desk.mia)
    assert done.done == 0, "a return says what to change"
    done = desk.decide_many(chosen, by=desk.mia)
    desk.appeal(next(d for d in desk.decisions() if d.case_id == chosen[0]).id)
    desk.decide(desk.case(first, "appeal").id, "overturn", by=desk.max, note="They are a museum's.")
    undone = desk.undo(done.batch, desk.mia)
    assert (undone.done, [r.case_id for r in undone.refused]) == (1, [chosen[0]])
    assert (desk.shown(first), desk.shown(second)) == ("published", "pending")
    assert desk.town.broken() == {}


def test_spam_is_told_to_nobody_where_the_reason_says_so(desk: Moderators):
    ada, mia = desk.ada, desk.mia
    desk.database.retrying(lambda db: reasons.set_notice(db, "spam", to=False, by=ada, now=desk.now))
    assert not desk.town.rows(Reason, Reason.code == "spam")[0].notifies
    cases = cases_of(desk, "Ana", "Ben", "Cora")
    before = len(desk.town.rows(Letter))
    desk.decide_many(cases[:2], by=mia)
    assert len(desk.town.rows(Letter)) == before
    desk.decide_many(cases[2:], reason="advert", by=mia)
    assert len(desk.town.rows(Letter)) == before + 1


def test_nothing_chosen_or_no_reason_is_said_before_anything_is_done(desk: Moderators):
    cases = cases_of(desk, "Ana")
    for chosen, reason in (([], "spam"), (cases, ""), (cases, "i-dislike-it"), (list(range(501)), "spam")):
        with pytest.raises(Invalid):
            desk.decide_many(chosen, reason=reason, by=desk.mia)
    assert desk.decisions() == []


def test_cases_that_do_not_exist_or_are_of_another_track_are_listed(desk: Moderators):
    said = desk.forum.say("Ana", "Buy.")
    desk.decide(desk.case(said).id)
    desk.report(said, "Ben")
    done = desk.decide_many([desk.case(said, "report").id, 999_999], "publish", reason="", by=desk.max)
    assert (done.done, len(done.refused)) == (0, 2)
    done = desk.decide_many([desk.case(said, "report").id], "dismiss", reason="", by=desk.max)
    assert done.done == 1
    desk.undo(done.batch, desk.max)
    assert desk.state(desk.case(said, "report").id) == "waiting"
    with desk.database.reading() as db:
        digest = desk.site.moderated["comment"].show(db, said).digest
        assert hiding.count_trusted(db, SubjectRef("comment", said), digest) == 1
        assert hiding.threshold(db, SubjectRef("comment", said), digest, 3) == 3
    assert desk.town.broken() == {}


def test_refused_petitions_come_back_with_their_supporters_and_nobody_heard_of_it(town: Town):
    desk = Moderators.of(town)
    petition = town.start()
    town.support(petition)
    town.deliver()
    case = town.rows(Case, Case.subject_id == petition)[-1].id
    done = desk.decide_many([case], by=desk.mia)
    assert town.petition(petition).state == "rejected"
    desk.undo(done.batch, desk.mia)
    town.clock.advance(timedelta(hours=1))
    town.deliver()
    assert "Your petition was not accepted" not in town.letters.subjects(ANNA)
    assert town.petition(petition).state == "in_moderation"
    assert town.broken() == {}
    town.decide(petition)
    town.sign(petition, SAM)
    assert town.petition(petition).state == "open"


def test_two_moderators_with_the_same_cases_at_the_same_moment(desk: Moderators):
    cases = cases_of(desk, "Ana", "Ben", "Cora", "Dan", "Eve", "Finn")
    both = [(cases, desk.mia), (cases[::-1], desk.max)]
    with ThreadPoolExecutor(2) as at_once:
        done = list(at_once.map(lambda one: desk.decide_many(one[0], by=one[1]), both))
    assert done[0].done + done[1].done == 6
    refused = [r for one in done for r in one.refused]
    assert sorted(r.case_id for r in refused) == sorted(cases)
    assert all("decided: Rejected" in r.why for r in refused)
    assert len(desk.lines()) == 6
    assert desk.town.broken() == {}


class PowerCut(BaseException):
    """The machine stops."""


def test_a_power_cut_half_way_leaves_a_batch_that_says_what_was_done(desk: Moderators, monkeypatch: pytest.MonkeyPatch):
    cases = cases_of(desk, "Ana", "Ben", "Cora", "Dan")
    stop_after(monkeypatch, "decide", 2)
    with pytest.raises(PowerCut):
        desk.decide_many(cases, by=desk.mia)
    monkeypatch.undo()
    assert [desk.state(c) for c in cases] == ["decided", "decided", "waiting", "waiting"]
    with desk.database.reading() as db:
        batch = bulk.undoable(db, desk.mia, desk.now)
        assert batch is not None
        assert batch.done == 2
        assert [r.case_id for r in bulk.left_alone(db, batch)] == cases[2:]
        assert "not reached" in bulk.left_alone(db, batch)[0].why
    assert desk.town.broken() == {}
    assert desk.undo(batch.id, desk.mia).done == 2
    desk.town.clock.advance(timedelta(days=1))
    assert desk.town.deliver().subjects("ana@example.org") == []
    assert [desk.state(c) for c in cases] == ["waiting"] * 4


def test_undoing_that_broke_off_is_taken_up_again(desk: Moderators, monkeypatch: pytest.MonkeyPatch):
    cases = cases_of(desk, "Ana", "Ben", "Cora")
    done = desk.decide_many(cases, by=desk.mia)
    desk.town.clock.advance(timedelta(minutes=9, seconds=59))
    stop_after(monkeypatch, "_undo_one", 1)
    with pytest.raises(PowerCut):
        desk.undo(done.batch, desk.mia)
    monkeypatch.undo()
    desk.town.clock.advance(timedelta(milliseconds=500))
    undone = desk.undo(done.batch, desk.mia)
    assert (undone.done, list(undone.refused)) == (3, [])
    desk.town.clock.advance(timedelta(days=1))
    for name in ("ana", "ben", "cora"):
        assert desk.town.deliver().subjects(f"{name}@example.org") == []
    assert len([line for line in desk.lines() if line.verdict == UNDO]) == 3
    assert desk.town.broken() == {}


def test_a_batch_that_is_undone_while_it_goes_on_takes_no_more(desk: Moderators, monkeypatch: pytest.MonkeyPatch):
    cases, mia = cases_of(desk, "Ana", "Ben", "Cora"), desk.mia
    decide = bulk.decide

    def decide_but_the_last(db, moderated, case, **said):
        if case == cases[-1]:
            raise RuntimeError("never reached")
        return decide(db, moderated, case, **said)

    counted = bulk._count_in

    def counting(db, batch):
        if db.scalar(select(Batch.done).where(Batch.id == batch)) == 2:
            desk.undo(batch, mia)
        counted(db, batch)

    monkeypatch.setattr(bulk, "decide", decide_but_the_last)
    monkeypatch.setattr(bulk, "_count_in", counting)
    done = desk.decide_many(cases, by=mia)
    assert [(r.case_id, "You undid" in r.why) for r in done.refused] == [(cases[-1], True)]
    assert [desk.state(c) for c in cases] == ["waiting"] * 3
    assert desk.town.broken() == {}


def test_somebody_else_writes_between_two_decisions(desk: Moderators, monkeypatch: pytest.MonkeyPatch):
    cases, mia, max_ = cases_of(desk, "Ana", "Ben"), desk.mia, desk.max
    other = desk.case(desk.forum.say("Cora", "A bench, please.")).id
    decide = bulk.decide
    with ThreadPoolExecutor(1) as neighbour:
        waiting = []

        def decide_and_let_in(db, moderated, case, **said):
            if case == cases[1]:
                assert waiting[0].result(timeout=20)
            decided = decide(db, moderated, case, **said)
            if case == cases[0]:
                waiting.append(neighbour.submit(desk.decide, other, by=max_))
            return decided

        monkeypatch.setattr(bulk, "decide", decide_and_let_in)
        monkeypatch.setattr(bulk, "_count_in", lambda db, batch: None)
        assert not desk.decide_many(cases, by=mia).refused
    assert desk.state(other) == "decided"


def stop_after(monkeypatch: pytest.MonkeyPatch, act: str, times: int) -> None:
    """The named part of a bulk act works so many times, then the power is cut."""
    really, left = getattr(bulk, act), [times]

    def do(*given, **said):
        if not left[0]:
            raise PowerCut
        left[0] -= 1
        return really(*given, **said)

    monkeypatch.setattr(bulk, act, do)
