"""Open data of what departments owe: it stands here because outcomes and open data are neighbours that do not know
each other. What the public cannot read at the moment, and what was made up to practise with, is in none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.queries import by_ids
from app.opendata.contribution import At, Column, Dataset, Kind, Row, Some
from app.outcomes.contribution import PublicSubjects
from app.outcomes.model import Answer, Commitment, ProgressUpdate, Referral
from app.outcomes.queries import public, shown

Subjects = Mapping[str, PublicSubjects]


def datasets(subjects: Subjects) -> list[Dataset]:
    """``subjects`` may be filled later."""
    tables = _Tables(subjects)
    common = {"page": "/outcomes", "since": tables.first}
    keywords = (_("government"), _("accountability"))
    return [
        Dataset(
            key="referrals",
            title=_("What was referred to departments"),
            about=_("Every duty to answer: about what, whose it is, by when, and when the answer came."),
            columns=REFERRALS,
            keyed_by=("referral",),
            rows=tables.referrals,
            keywords=(*keywords, _("answers")),
            **common,  # type: ignore[arg-type]
        ),
        Dataset(
            key="answers",
            title=_("Answers of departments"),
            about=_("What departments answered, every version that stands."),
            columns=ANSWERS,
            keyed_by=("referral", "version"),
            rows=tables.answers,
            keywords=(*keywords, _("answers")),
            **common,  # type: ignore[arg-type]
        ),
        Dataset(
            key="commitments",
            title=_("Promises of departments"),
            about=_("What departments promised, by which day, and how far it has come."),
            columns=COMMITMENTS,
            keyed_by=("commitment",),
            rows=tables.commitments,
            keywords=(*keywords, _("promises")),
            **common,  # type: ignore[arg-type]
        ),
        Dataset(
            key="commitment-progress",
            title=_("Progress of promises"),
            about=_("Every dated note about a promise, with the day that it was to be kept by before and after."),
            columns=PROGRESS,
            keyed_by=("commitment", "number"),
            rows=tables.progress,
            keywords=(*keywords, _("promises")),
            **common,  # type: ignore[arg-type]
        ),
    ]


class _Tables:
    """Rows by their numbers, so that each batch begins where the one before it ended."""

    def __init__(self, subjects: Subjects) -> None:
        self.subjects = subjects

    def first(self, db: Session, at: At) -> date | None:
        """The day of the first referral that everybody may read."""
        found = db.scalar(select(func.min(Referral.received_at)).where(*self._referrals()))
        return found.astimezone(at.zone).date() if found else None

    def referrals(self, db: Session, at: At, cursor: Any, most: int) -> Some:
        wanted = select(Referral).where(*self._referrals(), Referral.id > (cursor or 0))
        found = db.scalars(wanted.order_by(Referral.id).limit(most)).all()
        about, named = shown.referred(db, self.subjects, found), by_ids(db, [r.department_id for r in found])
        answers = public.answers_standing(db, [r.id for r in found if r.answered_at])
        rows: list[Row] = []
        for row in found:
            subject, lead = about.get(SubjectRef(row.subject_kind, row.subject_id)), named.get(row.department_id or 0)
            given = answers.get(row.id)
            if subject is not None:
                told = (row.subject_kind, row.subject_id, subject.title, at.base_url + subject.href, subject.people)
                duty = (row.cause, lead.slug if lead else None, row.state, row.received_at, row.due_at)
                rows.append((row.id, *told, *duty, row.answered_at, given.grade if given else None, row.imported))
        return _some(rows, found, most)

    def answers(self, db: Session, at: At, cursor: Any, most: int) -> Some:
        wanted = (
            select(Answer)
            .join(Referral, Referral.id == Answer.referral_id)
            .where(*self._referrals(), Answer.withdrawn_at.is_(None), Answer.id > (cursor or 0))
        )
        found = db.scalars(wanted.order_by(Answer.id).limit(most)).all()
        rows = [(a.referral_id, a.version, a.grade, a.summary, a.details, a.examine_by, a.at) for a in found]
        return _some(rows, found, most)

    def commitments(self, db: Session, at: At, cursor: Any, most: int) -> Some:
        wanted = select(Commitment).where(*self._commitments(), Commitment.id > (cursor or 0))
        found = db.scalars(wanted.order_by(Commitment.id).limit(most)).all()
        named = by_ids(db, [c.department_id for c in found])
        rows = [
            (
                c.id,
                f"{at.base_url}/commitments/{c.id}",
                c.referral_id,
                c.subject_kind,
                c.subject_id,
                named[c.department_id].slug,
                c.text,
                c.owner,
                c.made_at,
                c.due_on,
                c.progress,
                c.updated_at,
                c.ended_at,
            )
            for c in found
        ]
        return _some(rows, found, most)

    def progress(self, db: Session, at: At, cursor: Any, most: int) -> Some:
        wanted = (
            select(ProgressUpdate)
            .join(Commitment, Commitment.id == ProgressUpdate.commitment_id)
            .where(*self._commitments(), ProgressUpdate.id > (cursor or 0))
        )
        found = db.scalars(wanted.order_by(ProgressUpdate.id).limit(most)).all()
        rows = [
            (u.commitment_id, u.number, u.progress, u.note, " ".join(u.links), u.due_before, u.due_after, u.at)
            for u in found
        ]
        return _some(rows, found, most)

    def _referrals(self) -> list[Any]:
        return [Referral.sandbox.is_(False), public.readable(self.subjects, Referral)]

    def _commitments(self) -> list[Any]:
        return [
            Commitment.sandbox.is_(False),
            Commitment.withdrawn_at.is_(None),
            public.readable(self.subjects, Commitment),
        ]


def _some(rows: Sequence[Row], found: Sequence[Any], most: int) -> Some:
    return Some(rows, found[-1].id if len(found) == most else None)


REFERRALS = (
    Column("referral", Kind.NUMBER, _("Its number, by which other tables call it."), required=True),
    Column("subject_kind", Kind.TEXT, _("What was referred: petition, consultation, question."), required=True),
    Column("subject_id", Kind.NUMBER, _("The number of that."), required=True),
    Column("subject", Kind.TEXT, _("Its title."), required=True),
    Column("url", Kind.LINK, _("Its page."), required=True),
    Column("people", Kind.NUMBER, _("How many people stand behind it."), unit=_("people"), required=True),
    Column("cause", Kind.TEXT, _("Why it was referred, such as response or debate."), required=True),
    Column("department", Kind.TEXT, _("The short name of the department that leads.")),
    Column("state", Kind.TEXT, _("received, accepted, answered, returned or closed."), required=True),
    Column("received_at", Kind.INSTANT, _("When it came to the department."), required=True),
    Column("due_at", Kind.INSTANT, _("When the time to answer ends.")),
    Column("answered_at", Kind.INSTANT, _("When the first answer that stands was given.")),
    Column("grade", Kind.TEXT, _("What the answer comes to, such as will-do or no.")),
    Column("imported", Kind.YES_NO, _("It came from another system, where no clock of ours ran."), required=True),
)
ANSWERS = (
    Column("referral", Kind.NUMBER, _("What it answers, see the table of referrals."), required=True),
    Column("version", Kind.NUMBER, _("1 for the first; higher ones correct it."), required=True),
    Column("grade", Kind.TEXT, _("What it comes to, such as will-do or no.")),
    Column("summary", Kind.TEXT, _("One sentence."), required=True),
    Column("details", Kind.TEXT, _("The whole answer, formatted (Markdown).")),
    Column("examine_by", Kind.DAY, _("The day by which a department that examines says what came of it.")),
    Column("given_at", Kind.INSTANT, _("When this version was published."), required=True),
)
COMMITMENTS = (
    Column("commitment", Kind.NUMBER, _("Its number."), required=True),
    Column("url", Kind.LINK, _("Its page."), required=True),
    Column("referral", Kind.NUMBER, _("The answer that it came with, see the table of referrals.")),
    Column(
        "subject_kind", Kind.TEXT, _("What it is about: petition, consultation, question, townhall."), required=True
    ),
    Column("subject_id", Kind.NUMBER, _("The number of that."), required=True),
    Column("department", Kind.TEXT, _("The short name of the department that promised."), required=True),
    Column("promise", Kind.TEXT, _("What was promised."), required=True),
    Column("owner", Kind.TEXT, _("The office that sees to it.")),
    Column("made_at", Kind.INSTANT, _("When it was promised."), required=True),
    Column("due_on", Kind.DAY, _("The day by which it is to be kept."), required=True),
    Column("progress", Kind.TEXT, _("planned, under-way, done or dropped."), required=True),
    Column("updated_at", Kind.INSTANT, _("When something was last said of it."), required=True),
    Column("ended_at", Kind.INSTANT, _("When it was kept or dropped.")),
)
PROGRESS = (
    Column("commitment", Kind.NUMBER, _("Which promise."), required=True),
    Column("number", Kind.NUMBER, _("1, 2, 3 … of this promise."), required=True),
    Column("progress", Kind.TEXT, _("How far it had come: planned, under-way, done or dropped."), required=True),
    Column("note", Kind.TEXT, _("What the department said.")),
    Column("links", Kind.TEXT, _("Addresses that show it, separated by spaces.")),
    Column("due_before", Kind.DAY, _("The day that it was to be kept by until then.")),
    Column("due_after", Kind.DAY, _("The day from then on.")),
    Column("at", Kind.INSTANT, _("When it was noted."), required=True),
)
