"""One section of a consultation's texts a page; whoever was second sees both, and loses nothing."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.i18n import _
from app.core.local_times import fields_of
from app.core.text.figures import is_whole
from app.core.text.sections import read_text, read_title
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.core.web.time_fields import read_time_of, times_that_come_twice
from app.departments.queries import active
from consultations import queries
from consultations.model import Consultation
from consultations.rules.lifecycle import EDITABLE
from consultations.rules.texts import SECTIONS, SETTINGS, TIMES, Section
from consultations.service import editing
from consultations.service.editing import Written
from consultations.service.locking import must_be
from consultations.web.hosting import seen

DISCUSSIONS = {
    "off": _("No discussion"),
    "before": _("Comments are checked before they are shown"),
    "after": _("Comments are shown at once, and checked after"),
}


@get(
    "/hosting/consultations/{consultation_id:int}/edit/{section:str}",
    name="consultations.edit",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
)
def edit_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    section: FromPath[str],
) -> Response[bytes]:
    consultation, about = seen(db, consultation_id), _section(section)
    return _page(request, db, account, consultation, about, Form(values=_values(request, db, consultation, about)))


@post(
    "/hosting/consultations/{consultation_id:int}/edit/{section:str}",
    name="consultations.edit.post",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def edit(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
    section: FromPath[str],
) -> Response[Any]:
    consultation, about, shown = seen(db, consultation_id), _section(section), Form(values=form)
    now, twice = request.app.state.clock.now(), dict[str, Any]()
    try:
        written = _read(request, about, shown, form, twice)
        shown.check()
        seen_revision = _number(form.get("revision", ""))
        editing.write(db, consultation_id, about.slug, written, revision=seen_revision, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        again = Form.again(form, wrong)
        return _page(request, db, account, seen(db, consultation_id), about, again, status=422, twice=twice)
    except editing.ChangedMeanwhile as late:
        db.rollback()
        return _both(request, db, account, seen(db, consultation.id), about, form, late)
    return see_other(f"/hosting/consultations/{consultation_id}#{about.slug}")


def _section(slug: str) -> Section:
    if slug not in SECTIONS:
        raise NotFound
    return SECTIONS[slug]


def _read(request: Request[Any, Any, Any], about: Section, shown: Form, form: Sent, twice: dict[str, Any]) -> Written:
    """What was typed, with a message beside each field that is wrong."""
    values: dict[str, Any] = {}
    for field in about.fields:
        reader = read_title if field.name == "title" else lambda text, f=field: read_text(f, text)
        values[field.name] = shown.read(field.name, reader)
    if about is TIMES:
        values = {f"{name}_at": read_time_of(request, shown, form, name, twice) for name in ("opens", "closes")}
    if about is SETTINGS:
        values["discussion"] = form.get("discussion", "off") if form.get("discussion") in DISCUSSIONS else "off"
        values["hides_results"] = bool(form.get("hides_results"))
        return Written(values, [_number(text) for text in form.all("supporting")])
    return Written(values)


def _values(request: Request[Any, Any, Any], db: Session, consultation: Consultation, about: Section) -> Sent:
    zone = request.app.state.settings.zone
    pairs = [(f.name, getattr(consultation, f.name)) for f in about.fields]
    if about is TIMES:
        opens, closes = (fields_of(n, getattr(consultation, f"{n}_at"), zone) for n in ("opens", "closes"))
        pairs = [*opens.items(), *closes.items()]
    if about is SETTINGS:
        pairs = [("discussion", consultation.discussion)]
        pairs += [("hides_results", "true")] if consultation.hides_results else []
        pairs += [("supporting", str(d)) for d in queries.supporting(db, consultation.id)]
    return Sent([*pairs, ("revision", str(consultation.revision))])


def _both(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    consultation: Consultation,
    about: Section,
    form: Sent,
    late: editing.ChangedMeanwhile,
) -> Response[bytes]:
    """What was typed waits in the form; beside it what a colleague stored meanwhile."""
    stands = _values(request, db, consultation, about)
    pairs = [(name, text) for name, text in form.pairs if name != "revision"]
    shown = Form(values=Sent([*pairs, ("revision", str(consultation.revision))]), errors={"": late.heading})
    return _page(request, db, account, consultation, about, shown, status=409, stands=stands)


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    consultation: Consultation,
    about: Section,
    form: Form,
    *,
    status: int = 200,
    twice: dict[str, Any] | None = None,
    stands: Sent | None = None,
) -> Response[bytes]:
    state = request.app.state
    must_be(consultation, EDITABLE)
    which = form.values.get("opens_which") or form.values.get("closes_which")
    values = form.values
    response: Response[bytes] = state.pages.personal(
        "consultations/hosting/edit.html",
        status=status,
        staff=account,
        consultation=consultation,
        section=about,
        fields=about.fields,
        discussions=[(value, str(name)) for value, name in DISCUSSIONS.items()],
        departments=[d for d in active(db) if d.id != consultation.department_id],
        helping=set(values.all("supporting")) if isinstance(values, Sent) else set(),
        twice=twice or (times_that_come_twice(request, form.values, ("opens", "closes")) if which else {}),
        zone=state.settings.time_zone,
        stands=stands,
        form=form,
    )
    return response


def _number(text: str) -> int:
    return int(text) if is_whole(text) else 0


HANDLERS = [edit_form, edit]
