"""You said, we did: findings lead back to responses, answers forward; and the roll tells who counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.subject import SubjectRef
from app.outcomes.events import AnswerWithdrawn, ReferralAnswered
from app.outcomes.model import Answer, Commitment, Referral
from consultations.model import Code, Coding, Consultation, Finding, FindingCode, OutcomeRecord, ResponseVersion, Roll
from consultations.queries.counted import counted_in, findings_of
from consultations.rules.findings import Chosen
from consultations.service import feedback, findings, roll
from consultations.service.outcomes import Outcomes
from tests.consultations.asking import NO, Asking
from tests.site import Town


@pytest.fixture
def asking(town: Town) -> Asking:
    return Asking(town)


def closed(asking: Asking) -> int:
    return asking.published(opens=asking.town.now - timedelta(days=29))


def responded(asking: Asking, bridge: int, **more: Any) -> int:
    before = asking.town.now - timedelta(days=9)
    number = asking.responded(bridge, {2: {"options": [NO.id]}, 3: "Too dear."}, **more)
    asking.do(lambda db: setattr(db.get_one(_response(), number), "sent_at", before))
    return number


def _response() -> Any:
    from consultations.model import Response

    return Response


def finding_behind(asking: Asking, bridge: int, *responses: int) -> int:
    """Tom codes these responses as "too dear", and says so in a finding."""
    now, by = asking.town.now, asking.tom

    def act(db: Any) -> int:
        code = Code(consultation_id=bridge, name="Too dear", slug="too dear", at=now, by_id=by)
        finding = Finding(
            consultation_id=bridge, title="It is too dear", place=1, at=now, by_id=by, changed_at=now, changed_by_id=by
        )
        db.add_all([code, finding])
        db.flush()
        db.add(FindingCode(finding_id=finding.id, code_id=code.id, at=now, by_id=by))
        for response in responses:
            db.add(
                Coding(
                    consultation_id=bridge, response_id=response, version=1, question=3, code_id=code.id, start=0,
                    end=0, at=now, by_id=by,
                )
            )  # fmt: skip
        db.flush()
        return int(finding.id)

    return asking.do(act)


def released(asking: Asking, bridge: int, finding: int) -> None:
    now = asking.town.now

    def act(db: Any) -> None:
        row = db.get_one(Consultation, bridge)
        words = {"summary": "Too dear.", "body": "", "note": "", "chosen": [Chosen(finding)]}
        feedback.save(db, row, **words, revision=0, by=asking.tom, now=now)
        feedback.hand_in(db, row, revision=1, by=asking.tom, now=now)
        feedback.release(db, row, revision=1, small=5, by=asking.tara, now=now, leaves_at=now)

    asking.do(act)


def answered(asking: Asking, bridge: int, *, progress: str = "planned") -> tuple[int, int]:
    """The desk's answer with one promise, as app.outcomes stores and announces it."""
    now, outcomes = asking.town.now, asking.town.site.news["consultation"]
    assert isinstance(outcomes, Outcomes)

    def act(db: Any) -> tuple[int, int]:
        where = {"subject_kind": "consultation", "subject_id": bridge}
        referral = Referral(
            **where, cause="consultation", department_id=asking.department.id, state="answered", received_at=now,
            due_at=now, answered_at=now, took=0,
        )  # fmt: skip
        db.add(referral)
        db.flush()
        answer = Answer(
            referral_id=referral.id, version=1, grade="will-do", summary="Nurses cross free.", details="", at=now
        )
        promise = Commitment(
            **where, referral_id=referral.id, department_id=asking.department.id, text="Print passes.", owner="Tom",
            due_on=date(2026, 9, 1), progress=progress, made_at=now, updated_at=now,
            ended_at=now if progress == "done" else None,
        )  # fmt: skip
        db.add_all([answer, promise])
        db.flush()
        subject = SubjectRef("consultation", bridge)
        outcomes.note_answer(db, ReferralAnswered(subject, "consultation", referral.id, answer.id, 1, now))
        return referral.id, answer.id

    return asking.do(act)


def test_ana_whose_words_were_replaced_before_they_were_counted_is_not_told_that_they_were(asking: Asking) -> None:
    bridge = closed(asking)
    ana, ben = responded(asking, bridge), responded(asking, bridge)
    finding = finding_behind(asking, bridge, ana, ben)
    newer = ResponseVersion(
        response_id=ana, number=2, questionnaire_version=1, answers="{}", at=asking.town.now, act_id=ana + 1
    )
    asking.do(lambda db: db.add(newer))
    asking.do(lambda db: setattr(db.get_one(_response(), ana), "version", 2))
    released(asking, bridge, finding)
    with asking.town.database.reading() as db:
        assert [f.people for f in findings_of(db, bridge)] == [1]
        hers, his = counted_in(db, ana), counted_in(db, ben)
    assert hers is not None
    assert his is not None
    assert (len(hers.findings), len(his.findings)) == (0, 1)


def test_ana_learns_later_in_which_finding_she_was_counted_and_ben_that_he_was_in_none(asking: Asking) -> None:
    town, bridge = asking.town, closed(asking)
    ana, ben = responded(asking, bridge, email="ana@example.org"), responded(asking, bridge, email="ben@example.org")
    finding = finding_behind(asking, bridge, ana)
    with town.database.reading() as db:
        assert counted_in(db, ana) is None
        assert [f.people for f in findings_of(db, bridge)] == [1]
    released(asking, bridge, finding)
    asking.do(
        lambda db: feedback.answer_finding(
            db,
            db.get_one(Consultation, bridge),
            finding,
            "Passes for nurses.",
            "",
            after=0,
            by=asking.tom,
            now=town.now,
        )
    )
    with town.database.reading() as db:
        came = counted_in(db, ana)
        assert came is not None
        assert [(c.finding.title, c.answer) for c in came.findings] == [("It is too dear", "")]
    answered(asking, bridge)
    with town.database.reading() as db:
        hers, his = counted_in(db, ana), counted_in(db, ben)
        assert hers is not None
        assert his is not None
        assert [c.answer for c in hers.findings] == ["Passes for nurses."]
        assert (list(his.findings), his.of) == ([], 1)
    town.work()
    letters = town.deliver()
    assert letters.subjects("ben@example.org") == [
        "What people said in a consultation you answered",
        "What was decided after a consultation you answered",
    ]
    row = asking.consultation(bridge)
    assert (row.stage, row.has_outcome) == ("outcome", True)
    assert "Passes for nurses." in town.rows(OutcomeRecord)[0].answers


def test_it_is_completed_once_every_action_ended(asking: Asking) -> None:
    bridge = closed(asking)
    answered(asking, bridge, progress="done")
    assert asking.consultation(bridge).stage == "completed"


def test_an_answer_is_taken_back_before_anybody_was_told_and_not_after(asking: Asking) -> None:
    town, bridge = asking.town, closed(asking)
    responded(asking, bridge, email="ana@example.org")
    referral, answer = answered(asking, bridge)
    outcomes: Any = town.site.news["consultation"]
    event = AnswerWithdrawn(SubjectRef("consultation", bridge), "consultation", referral, answer, town.now)
    asking.do(lambda db: outcomes.note_withdrawal(db, event))
    row = asking.consultation(bridge)
    assert (row.has_outcome, row.outcome_at) == (False, None)
    town.work()
    assert town.deliver().subjects("ana@example.org") == []


def test_tom_does_not_release_a_finding_that_he_wrote_anew_after_it_was_handed_in(asking: Asking) -> None:
    town, bridge = asking.town, closed(asking)
    finding = finding_behind(asking, bridge, responded(asking, bridge))

    def hand_in(db: Any) -> None:
        row = db.get_one(Consultation, bridge)
        words = {"summary": "Too dear.", "body": "", "note": "", "chosen": [Chosen(finding)]}
        feedback.save(db, row, **words, revision=0, by=asking.tara, now=town.now)
        feedback.hand_in(db, row, revision=1, by=asking.tara, now=town.now)

    def release(db: Any, by: int) -> None:
        now = town.now
        feedback.release(db, db.get_one(Consultation, bridge), revision=1, small=5, by=by, now=now, leaves_at=now)

    def write_anew(db: Any) -> None:
        codes = db.scalars(select(FindingCode.code_id).where(FindingCode.finding_id == finding)).all()
        seen = db.get_one(Finding, finding).revision
        words = ("Nobody minds", "It is cheap.")
        findings.change(db, bridge, finding, *words, codes=codes, seen=seen, by=asking.tom, now=town.now)

    asking.do(hand_in)
    town.clock.set(town.now + timedelta(minutes=1))
    asking.do(write_anew)
    with pytest.raises(feedback.NeedsSecondPerson):
        asking.do(lambda db: release(db, asking.tom))
    asking.do(
        lambda db: feedback.hand_back(db, db.get_one(Consultation, bridge), revision=1, by=asking.tara, now=town.now)
    )
    town.clock.set(town.now + timedelta(minutes=1))
    asking.do(
        lambda db: feedback.hand_in(db, db.get_one(Consultation, bridge), revision=1, by=asking.tara, now=town.now)
    )
    asking.do(lambda db: release(db, asking.tom))  # Tara has read it when she handed it in


def test_tom_who_writes_what_people_said_while_it_is_open_does_not_make_it_one_that_is_being_read(
    asking: Asking,
) -> None:
    town, bridge = asking.town, asking.published()

    def save(db: Any, revision: int) -> None:
        row = db.get_one(Consultation, bridge)
        words = {"summary": "Too dear.", "body": "", "note": "", "chosen": []}
        feedback.save(db, row, **words, revision=revision, by=asking.tom, now=town.now)

    asking.do(lambda db: save(db, 0))
    assert asking.consultation(bridge).stage == "waiting"
    town.clock.advance(timedelta(days=28))
    asking.do(lambda db: save(db, 1))
    assert asking.consultation(bridge).stage == "analysing"


def test_adding_or_removing_a_response_afterwards_makes_the_check_fail(asking: Asking) -> None:
    town, bridge = asking.town, closed(asking)
    ana = responded(asking, bridge)
    responded(asking, bridge)
    assert asking.do(lambda db: roll.write_due_rolls(db, town.now)) == 1
    assert asking.do(lambda db: roll.write_due_rolls(db, town.now)) == 0
    assert town.broken() == {}
    town.sql(f"UPDATE consultations_response SET state = 'rejected' WHERE id = {ana}")
    town.sql("UPDATE consultations_consultation SET response_count = 1")
    assert "Responses that count are those of the published rolls" in town.broken()
    town.sql(f"UPDATE consultations_response SET state = 'submitted' WHERE id = {ana}")
    asking.responded(bridge, {2: {"options": [11]}})
    town.sql("UPDATE consultations_consultation SET response_count = 3")
    assert "Responses that count are those of the published rolls" in town.broken()


def test_a_late_response_makes_a_further_version_of_the_roll(asking: Asking) -> None:
    town, bridge = asking.town, closed(asking)
    responded(asking, bridge)
    asking.do(lambda db: roll.write_due_rolls(db, town.now))
    town.clock.set(town.now + timedelta(hours=1))
    responded(asking, bridge)
    assert town.broken() == {}
    asking.do(lambda db: roll.write_due_rolls(db, town.now))
    assert [(r.version, r.total, r.added) for r in town.rows(Roll)] == [(1, 1, 0), (2, 2, 1)]
    assert town.broken() == {}


def test_bens_response_that_was_stamped_before_the_roll_and_stored_after_it_is_on_the_next(asking: Asking) -> None:
    town, bridge = asking.town, closed(asking)
    ana = responded(asking, bridge)
    stamped = town.now
    town.clock.set(stamped + timedelta(seconds=1))
    asking.do(lambda db: roll.write_due_rolls(db, town.now))
    ben = responded(asking, bridge)
    asking.do(lambda db: setattr(db.get_one(_response(), ben), "changed_at", stamped))
    town.sql("UPDATE consultations_consultation SET response_count = 2")
    town.clock.set(stamped + timedelta(days=1))
    assert asking.do(lambda db: roll.write_due_rolls(db, town.now)) == 1
    assert town.broken() == {}
    asking.do(lambda db: setattr(db.get_one(_response(), ana), "digest", b"changed" * 4 + b"just"))
    asking.do(lambda db: setattr(db.get_one(_response(), ana), "changed_at", town.now - timedelta(seconds=1)))
    asking.do(lambda db: setattr(roll.newest_roll(db, bridge), "at", town.now))
    assert asking.do(lambda db: roll.write_due_rolls(db, town.now)) == 1
    assert asking.do(lambda db: roll.write_due_rolls(db, town.now)) == 0
    assert [(r.version, r.total, r.added, r.ended) for r in town.rows(Roll)] == [
        (1, 1, 0, 0),
        (2, 2, 1, 0),
        (3, 2, 1, 1),
    ]
