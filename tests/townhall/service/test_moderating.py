"""Questions before the moderators: in the hall, at their own desk, and what everyone and the asker learn of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from app.core.errors import Conflict, Invalid, Refusal
from app.moderation import hiding, illegal
from app.moderation import service as moderation
from app.moderation.model import Case, Decision, Revision
from app.moderation.refusals import AppealedAlready, OwnDecision, OwnText
from app.moderation.rules.standards import Verdict
from tests.site import Town
from tests.townhall.crowd import upvote
from tests.townhall.meeting import Meeting
from townhall.model import Event, Hall, Question, QuestionText
from townhall.queries import showing, standing
from townhall.queries.mine import mine
from townhall.queries.pages import rejected
from townhall.rules.asking import NotYourQuestion, QuestionElsewhere
from townhall.rules.commands import NotAllowed, Stale
from townhall.rules.questions import QuestionState
from townhall.service.screening import question_ref


def asked(meeting: Meeting, hall: int, who: int, text: str = "Call me 0151 about Oak Street?", **d: Any) -> int:
    number: int = meeting.send(hall, meeting.of(who), "question.ask", text=text, **d).d["question"]
    return number


def decide(meeting: Meeting, question: int, verdict: Verdict, *, by: int, reason: str = "", note: str = "") -> Decision:
    """At the moderators' own desk."""
    town = meeting.town
    case = town.rows(Case, Case.subject_kind == "question", Case.subject_id == question, Case.state == "waiting")[-1]
    revision = town.rows(Revision, Revision.case_id == case.id)[-1]
    return meeting.do(
        lambda db: moderation.decide(
            db,
            town.site.moderated,
            case.id,
            revision_id=revision.id,
            verdict=verdict,
            reason_code=reason,
            note=note,
            by=by,
            now=town.now,
        )
    )


def own_of(town: Town, db: Any, hall: int, who: int) -> list[dict[str, Any]]:
    """What one is shown of the questions that one asked."""
    found: list[dict[str, Any]] = mine(db, hall, town.site.permissions, participant_id=who)["questions"]
    return found


def state_of(meeting: Meeting, question: int) -> str:
    return meeting.row(Question, question).state


def everything_public(meeting: Meeting, hall: int) -> str:
    """What the public lane could say of the hall's questions and its log."""
    with meeting.town.database.reading() as db:
        rows = db.scalars(select(Question).where(Question.hall_id == hall)).all()
        events = db.scalars(select(Event).where(Event.hall_id == hall, Event.public_seq.is_not(None))).all()
        shown = [showing.question(row, "public") for row in rows]
        return msgspec.json.encode([shown, [(e.kind, e.thing_id, e.facts, e.by_id) for e in events]]).decode()


def test_nobody_but_gil_and_the_staff_can_find_what_waits(town: Town) -> None:
    """Scenario 5."""
    meeting = Meeting(town)
    hall = meeting.hall()
    gil = meeting.participant(hall, "Gil Gomez")
    question = asked(meeting, hall, gil, "Why is Oak Street still closed?")
    assert "Oak Street" not in everything_public(meeting, hall)
    assert "Gil" not in everything_public(meeting, hall)
    row = meeting.row(Question, question)
    assert (showing.question(row, "staff") or {})["text"] == "Why is Oak Street still closed?"
    with town.database.reading() as db:
        assert [(q["id"], q["state"]) for q in own_of(town, db, hall, gil)] == [(question, "waiting")]
        assert [q.id for q in standing.waiting(db, hall)] == [question]
    meeting.send(hall, meeting.staff(meeting.ben), "question.publish", question=question, rev=1)
    assert "Oak Street" in everything_public(meeting, hall)
    assert town.letters.all == []  # published is told in the hall alone
    assert town.broken() == {}


def test_gil_learns_why_and_others_a_number(town: Town) -> None:
    """Scenario 6."""
    meeting = Meeting(town)
    hall = meeting.hall()
    gil = meeting.participant(hall, "Gil Gomez")
    question = asked(meeting, hall, gil)
    cleo = meeting.staff(meeting.cleo)
    with pytest.raises(Invalid):  # a reason is needed
        meeting.send(hall, cleo, "question.reject", question=question, rev=1)
    meeting.send(hall, cleo, "question.reject", question=question, rev=1, reason="duplicate", note="Asked before.")
    with town.database.reading() as db:
        own = own_of(town, db, hall, gil)[0]
        assert rejected(db, hall) == {"duplicate": 1}
    assert (own["state"], own["reason"], own["note"], own["can_review"]) == (
        "rejected",
        "duplicate",
        "Asked before.",
        True,
    )
    assert own["why"]
    assert "Oak Street" not in everything_public(meeting, hall)
    assert [letter.template for letter in town.queued("moderation/mail/decided")] == ["moderation/mail/decided"]
    assert town.broken() == {}


def test_two_moderators_do_not_overwrite_each_other(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    question = asked(meeting, hall, meeting.participant(hall))
    meeting.send(hall, meeting.staff(meeting.ben), "question.publish", question=question, rev=1)
    with pytest.raises(Stale):
        meeting.send(hall, meeting.staff(meeting.cleo), "question.hide", question=question, rev=1, reason="spam")
    assert state_of(meeting, question) == "open"


def test_a_review_is_heard_by_somebody_else_and_published_when_granted(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil, hana = meeting.participant(hall, "Gil Gomez"), meeting.participant(hall, "Hana Horn")
    question = asked(meeting, hall, gil)
    meeting.send(hall, meeting.staff(meeting.cleo), "question.reject", question=question, reason="irrelevant")
    with pytest.raises(NotYourQuestion):
        meeting.send(hall, meeting.of(hana), "review.ask", question=question, why="I like it.")
    with pytest.raises(Invalid) as wrong:
        meeting.send(hall, meeting.of(gil), "review.ask", question=question, why="x" * 4001)
    assert wrong.value.errors[0].field == "why"
    meeting.send(hall, meeting.of(gil), "review.ask", question=question, why="The council does decide this.")
    with pytest.raises(AppealedAlready):
        meeting.send(hall, meeting.of(gil), "review.ask", question=question, why="Again.")
    with pytest.raises(OwnDecision):
        decide(meeting, question, Verdict.OVERTURN, by=meeting.cleo, note="Hm.")
    decide(meeting, question, Verdict.OVERTURN, by=meeting.ben, note="It does.")
    assert state_of(meeting, question) == "open"
    assert meeting.events(hall)[-1] == ("question.published", question)
    with town.database.reading() as db:
        assert rejected(db, hall) == {}
    assert town.broken() == {}


def test_a_review_is_one_press_of_a_button(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil = meeting.participant(hall, "Gil Gomez")
    question = asked(meeting, hall, gil)
    meeting.send(hall, meeting.staff(meeting.cleo), "question.reject", question=question, reason="irrelevant")
    meeting.send(hall, meeting.of(gil), "review.ask", question=question)
    with town.database.reading() as db:
        own = own_of(town, db, hall, gil)[0]
    assert (own["review"], own["can_review"]) == ("waiting", False)
    assert town.broken() == {}


def test_deciding_at_the_moderators_own_desk_reaches_the_hall_once(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    one, two = (asked(meeting, hall, meeting.participant(hall), f"Question {n}?") for n in (1, 2))
    decide(meeting, one, Verdict.PUBLISH, by=meeting.ben)
    decide(meeting, two, Verdict.HIDE, by=meeting.ben, reason="offensive")
    assert meeting.events(hall)[2:] == [("question.published", one), ("question.hidden", two)]
    rows = town.rows(Event, Event.hall_id == hall)
    assert [(e.kind, e.public_seq) for e in rows][2:] == [("question.published", 1), ("question.hidden", None)]
    assert town.broken() == {}


def test_ben_hides_what_is_on_stage_and_the_stage_is_empty(town: Town) -> None:
    """Scenario 12."""
    meeting = Meeting(town)
    hall = meeting.hall()
    question = meeting.question(hall)
    meeting.send(hall, meeting.staff(meeting.ana), "question.stage", question=question)
    assert meeting.row(Hall, hall).stage_id == question
    meeting.send(hall, meeting.staff(meeting.ben), "question.hide", question=question, reason="personal-data")
    assert meeting.row(Hall, hall).stage_id is None
    assert meeting.events(hall)[-2:] == [("question.staged", None), ("question.hidden", question)]
    assert "Oak Street" not in everything_public(meeting, hall)
    assert all(e.public_seq for e in town.rows(Event, Event.hall_id == hall))
    assert town.broken() == {}


def test_hiding_a_question_keeps_those_that_were_joined_to_it(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ben = meeting.staff(meeting.ben)
    first, other = meeting.question(hall), meeting.question(hall, "When does Oak Street open?")
    hana = meeting.participant(hall, "Hana Horn")
    upvote(meeting, hall, meeting.of(hana), other)
    meeting.send(hall, ben, "question.merge", question=other, into=first)
    meeting.send(hall, ben, "question.hide", question=first, reason="offensive")
    assert (state_of(meeting, first), state_of(meeting, other)) == ("hidden", "open")
    assert (meeting.row(Question, first).votes, meeting.row(Question, other).votes) == (0, 1)
    assert meeting.events(hall)[-2:] == [("question.unmerged", other), ("question.hidden", first)]
    assert town.broken() == {}


def test_what_was_joined_can_be_hidden_alone(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ben = meeting.staff(meeting.ben)
    first, other = meeting.question(hall), meeting.question(hall, "When does Oak Street open?")
    upvote(meeting, hall, meeting.of(meeting.participant(hall)), other)
    meeting.send(hall, ben, "question.merge", question=other, into=first)
    meeting.send(hall, ben, "question.hide", question=other, reason="offensive")
    assert (state_of(meeting, other), meeting.row(Question, first).votes) == ("hidden", 0)
    assert town.broken() == {}


def test_reports_hide_only_what_no_moderator_has_looked_at(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(screening=False)
    number = asked(meeting, hall, meeting.participant(hall), "Is the bridge safe?")
    assert state_of(meeting, number) == "open"

    def report(by: int) -> None:
        meeting.do(
            lambda db: hiding.receive(
                db,
                town.site.moderated,
                question_ref(number),
                "offensive",
                "",
                reporter=hiding.ReporterKey(account_id=by, trusted=True),
                hide_at=2,
                now=town.now,
            )
        )

    report(meeting.ana)
    report(meeting.rhoda)
    assert state_of(meeting, number) == "waiting"
    assert meeting.events(hall)[-1] == ("question.hidden", number)
    assert "bridge" not in everything_public(meeting, hall)
    assert town.broken() == {}
    meeting.send(hall, meeting.staff(meeting.ben), "question.publish", question=number)  # lets it stand
    assert state_of(meeting, number) == "open"
    report(meeting.cleo)
    assert state_of(meeting, number) == "open"
    meeting.send(hall, meeting.staff(meeting.cleo), "question.reject", question=number, reason="spam")
    assert state_of(meeting, number) == "rejected"
    assert town.broken() == {}


def test_an_administrator_restores_and_it_waits_again(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    number = meeting.question(hall)
    meeting.send(hall, meeting.staff(meeting.ben), "question.hide", question=number, reason="offensive")
    case = town.rows(Case, Case.subject_kind == "question")[-1].id
    admin = town.staff("ada@example.org", "administrator")
    meeting.do(
        lambda db: moderation.restore(db, town.site.moderated, case, note="It was fine.", by=admin, now=town.now)
    )
    assert state_of(meeting, number) == "waiting"
    decide(meeting, number, Verdict.PUBLISH, by=meeting.cleo)
    assert state_of(meeting, number) == "open"
    assert town.broken() == {}


def test_what_is_illegal_goes_and_its_words_are_nowhere(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    number = meeting.question(hall, "Something vile about Oak Street")
    meeting.do(
        lambda db: illegal.report(
            db, town.site.moderated, town.keys, question_ref(number), "It threatens a person.", now=town.now
        )
    )
    case = town.rows(Case, Case.subject_kind == "question")[-1].id
    meeting.do(lambda db: illegal.propose(db, town.site.moderated, case, by=meeting.ben, now=town.now))
    meeting.do(lambda db: illegal.confirm(db, town.site.moderated, case, by=meeting.cleo, now=town.now))
    row = meeting.row(Question, number)
    assert (row.state, row.text, row.name) == ("removed", "", "")
    assert {t.text for t in town.rows(QuestionText)} <= {""}
    assert showing.question(row, "staff") is None
    assert meeting.events(hall)[-1] == ("question.hidden", number)
    assert town.broken() == {}


def test_a_moderator_does_not_judge_their_own_question(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ben = meeting.participant(hall, "Ben", account_id=meeting.ben)
    number = asked(meeting, hall, ben)
    with pytest.raises(OwnText):
        meeting.send(hall, meeting.staff(meeting.ben), "question.publish", question=number)
    meeting.send(hall, meeting.staff(meeting.cleo), "question.publish", question=number)
    assert state_of(meeting, number) == "open"


def test_citizens_who_send_what_is_for_the_staff_change_nothing(town: Town) -> None:
    """Scenario 35."""
    meeting = Meeting(town)
    hall = meeting.hall()
    gil, hana = meeting.participant(hall, "Gil Gomez"), meeting.participant(hall, "Hana Horn")
    question, poll = meeting.question(hall, by=gil), meeting.poll(hall)
    hers = meeting.of(hana)
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("question.publish", {"question": question}),
        ("question.hide", {"question": question, "reason": "spam"}),
        ("question.merge", {"question": question, "into": question}),
        ("question.stage", {"question": question}),
        ("question.withdraw", {"question": question}),
        ("poll.close", {"poll": poll}),
        ("poll.reveal", {"poll": poll}),
        ("ban.set", {"on": True, "participant": gil}),
        ("hand.set", {"on": True, "participant": gil}),
        ("slow.set", {"seconds": 60}),
        ("announce", {"text": "Go home."}),
        ("hall.end", {}),
        ("hosting.take", {}),
    ]
    for op, d in attempts:
        with pytest.raises(Refusal) as refused:
            meeting.send(hall, hers, op, **d)
        assert refused.value.code == "forbidden", op
    assert (state_of(meeting, question), meeting.row(Hall, hall).state) == ("open", "live")
    assert meeting.events(hall) == []
    assert town.broken() == {}


def test_officials_without_a_part_do_not_run_somebody_elses_hall(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    otto = meeting.staff(town.staff("otto@example.org", "official", "council"))
    for op, d in (("hall.end", {}), ("announce", {"text": "Hello"}), ("hosting.take", {}), ("poll.open", {"poll": 1})):
        with pytest.raises(NotAllowed):
            meeting.send(hall, otto, op, **d)
    assert meeting.row(Hall, hall).state == "live"


def test_a_question_of_another_hall_is_not_there(town: Town) -> None:
    meeting = Meeting(town)
    hall, other = meeting.hall(), meeting.hall()
    question = meeting.question(other)
    with pytest.raises(Refusal) as refused:
        meeting.send(hall, meeting.staff(meeting.ben), "question.hide", question=question, reason="spam")
    assert refused.value.status == 404
    assert state_of(meeting, question) == "open"


def test_what_was_refused_is_not_published_by_a_second_click(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    question = meeting.question(hall)
    ben = meeting.staff(meeting.ben)
    meeting.send(hall, ben, "question.reject", question=question, reason="spam")
    with pytest.raises(QuestionElsewhere):
        meeting.send(hall, ben, "question.publish", question=question)
    with pytest.raises(Conflict):
        meeting.send(hall, ben, "question.reject", question=question, reason="spam")
    assert state_of(meeting, question) == QuestionState.REJECTED


@pytest.mark.parametrize("state", [QuestionState.WAITING, QuestionState.REJECTED, QuestionState.HIDDEN])
@pytest.mark.parametrize("op", ["question.answered", "question.archive"])
def test_ana_who_hosts_makes_nothing_public_that_no_moderator_published(
    town: Town, op: str, state: QuestionState
) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    question = meeting.question(hall, "CALL ME 0151", state=state)
    with pytest.raises(QuestionElsewhere):
        meeting.send(hall, meeting.staff(meeting.ana), op, question=question)
    assert state_of(meeting, question) == state
    assert "0151" not in everything_public(meeting, hall)
