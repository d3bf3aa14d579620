"""A department's program accepts a matter and answers it: the acts of the desk, by its rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, RawBody
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.idempotency import KeyReused, StillRunning
from app.core.web.entity import ChangedSince, check_unchanged
from app.core.web.problems import OF_A_BODY, answers, problems, wrong
from app.core.web.repeats import Done, once
from app.departments.model import Department
from app.outcomes.api import examples, told
from app.outcomes.api.calls import IfMatch, Key, claim_of, needs, refusals
from app.outcomes.api.refusals import AnsweredMeanwhile, DraftedMeanwhile
from app.outcomes.api.schema import AnswerIn, AnswerStored, ReferralState
from app.outcomes.model import Referral
from app.outcomes.rules.answers import AnswerText, grades_for
from app.outcomes.rules.commitments import MOST_PROMISES
from app.outcomes.rules.referrals import ReferralState as S
from app.outcomes.rules.referrals import WrongState
from app.outcomes.service import AnswerChanged, AnsweredElsewhere, NoLongerOwed, drafting, steering
from app.outcomes.service.drafting import DraftChanged
from app.outcomes.web import typed
from app.outcomes.web.lookup import door_of, lock, subject_of
from app.tokens.guard import by_program, check_scope, program_of
from app.tokens.rules.scopes import Scope
from app.tokens.service.using import Program

_REFERRAL = {"referral": 31}
_ACCEPT_PROBLEMS = problems(
    *OF_A_BODY, *refusals(Scope.WRITE, NoLongerOwed(**_REFERRAL), WrongState(**_REFERRAL), StillRunning(), KeyReused())
)
_ANSWER_PROBLEMS = problems(
    *OF_A_BODY,
    *refusals(
        Scope.RELEASE,
        AnsweredMeanwhile(**_REFERRAL, answer=examples.MEANWHILE),
        DraftedMeanwhile(**_REFERRAL, draft=examples.DRAFTED),
        NoLongerOwed(**_REFERRAL),
        AnsweredElsewhere(door="/hosting/townhalls/9/questions"),
        StillRunning(),
        ChangedSince(),
        KeyReused(),
        wrong("summary", _("Enter the answer in one sentence.")),
        wrong("commitments[0].due", _("Choose a day after today.")),
    ),
)


@post(
    "/api/v1/referrals/{referral_id:int}/accept",
    name="outcomes.api.accept",
    include_in_schema=True,
    guards=[by_program("outcomes.answer")],
    security=needs(Scope.WRITE),
    sync_to_thread=True,
    status_code=200,
    summary="Accept a matter",
    responses={200: answers(ReferralState, "Accepted", examples.ACCEPTED), **_ACCEPT_PROBLEMS},
)
def accept(
    request: Request[Any, Any, Any], referral_id: FromPath[int], idempotency_key: Key = ""
) -> Response[ReferralState]:
    """The department says that the matter is its own to answer. Twice is once. Send no body."""
    state, program = request.app.state, program_of(request)

    def act(db: Session) -> Done:
        found = told.owned(db, program, referral_id)
        lock(state, db, found.subject_kind, found.subject_id)
        now, department = state.clock.now(), program.department_id
        accepted = steering.accept(db, referral_id, department, by=None, now=now, token=program.id)
        body = ReferralState(accepted.id, accepted.state, accepted.accepted_at)  # type: ignore[arg-type]
        return Done(200, msgspec.json.encode(body))

    return once(state, claim_of(request, idempotency_key, b""), act)  # type: ignore[return-value]


@post(
    "/api/v1/referrals/{referral_id:int}/answers",
    name="outcomes.api.answer",
    include_in_schema=True,
    guards=[by_program("outcomes.answer")],
    security=needs(Scope.WRITE),
    sync_to_thread=True,
    status_code=201,
    summary="Answer a matter",
    responses={
        201: answers(AnswerStored, "Public", examples.PUBLISHED),
        202: answers(AnswerStored, "Waits for an officer", examples.WAITING),
        **_ANSWER_PROBLEMS,
    },
)
def answer(
    request: Request[Any, Any, Any],
    referral_id: FromPath[int],
    data: Annotated[AnswerIn, BodyKwarg(media_type=RequestEncodingType.JSON, examples=examples.ANSWER)],
    body: RawBody,
    idempotency_key: Key = "",
    if_match: IfMatch = "",
) -> Response[AnswerStored]:
    """An answer, or with `seen_version` a corrected one. With `release` it is public at once (201); without, and
    wherever two people release, it waits for one of the department's officers (202)."""
    state = request.app.state
    if data.release:
        check_scope(request, "outcomes.release")
    answering = _Answering(state, program_of(request), referral_id, data, if_match, state.clock.now())
    try:
        return once(state, claim_of(request, idempotency_key, body), answering)  # type: ignore[return-value]
    except AnswerChanged as changed:
        raise _first(state, answering.program, referral_id) from changed
    except DraftChanged as changed:
        raise _drafted(state, answering.program, referral_id) from changed


@dataclass(frozen=True)
class _Answering:
    """One answer of one program, in one transaction."""

    state: Any
    program: Program
    referral_id: int
    data: AnswerIn
    if_match: str
    now: datetime

    def __call__(self, db: Session) -> Done:
        referral = told.owned(db, self.program, self.referral_id)
        if door := door_of(self.state, referral):
            raise AnsweredElsewhere(door=door)
        lock(self.state, db, referral.subject_kind, referral.subject_id)
        if self.if_match:
            check_unchanged(self.if_match, msgspec.json.encode(told.answers(db, referral)))
        if referral.state == S.CLOSED:
            raise NoLongerOwed(referral=referral.id)
        text = read(self.state, db, self.data, referral)
        department = db.get_one(Department, self.program.department_id)
        if self.data.release and not department.two_person:
            return self._publish(db, referral, department, text)
        return self._hand_in(db, referral, department)

    def _publish(self, db: Session, referral: Referral, department: Department, text: AnswerText) -> Done:
        given = drafting.publish(
            db,
            referral.id,
            department,
            text,
            revision=self.data.seen_draft,
            after_version=self.data.seen_version,
            by=None,
            now=self.now,
            tell=self.data.tell,
            token=self.program.id,
        )
        subject, words = subject_of(self.state, db, referral), _("The answer is public.")
        is_public = subject is not None and subject.public and not referral.sandbox
        page = f"{self.state.settings.base_url}{subject.href}#answer-{referral.id}" if is_public else None
        return _stored(201, AnswerStored(referral.id, "published", given.version, None, str(words), page))

    def _hand_in(self, db: Session, referral: Referral, department: Department) -> Done:
        """A program is nobody's second person: it can only write what an officer releases."""
        first = referral.state != S.ANSWERED
        form = typed.typed_in(form_of(self.data), send_news=first if self.data.tell is None else self.data.tell)
        draft = drafting.save(
            db,
            referral.id,
            department.id,
            form,
            revision=self.data.seen_draft,
            after_version=self.data.seen_version,
            by=None,
            now=self.now,
            token=self.program.id,
        )
        drafting.hand_in(
            db, referral.id, department.id, revision=draft.revision, by=None, now=self.now, token=self.program.id
        )
        words = (
            _("Two people release an answer in this department: it waits for one of your officers.")
            if department.two_person
            else _("It waits for one of your officers, who releases it on the desk.")
        )
        return _stored(202, AnswerStored(referral.id, "waiting", None, draft.revision, str(words), None))


def _stored(status: int, body: AnswerStored) -> Done:
    return Done(status, msgspec.json.encode(body))


def form_of(data: AnswerIn) -> dict[str, str]:
    """The fields of the desk's form."""
    rows = {
        f"promise-{n}-{name}": str(getattr(promise, name))
        for n, promise in enumerate(data.commitments, 1)
        for name in ("text", "owner", "due")
    }
    day = data.examine_by.isoformat() if data.examine_by else ""
    return {"grade": data.grade, "summary": data.summary, "details": data.details, "examine_by": day, **rows}


def read(state: Any, db: Session, data: AnswerIn, referral: Referral) -> AnswerText:
    """The checked answer; :class:`Invalid` names every field by its place in the call's body."""
    if len(data.commitments) > MOST_PROMISES:
        raise Invalid([FieldError("commitments", _("Send at most 10 commitments with an answer."))])
    empty = [n for n, promise in enumerate(data.commitments) if not promise.text.strip()]
    errors = [FieldError(f"commitments[{n}].text", _("Say what you promise.")) for n in empty]
    if data.grade not in grades_for(referral.cause):
        errors.append(FieldError("grade", _("Choose what the department will do.")))
    try:
        text = typed.read(state, db, form_of(data))
    except Invalid as refused:
        known = {error.field for error in errors}
        errors += [e for e in map(_renamed, refused.errors) if e.field not in known]
    if errors:
        raise Invalid(errors)
    return text


def _renamed(error: FieldError) -> FieldError:
    """``promise-3-due`` is ``commitments[2].due``."""
    start, _dash, rest = error.field.partition("-")
    if start != "promise":
        return error
    number, _dash, name = rest.partition("-")
    return FieldError(f"commitments[{int(number) - 1}].{name}", error.message)


def _first(state: Any, program: Program, referral_id: int) -> AnsweredMeanwhile:
    with state.database.reading() as db:
        stands = told.answers(db, told.owned(db, program, referral_id)).answers
    return AnsweredMeanwhile(referral=referral_id, answer=stands[0] if stands else None)


def _drafted(state: Any, program: Program, referral_id: int) -> DraftedMeanwhile:
    with state.database.reading() as db:
        draft = told.answers(db, told.owned(db, program, referral_id)).draft
    return DraftedMeanwhile(referral=referral_id, draft=draft)


HANDLERS = [accept, answer]
