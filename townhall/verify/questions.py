"""What ``townsquare verify`` checks in this room."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.moderation.model import Case
from app.moderation.rules.verdicts import OF_TEXTS, Origin
from app.site import Invariant
from townhall.model import Ban, Caption, Event, Hall, LogHead, Merge, Participant, Poll, PollAnswer, Question, Upvote
from townhall.rules.lifecycle import HallState
from townhall.rules.polls import PollKind, PollState
from townhall.rules.questions import PUBLIC, QuestionState
from townhall.service import families, polling
from townhall.service.locking import QUESTION

Q = QuestionState


def questions_count_their_upvotes(db: Session, now: datetime) -> Iterable[str]:
    """A question's figure = the different people who upvoted it or one that was joined to it, but for banned ones."""
    counted = families.count_of_rows().subquery()
    root, many = counted.c
    true = func.coalesce(many, 0)
    wrong = select(Question.id, Question.votes, true).outerjoin(counted, root == Question.id)
    for row, shown, rows in db.execute(wrong.where(Question.votes != true)):
        yield f"question {row} shows {shown}, has {rows}"


def polls_count_their_answers(db: Session, now: datetime) -> Iterable[str]:
    """A poll's figure = the people who answered it, but for banned ones; results that are shown follow from the rows."""
    true = (
        select(func.count())
        .select_from(PollAnswer)
        .join(Participant, Participant.id == PollAnswer.participant_id)
        .where(PollAnswer.poll_id == Poll.id, Participant.banned_at.is_(None))
        .scalar_subquery()
    )
    for row, shown, rows in db.execute(select(Poll.id, Poll.answers, true).where(Poll.answers != true)):
        yield f"poll {row} shows {shown}, has {rows}"
    # words may be listed later than a cloud was shown
    shown_ones = select(Poll).where(Poll.state == PollState.REVEALED, Poll.kind != PollKind.CLOUD)
    for poll in db.scalars(shown_ones.order_by(Poll.id)):
        if poll.results != polling.results_of(db, poll):
            yield f"poll {poll.id} shows other results"


def results_wait_for_the_reveal(db: Session, now: datetime) -> Iterable[str]:
    """No results are stored before they are everyone's."""
    for row, results in db.execute(select(Poll.id, Poll.results).where(Poll.state != PollState.REVEALED)):
        if results is not None:
            yield f"poll {row}"


def nobody_upvotes_their_own(db: Session, now: datetime) -> Iterable[str]:
    """No upvote is of whoever asked the question."""
    own = select(Upvote.question_id).join(Question, Question.id == Upvote.question_id)
    for row in db.scalars(own.where(Question.participant_id == Upvote.participant_id)):
        yield f"question {row}"


def logs_have_no_holes(db: Session, now: datetime) -> Iterable[str]:
    """Both lanes of a hall's log count 1, 2, 3 … in one order, up to what its head says."""
    rows = (
        select(
            LogHead.hall_id,
            LogHead.staff_seq,
            LogHead.public_seq,
            func.count(Event.staff_seq),
            func.coalesce(func.max(Event.staff_seq), 0),
            func.count(Event.public_seq),
            func.coalesce(func.max(Event.public_seq), 0),
        )
        .outerjoin(Event, Event.hall_id == LogHead.hall_id)
        .group_by(LogHead.hall_id, LogHead.staff_seq, LogHead.public_seq)
    )
    for hall, staff, public, many, last, many_public, last_public in db.execute(rows):
        if not staff == many == last or not public == many_public == last_public:
            yield f"hall {hall}: the log has {many} events of {staff}, {many_public} public ones of {public}"
    earlier = aliased(Event)
    crossed = (
        select(Event.hall_id, Event.staff_seq)
        .join(earlier, and_(earlier.hall_id == Event.hall_id, earlier.public_seq == Event.public_seq - 1))
        .where(earlier.staff_seq > Event.staff_seq)
    )
    for hall, number in db.execute(crossed):
        yield f"hall {hall}: event {number} is out of order"


def joined_questions_lead_somewhere(db: Session, now: datetime) -> Iterable[str]:
    """What was joined leads to a public question of its hall, as the record of joining says, and never round."""
    into = aliased(Question)
    on_record = (
        select(Merge.id)
        .where(Merge.question_id == Question.id, Merge.into_id == Question.merged_into_id, Merge.undone_at.is_(None))
        .exists()
    )
    wrong = (
        select(Question.id)
        .join(into, into.id == Question.merged_into_id)
        .where(or_(into.hall_id != Question.hall_id, into.state.not_in(PUBLIC), ~on_record))
    )
    for row in db.scalars(wrong):
        yield f"question {row}"
    stale = select(Merge.id).join(Question, Question.id == Merge.question_id).where(Merge.undone_at.is_(None))
    for row in db.scalars(stale.where(func.coalesce(Question.merged_into_id, 0) != Merge.into_id)):
        yield f"joining {row} is not in force"
    pointers = select(Question.id, Question.merged_into_id).where(Question.merged_into_id.is_not(None))
    yield from _circles({row: into_id for row, into_id in db.execute(pointers) if into_id is not None})


def _circles(pointers: dict[int, int]) -> Iterable[str]:
    fine: set[int] = set()
    for start in sorted(pointers):
        path: list[int] = []
        at: int | None = start
        while at is not None and at not in fine and at not in path:
            path.append(at)
            at = pointers.get(at)
        if at in path:
            yield f"question {at} leads back to itself"
        fine.update(path)


def stages_hold_what_everyone_reads(db: Session, now: datetime) -> Iterable[str]:
    """On stage is a public question of the hall, while it is live."""
    fine = select(Question.id).where(
        Question.id == Hall.stage_id, Question.hall_id == Hall.id, Question.state.in_([Q.OPEN, Q.ANSWERED])
    )
    staged = select(Hall.id).where(Hall.stage_id.is_not(None))
    for row in db.scalars(staged.where(or_(~fine.exists(), Hall.state != HallState.LIVE))):
        yield f"hall {row}"


def what_waits_is_before_a_moderator(db: Session, now: datetime) -> Iterable[str]:
    """A question that waits has a case that waits; a case about a question can still be decided."""
    about = and_(Case.subject_kind == QUESTION, Case.subject_id == Question.id, Case.state == "waiting")
    texts = Case.origin.in_([*(str(o) for o in OF_TEXTS), Origin.REPORT])
    alone = select(Question.id).where(Question.state == Q.WAITING, ~select(Case.id).where(about, texts).exists())
    for row in db.scalars(alone):
        yield f"question {row}"
    settled = or_(
        and_(Case.origin.in_([str(o) for o in OF_TEXTS]), Question.state != Q.WAITING, Question.state.not_in(PUBLIC)),
        and_(Case.origin == Origin.REPORT, Question.state != Q.WAITING, Question.state.not_in(PUBLIC)),
        and_(Case.origin == Origin.APPEAL, Question.state.not_in([Q.REJECTED, Q.HIDDEN])),
    )
    for row in db.scalars(select(Case.id).join(Question, about).where(settled)):
        yield f"case {row}"


def public_questions_say_since_when(db: Session, now: datetime) -> Iterable[str]:
    wrong = select(Question.id).where(Question.state.in_(PUBLIC), Question.published_at.is_(None))
    for row in db.scalars(wrong):
        yield f"question {row}"


def bans_are_on_record(db: Session, now: datetime) -> Iterable[str]:
    """Whoever is banned has a ban in force, and nobody else."""
    in_force = select(Ban.id).where(Ban.participant_id == Participant.id, Ban.undone_at.is_(None)).exists()
    for row in db.scalars(select(Participant.id).where(Participant.banned_at.is_not(None) != in_force)):
        yield f"participant {row}"


def what_is_over_is_closed(db: Session, now: datetime) -> Iterable[str]:
    """A hall that has ended has no open poll and no agenda item under way."""
    still_open = select(Poll.id).where(Poll.hall_id == Hall.id, Poll.state == PollState.OPEN, Poll.removed_at.is_(None))
    over = select(Hall.id).where(Hall.state == HallState.ENDED)
    for row in db.scalars(over.where(or_(still_open.exists(), Hall.item_id.is_not(None)))):
        yield f"hall {row}"


def captions_are_numbered(db: Session, now: datetime) -> Iterable[str]:
    """Lines count 1, 2, 3 … up to what their hall says."""
    many, last = func.count(Caption.number), func.coalesce(func.max(Caption.number), 0)
    rows = select(Hall.id, Hall.captions_numbered, many, last).outerjoin(Caption, Caption.hall_id == Hall.id)
    grouped = rows.group_by(Hall.id, Hall.captions_numbered)
    for row, numbered, lines, highest in db.execute(grouped.having(or_(many != Hall.captions_numbered, last != many))):
        yield f"hall {row} numbered {numbered} lines, has {lines} up to {highest}"


INVARIANTS: list[Invariant] = [
    Invariant("town halls: questions count their upvotes", questions_count_their_upvotes),
    Invariant("town halls: polls count their answers", polls_count_their_answers),
    Invariant("town halls: results wait for the reveal", results_wait_for_the_reveal),
    Invariant("town halls: nobody upvotes their own question", nobody_upvotes_their_own),
    Invariant("town halls: the logs have no holes", logs_have_no_holes),
    Invariant("town halls: joined questions lead somewhere", joined_questions_lead_somewhere),
    Invariant("town halls: the stage holds what everyone reads", stages_hold_what_everyone_reads),
    Invariant("town halls: what waits is before a moderator", what_waits_is_before_a_moderator),
    Invariant("town halls: public questions say since when", public_questions_say_since_when),
    Invariant("town halls: bans are on record", bans_are_on_record),
    Invariant("town halls: what is over is closed", what_is_over_is_closed),
    Invariant("town halls: captions are numbered", captions_are_numbered),
]
