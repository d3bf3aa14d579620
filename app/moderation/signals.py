"""Automatic signals: they may hold a text for a person or sort it, and never decide about it.

Each check says what it saw, how sure it is and why, for the moderator to read. What a text *says to a
machine* is text like any other. A check that fails holds the text: nothing is published unchecked
because something is broken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.trust import is_new
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt, has_link
from app.moderation import words
from app.moderation.model import Case, Sketch
from app.moderation.rules.sketching import bands, likeness

log = logging.getLogger("townsquare.moderation")

NEAR = 0.8
LOOKS_BACK, A_BURST = timedelta(days=30), timedelta(minutes=10)
MANY = 5
MOST_COMPARED = 40
MOST_EXCERPT = 200


@dataclass(frozen=True)
class Signal:
    """``score`` from 0 to 1; ``cause`` in words; ``holds``: a person looks before it is published."""

    code: str
    score: float
    cause: str
    holds: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Signals:
    """What was found; there is no way to refuse a text."""

    hold: bool
    found: tuple[Signal, ...] = ()


@dataclass(frozen=True)
class Text:
    """What a check looks at."""

    words: str
    author: Account | None
    context: SubjectRef | None
    now: datetime
    #: what it is the text of, where that had one before
    subject: SubjectRef | None = None


Check = Callable[[Session, Text], Iterable[Signal]]


def near_copies(db: Session, text: Text) -> Iterable[Signal]:
    """Texts of the last days that begin almost the same, whoever wrote them; not its own earlier ones."""
    begins = excerpt(text.words, MOST_EXCERPT)
    marks = bands(begins)
    if not marks:
        return
    alike = (
        select(Sketch.case_id)
        .where(tuple_(Sketch.band, Sketch.value).in_(marks))
        .group_by(Sketch.case_id)
        .order_by(func.count().desc(), Sketch.case_id.desc())
        .limit(MOST_COMPARED)
    )
    cases = select(Case.id, Case.excerpt).where(Case.id.in_(alike), Case.opened_at > text.now - LOOKS_BACK)
    if text.subject is not None:
        its_own = (Case.subject_kind == text.subject.kind) & (Case.subject_id == text.subject.id)
        cases = cases.where(~its_own)
    near = [(likeness(begins, said), case) for case, said in db.execute(cases) if said]
    near = [(share, case) for share, case in near if share >= NEAR]
    if near:
        share, case = max(near)
        cause = _("Almost the same as {count} other texts, such as case {case}.")
        yield Signal("near-copy", round(share, 2), str(cause).format(count=len(near), case=case), holds=len(near) > 1)


def bursts(db: Session, text: Text) -> Iterable[Signal]:
    """Many texts of one author within minutes."""
    if text.author is None:
        return
    lately = (Case.author_id == text.author.id, Case.opened_at > text.now - A_BURST)
    count = (db.scalar(select(func.count()).where(*lately)) or 0) + 1
    if count >= MANY:
        cause = str(_("{count} texts of this author within ten minutes.")).format(count=count)
        yield Signal("burst", min(1.0, round(count / (2 * MANY), 2)), cause, holds=count >= 2 * MANY)


def new_with_links(db: Session, text: Text) -> Iterable[Signal]:
    if text.author is not None and is_new(text.author) and has_link(text.words):
        yield Signal("new-with-links", 0.7, str(_("A new account, and its text has a link.")), holds=True)


def listed_words(db: Session, text: Text) -> Iterable[Signal]:
    """Words that this deployment has looked at first."""
    found = words.found_in(db, text.words)
    if found:
        cause = str(_("Words on this site's list: {words}.")).format(words=", ".join(found[:5]))
        yield Signal("listed-words", 0.9, cause, holds=True)


CHECKS: tuple[Check, ...] = (near_copies, bursts, new_with_links, listed_words)


def look(
    db: Session,
    text: str,
    *,
    author: Account | None,
    context: SubjectRef | None,
    now: datetime,
    subject: SubjectRef | None = None,
    checks: Sequence[Check] = CHECKS,
) -> Signals:
    """What every check says of a text, surest first; whatever they say, the text reaches a person."""
    seen = Text(text, author, context, now, subject)
    found: list[Signal] = []
    for check in checks:
        try:
            with db.begin_nested():
                found += check(db, seen)
        except Exception:  # without the text: what people write is no business of the log
            log.exception("an automatic check failed; the text waits for a person")
            found.append(Signal("unavailable", 0.0, str(_("An automatic check did not work.")), holds=True))
    found.sort(key=lambda s: -s.score)
    return Signals(any(s.holds for s in found), tuple(found))
