"""What everyone reads of a draft text: a version with its clauses, what changed between two, the answers to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.comments.service.family import page_key as discussion_key
from app.core.errors import NotFound
from app.core.subject import SubjectRef
from app.core.text.changes import Part, word_changes
from app.core.text.figures import is_whole
from app.departments.queries import by_ids
from consultations.model import Consultation, DraftText, TextVersion
from consultations.queries import dispositions
from consultations.queries import texts as queries
from consultations.queries.texts import KIND, ClauseOfText
from consultations.rules.dispositions import VERDICT_NAMES, Verdict
from consultations.rules.lifecycle import next_turn, takes_responses
from consultations.web.addressed import readable

#: of a longer text counts of comments are looked up again after ``FRESH_FOR`` seconds, not with each comment
MOST_KEYS, FRESH_FOR = 60, 30


@get("/consultations/{ref:str}/text", name="consultations.text", guards=[anyone], sync_to_thread=True)
def text(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """The newest version; ``?text=2`` is the second text of a consultation that has several."""
    consultation = readable(db, ref)
    found = text_asked(request, db, consultation)
    return _version_page(request, db, consultation, found, found.version)


@get(
    "/consultations/{ref:str}/text/{version:int}",
    name="consultations.text-version",
    guards=[anyone],
    sync_to_thread=True,
)
def version_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], version: FromPath[int]
) -> Response[bytes]:
    """A version as it was published, for good."""
    consultation = readable(db, ref)
    return _version_page(request, db, consultation, text_asked(request, db, consultation), version)


@get(
    "/consultations/{ref:str}/text/changes/{span:str}",
    name="consultations.text-changes",
    guards=[anyone],
    sync_to_thread=True,
)
def changes(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str], span: FromPath[str]
) -> Response[bytes]:
    """What changed from one version to a later one, clause by clause, in words beside the colours."""
    consultation = readable(db, ref)
    found = text_asked(request, db, consultation)
    before, after = _span(span, found)
    old, new = queries.clauses(db, found.id, before), queries.clauses(db, found.id, after)
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "consultations/text/changes.html",
        keys=(f"consultation:{consultation.id}",),
        consultation=consultation,
        text=found,
        before=before,
        after=after,
        rows=differences(old, new),
        gone=_gone(db, old, new),
        notes=[v for v in queries.versions(db, found.id) if before < v.number <= after],
        query=asking_for(found),
        canonical_url=f"{state.settings.base_url}/consultations/{consultation.id}/text/changes/{before}-{after}"
        + asking_for(found),
    )
    return response


@get("/consultations/{ref:str}/text/answers", name="consultations.text-answers", guards=[anyone], sync_to_thread=True)
def answers(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """What the department does with the comments on each clause; ``?version=1`` is an earlier publication."""
    consultation = readable(db, ref)
    published = dispositions.publications(db, consultation.id)
    asked = request.query_params.get("version", "")
    shown = next((p for p in published if not asked or str(p.number) == asked), None)
    if shown is None:
        raise NotFound
    said = dispositions.newest(db, consultation.id, up_to=shown.up_to)
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "consultations/text/answers.html",
        keys=(f"consultation:{consultation.id}",),
        fresh_for=FRESH_FOR,
        consultation=consultation,
        department=by_ids(db, [consultation.department_id]).get(consultation.department_id),
        shown=shown,
        publications=published,
        tables=_tables(db, consultation, said),
        verdicts=VERDICT_NAMES,
        canonical_url=f"{state.settings.base_url}/consultations/{consultation.id}/text/answers",
    )
    return response


def part_of(request: Request[Any, Any, Any], db: Session, consultation: Consultation) -> dict[str, Any] | None:
    """The little that the consultation's own page shows, by ``consultations/parts/texts.html``; None where it has no
    published text."""
    texts = queries.texts_of(db, consultation.id, published=True)
    if not texts:
        return None
    now = request.app.state.clock.now()
    is_open = takes_responses(consultation, now)
    return {
        "texts": [
            {"text": text, "href": href_of(text), "clauses": len(clauses), "said": _total(db, text)}
            for text, clauses in ((t, queries.clauses(db, t.id, t.version)) for t in texts)
        ],
        "may_comment": is_open and any(text.comments != "off" for text in texts),
        "answers": f"/consultations/{consultation.id}/text/answers"
        if dispositions.publications(db, consultation.id)
        else "",
    }


def part(request: Request[Any, Any, Any], db: Session, consultation: Consultation, now: datetime) -> Mapping[str, Any]:
    """For the consultation's own page; its figures of comments may be as old as the page."""
    return {"texts_part": part_of(request, db, consultation)}


def text_asked(request: Request[Any, Any, Any], db: Session, consultation: Consultation) -> DraftText:
    """The text that the address means: the first, or ``?text=``; NotFound where the public reads none."""
    asked = request.query_params.get("text", "")
    texts = queries.texts_of(db, consultation.id, published=True)
    found = next((t for t in texts if not asked or str(t.number) == asked), None)
    if found is None:
        raise NotFound
    return found


def asking_for(text: DraftText) -> str:
    """What an address of this text ends with; the first text has the plain one."""
    return f"?text={text.number}" if text.number > 1 else ""


def href_of(text: DraftText, more: str = "") -> str:
    return f"/consultations/{text.consultation_id}/text{more}{asking_for(text)}"


def differences(
    old: Sequence[ClauseOfText], new: Sequence[ClauseOfText]
) -> list[tuple[ClauseOfText, ClauseOfText | None, list[Part] | None]]:
    """Of each clause of the later version: how it stood before, None where it is new; and its changes, None where it
    stayed as it was."""
    before = {c.id: c for c in old}
    found = []
    for clause in new:
        was = before.get(clause.id)
        same = was is not None and (was.block.heading, was.block.body) == (clause.block.heading, clause.block.body)
        found.append((clause, was, None if same else word_changes(was.block.text if was else "", clause.block.text)))
    return found


def _version_page(
    request: Request[Any, Any, Any], db: Session, consultation: Consultation, text: DraftText, version: int
) -> Response[bytes]:
    every = queries.versions(db, text.id)
    shown = next((v for v in every if v.number == version), None)
    if shown is None:
        raise NotFound
    state, clauses = request.app.state, queries.clauses(db, text.id, version)
    now, is_newest = state.clock.now(), version == text.version
    short = len(clauses) <= MOST_KEYS
    response: Response[bytes] = state.pages.public(
        "consultations/text/text.html",
        keys=(
            f"consultation:{consultation.id}",
            *(discussion_key(SubjectRef(KIND, c.id)) for c in clauses if short),
        ),
        good_until=next_turn(consultation, now),
        fresh_for=3600 if short else FRESH_FOR,
        consultation=consultation,
        texts=queries.texts_of(db, consultation.id, published=True),
        text=text,
        shown=shown,
        versions=every,
        is_newest=is_newest,
        clauses=clauses,
        said=queries.said(db, [c.id for c in clauses]),
        gone=_ended(db, text, shown),
        may_comment=is_newest and text.comments != "off" and takes_responses(consultation, now),
        verdicts=_verdicts(db, consultation),
        query=asking_for(text),
        href_of=href_of,
        now=now,
        canonical_url=state.settings.base_url + href_of(text, "" if is_newest else f"/{version}"),
    )
    return response


def _verdicts(db: Session, consultation: Consultation) -> Mapping[int, str]:
    said = dispositions.published(db, consultation.id)
    return {clause: str(VERDICT_NAMES[Verdict(d.verdict)]) for clause, d in said.items()}


def _ended(db: Session, text: DraftText, version: TextVersion) -> list[tuple[ClauseOfText, str, int]]:
    """Clauses that this version took away: each with where its words went, and how many comments it has."""
    ended = [c for c in queries.removed(db, text.id) if c.removed_in == version.number]
    names = queries.names(db, [c.merged_into for c in ended if c.merged_into])
    said = queries.said(db, [c.id for c in ended])
    return [(c, names.get(c.merged_into or 0, ""), said[c.id]) for c in ended]


def _gone(db: Session, old: Sequence[ClauseOfText], new: Sequence[ClauseOfText]) -> list[tuple[ClauseOfText, str]]:
    here = {c.id for c in new}
    ended = [c for c in old if c.id not in here]
    names = queries.names(db, [c.merged_into for c in ended if c.merged_into])
    return [(c, names.get(c.merged_into or 0, "")) for c in ended]


def _tables(
    db: Session, consultation: Consultation, said: Mapping[int, Any]
) -> list[tuple[DraftText, list[tuple[ClauseOfText, int, Any]]]]:
    """Text by text every clause with its figure of comments and the answer to it; removed ones where anyone said
    something or the department answers."""
    tables = []
    for text in queries.texts_of(db, consultation.id, published=True):
        clauses = queries.every_clause(db, text)
        counts = queries.said(db, [c.id for c in clauses])
        rows = [
            (c, counts[c.id], said.get(c.id)) for c in clauses if c.removed_in is None or counts[c.id] or c.id in said
        ]
        tables.append((text, rows))
    return tables


def _span(span: str, text: DraftText) -> tuple[int, int]:
    """``1-2``; NotFound for what is no earlier and later version."""
    before, _dash, after = span.partition("-")
    if not all(is_whole(part, figures=6) for part in (before, after)):
        raise NotFound
    if not 0 < int(before) < int(after) <= text.version:
        raise NotFound
    return int(before), int(after)


def _total(db: Session, text: DraftText) -> int:
    return sum(queries.said(db, [c.id for c in queries.every_clause(db, text)]).values())


HANDLERS = [text, version_page, changes, answers]
