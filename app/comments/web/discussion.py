"""A discussion's page and feed, as any room shows them under an address of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.comments.contribution import About, about, takes_comments
from app.comments.queries import threads
from app.comments.queries.paging import SORTS, Orders, Place, read_place, thread_page
from app.comments.queries.threads import ShownThread
from app.comments.rules.lifecycle import Mode
from app.comments.rules.threads import DiscussionUnknown
from app.comments.service.family import page_key
from app.comments.web.shown import Entry, Titles, Unwritten, entries
from app.comments.web.visitors import policy_of
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.core.web import atom
from app.core.web.forms import Form
from app.core.web.page import HTML, public

#: seconds after which figures of votes and names are looked up again, where nothing else changed
FRESH_FOR = 10
A_FEED, MOST_SUMMARY, MOST_TITLE = 50, 600, 80


@dataclass(frozen=True)
class Discussion:
    """What every page of one discussion shows."""

    subject: SubjectRef
    known: About
    thread: ShownThread | None
    may_act: bool
    asks_stance: bool = False

    @property
    def mode(self) -> Mode:
        return Mode(self.thread.mode) if self.thread else self.known.mode or Mode.BEFORE

    @property
    def said(self) -> int:
        return self.thread.said if self.thread else 0

    @property
    def quoting(self) -> Mapping[str, str]:
        """What a form remembers of the text that its reader has before them."""
        return {"about_version": str(self.known.version)} if self.known.version else {}

    @property
    def say_path(self) -> str:
        return f"/discussions/{self.subject.kind}/{self.subject.id}/say"


def discussion_of(
    request: Request[Any, Any, Any], db: Session, subject: SubjectRef, *, always: bool = False
) -> Discussion:
    """Raises :class:`DiscussionUnknown` where there is none, or nothing in one that is closed; ``always``: where its
    subject has a page with or without a discussion, only if nobody may read that."""
    state = request.app.state
    known = about(db, state.site.discussed, subject, state.clock.now())
    thread = threads.shown_thread(db, subject)
    asks = thread.asks_stance if thread else state.site.discussed[subject.kind].asks_stance
    found = Discussion(subject, known, thread, takes_comments(thread, known), asks)
    if not found.may_act and thread is None and not always:
        raise DiscussionUnknown
    return found


def discussion_page(
    request: Request[Any, Any, Any],
    db: Session,
    subject: SubjectRef,
    template: str = "comments/discussion.html",
    **more: Any,
) -> Response[bytes]:
    """Fifty comments in the order asked for; the same for everyone. A room's own ``template`` shows its subject above
    them, also where nobody may speak, with what it gives in ``more``."""
    state = request.app.state
    asked = request.query_params
    sort = asked.get("sort", "") if asked.get("sort", "") in SORTS else SORTS[0]
    found = discussion_of(request, db, subject, always=template != "comments/discussion.html")
    place = read_place(asked.get("after", ""), state.clock.now())
    shown, behind = _page(request, db, found, sort, place)
    body = state.pages.framed(
        template,
        None if more else (found, sort, place is None),
        shown,
        {"next_href": _href(found.known.discussion, sort, behind) if behind else ""},
        discussion=found,
        sort=sort,
        sorts=SORTS,
        first=place is None,
        form=Form(values={"language": next(iter(policy_of(request).language_names)), **found.quoting}),
        languages=policy_of(request).language_names,
        canonical_url=state.settings.base_url + found.known.discussion,
        **more,
    )
    keys = (page_key(subject), *found.known.keys)
    return public(body, HTML, keys=keys, good_until=found.known.closes_at, fresh_for=FRESH_FOR)


def _page(
    request: Request[Any, Any, Any], db: Session, found: Discussion, sort: str, place: Place | None
) -> tuple[Unwritten, Place | None]:
    if found.thread is None:
        return Unwritten(db, []), None
    site = request.app.state.site
    orders: Orders = site.dependencies["comment_orders"]
    page = thread_page(db, orders, found.thread.id, sort, place, request.app.state.clock.now())
    titles: Titles = site.dependencies["comment_titles"]
    return Unwritten(db, entries(db, titles, page.rows, may_act=found.may_act, known=found.known)), page.next


def _href(path: str, sort: str, place: Place) -> str:
    return f"{path}?sort={sort}&after={place}"


def newest_of(request: Request[Any, Any, Any], db: Session, subject: SubjectRef, most: int) -> Newest | None:
    """The little that the subject's own page shows; None where there is no discussion."""
    state = request.app.state
    known = state.site.discussed[subject.kind].about(db, subject.id, state.clock.now())
    thread = threads.shown_thread(db, subject)
    if known is None or (thread is None and not takes_comments(None, known)):
        return None
    if thread is not None and thread.said == 0 and not takes_comments(thread, known):
        return None
    rows = threads.newest_said(db, thread.id, most) if thread else ()
    shown = entries(db, state.site.dependencies["comment_titles"], rows, may_act=False, known=known)
    return Newest(known.discussion, thread.said if thread else 0, takes_comments(thread, known), shown)


@dataclass(frozen=True)
class Newest:
    """A link, a figure and a few comments."""

    href: str
    said: int
    may_act: bool
    entries: list[Entry]


def discussion_atom(request: Request[Any, Any, Any], db: Session, subject: SubjectRef) -> Response[bytes]:
    """The newest comments, replies left out."""
    state = request.app.state
    base: str = state.settings.base_url
    found = discussion_of(request, db, subject)
    shown = []
    if found.thread is not None:
        rows = threads.newest_said(db, found.thread.id, A_FEED)
        shown = entries(db, state.site.dependencies["comment_titles"], rows, may_act=False, known=found.known)
    opened = found.thread.opened_at if found.thread else state.clock.now()
    feed = atom.Feed(
        id=base + found.known.discussion,
        title=str(_("Discussion: {title}")).format(title=found.known.title),
        subtitle="",
        page=base + found.known.discussion,
        address=f"{base}{found.known.discussion}.atom",
        author=state.settings.site_name,
        updated=opened,
        entries=[_feed_entry(e, base) for e in shown],
    )
    headers: Mapping[str, str] = {"access-control-allow-origin": "*"}
    keys = (page_key(subject), *found.known.keys)
    return public(atom.written(feed), atom.ATOM, keys=keys, fresh_for=60, headers=headers)


def _feed_entry(entry: Entry, base: str) -> atom.Entry:
    row = entry.row
    address = f"{base}/comments/{row.id}"
    return atom.Entry(
        id=address,
        title=excerpt(row.body, MOST_TITLE),
        link=address,
        updated=row.edited_at or row.published_at,
        published=row.published_at,
        summary=_quoted(entry) + excerpt(row.body, MOST_SUMMARY),
        categories=[("by", entry.by.text)] if entry.by else (),
    )


def _quoted(entry: Entry) -> str:
    """What it quotes, before its words."""
    row = entry.row
    if not row.quote:
        return ""
    since = f"; {entry.passage_name}" if entry.passage_name else ""
    about = _("From version {version}{since}").format(version=row.about_version, since=since)
    return f"“{excerpt(row.quote, MOST_SUMMARY)}” ({about}). "
