"""Carrying out a moderator's verdict on a question, at whichever desk it was decided, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import Conflict, NotFound
from app.core.events import announce
from app.core.i18n import _
from app.core.text.plain import excerpt
from app.moderation import queries, telling
from app.moderation.cases import waiting_case
from app.moderation.contribution import Lead, Link, Moderated, Settlement, Shown
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import OF_TEXTS
from app.moderation.service import NotPublic, NotRefused
from townhall.events import QuestionSettled
from townhall.model import Hall, Question, QuestionText
from townhall.rules.asking import digest_of
from townhall.rules.commands import NoSuchThing
from townhall.rules.news import PARTICIPANT
from townhall.rules.questions import ORIGIN_NAMES, PUBLIC, QUESTION_STATE_NAMES, Origin, QuestionState
from townhall.service import moving
from townhall.service.screening import account_of, question_ref

Q = QuestionState

REFUSED = frozenset({Q.REJECTED, Q.HIDDEN})
_BECOMES = {Verdict.REJECT: Q.REJECTED, Verdict.HIDE: Q.HIDDEN}
MOST_TITLE = 80


class NotWaiting(Conflict):
    code = "question-not-waiting"
    title = _("This question is not waiting to be checked")
    message = _("Nothing was changed. Who asked it may have taken it back.")
    way_on = ("/moderation", _("Back to the queue"))


class CannotUndo(Conflict):
    code = "question-cannot-undo"
    title = _("This decision cannot be undone any more")
    message = _("The question was upvoted, joined to another, put on stage or decided again since.")
    way_on = ("/moderation", _("Back to the queue"))


@dataclass(frozen=True)
class QuestionUnderModeration:
    """How the desk shows and settles a question. Letters are the room's: nobody is written to that it was published,
    which they see in the hall."""

    name: str = "Question"
    needs_department: bool = False
    offers_survivor: bool = False
    can_return: bool = False
    writes_letters: bool = True

    def leads(self, db: Session) -> Sequence[Lead]:
        return ()

    def lead(self, db: Session, subject_id: int) -> str:
        return ""

    def change_lead(self, db: Session, subject_id: int, slug: str, *, by: int, now: datetime) -> None:
        raise NotWaiting

    def show(self, db: Session, subject_id: int) -> Shown:
        question = db.get(Question, subject_id)
        hall = db.get(Hall, question.hall_id) if question else None
        if question is None or hall is None:
            raise NotFound
        where = f"/townhalls/{hall.id}"
        return Shown(
            title=excerpt(question.text, MOST_TITLE) or str(_("A question whose words are gone")),
            href=f"{where}#question-{question.id}",
            paragraphs=[(str(_("Question")), question.text)],
            facts=_facts(hall, question),
            digest=digest_of(question.text, question.name),
            standing=str(QUESTION_STATE_NAMES[Q(question.state)]),
            links=[Link(f"/moderation{where}", str(_("The moderators’ desk of this hall")))],
            can_take_down=_is_public(question) or _is_hidden_for_now(db, question),
            can_restore=question.state in REFUSED,
            own_href=f"{where}/room",
        )

    def lock(self, db: Session, subject_id: int) -> None:
        _held(db, subject_id)

    def is_author(self, db: Session, subject_id: int, account: Account) -> bool:
        question = db.get(Question, subject_id)
        return question is not None and account_of(db, question) == account.id

    def author(self, db: Session, subject_id: int) -> tuple[str, int] | None:
        """The participant and never their account: nothing at any desk leads to who asked anonymously."""
        question = db.get(Question, subject_id)
        if question is None or question.participant_id is None:
            return None
        return (PARTICIPANT, question.participant_id)

    def settle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        hall, question = _held(db, subject_id)
        if question.state != Q.WAITING and not _is_public(question):
            raise NotWaiting
        if settlement.decision.verdict != Verdict.PUBLISH:
            self._refuse(db, hall, question, settlement, by, now)
        elif question.state == Q.WAITING:
            moving.publish(db, hall, question, now, by=by)
            _settled(db, question, settlement, now)

    def take_down(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        hall, question = _held(db, subject_id)
        if not (_is_public(question) or _is_hidden_for_now(db, question)):
            raise NotPublic
        self._refuse(db, hall, question, settlement, by, now)

    def _refuse(
        self, db: Session, hall: Hall, question: Question, settlement: Settlement, by: int, now: datetime
    ) -> None:
        moving.move(db, hall, question, _BECOMES[Verdict(settlement.decision.verdict)], now, by=by)
        question.reason_code = settlement.decision.reason_code
        db.flush()
        telling.tell_author(db, self._kind, question_ref(question.id), settlement, now)
        _settled(db, question, settlement, now)

    @property
    def _kind(self) -> Moderated:
        return self

    def unsettle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        hall, question = _held(db, subject_id)
        decision = settlement.decision
        if question.settled_at != decision.at:
            raise CannotUndo
        if question.state in REFUSED:
            _bring_back(db, hall, question, by, now)
        elif question.state == Q.OPEN and decision.verdict == Verdict.PUBLISH and not _is_in_use(hall, question):
            if question.published_at == decision.at:
                question.published_at = None
            moving.move(db, hall, question, Q.WAITING, now, by=by)
        else:
            raise CannotUndo

    def restore(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Back to the queue; its words stay away until it is decided."""
        hall, question = _held(db, subject_id)
        if question.state not in REFUSED:
            raise NotRefused
        question.reason_code = None
        moving.move(db, hall, question, Q.WAITING, now, by=by)

    def overturn(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        hall, question = _held(db, subject_id)
        if question.state not in REFUSED:
            raise NotRefused
        question.reason_code = None
        moving.publish(db, hall, question, now, by=by)
        _settled(db, question, settlement, now)

    def hide_provisionally(self, db: Session, subject_id: int, now: datetime) -> bool:
        """Reports alone hide what nobody has looked at yet; what a moderator let pass stays until one looks again."""
        hall, question = _held(db, subject_id)
        last = queries.latest_decision(db, question_ref(subject_id))
        if question.state not in (Q.OPEN, Q.ANSWERED) or last is not None:
            return False
        moving.move(db, hall, question, Q.WAITING, now, by=None)
        return True

    def show_again(self, db: Session, subject_id: int, *, by: int, now: datetime) -> None:
        hall, question = _held(db, subject_id)
        if _is_hidden_for_now(db, question):
            moving.publish(db, hall, question, now, by=by)

    def evidence(self, db: Session, subject_id: int) -> Mapping[str, str]:
        question = db.get(Question, subject_id)
        if question is None:
            raise NotFound
        texts = db.scalars(select(QuestionText).where(QuestionText.question_id == subject_id))
        return {f"text {t.rev} of {t.at.isoformat()}": t.text for t in texts} | {
            "text": question.text,
            "asked at": question.asked_at.isoformat(),
            "hall": str(question.hall_id),
            "name": question.name,
            "asked": question.origin,
        }

    def remove(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        hall, question = _held(db, subject_id)
        if question.state != Q.WITHDRAWN:
            moving.move(db, hall, question, Q.REMOVED, now, by=by)
        question.text, question.name = "", ""
        question.reason_code = settlement.decision.reason_code
        db.execute(update(QuestionText).where(QuestionText.question_id == subject_id).values(text=""))
        _settled(db, question, settlement, now)


def _held(db: Session, question_id: int) -> tuple[Hall, Question]:
    try:
        return moving.held(db, question_id)
    except NoSuchThing:
        raise NotFound from None


def _facts(hall: Hall, question: Question) -> list[tuple[str, str]]:
    asked = question.name or str(_("Anonymously"))
    return [
        (str(_("Town hall")), hall.title),
        (str(_("Asked by")), asked),
        (str(_("How it came")), str(ORIGIN_NAMES[Origin(question.origin)])),
        (str(_("Upvotes")), str(question.votes)),
    ]


def _is_public(question: Question) -> bool:
    return question.state in PUBLIC


def _is_hidden_for_now(db: Session, question: Question) -> bool:
    """By readers' reports alone: it was public, and no case of its text waits."""
    was_public = question.state == Q.WAITING and question.published_at is not None
    return was_public and waiting_case(db, question_ref(question.id), OF_TEXTS) is None


def _is_in_use(hall: Hall, question: Question) -> bool:
    return question.votes > 0 or hall.stage_id == question.id or question.staged_at is not None


def _bring_back(db: Session, hall: Hall, question: Question, by: int, now: datetime) -> None:
    """As it was before it was refused; what it was joined to, it is joined to no more."""
    was = Q(question.state_before or Q.WAITING)
    question.reason_code = None
    moving.move(db, hall, question, Q.OPEN if was is Q.MERGED else was, now, by=by)


def _settled(db: Session, question: Question, settlement: Settlement, now: datetime) -> None:
    announce(db, QuestionSettled(question.hall_id, question.id, settlement.decision.verdict, now))
