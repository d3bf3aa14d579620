"""One story: its page, its feed, its data. From each of its members it is the same."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.core.web import atom
from app.core.web.page import public
from app.core.web.problems import BUSY, UNKNOWN, answers, problems
from app.trails.contribution import StoryStep
from app.trails.rules.story import Told
from app.trails.web.reading import Chapter, Joined, Story, Timeline, read_story, timeline
from app.trails.web.shapes import EXAMPLE, JoinedOut, MemberOut, StepOut, StoryOut

JSON: Final = "application/json"
OPEN_DATA: Final = {"access-control-allow-origin": "*"}
A_FEED: Final = 50
FRESH_FOR: Final = 600
Asking = Request[Any, Any, Any]


@get("/trails/{kind:str}/{ref:str}", name="trails.story", guards=[anyone], sync_to_thread=True)
def story(request: Asking, db: NamedDependency[Session], kind: FromPath[str], ref: FromPath[str]) -> Response[bytes]:
    """The page; with ``.json`` its data, with ``.atom`` its feed."""
    name, dot, form = ref.partition(".")
    found, now = _found(request, db, kind, name), request.app.state.clock.now()
    told = timeline(request.app.state.site.stories, db, found, request.app.state.pages, now)
    match form:
        case "" if not dot:
            return _page(request, found, told)
        case "json":
            return _kept(request, found, told, msgspec.json.encode(_facts(request, found, told)), JSON)
        case "atom":
            return _kept(request, found, told, _feed(request, found, told), atom.ATOM)
        case _other:
            raise NotFound


@get(
    "/api/v1/trails/{kind:str}/{subject_id:int}",
    name="trails.api.story",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read what led to what",
    responses={200: answers(StoryOut, "The story", EXAMPLE), **problems(UNKNOWN, BUSY)},
)
def story_data(
    request: Asking, db: NamedDependency[Session], kind: FromPath[str], subject_id: FromPath[int]
) -> Response[StoryOut]:
    """The whole story that a public petition, consultation or town hall is part of; of it alone where nothing is linked."""
    found, now = _found(request, db, kind, str(subject_id)), request.app.state.clock.now()
    told = timeline(request.app.state.site.stories, db, found, request.app.state.pages, now)
    return _kept(request, found, told, msgspec.json.encode(_facts(request, found, told)), JSON)  # type: ignore[return-value]


def _found(request: Asking, db: Session, kind: str, name: str) -> Story:
    state = request.app.state
    is_number = is_whole(name)
    if kind not in state.site.stories or not is_number:
        raise NotFound
    found = read_story(state.site.stories, db, SubjectRef(kind, int(name)), state.clock.now())
    if found is None:
        raise NotFound
    return found


def _page(request: Asking, found: Story, told: Timeline) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.public(
        "trails/story.html",
        keys=found.keys,
        good_until=told.until,
        fresh_for=FRESH_FOR,
        story=found,
        told=told.steps,
        here=found.first.address,
        followable=state.site.followable,
        canonical_url=state.settings.base_url + found.first.address,
    )
    return response


def _kept(request: Asking, found: Story, told: Timeline, body: bytes, kind: str) -> Response[bytes]:
    return public(body, kind, keys=found.keys, good_until=told.until, fresh_for=FRESH_FOR, headers=OPEN_DATA)


def _facts(request: Asking, found: Story, told: Timeline) -> StoryOut:
    base = request.app.state.settings.base_url
    return StoryOut(
        url=base + found.first.address,
        members=[_member(found, chapter, base) for chapter in found.chapters.values()],
        steps=[_step(one, base) for one in told.steps],
    )


def _member(found: Story, chapter: Chapter, base: str) -> MemberOut:
    return MemberOut(
        number=chapter.number,
        kind=chapter.subject.kind,
        id=chapter.subject.id,
        url=base + chapter.member.href,
        title=chapter.member.title,
        state=chapter.member.state,
        came_from=[_joined(found, joined) for joined in chapter.came_from],
        led_to=[_joined(found, joined) for joined in chapter.led_to],
    )


def _joined(found: Story, joined: Joined) -> JoinedOut:
    return JoinedOut(found.chapters[joined.other].number, joined.note or None)


def _step(one: Told[Chapter, StoryStep], base: str) -> StepOut:
    step, address = one.step, base + address_of_step(one)
    at = step.at.astimezone(UTC).replace(microsecond=0)
    return StepOut(one.member.number, at, step.state, step.text, step.note or None, address)


def address_of_step(one: Told[Chapter, StoryStep]) -> str:
    """Where to read on: the place that the step names, else its place on its member's page."""
    href = one.step.href
    if href.startswith("/"):
        return href
    return one.member.member.href + href


def _feed(request: Asking, found: Story, told: Timeline) -> bytes:
    settings = request.app.state.settings
    link = settings.base_url + found.first.address
    done = [one for one in told.steps if one.step.state == "done"][-A_FEED:]
    return atom.written(
        atom.Feed(
            id=link,
            title=_("Story: {title}").format(title=found.first.member.title),
            subtitle=" → ".join(chapter.member.title for chapter in found.chapters.values()),
            page=link,
            address=f"{link}.atom",
            author=settings.site_name,
            updated=found.first.member.began_at,
            entries=[_entry(one, settings.base_url) for one in reversed(done)],
        )
    )


def _entry(one: Told[Chapter, StoryStep], base: str) -> atom.Entry:
    title = _("{kind} “{title}”: {step}").format(
        kind=one.member.kind, title=one.member.member.title, step=one.step.text
    )
    address = base + address_of_step(one)
    identity = f"{base}{one.member.address}#{one.step.key}"
    return atom.Entry(identity, title, address, one.step.at, summary=one.step.note or one.step.said)


HANDLERS = [story, story_data]
