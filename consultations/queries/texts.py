"""Draft texts as they stand and stood: their versions, clauses, and what became of each clause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.comments.queries.threads import said_about
from app.core.subject import SubjectRef
from consultations.model import Clause, ClauseSource, ClauseVersion, DraftText, TextVersion
from consultations.rules.clauses import Block, clause_name

#: of clauses, as discussions and comments know them
KIND = "clause"


class ClauseOfText(NamedTuple):
    """One clause as it stands in a version, or stood last. ``removed_in``: the first version without it."""

    id: int
    place: int
    version: int
    block: Block
    removed_in: int | None
    merged_into: int | None

    @property
    def name(self) -> str:
        return clause_name(self.block.number, self.block.heading)

    @property
    def paragraphs(self) -> list[str]:
        return self.block.body.split("\n")


def texts_of(db: Session, consultation_id: int, *, published: bool = False) -> Sequence[DraftText]:
    """In their order; ``published``: only those that the public reads."""
    wanted = select(DraftText).where(DraftText.consultation_id == consultation_id).order_by(DraftText.number)
    return db.scalars(wanted.where(DraftText.version > 0) if published else wanted).all()


def text_numbered(db: Session, consultation_id: int, number: int) -> DraftText | None:
    return db.scalar(select(DraftText).where(DraftText.consultation_id == consultation_id, DraftText.number == number))


def versions(db: Session, text_id: int) -> Sequence[TextVersion]:
    """The newest first."""
    return db.scalars(
        select(TextVersion).where(TextVersion.text_id == text_id).order_by(TextVersion.number.desc())
    ).all()


def clauses(db: Session, text_id: int, version: int) -> list[ClauseOfText]:
    """A version's clauses in their order."""
    wanted = _clauses().where(ClauseVersion.text_id == text_id, ClauseVersion.version == version)
    return [_clause(*row) for row in db.execute(wanted.order_by(ClauseVersion.place))]


def removed(db: Session, text_id: int) -> list[ClauseOfText]:
    """Clauses that the newest version has no more, as they stood last; those removed last come first."""
    wanted = _clauses().where(Clause.text_id == text_id, ClauseVersion.version == Clause.removed_in - 1)
    rows = db.execute(wanted.order_by(Clause.removed_in.desc(), ClauseVersion.place))
    return [_clause(*row) for row in rows]


def every_clause(db: Session, text: DraftText) -> list[ClauseOfText]:
    """Those of the newest version in their order, then the removed ones."""
    return [*clauses(db, text.id, text.version), *removed(db, text.id)]


def clause_of(db: Session, clause_id: int) -> tuple[DraftText, list[ClauseOfText]] | None:
    """Its text, and how it stood in each version, the newest first."""
    rows = db.execute(_clauses().where(Clause.id == clause_id).order_by(ClauseVersion.version.desc()))
    found = [_clause(*row) for row in rows]
    if not found:
        return None
    text = db.scalars(select(DraftText).join(Clause, Clause.text_id == DraftText.id).where(Clause.id == clause_id))
    return text.one(), found


def names(db: Session, clause_ids: Iterable[int]) -> Mapping[int, str]:
    """What these clauses were called last."""
    wanted = _clauses().where(Clause.id.in_(set(clause_ids))).order_by(ClauseVersion.version)
    return {clause.id: clause_name(words.number, words.heading) for clause, words in db.execute(wanted)}


def sources(db: Session, text_id: int, version: int) -> Mapping[int, Sequence[int]]:
    """By clause of this version, the clauses of the version before that it came from."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    rows = db.execute(
        select(ClauseSource.clause_id, ClauseSource.source_id)
        .join(Clause, Clause.id == ClauseSource.clause_id)
        .where(Clause.text_id == text_id, ClauseSource.version == version)
        .order_by(ClauseSource.clause_id, ClauseSource.source_id)
    )
    for clause, source in rows:
        found[clause].append(source)
    return found


def sources_of(db: Session, clause_id: int) -> Mapping[int, Sequence[int]]:
    """By version, the other clauses that one came from."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    rows = db.execute(
        select(ClauseSource.version, ClauseSource.source_id)
        .where(ClauseSource.clause_id == clause_id, ClauseSource.source_id != clause_id)
        .order_by(ClauseSource.version, ClauseSource.source_id)
    )
    for version, source in rows:
        found[version].append(source)
    return found


def parts_of(db: Session, clause_id: int) -> Mapping[int, Sequence[int]]:
    """By version, the other clauses that got words of this one."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    rows = db.execute(
        select(ClauseSource.version, ClauseSource.clause_id)
        .where(ClauseSource.source_id == clause_id, ClauseSource.clause_id != clause_id)
        .order_by(ClauseSource.version, ClauseSource.clause_id)
    )
    for version, clause in rows:
        found[version].append(clause)
    return found


def said(db: Session, clause_ids: Iterable[int]) -> Mapping[int, int]:
    """How many public comments each clause has; none is left out."""
    wanted = list(clause_ids)
    counts = said_about(db, [SubjectRef(KIND, one) for one in wanted]) if wanted else {}
    return {one: counts.get(SubjectRef(KIND, one), 0) for one in wanted}


def _clauses() -> Select[*tuple[Any, ...]]:
    return select(Clause, ClauseVersion).join(ClauseVersion, ClauseVersion.clause_id == Clause.id)


def _clause(clause: Clause, words: ClauseVersion) -> ClauseOfText:
    block = Block(words.heading, words.body, words.number)
    return ClauseOfText(clause.id, words.place, words.version, block, clause.removed_in, clause.merged_into_id)
