"""Responses as a batch knows them, and the rows it stores: new ones, further versions, the words of their people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, null, update
from sqlalchemy.orm import Session

from app.core.batches import Prepared, insert_many
from app.core.security.keys import Keys
from app.files.model import StoredFile
from consultations.identity import new_salt, seal_respondent
from consultations.model import Draft, Respondent, Response, ResponseVersion
from consultations.rules.responses import Publishing, ResponseState
from consultations.rules.sending import stricter
from consultations.service.acts import SendResponse

RESPONSE_FILES, DRAFT_FILES = "response", "response_draft"
_RESPONSE: Table = Response.__table__  # type: ignore[assignment]
_VERSION: Table = ResponseVersion.__table__  # type: ignore[assignment]
_RESPONDENT: Table = Respondent.__table__  # type: ignore[assignment]
_DRAFT: Table = Draft.__table__  # type: ignore[assignment]
_FILE: Table = StoredFile.__table__  # type: ignore[assignment]
#: what a row of the batch knows of a response that is stored
COLUMNS = (
    "id",
    "consultation_id",
    "state",
    "form_key",
    "address_key",
    "account_id",
    "version",
    "salt",
    "digest",
    "consent",
    "notify",
    "is_organisation",
    "easy_read",
    "language",
    "late_pass_id",
    "sent_at",
    "asked_at",
    "publishing",
    "submitted_at",
    "ended_at",
    "end_reason",
)
_CHANGE = Prepared(
    lambda _insert: (
        update(_RESPONSE)
        .where(_RESPONSE.c.id == bindparam("row"))
        .values(
            state=bindparam("standing"),
            address_key=bindparam("address"),
            account_id=bindparam("account"),
            version=bindparam("newest"),
            digest=bindparam("mark"),
            consent=bindparam("wish"),
            notify=bindparam("news"),
            is_organisation=bindparam("organised"),
            easy_read=bindparam("easy"),
            late_pass_id=bindparam("late_pass"),
            publishing=bindparam("where_it_stands"),
            submitted_at=bindparam("counted_at"),
            changed_at=bindparam("at"),
            ended_at=bindparam("ended"),
            end_reason=bindparam("why"),
            read_at=null(),
            read_by_id=null(),
        )
    )
)
_WORDS = Prepared(
    lambda insert: (
        one := insert(_RESPONDENT).values(response_id=bindparam("response_id"), sealed=bindparam("sealed"))
    ).on_conflict_do_update(index_elements=["response_id"], set_={"sealed": one.excluded.sealed}),
    distinct=True,
)
_DRAFT_SENT = Prepared(
    lambda _insert: (
        update(_DRAFT)
        .where(_DRAFT.c.id == bindparam("row"))
        .values(submitted_at=bindparam("at"), amends_id=bindparam("response"))
    )
)
_FILES = Prepared(
    lambda _insert: (
        update(_FILE)
        .where(
            _FILE.c.id == bindparam("file"),
            _FILE.c.subject_kind == DRAFT_FILES,
            _FILE.c.subject_id == bindparam("draft"),
        )
        .values(subject_kind=RESPONSE_FILES, subject_id=bindparam("response"))
    )
)


@dataclass(slots=True)
class Known:
    """A response that is there, or gets there in this batch."""

    id: int
    consultation_id: int
    state: str
    form_key: str | None
    address_key: bytes | None
    account_id: int | None
    version: int
    salt: bytes
    digest: bytes
    consent: str
    notify: bool
    is_organisation: bool
    easy_read: bool
    language: str
    late_pass_id: int | None
    sent_at: datetime
    asked_at: datetime
    publishing: str
    submitted_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    is_new: bool = False
    changed: bool = False

    @property
    def counts(self) -> bool:
        return self.state == ResponseState.SUBMITTED


@dataclass
class Rows:
    """What one batch adds up to."""

    keys: Keys
    now: datetime
    known: dict[int, Known] = field(default_factory=dict)
    new: list[tuple[Known, SendResponse]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    words: dict[int, bytes] = field(default_factory=dict)
    sent_drafts: dict[int, int | None] = field(default_factory=dict)
    files: list[dict[str, int]] = field(default_factory=list)
    #: consultations of which something public was changed: nobody may read its old words any more
    taken_down: set[int] = field(default_factory=set)
    #: when each draft was begun that was sent now for the first time
    begun: list[datetime] = field(default_factory=list)

    def add(self, act: SendResponse, address_key: bytes, state: ResponseState, late_pass_id: int | None) -> Known:
        """A response that was not there before."""
        salt = new_salt()
        known = Known(
            id=act.id,
            consultation_id=act.consultation_id,
            state=state,
            form_key=act.form_key,
            address_key=address_key,
            account_id=act.account_id,
            version=1,
            salt=salt,
            digest=hashlib.sha256(salt + act.answers).digest(),
            consent=act.consent,
            notify=act.notify,
            is_organisation=bool(act.organisation),
            easy_read=act.easy_read,
            language=act.language,
            late_pass_id=late_pass_id,
            sent_at=act.at,
            asked_at=act.at,
            publishing=Publishing.WAITING,
            submitted_at=act.at if state is ResponseState.SUBMITTED else None,
            is_new=True,
        )
        self.known[known.id] = known
        self.new.append((known, act))
        self._say(known, act)
        self._note_version(known, act.answers.decode(), act.questionnaire_version, act.at, act.id)
        return known

    def amend(self, first: Known, act: SendResponse, late_pass_id: int | None) -> None:
        """What was sent becomes the next version of a response that counts."""
        wish = stricter(first.consent, act.consent)
        self._next(first, act.answers, act.questionnaire_version, wish, act.at, act.id)
        first.notify, first.easy_read, first.is_organisation = act.notify, act.easy_read, bool(act.organisation)
        first.account_id = first.account_id or act.account_id
        first.late_pass_id = first.late_pass_id or late_pass_id
        self._say(first, act)

    def join(self, first: Known, pending: Known, version: Any, sealed: bytes, act_id: int, at: datetime) -> None:
        """A confirmed response of an address that has one already becomes its next version. ``version``: the row of
        what it said; ``sealed``: its sender's words, sealed for ``first``."""
        wish = stricter(first.consent, pending.consent)
        self._next(first, version.answers.encode(), version.questionnaire_version, wish, at, act_id)
        first.notify, first.easy_read, first.is_organisation = (
            pending.notify,
            pending.easy_read,
            pending.is_organisation,
        )
        first.late_pass_id = first.late_pass_id or pending.late_pass_id
        self.words[first.id] = sealed
        pending.state, pending.ended_at, pending.changed = ResponseState.REPLACED, at, True

    def _next(self, first: Known, answers: bytes, asked: int, wish: str, at: datetime, act_id: int) -> None:
        first.version += 1
        first.digest = hashlib.sha256(first.salt + answers).digest()
        first.consent, first.changed = wish, True
        # whoever read, approved or published it did so with other words
        if first.publishing == Publishing.PUBLISHED:
            self.taken_down.add(first.consultation_id)
        first.publishing = Publishing.WAITING
        self._note_version(first, answers.decode(), asked, at, act_id)

    def _note_version(self, known: Known, answers: str, asked: int, at: datetime, act_id: int) -> None:
        self.versions.append(
            {
                "response_id": known.id,
                "number": known.version,
                "questionnaire_version": asked,
                "answers": answers,
                "at": at,
                "act_id": act_id,
            }
        )

    def _say(self, known: Known, act: SendResponse) -> None:
        self.words[known.id] = seal_respondent(self.keys, known.id, act.name, act.address, act.organisation)
        if act.draft_id is not None:
            self.sent_drafts[act.draft_id] = None if known.is_new else known.id
            self.files += [{"file": number, "draft": act.draft_id, "response": known.id} for number in act.files]

    def store(self, db: Session) -> None:
        insert_many(db, _RESPONSE, [_row(known, act) for known, act in self.new])
        changed = sorted((k for k in self.known.values() if k.changed), key=lambda k: k.id)
        _CHANGE.run(db, [_changes(known, self.now) for known in changed])
        insert_many(db, _VERSION, self.versions)
        _WORDS.run(db, [{"response_id": row, "sealed": sealed} for row, sealed in sorted(self.words.items())])
        _DRAFT_SENT.run(
            db, [{"row": row, "at": self.now, "response": first} for row, first in sorted(self.sent_drafts.items())]
        )
        _FILES.run(db, self.files)


def _row(known: Known, act: SendResponse) -> Mapping[str, Any]:
    return {
        "id": known.id,
        "consultation_id": known.consultation_id,
        "state": str(known.state),
        "channel": "web",
        "form_key": known.form_key,
        "address_key": known.address_key,
        "account_id": known.account_id,
        "is_organisation": known.is_organisation,
        "easy_read": known.easy_read,
        "consent": str(known.consent),
        "notify": known.notify,
        "language": known.language,
        "privacy": act.privacy,
        "version": known.version,
        "salt": known.salt,
        "digest": known.digest,
        "late_pass_id": known.late_pass_id,
        "sent_at": known.sent_at,
        "asked_at": known.asked_at,
        "letters": 1,
        "submitted_at": known.submitted_at,
        "changed_at": act.at,
        "end_reason": "",
        "publishing": str(known.publishing),
        "withheld_reason": "",
    }


def _changes(known: Known, now: datetime) -> Mapping[str, Any]:
    return {
        "row": known.id,
        "standing": str(known.state),
        "address": known.address_key,
        "account": known.account_id,
        "newest": known.version,
        "mark": known.digest,
        "wish": str(known.consent),
        "news": known.notify,
        "organised": known.is_organisation,
        "easy": known.easy_read,
        "late_pass": known.late_pass_id,
        "where_it_stands": str(known.publishing),
        "counted_at": known.submitted_at,
        "at": now,
        "ended": known.ended_at,
        "why": known.end_reason,
    }
