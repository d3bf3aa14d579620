"""Reports in the queue: several trusted people hide a text until a moderator has looked, and no longer.

Counts are of rows, under the subject's lock; there is no counter that could lag behind or survive a
decision. What a moderator let stand is immune against the reports made before, and takes more of them next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.freshness import touch
from app.core.subject import SubjectRef
from app.moderation import fairness, reporting, telling
from app.moderation.cases import DESK, add_revision, become_moot, close_texts, open_case, waiting_case
from app.moderation.contribution import Moderated, Settlement
from app.moderation.model import Case, Immunity, Report
from app.moderation.queries import newest_revision
from app.moderation.refusals import NothingToUndo, NotReportable, OwnText
from app.moderation.rules.verdicts import Origin

#: what was hidden for the moment stands before everything else
FIRST = 1_000


@dataclass(frozen=True)
class ReporterKey:
    """Who reports: an account, or a keyed address that was confirmed; ``trusted`` ones count towards hiding."""

    account_id: int | None = None
    key: bytes | None = None
    trusted: bool = False


def receive(
    db: Session,
    moderated: Mapping[str, Moderated],
    subject: SubjectRef,
    reason_code: str,
    words: str,
    *,
    reporter: ReporterKey | None = None,
    submission: str = "",
    hide_at: int,
    now: datetime,
) -> Report:
    """Store a report of what is public and put it before the moderators; raises :class:`NotReportable`."""
    if subject.kind not in moderated:
        raise NotFound
    kind = moderated[subject.kind]
    kind.lock(db, subject.id)
    shown = kind.show(db, subject.id)
    if not shown.can_take_down:
        raise NotReportable
    reporter = reporter or ReporterKey()
    if reporter.account_id is not None and _is_own(db, kind, subject, reporter.account_id):
        raise OwnText
    new = reporting.report(
        db,
        subject,
        reason_code,
        words,
        reporter_id=reporter.account_id,
        reporter_key=reporter.key,
        trusted=reporter.trusted,
        digest=shown.digest,
        submission=submission,
        now=now,
    )
    if new.state == "waiting":  # else it is an earlier one of the same person, which a moderator has answered
        case = _join(db, kind, subject, shown.digest, shown.title, now)
        _hide_where_many_say_so(db, kind, subject, shown.digest, case, hide_at, now)
    return new


def count_trusted(db: Session, subject: SubjectRef, digest: bytes) -> int:
    """Distinct trusted people who reported this revision since a moderator last let it stand."""
    found = db.get(Immunity, (subject.kind, subject.id, digest))
    about = (Report.subject_kind == subject.kind, Report.subject_id == subject.id, Report.digest == digest)
    since = (*about, Report.trusted, Report.state == "waiting", Report.id > (found.up_to if found else 0))
    accounts = db.scalar(select(func.count(distinct(Report.reporter_id))).where(*since)) or 0
    only_keys = (*since, Report.reporter_id.is_(None))
    return accounts + (db.scalar(select(func.count(distinct(Report.reporter_key))).where(*only_keys)) or 0)


def threshold(db: Session, subject: SubjectRef, digest: bytes, hide_at: int) -> int:
    """How many it takes: once more as many for each time that a moderator let this revision stand."""
    found = db.get(Immunity, (subject.kind, subject.id, digest))
    return hide_at * (1 + (found.times if found else 0))


def make_immune(db: Session, subject: SubjectRef, digest: bytes, now: datetime) -> None:
    """Reports of this revision up to now do not count again."""
    about = (Report.subject_kind == subject.kind, Report.subject_id == subject.id)
    up_to = db.scalar(select(func.max(Report.id)).where(*about)) or 0
    found = db.get(Immunity, (subject.kind, subject.id, digest))
    if found is None:
        key = {"subject_kind": subject.kind, "subject_id": subject.id, "digest": digest}
        db.add(Immunity(**key, times=1, at=now, up_to=up_to))
    else:
        found.times, found.at, found.up_to = found.times + 1, now, up_to
    db.flush()


def let_stand(
    db: Session, kind: Moderated, subject: SubjectRef, settlement: Settlement, by: int, now: datetime
) -> None:
    """A moderator looked and it stays: shown again where it was hidden for the moment, and immune."""
    kind.show_again(db, subject.id, by=by, now=now)
    make_immune(db, subject, settlement.digest, now)
    reporting.handle(db, subject, up_to=None, by=by, now=now)


def undo_let_stand(
    db: Session, kind: Moderated, case: Case, digest: bytes, decided_at: datetime, now: datetime
) -> None:
    """Its reports wait again and count as they did; what they had hidden is hidden again, unless it was changed since."""
    subject = SubjectRef(case.subject_kind, case.subject_id)
    shown = kind.show(db, subject.id)
    if not shown.can_take_down:
        raise NothingToUndo
    found = db.get(Immunity, (subject.kind, subject.id, digest))
    if found is not None:
        found.times, found.up_to = found.times - 1, 0
        if found.times == 0:
            db.delete(found)
    reporting.reopen(db, subject, decided_at)
    if case.weight < FIRST:
        return
    if shown.digest != digest or not kind.hide_provisionally(db, subject.id, now):
        case.weight -= FIRST  # nothing is hidden: further reports may do it


def wait_again(db: Session, moderated: Mapping[str, Moderated], report_id: int, *, by: int, now: datetime) -> None:
    """Undo the marking that this report was part of: together they wait on the desk again."""
    found = db.get(Report, report_id)
    if found is None:
        raise NotFound
    subject = SubjectRef(found.subject_kind, found.subject_id)
    if subject.kind in moderated:
        fairness.check_subject(db, moderated[subject.kind], subject, by)
    if not reporting.wait_again(db, report_id, by=by, now=now):
        return
    if subject.kind in moderated:
        kind = moderated[subject.kind]
        shown = kind.show(db, subject.id)
        if shown.can_take_down:
            _join(db, kind, subject, shown.digest, shown.title, now)


def answered(db: Session, subject: SubjectRef, *, by: int, now: datetime) -> None:
    """It was taken down: nothing is left to look at."""
    reporting.handle(db, subject, up_to=None, by=by, now=now)
    if (case := waiting_case(db, subject, {Origin.REPORT})) is not None:
        case.state, case.decided_at = "closed", now
        db.flush()


def leave_nothing(db: Session, subject: SubjectRef, *, by: int, now: datetime) -> None:
    """It was taken down: no report on it, no text behind it and no appeal about it waits any more."""
    answered(db, subject, by=by, now=now)
    close_texts(db, subject, now)
    become_moot(db, subject, now)


def _join(db: Session, kind: Moderated, subject: SubjectRef, digest: bytes, title: str, now: datetime) -> Case:
    """The waiting case of its reports, or a new one: a text that was looked at before comes back with a new report."""
    case = waiting_case(db, subject, {Origin.REPORT})
    if case is None:
        author = _author(db, kind, subject)
        return open_case(db, subject, digest, now, origin=Origin.REPORT, excerpt=title, author_id=author)
    if _newest_digest(db, case) != digest:
        add_revision(db, case, digest, now)
    touch(db, DESK)
    return case


def _hide_where_many_say_so(
    db: Session, kind: Moderated, subject: SubjectRef, digest: bytes, case: Case, hide_at: int, now: datetime
) -> None:
    many = count_trusted(db, subject, digest)
    case.weight = max(case.weight, many)
    if many < threshold(db, subject, digest, hide_at) or case.weight >= FIRST:
        return
    if kind.hide_provisionally(db, subject.id, now):
        case.weight = FIRST + many
        telling.tell_hidden_for_now(db, kind, subject, case, now)
    db.flush()


def _is_own(db: Session, kind: Moderated, subject: SubjectRef, account_id: int) -> bool:
    account = db.get(Account, account_id)
    return account is not None and kind.is_author(db, subject.id, account)


def _author(db: Session, kind: Moderated, subject: SubjectRef) -> int | None:
    """Whose text it is; not whoever of the staff corrected it last."""
    who = kind.author(db, subject.id)
    return who[1] if who is not None and who[0] == "account" else None


def _newest_digest(db: Session, case: Case) -> bytes:
    newest = newest_revision(db, case.id)
    return newest.digest if newest else b""
