"""Row by row: initiatives first, then comments, what is answered before its answers; and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import exc, select
from sqlalchemy.orm import Session

from app.comments.contribution import Discussed
from app.comments.service import bringing
from app.core.db import Database
from app.core.errors import Refusal
from app.core.subject import SubjectRef
from petitions.importing.decidim.comments import AboutOther, CommentFacts, read_comment
from petitions.importing.decidim.files import Contents, Row
from petitions.importing.decidim.initiatives import SOURCE, How, NotPublicThere, read_initiative
from petitions.importing.facts import BadRecord, RecordFacts
from petitions.importing.storing import outlook, store
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
LEFT_OUT, REFUSED = "left out", "refused"
OUTCOMES = (CREATED, UPDATED, UNCHANGED, LEFT_OUT, REFUSED)
KIND = "petition"


@dataclass(frozen=True)
class Line:
    """What became of one row. ``identity``: its id at the source, where it has one; ``reason``: of what was not taken."""

    file: str
    row: int
    kind: str
    identity: str
    outcome: str
    reason: str = ""


@dataclass
class Report:
    lines: list[Line] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(line.outcome == outcome for line in self.lines)

    def add(self, row: Row, kind: str, identity: str, outcome: str, reason: str = "") -> None:
        self.lines.append(Line(row.file, row.number, kind, identity, outcome, reason))


@dataclass(frozen=True)
class Place:
    """Where rows go. ``dry``: nothing is stored, and the report says what would become of each."""

    database: Database
    policy: PetitionPolicy
    discussed: Mapping[str, Discussed]
    now: datetime
    dry: bool = False


def bring(place: Place, contents: Contents, how: How, say: Callable[[int], None]) -> Report:
    """Each row in a short transaction of its own, so that a running site is not held up."""
    report, coming = Report(), set[str]()
    for row in contents.initiatives:
        _initiative(place, row, how, report, coming)
        say(len(report.lines))
    known = set[str]()
    for row, facts in _in_order(contents, how, report):
        _comment(place, row, facts, report, coming, known)
        say(len(report.lines))
    return report


def _initiative(place: Place, row: Row, how: How, report: Report, coming: set[str]) -> None:
    kind, identity = "initiative", row.get("id") or row.get("reference")
    try:
        facts = read_initiative(row, how)
        if facts.source_id in coming:
            raise BadRecord("an earlier row has the same number")
        outcome = _stored(place, facts)
    except NotPublicThere as why:
        report.add(row, kind, identity, LEFT_OUT, str(why))
    except BadRecord as wrong:
        report.add(row, kind, identity, REFUSED, str(wrong))
    except (exc.IntegrityError, exc.DataError):
        report.add(row, kind, identity, REFUSED, "the database cannot hold its values")
    else:
        coming.add(facts.source_id)
        left = "; ".join(f"left out: {part}" for part in facts.left_out)
        report.add(row, kind, facts.source_id, outcome, left)


def _stored(place: Place, facts: RecordFacts) -> str:
    if place.dry:
        with place.database.reading() as db:
            return outlook(db, facts)
    return place.database.retrying(partial(store, facts=facts, policy=place.policy, now=place.now))


def _in_order(contents: Contents, how: How, report: Report) -> Iterator[tuple[Row, CommentFacts]]:
    """Those that can be read, from the top of each thread downwards; the others go into the report."""
    readable, seen = [], set[str]()
    for row in contents.comments:
        try:
            facts = read_comment(row, how)
            if facts.said.source_id in seen:
                raise BadRecord("an earlier row has the same number")
        except AboutOther as why:
            report.add(row, "comment", row.get("id"), LEFT_OUT, str(why))
        except BadRecord as wrong:
            report.add(row, "comment", row.get("id"), REFUSED, str(wrong))
        else:
            seen.add(facts.said.source_id)
            readable.append((row, facts))
    yield from sorted(readable, key=lambda pair: (pair[1].depth, pair[1].said.at, pair[0].number))


def _comment(place: Place, row: Row, facts: CommentFacts, report: Report, coming: set[str], known: set[str]) -> None:
    identity = facts.said.source_id
    try:
        outcome = _said(place, facts, coming, known)
    except BadRecord as wrong:
        report.add(row, "comment", identity, REFUSED, str(wrong))
    except Refusal as wrong:
        report.add(row, "comment", identity, REFUSED, wrong.sentence)
    except (exc.IntegrityError, exc.DataError):
        report.add(row, "comment", identity, REFUSED, "the database cannot hold its values")
    else:
        known.add(identity)
        report.add(row, "comment", identity, outcome)


def _said(place: Place, facts: CommentFacts, coming: set[str], known: set[str]) -> str:
    if not place.dry:
        return place.database.retrying(lambda db: _bring(db, place, facts))
    with place.database.reading() as db:
        if facts.initiative not in coming:
            _petition(db, facts)
        if facts.said.above and facts.said.above not in known:
            _check_above(db, facts)
        return bringing.outlook(db, facts.said)


def _bring(db: Session, place: Place, facts: CommentFacts) -> str:
    subject = SubjectRef(KIND, _petition(db, facts))
    if facts.said.above:
        _check_above(db, facts)
    return bringing.bring(db, place.discussed, subject, facts.said, place.now)


def _petition(db: Session, facts: CommentFacts) -> int:
    found = db.scalar(select(Petition.id).where(Petition.source == SOURCE, Petition.source_id == facts.initiative))
    if found is None:
        raise BadRecord(f"initiative {facts.initiative} is not here")
    return found


def _check_above(db: Session, facts: CommentFacts) -> None:
    if not bringing.is_here(db, facts.said.source, facts.said.above):
        raise BadRecord(f"comment {facts.said.above}, which it answers, is not here")
