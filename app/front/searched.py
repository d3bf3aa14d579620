"""What of the house's own can be found: comments, answers, promises, departments, and the plain pages.

It stands here because the search and what is said, owed and promised are neighbours that do not know each other.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.comments.contribution import About, Discussed
from app.comments.model import Comment, CommentRevision, Thread
from app.comments.rules.lifecycle import WAITING, CommentState
from app.comments.service.family import page_key
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.departments.model import Department
from app.moderation import queries as moderation
from app.outcomes.contribution import PublicSubjects, Referred
from app.outcomes.model import Answer, Commitment, Referral
from app.outcomes.queries import public, shown
from app.outcomes.rules.answers import GRADE_NAMES
from app.outcomes.rules.commitments import PROGRESS_NAMES
from app.search.contribution import Document

#: staff who find what waits to be checked
JUDGES, WAITS = "moderation.queue", "waiting"
MOST_TITLE = 140
#: when the plain pages were written does not matter to who looks for them
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class CommentsSearched:
    """What everybody reads; what waits, by moderators. A comment is hidden with what it is about."""

    name: str = _("Comments")
    one: str = _("Comment")
    code = 5
    is_called_by_title = False
    rank = -1.0
    states: Mapping[str, str] = {WAITS: _("Waiting to be checked")}

    def __init__(self, discussed: Mapping[str, Discussed]) -> None:
        self._discussed = discussed

    @property
    def owners(self) -> Collection[str]:
        return self._discussed.keys()

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return db.scalars(select(Comment.id).where(Comment.id > after).order_by(Comment.id).limit(most)).all()

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        wanted = select(Comment.id).join(Thread, Thread.id == Comment.thread_id)
        wanted = wanted.where(Thread.subject_kind == owner.kind, Thread.subject_id == owner.id, Comment.id > after)
        return db.scalars(wanted.order_by(Comment.id).limit(most)).all()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        rows = db.execute(_comments(ids)).all()
        cases = moderation.newest_cases(db, "comment", [row.id for row in rows if row.state in WAITING])
        subjects = {SubjectRef(row.subject_kind, row.subject_id) for row in rows}
        about = {subject: found for subject in sorted(subjects) if (found := self._about(db, subject, now))}
        return [
            _comment(row, about[subject], cases.get(row.id))
            for row in rows
            if (subject := SubjectRef(row.subject_kind, row.subject_id)) in about
        ]

    def _about(self, db: Session, subject: SubjectRef, now: datetime) -> About | None:
        kind = self._discussed.get(subject.kind)
        found = kind.about(db, subject.id, now) if kind else None
        return found if found and found.is_public else None


def _comments(ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    """A public one with the text that everybody reads, a waiting one with its newest."""
    number = func.coalesce(Comment.shown_revision, Comment.revision)
    text = (CommentRevision.comment_id == Comment.id) & (CommentRevision.number == number)
    states = (CommentState.PUBLISHED, *sorted(WAITING))
    columns = (Comment.id, Comment.state, Comment.created_at, Comment.published_at, CommentRevision.body)
    wanted = select(*columns, Thread.subject_kind, Thread.subject_id)
    wanted = wanted.join(Thread, Thread.id == Comment.thread_id).join(CommentRevision, text)
    return wanted.where(Comment.id.in_(ids), Comment.state.in_(states)).order_by(Comment.id)


def _comment(row: Any, about: About, case: int | None) -> Document:
    subject, is_public = SubjectRef(row.subject_kind, row.subject_id), row.state == CommentState.PUBLISHED
    above = [_ref(key) for key in about.keys[:1] if key != str(subject)]
    return Document(
        id=row.id,
        title=about.title,
        href=f"/moderation/{case}" if case else f"/comments/{row.id}",
        at=row.published_at or row.created_at,
        body=row.body,
        state="" if is_public else WAITS,
        readers=() if is_public else (JUDGES,),
        under=(subject, *above),
        keys=(page_key(subject), str(subject), *map(str, above)),
    )


class AnswersSearched:
    """What departments answered, as it stands."""

    name: str = _("Answers")
    one: str = _("Answer")
    code = 6
    is_called_by_title = False
    rank = 1.0
    states: Mapping[str, str] = {str(grade): name for grade, name in GRADE_NAMES.items()}

    def __init__(self, subjects: Mapping[str, PublicSubjects]) -> None:
        self._subjects = subjects

    @property
    def owners(self) -> Collection[str]:
        return self._subjects.keys()

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return db.scalars(select(Referral.id).where(Referral.id > after).order_by(Referral.id).limit(most)).all()

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        of_it = (Referral.subject_kind == owner.kind, Referral.subject_id == owner.id, Referral.id > after)
        return db.scalars(select(Referral.id).where(*of_it).order_by(Referral.id).limit(most)).all()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        rows = public.answered_among(db, self._subjects, ids)
        answers = public.answers_standing(db, [row.id for row in rows])
        about = shown.referred(db, self._subjects, rows)
        return [
            _answer(row, answers[row.id], ref, about[ref])
            for row in rows
            if (ref := SubjectRef(row.subject_kind, row.subject_id)) in about and row.id in answers
        ]


def _answer(row: Referral, answer: Answer, ref: SubjectRef, subject: Referred) -> Document:
    return Document(
        id=row.id,
        title=subject.title,
        href=subject.href,
        at=answer.at,
        body=f"{answer.summary}\n\n{answer.details}",
        departments=[row.department_id] if row.department_id else (),
        state=answer.grade or "",
        weight=0.5 * math.log10(1 + subject.people),
        under=(ref,),
        keys=(str(ref),),
    )


class PromisesSearched:
    """What departments promised, kept or not."""

    name: str = _("Promises")
    one: str = _("Promise")
    code = 7
    is_called_by_title = True
    rank = 1.0
    states: Mapping[str, str] = {str(progress): name for progress, name in PROGRESS_NAMES.items()}

    def __init__(self, subjects: Mapping[str, PublicSubjects]) -> None:
        self._subjects = subjects

    @property
    def owners(self) -> Collection[str]:
        return self._subjects.keys()

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return db.scalars(select(Commitment.id).where(Commitment.id > after).order_by(Commitment.id).limit(most)).all()

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        of_it = (Commitment.subject_kind == owner.kind, Commitment.subject_id == owner.id, Commitment.id > after)
        return db.scalars(select(Commitment.id).where(*of_it).order_by(Commitment.id).limit(most)).all()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        rows = public.promises_among(db, self._subjects, ids)
        about = shown.referred(db, self._subjects, rows)
        named = ((row, SubjectRef(row.subject_kind, row.subject_id)) for row in rows)
        return [_promise(row, ref, about[ref]) for row, ref in named if ref in about]


def _promise(row: Commitment, ref: SubjectRef, subject: Referred) -> Document:
    return Document(
        id=row.id,
        title=row.text if len(row.text) <= MOST_TITLE else excerpt(row.text, MOST_TITLE),
        href=f"/commitments/{row.id}",
        at=row.made_at,
        body=f"{row.text}\n\n{subject.title}" if len(row.text) > MOST_TITLE else subject.title,
        departments=[row.department_id],
        state=row.progress,
        under=(ref,),
        keys=(str(ref),),
    )


class DepartmentsSearched:
    """By their names."""

    name: str = _("Departments")
    one: str = _("Department")
    code = 8
    is_called_by_title = True
    rank = -6.0  # they all stand with the day they were set up, and few have the word
    states: Mapping[str, str] = {"dissolved": _("Dissolved")}
    owners = frozenset[str]()

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return db.scalars(select(Department.id).where(Department.id > after).order_by(Department.id).limit(most)).all()

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        return ()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        return [
            Document(
                id=one.id,
                title=one.name,
                href=f"/departments/{one.slug}",
                at=one.created_at,
                departments=[one.id],
                state="dissolved" if one.dissolved_at else "",
                weight=8.0,
            )
            for one in db.scalars(select(Department).where(Department.id.in_(ids)))
        ]


class PlainPage(NamedTuple):
    href: str
    title: str
    text: str


class PagesSearched:
    """Rules and help; each is known by its place in the list, so new ones go to its end."""

    name: str = _("Help and rules")
    one: str = _("Page")
    code = 9
    is_called_by_title = True
    rank = 12.0
    states: Mapping[str, str] = {}
    owners = frozenset[str]()

    def ids(self, db: Session, after: int, most: int) -> Sequence[int]:
        return range(after + 1, min(len(PAGES), after + most) + 1)

    def under(self, db: Session, owner: SubjectRef, after: int, most: int) -> Sequence[int]:
        return ()

    def read(self, db: Session, ids: Collection[int], now: datetime) -> Sequence[Document]:
        return [self._document(db, i) for i in ids if 0 < i <= len(PAGES)]

    def _document(self, db: Session, number: int) -> Document:
        page = PAGES[number - 1]
        rules = [f"{one.title}. {one.rule}" for one in moderation.reasons(db)] if page.href == "/standards" else ()
        body = "\n\n".join([str(page.text), *rules])
        return Document(id=number, title=str(page.title), href=page.href, at=LONG_AGO, body=body)


PAGES: Sequence[PlainPage] = (
    PlainPage(
        "/standards",
        _("Standards for petitions and comments"),
        _("What a petition or a comment may say, how it is checked, and the reasons for which one is rejected."),
    ),
    PlainPage(
        "/accessibility",
        _("Accessibility"),
        _("How this site works with a keyboard, a screen reader and large text, and whom to tell where it does not."),
    ),
    PlainPage(
        "/privacy",
        _("Privacy"),
        _("What personal data is kept when you sign, respond, comment or take part, for how long, and who can see it."),
    ),
    PlainPage("/contact", _("Contact"), _("Whom to write to about this site, a petition, a decision or a mistake.")),
    PlainPage("/join", _("Join a town hall with a code"), _("Type the code that you were given to take part.")),
    PlainPage("/petitions/new", _("Start a petition"), _("Ask your government for something: how to begin.")),
    PlainPage(
        "/outcomes",
        _("What came of it"),
        _("You said, we did: everything that departments answered, what they owe, and which promises they kept."),
    ),
    PlainPage("/departments", _("How each department does"), _("Answers in time, answers that are late, promises.")),
)


def _ref(key: str) -> SubjectRef:
    kind, _colon, number = key.rpartition(":")
    return SubjectRef(kind, int(number))
