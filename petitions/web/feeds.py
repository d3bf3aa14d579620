"""Atom: petitions as a list shows them, and one petition's story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.web import atom
from app.core.web.page import public
from app.outcomes.trail import Step
from petitions.model.petition import Petition
from petitions.queries import following, story
from petitions.web.addressed import OPEN_DATA, same_until
from petitions.web.listing import read_search
from petitions.web.trail import read_story, trail

A_FEED = 50
#: when an empty feed last changed
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@get("/petitions.atom", name="petitions.list-atom", guards=[anyone], sync_to_thread=True)
def petition_list_atom(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """What last came under the list's filters, the newest first."""
    state = request.app.state
    now, base = state.clock.now(), state.settings.base_url
    asked = read_search(request, db)
    query = {k: v for k, v in asked.link_query.items() if k != "sort"}
    rows = following.newest(db, asked.search, most=A_FEED, now=now)
    topics = story.topics(db, [p.id for p in rows])
    feed = atom.Feed(
        id=base + _address("/petitions.atom", query),
        title=_("Petitions – {site}").format(site=state.settings.site_name),
        subtitle=asked.search.q,
        page=base + _address("/petitions", query),
        address=base + _address("/petitions.atom", query),
        author=state.settings.site_name,
        updated=_BEGINNING,
        entries=[_entry(p, [(t.slug, t.name) for t in topics.get(p.id, ())], base) for p in rows],
    )
    return public(atom.written(feed), atom.ATOM, keys=("petitions",), fresh_for=5, headers=OPEN_DATA)


def _address(path: str, query: Mapping[str, str]) -> str:
    return path + ("?" + urlencode(query) if query else "")


def _entry(petition: Petition, topics: Sequence[tuple[str, str]], base: str) -> atom.Entry:
    return atom.Entry(
        id=f"{base}/petitions/{petition.id}",
        title=petition.action,
        link=f"{base}/petitions/{petition.id}",
        updated=last_news(petition),
        published=petition.opened_at or petition.rejected_at,
        summary=petition.background,
        categories=topics,
    )


def last_news(petition: Petition) -> datetime:
    """When something last happened to it that a reader wants to know; another signature is not that."""
    instants = (
        petition.created_at,
        petition.opened_at,
        petition.rejected_at,
        petition.withdrawn_at,
        petition.closed_at,
        petition.response_reached_at,
        petition.debate_reached_at,
        petition.answered_at,
        petition.debate_outcome_at,
    )
    return max(at for at in instants if at is not None)


def petition_atom(request: Request[Any, Any, Any], db: Session, petition: Petition) -> Response[bytes]:
    """What happened to one petition, the newest first; to follow it without leaving an address."""
    state = request.app.state
    now, link = state.clock.now(), f"{state.settings.base_url}/petitions/{petition.id}"
    steps = [s for s in trail(read_story(db, petition), state.pages, now) if s.state == "done"]
    feed = atom.Feed(
        id=link,
        title=petition.action,
        subtitle=petition.background,
        page=link,
        address=f"{link}.atom",
        author=state.settings.site_name,
        updated=petition.created_at,
        entries=[_step(step, link) for step in reversed(steps)],
    )
    body = atom.written(feed)
    keys, until = (f"petition:{petition.id}",), same_until(petition, now)
    return public(body, atom.ATOM, keys=keys, good_until=until, fresh_for=600, headers=OPEN_DATA)


def _step(step: Step, link: str) -> atom.Entry:
    address = f"{link}#step-{step.key}"
    return atom.Entry(id=address, title=step.text, link=address, updated=step.at, summary=step.note or step.said)


HANDLERS = [petition_list_atom]
