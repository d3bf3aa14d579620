"""The desk's queue: what waits, by filters; the next in line; and what others do meanwhile, for pages that stay open."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.types import ASGIApp
from sqlalchemy.orm import Session

from app.accounts.guards import may, signed
from app.accounts.model import Account
from app.core.i18n import _
from app.core.live import EventStream
from app.core.security.sessions import SignedIn
from app.core.text.figures import is_whole
from app.core.web.edge import shows
from app.core.web.forms import Form
from app.core.web.page import personal, see_other
from app.core.web.stencils.frames import Entries
from app.moderation import bulk, claims, decided, queries, queue, waiting
from app.moderation.cases import DESK
from app.moderation.decided import Judged
from app.moderation.queue import Desk, Line
from app.moderation.rules.promise import FreeDays, Promised, promised_by
from app.moderation.rules.verdicts import ORIGIN_NAMES, REFUSALS
from app.moderation.rules.wanted import SIZES, STATES, Wanted, read_place, read_wanted
from app.moderation.web.saying import (
    SIGNAL_NAMES,
    bulk_choices,
    say_holder,
    say_judged,
    say_signal,
    say_time,
    say_waited,
)

MOST_ASKED = 250
UNPROCESSABLE = 422
NOON = time(12)
NO_NEWS = {"said": "", "href": "", "link": ""}


def desk_of(request: Request[Any, Any, Any], db: Session, account: Account) -> Desk:
    """Who looks, and what is promised."""
    state = request.app.state
    site, zone = state.site, state.settings.zone
    now = state.clock.now()
    promised_on = partial(_promised_on, site.promising.days, tuple(site.desk_figures.at(now, db).free), zone)
    return Desk(account.id, now, lambda since: promised_on(since.astimezone(zone).date()), zone)


@lru_cache(maxsize=2_048)  # the lines of a page came in on a few days
def _promised_on(days: int, free: Sequence[FreeDays], zone: ZoneInfo, day: date) -> Promised:
    return promised_by(datetime.combine(day, NOON, zone), days, free, zone)


def wanted_of(request: Request[Any, Any, Any]) -> Wanted:
    """The part of the queue that the address names."""
    return read_wanted(request.query_params, request.app.state.site.moderated)


def address(path: str, wanted: Wanted, **more: Any) -> str:
    """A page of the desk that keeps to this part of the queue."""
    query = {k: str(v) for k, v in (wanted.query | more).items() if v not in ("", None)}
    return path + ("?" + urlencode(query) if query else "")


def read_number(text: str) -> int:
    """A number from an address; 0 for anything else."""
    return int(text) if is_whole(text) else 0


@shows("/moderation", name="moderation.queue", guards=[may("moderation.queue")], at_once=False)
def queue_page(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    return show_queue(request, db, signed(request), Form())


def show_queue(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    form: Form,
    ticked: Sequence[int] = (),
    status: int = 200,
) -> Response[bytes]:
    """One page of it; ``ticked`` are the cases that a refused form had chosen."""
    state, asked = request.app.state, request.query_params
    desk, wanted = desk_of(request, db, account), wanted_of(request)
    figures = state.site.desk_figures.at(desk.now, db)
    after = read_place(asked.get("after", ""))
    found = queue.lines(db, desk, wanted, after)
    page, goes_on = found[: wanted.size], len(found) > wanted.size
    undoable = bulk.undoable(db, account.id, desk.now) if account.id in figures.undoing else None
    kinds = {kind: str(content.name) for kind, content in state.site.moderated.items()}
    everything = "all" if asked.get("tick") == "all" and not form.errors else list(ticked)
    kept_query, today = address("", wanted), state.site.promising.today(desk.now)
    is_decided = wanted.state == "decided"
    done = decided.judged(db, [line.id for line in page]) if is_decided else {}
    entries: list[DecidedEntry] | list[WaitingEntry] = (
        [DecidedEntry(line, done.get(line.id)) for line in page]
        if is_decided
        else [_entry(line, desk, everything) for line in page]
    )
    counts = tuple((part, figures.mine(desk) if part == "mine" else figures.states[part]) for part in STATES)
    oldest = say_waited(figures.oldest, desk.now) if figures.oldest else "–"
    median = say_waited(figures.median, desk.now) if figures.median else "–"
    matching = len(page) if wanted.narrows and after is None and not goes_on else None
    more = state.site.desk_figures.pages(
        account.role, lambda: state.site.pages_under("/moderation", account.role, db, desk.now)
    )
    is_all, rules, due_now = everything == "all", tuple(figures.reasons), desk.promised(desk.now)
    key: tuple[Hashable, ...] = (account.name, account.role, wanted, counts, oldest, median, matching, is_all)
    key += (after is None, today, due_now, state.site.promising.days, figures.reports, rules)
    key += tuple((other.href, other.title, other.about) for other in more)
    is_alike = not (undoable or ticked or form.values or form.errors)
    body = state.pages.framed(
        "moderation/queue.html",
        key if is_alike else None,
        Entries(entries, [(entry.key, today, kept_query) for entry in entries]),
        {
            "after_href": address("/moderation", wanted, after=queue.place_of(page[-1], wanted)) if goes_on else "",
            "tick_href": address("/moderation", wanted, after=after, tick="" if is_all else "all") + "#together",
            "now_href": address(
                "/moderation/now", wanted, newest=figures.newest, cases=".".join(str(i.id) for i in page)
            ),
        },
        error_prefix=status == UNPROCESSABLE,
        staff=account,
        form=form,
        wanted=wanted,
        figures=figures,
        counts=counts,
        oldest=oldest,
        median=median,
        matching=matching,
        ticked=everything,
        is_first=after is None,
        next_href=address("/moderation/next", wanted),
        kept_query=kept_query,
        address=lambda **more: address("/moderation", wanted, **more),
        kinds=list(kinds.items()),
        kind_names=kinds,
        signal_names=[(code, str(name)) for code, name in SIGNAL_NAMES.items()],
        say_signal=say_signal,
        sizes=[(size, str(size)) for size in SIZES],
        undoable=undoable,
        undoable_until=bulk.undoable_until(undoable) if undoable else None,
        due_now=due_now,
        promise_days=state.site.promising.days,
        today=today,
        say_time=lambda instant: say_time(instant, desk.zone),
        reasons=figures.reasons,
        rules_key=rules,
        verdicts=bulk_choices(wanted.state),
        refusals=REFUSALS,
        origin_names={str(origin): str(name) for origin, name in ORIGIN_NAMES.items()},
        reports=figures.reports,
        more=more,
    )
    return personal(body, status)


class WaitingEntry(NamedTuple):
    """A line of what waits, as one moderator is shown it now."""

    line: Line
    waited: str
    due: Promised
    ticked: bool
    holder: str

    @property
    def key(self) -> tuple[Hashable, ...]:
        """All that its part of the page depends on, beside the page itself."""
        return (self.line.key, self.waited, self.due.by, self.due.because, self.ticked, self.holder)


class DecidedEntry(NamedTuple):
    """A line of what was decided."""

    line: Line
    decision: Judged | None

    @property
    def key(self) -> tuple[Hashable, ...]:
        return (self.line.key, self.decision)


def _entry(line: Line, desk: Desk, ticked: str | Sequence[int]) -> WaitingEntry:
    return WaitingEntry(
        line,
        say_waited(line.opened_at, desk.now),
        desk.promised(line.opened_at),
        ticked == "all" or line.id in ticked,
        say_holder(line.held_by, desk.me, desk.zone) if line.held_by else "",
    )


@get("/moderation/next", name="moderation.next", guards=[may("moderation.queue")], sync_to_thread=True)
def next_in_line(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[Any]:
    """The oldest that nobody has; ``after`` a case that is left to others, or the one ``before`` it."""
    wanted, asked = wanted_of(request), request.query_params
    desk, before = desk_of(request, db, account), read_place(asked.get("before", ""))
    if before is not None:
        found = queue.case_before(db, desk, wanted, before)
    else:
        found = queue.next_case(db, desk, wanted, read_place(asked.get("after", "")))
    if found is None:
        return see_other(address("/moderation", wanted))
    return see_other(address(f"/moderation/{found}", wanted))


@get("/moderation/live", name="moderation.live", guards=[may("moderation.queue")])
async def live(request: Request[Any, Any, Any]) -> ASGIApp:
    """Says that something changed, never what: see ``/moderation/now``."""
    session: SignedIn = request.scope["session"]  # type: ignore[assignment]
    return EventStream(request.app.state.house.hub, [DESK], session.id)


@get(
    "/moderation/now",
    name="moderation.now",
    guards=[may("moderation.queue")],
    sync_to_thread=True,
    answers_json=True,
)
def what_is_so_now(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Of the cases that a page shows: who has them and what became of them, and one sentence of news. In words."""
    state, asked = request.app.state, request.query_params
    cases = _cases_now(db, account, asked.get("cases", ""), state.clock.now(), state.settings.zone)
    if "revision" in asked:
        news = _news_of_case(db, account, cases, asked["revision"])
    else:
        news = _news_of_queue(db, asked.get("newest", ""), address("/moderation", wanted_of(request)))
    answer = msgspec.json.encode({"cases": cases, **{name: str(words) for name, words in news.items()}})
    return Response(answer, media_type="application/json", headers={"cache-control": "no-store"})


def _cases_now(db: Session, account: Account, asked: str, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """``state`` of each: free, mine, held or decided; and the same in words."""
    ids = [number for text in asked.split(".")[:MOST_ASKED] if (number := read_number(text))]
    held, done = claims.holders(db, ids, now), decided.judged(db, ids)
    cases = []
    for case in ids:
        state, words = "free", ""
        if (decision := done.get(case)) is not None and decision.undone_at is None:
            state, words = "decided", say_judged(decision, zone)
        elif holder := held.get(case):
            state = "mine" if holder.account_id == account.id else "held"
            words = say_holder(holder, account.id, zone)
        cases.append({"id": case, "state": state, "words": words})
    return cases


def _news_of_case(db: Session, account: Account, cases: Sequence[Mapping[str, Any]], seen: str) -> dict[str, str]:
    """What makes a decision on the open page pointless: it was decided, or its text has changed."""
    for case in cases:
        href = f"/moderation/{case['id']}"
        if case["state"] == "decided":
            return {"said": case["words"], "href": href, "link": _("Look at that decision")}
        newest = queries.newest_revision(db, case["id"])
        if newest is not None and newest.id != read_number(seen):
            said = _("Its author changed the text while you were reading.")
            return {"said": said, "href": href, "link": _("Read the new text")}
    return NO_NEWS


def _news_of_queue(db: Session, newest: str, href: str) -> dict[str, str]:
    many = waiting.came_since(db, int(newest)) if newest == "0" or read_number(newest) else 0
    if not many:
        return NO_NEWS
    if many == 1:
        return {"said": _("1 new since you opened this page."), "href": href, "link": _("Show it")}
    figure = str(many) if many < waiting.MOST_NEW else _("{most} or more").format(most=waiting.MOST_NEW)
    said = _("{many} new since you opened this page.").format(many=figure)
    return {"said": said, "href": href, "link": _("Show them")}


HANDLERS = [queue_page, next_in_line, live, what_is_so_now]
