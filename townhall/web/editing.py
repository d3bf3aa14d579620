"""One section of a hall a page; whoever was second sees both, and loses nothing."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.local_times import fields_of
from app.core.text.sections import read_text, read_title
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.core.web.time_fields import read_time_of, times_that_come_twice
from app.departments.queries import active
from townhall.model import Hall
from townhall.policy import TownHallPolicy
from townhall.queries import halls
from townhall.rules import writing as rules
from townhall.rules.codes import read_code
from townhall.rules.lifecycle import ENTRY_NAMES, Entry, HallState, Video
from townhall.rules.writing import (
    MOST_SPEAKERS,
    PEOPLE,
    SECTIONS,
    TAKING_PART,
    VIDEO_NAMES,
    WATCH,
    WHEN,
    Section,
    read_address,
)
from townhall.service import writing
from townhall.service.locking import HallMovedOn
from townhall.service.scheduling import ChangedMeanwhile
from townhall.service.writing import People, Written
from townhall.web.hosting import ONE, SCHEDULE, number_of, owns, seen
from townhall.web.named import read_speakers, speaker_rows, stands_as

TIMES = ("starts", "ends")


@get(f"{ONE}/edit/{{section:str}}", name="townhalls.edit", guards=[SCHEDULE], sync_to_thread=True)
def edit_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
    section: FromPath[str],
) -> Response[bytes]:
    hall, about = seen(db, hall_id), _section(section)
    return _page(request, db, account, hall, about, Form(values=_values(request, db, hall, about)))


@post(
    f"{ONE}/edit/{{section:str}}",
    name="townhalls.edit.post",
    guards=[SCHEDULE],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def edit(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_policy: NamedDependency[TownHallPolicy],
    hall_id: FromPath[int],
    section: FromPath[str],
) -> Response[Any]:
    """``go=rows`` stores nothing: it gives more rows for speakers."""
    hall, about, shown = seen(db, hall_id), _section(section), Form(values=form)
    if form.get("go") == "rows":
        return _page(request, db, account, hall, about, Form(values=form), more_rows=True)
    now, twice = request.app.state.clock.now(), dict[str, Any]()
    try:
        written = _read(request, about, shown, form, twice, hall_policy)
        shown.check()
        revision = number_of(form.get("revision", ""))
        writing.write(db, hall_id, about.slug, written, revision=revision, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        again = Form.again(form, wrong)
        return _page(request, db, account, seen(db, hall_id), about, again, status=422, twice=twice)
    except ChangedMeanwhile as late:
        db.rollback()
        return _both(request, db, account, seen(db, hall_id), about, form, late)
    return see_other(f"/hosting/townhalls/{hall_id}#{about.slug}")


def _section(slug: str) -> Section:
    if slug not in SECTIONS:
        raise NotFound
    return SECTIONS[slug]


def _read(
    request: Request[Any, Any, Any],
    about: Section,
    shown: Form,
    form: Sent,
    twice: dict[str, Any],
    policy: TownHallPolicy,
) -> Written:
    """What was typed, with a message beside each field that is wrong."""
    values: dict[str, Any] = {}
    for field in about.fields:
        reader = read_title if field.name == "title" else lambda text, f=field: read_text(f, text)
        values[field.name] = shown.read(field.name, reader)
    if about is WHEN:
        values = {f"{name}_at": read_time_of(request, shown, form, name, twice) for name in TIMES}
    if about is TAKING_PART:
        values = {
            "entry": shown.read("entry", chosen("entry", set(Entry))),
            "code": shown.read("code", read_code),
            "capacity": shown.read("capacity", lambda text: rules.read_capacity(text, policy.capacity_most)),
            "screening": bool(form.get("screening")),
            "anonymous_allowed": bool(form.get("anonymous_allowed")),
        }
    if about is WATCH:
        kind = shown.read("video_kind", chosen("video_kind", set(Video)))
        url, sign = shown.read("video_url", read_address), shown.read("sign_video_url", read_address)
        values = {"video_kind": kind, "video_url": url if kind != Video.NONE else "", "sign_video_url": sign}
    if about is PEOPLE:
        moderators = [number_of(text) for text in form.all("moderators")]
        departments = [number_of(text) for text in form.all("departments")]
        people = People(number_of(form.get("host", "")) or None, moderators, read_speakers(shown, form), departments)
        return Written(people=people)
    return Written(values)


def _values(request: Request[Any, Any, Any], db: Session, hall: Hall, about: Section) -> Sent:
    """The form that would be read as what stands."""
    zone = request.app.state.settings.zone
    pairs = [(f.name, getattr(hall, f.name)) for f in about.fields]
    if about is WHEN:
        pairs = [p for name in TIMES for p in fields_of(name, getattr(hall, f"{name}_at"), zone).items()]
    if about is TAKING_PART:
        pairs = [("entry", hall.entry), ("code", hall.code or ""), ("capacity", str(hall.capacity or ""))]
        pairs += [(name, "true") for name in ("screening", "anonymous_allowed") if getattr(hall, name)]
    if about is WATCH:
        pairs = [(name, getattr(hall, name)) for name in ("video_kind", "video_url", "sign_video_url")]
    if about is PEOPLE:
        pairs = stands_as(db, hall)
    return Sent([*pairs, ("revision", str(hall.revision))])


def _both(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    hall: Hall,
    about: Section,
    form: Sent,
    late: ChangedMeanwhile,
) -> Response[bytes]:
    """What was typed waits in the form; beside it what a colleague stored meanwhile."""
    stands = _values(request, db, hall, about)
    pairs = [(name, text) for name, text in form.pairs if name != "revision"]
    shown = Form(values=Sent([*pairs, ("revision", str(hall.revision))]), errors={"": late.heading})
    return _page(request, db, account, hall, about, shown, status=409, stands=stands)


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    hall: Hall,
    about: Section,
    form: Form,
    *,
    status: int = 200,
    twice: dict[str, Any] | None = None,
    stands: Sent | None = None,
    more_rows: bool = False,
) -> Response[bytes]:
    if HallState(hall.state) not in about.states:
        raise HallMovedOn(hall=hall.id)
    state, values = request.app.state, form.values
    many = values.all if isinstance(values, Sent) else lambda _name: []
    is_people = about is PEOPLE
    response: Response[bytes] = state.pages.personal(
        "townhalls/hosting/edit.html",
        status=status,
        staff=account,
        hall=hall,
        owns=owns(db, account, hall),
        section=about,
        fields=about.fields,
        entries=[(str(value), str(name)) for value, name in ENTRY_NAMES.items()],
        videos=[(str(value), str(name)) for value, name in VIDEO_NAMES.items()],
        hosts=halls.possible_hosts(db) if is_people else [],
        moderators=halls.possible_moderators(db) if is_people else [],
        departments=[d for d in active(db) if d.id != hall.department_id] if is_people else [],
        chosen={name: set(many(name)) for name in ("moderators", "departments")},
        rows=speaker_rows(values, more=more_rows) if is_people else 0,
        most_speakers=MOST_SPEAKERS,
        twice=twice if twice is not None else times_that_come_twice(request, values, TIMES),
        zone=state.settings.time_zone,
        stands=stands,
        form=form,
    )
    return response


HANDLERS = [edit_form, edit]
