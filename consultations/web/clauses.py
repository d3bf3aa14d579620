"""One clause of a draft text: its words, what can be quoted of them, how it changed, what is said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.comments.web.discussion import discussion_atom, discussion_page
from app.core.errors import NotFound
from app.core.subject import SubjectRef
from app.core.text.changes import Part, word_changes
from consultations.model import TextVersion
from consultations.queries import dispositions
from consultations.queries import texts as queries
from consultations.queries.texts import KIND, ClauseOfText
from consultations.rules.clauses import passages
from consultations.rules.dispositions import VERDICT_NAMES
from consultations.web.addressed import consultation_id_of, readable
from consultations.web.texts import asking_for, href_of

#: longer passages make addresses that not every browser sends
MOST_LINK = 1_200


class Step(NamedTuple):
    """One version in the life of a clause: ``changes`` None where it stayed as it was; ``merged`` and ``parts`` name
    other clauses that it took words from, and that took words from it, by number and name."""

    version: TextVersion
    clause: ClauseOfText | None
    changes: list[Part] | None
    merged: Sequence[tuple[int, str]] = ()
    parts: Sequence[tuple[int, str]] = ()


@get(
    "/consultations/{ref:str}/text/clauses/{clause_ref:str}",
    name="consultations.clause",
    guards=[anyone],
    sync_to_thread=True,
)
def clause(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], clause_ref: FromPath[str]
) -> Response[bytes]:
    """Also of a clause that is in the text no more: what was said about it stays. ``41.atom`` is its feed."""
    consultation = readable(db, ref)
    clause_id = consultation_id_of(clause_ref.removesuffix(".atom"))
    found = queries.clause_of(db, clause_id)
    if found is None or found[0].consultation_id != consultation.id:
        raise NotFound
    if clause_ref.endswith(".atom"):
        return discussion_atom(request, db, SubjectRef(KIND, clause_id))
    text, stood = found
    last = stood[0]
    said = dispositions.published(db, consultation.id).get(clause_id)
    return discussion_page(
        request,
        db,
        SubjectRef(KIND, clause_id),
        "consultations/text/clause.html",
        consultation=consultation,
        text=text,
        clause=last,
        quotable=_quotable(clause_id, last),
        steps=_steps(db, clause_id, stood, queries.versions(db, text.id)),
        merged_into=queries.names(db, [last.merged_into]).get(last.merged_into) if last.merged_into else "",
        disposition=said,
        verdict=VERDICT_NAMES[said.verdict] if said else "",  # type: ignore[index]
        text_href=href_of(text),
        query=asking_for(text),
    )


def _quotable(clause_id: int, stands: ClauseOfText) -> list[tuple[str, str]]:
    """Each passage, and the page on which it stands ready in the form."""
    say = f"/discussions/{KIND}/{clause_id}/say?"
    return [
        (passage, say + urlencode({"about_version": stands.version, "quote": passage}))
        for passage in passages(stands.block)
        if len(passage.encode()) <= MOST_LINK
    ]


def _steps(db: Session, clause_id: int, stood: Sequence[ClauseOfText], versions: Sequence[TextVersion]) -> list[Step]:
    """Every version since it was there, the newest first."""
    by_version = {c.version: c for c in stood}
    sources, parts = queries.sources_of(db, clause_id), queries.parts_of(db, clause_id)
    called = queries.names(db, {one for ids in (*sources.values(), *parts.values()) for one in ids})
    first = min(by_version)
    return [
        Step(
            version,
            by_version.get(version.number),
            _changes(by_version, version.number),
            [(one, called[one]) for one in sources.get(version.number, ())],
            [(one, called[one]) for one in parts.get(version.number, ())],
        )
        for version in versions
        if first <= version.number <= max(by_version) + 1
    ]


def _changes(by_version: Mapping[int, ClauseOfText], version: int) -> list[Part] | None:
    here, before = by_version.get(version), by_version.get(version - 1)
    if here is None or before is None or here.block.text == before.block.text:
        return None
    return word_changes(before.block.text, here.block.text)


HANDLERS = [clause]
