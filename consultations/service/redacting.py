"""Taking passages out of what will be published, each with its reason; reversible until it is public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, NotFound
from app.core.i18n import _
from app.core.security.keys import CannotUnseal, Keys
from app.core.subject import SubjectRef
from consultations.identity import open_respondent
from consultations.model import Redaction, Respondent, Response, ResponseVersion
from consultations.queries.questionnaires import questionnaire
from consultations.rules.publishing import Found, RedactionReason, Span, signed_places, words_of
from consultations.rules.questionnaire import Questionnaire
from consultations.rules.responses import Consent, Publishing

_ANSWERS = msgspec.json.Decoder(dict[int, Any])


class AlreadyPublic(Conflict):
    code = "already-public"
    title = _("This response is public already")
    message = _("Take it down first. Then you can change what is taken out, and publish it again.")
    way_on = ("/desk/consultations/{consultation}/publish/{response}", _("Back to the response"))


class ResponseChanged(Conflict):
    code = "response-changed"
    title = _("This response has changed since you opened it")
    message = _("Nothing was stored. Read what it says now.")
    way_on = ("/desk/consultations/{consultation}/publish/{response}", _("Read it"))


def spans_of(db: Session, response_id: int, version: int) -> Mapping[int, list[Span]]:
    """What is taken out now, by question."""
    found: dict[int, list[Span]] = {}
    for row in redactions(db, response_id, version):
        found.setdefault(row.question, []).append(Span(row.start, row.end, RedactionReason(row.reason)))
    return found


def redactions(db: Session, response_id: int, version: int) -> Sequence[Redaction]:
    wanted = select(Redaction).where(
        Redaction.response_id == response_id, Redaction.version == version, Redaction.undone_at.is_(None)
    )
    return db.scalars(wanted.order_by(Redaction.question, Redaction.start, Redaction.id)).all()


def answers_of(db: Session, response: Response) -> tuple[Questionnaire, dict[int, Any], int]:
    """What was asked, the newest version's answers, and the questionnaire's version."""
    stored = db.get_one(ResponseVersion, (response.id, response.version))
    asked = questionnaire(db, response.consultation_id, stored.questionnaire_version)
    return asked, _ANSWERS.decode(stored.answers), stored.questionnaire_version


def texts_of(asked: Questionnaire, answers: Mapping[int, Any]) -> dict[int, str]:
    """The words that may be published, by question; confidential ones never are."""
    found = {n: words_of(q, answers[n]) for n, q in asked.by_id.items() if n in answers and not q.confidential}
    return {number: words for number, words in found.items() if words}


def signatures(db: Session, keys: Keys, response: Response) -> list[Found]:
    """Where its words still say who wrote it, though its writer wants no name published."""
    respondent = db.get(Respondent, response.id)
    if response.consent != Consent.ANONYMOUS or respondent is None:
        return []
    try:
        known = open_respondent(keys, response.id, respondent.sealed)
    except CannotUnseal:
        return []
    asked, answers, _version = answers_of(db, response)
    taken = spans_of(db, response.id, response.version)
    places = signed_places(texts_of(asked, answers), [w for w in known.values() if w])
    return [p for p in places if not any(s.start <= p.start and p.end <= s.end for s in taken.get(p.question, ()))]


def redact(
    db: Session,
    response: Response,
    passages: Sequence[tuple[int, int, int]],
    reason: RedactionReason,
    *,
    by: int,
    now: datetime,
) -> None:
    """Take out (question, start, end) of its words; what was ready to be published is looked at anew."""
    asked, answers, _version = answers_of(db, response)
    texts = texts_of(asked, answers)
    _refuse_public(response)
    for question, start, end in passages:
        if not 0 <= start < end <= len(texts.get(question, "")):
            raise ResponseChanged(consultation=response.consultation_id, response=response.id)
        facts = {"question": question, "start": start, "end": end, "reason": reason, "at": now, "by_id": by}
        db.add(Redaction(response_id=response.id, version=response.version, **facts))
    _look_anew(response)
    db.flush()
    _record(db, "consultations.redact", response, by, now, {"passages": len(passages), "reason": str(reason)})


def put_back(db: Session, response: Response, redaction_id: int, *, by: int, now: datetime) -> None:
    """The passage will be read by all, after all."""
    row = db.get(Redaction, redaction_id)
    if row is None or row.response_id != response.id:
        raise NotFound
    _refuse_public(response)
    if row.undone_at is None:
        row.undone_at, row.undone_by_id = now, by
        _look_anew(response)
        db.flush()
        _record(db, "consultations.put-back", response, by, now, {"redaction": row.id})


def _refuse_public(response: Response) -> None:
    if response.publishing == Publishing.PUBLISHED:
        raise AlreadyPublic(consultation=response.consultation_id, response=response.id)


def _look_anew(response: Response) -> None:
    response.approved_version = None
    if response.publishing == Publishing.READY:
        response.publishing = Publishing.WAITING


def _record(db: Session, act: str, response: Response, by: int, now: datetime, facts: dict[str, Any]) -> None:
    subject = SubjectRef("consultation", response.consultation_id)
    audit.record(db, act, subject, by=by, now=now, facts={"response": response.id, **facts})
