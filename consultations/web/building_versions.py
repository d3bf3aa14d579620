"""Publishing what was changed since the newest version, taking it back, and the history that everyone reads."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.accounts.model import Account
from app.core.errors import Invalid
from app.core.i18n import _
from app.core.text.plain import length, tidy
from app.core.web.forms import Form, Sent
from consultations.model import StoredQuestionnaire
from consultations.queries import questionnaires as queries
from consultations.rules.questionnaire import Questionnaire
from consultations.rules.versions import Change, How, Line, changes, is_moved, page_changes
from consultations.service import building
from consultations.web.addressed import readable_id
from consultations.web.building_frame import EDIT, START, Bench, bench, provide_long_form, seen_in

MOST_NOTE = 1000


class Told(NamedTuple):
    """What one version changed against the one before it."""

    changes: list[Change]
    pages: list[Line]
    moved: bool
    easy: bool

    @property
    def is_anything(self) -> bool:
        return bool(self.changes or self.pages or self.moved or self.easy)


class Shown(NamedTuple):
    """A published version for readers; ``told`` is None of the first one."""

    row: StoredQuestionnaire
    questionnaire: Questionnaire
    told: Told | None


@get(f"{START}/publish", name="consultations.questions.publish", guards=EDIT, sync_to_thread=True)
def publish_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[Any]:
    place = bench(request, db, account, consultation_id)
    return place.back() if place.published is None else _publish(place, Form())


@post(
    f"{START}/publish",
    name="consultations.questions.publish.post",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
    dependencies={"form": Provide(provide_long_form)},
)
def publish(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """``meaning-12``: ``wording`` or ``meaning``, of each question that changed; ``note``: what everyone reads."""
    place, said = bench(request, db, account, consultation_id), Form(values=form)
    if place.published is None:
        return place.back()
    chosen = _read(place, said)
    note = tidy(said.get("note"))
    if said.errors:
        return _publish(place, said, status=422)
    try:
        building.publish_changes(
            db,
            place.policy,
            consultation_id,
            new_meanings=chosen,
            note=note,
            seen=seen_in(form),
            by=account.id,
            now=place.now,
        )
    except Invalid as wrong:
        db.rollback()
        return _publish(place, Form.again(form, wrong), status=422)
    return place.back("", "published")


@post(
    f"{START}/discard",
    name="consultations.questions.discard",
    guards=EDIT,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def discard(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    place = bench(request, db, account, consultation_id)
    building.discard_changes(db, consultation_id, seen=seen_in(form), by=account.id, now=place.now)
    return place.back("", "discarded")


@get(
    "/consultations/{consultation_id:int}/questions/history",
    name="consultations.questions.history",
    guards=[anyone],
    sync_to_thread=True,
)
def history(
    request: Request[Any, Any, Any], db: NamedDependency[Session], consultation_id: FromPath[int]
) -> Response[bytes]:
    """Every published version, the newest first, with what it changed."""
    consultation = readable_id(db, consultation_id)
    response: Response[bytes] = request.app.state.pages.public(
        "consultations/building/history.html",
        keys=(f"consultation:{consultation.id}",),
        consultation=consultation,
        versions=list(reversed(_versions(db, consultation.id))),
        how=How,
    )
    return response


def told(before: queries.Asked, after: queries.Asked) -> Told:
    one, other = before.questionnaire, after.questionnaire
    return Told(changes(one, other), page_changes(one, other), is_moved(one, other), before.easy != after.easy)


def _versions(db: Session, consultation_id: int) -> list[Shown]:
    rows, found = queries.versions(db, consultation_id), []
    before: queries.Asked | None = None
    for row in rows:
        this = queries.asked(db, consultation_id, row.version)
        found.append(Shown(row, this.questionnaire, told(before, this) if before is not None else None))
        before = this
    return found


def _publish(place: Bench, form: Form, *, status: int = 200) -> Response[bytes]:
    db, consultation = place.db, place.consultation
    before = queries.asked(db, consultation.id, consultation.questionnaire_version)
    after = queries.Asked(place.questionnaire, queries.working_easy(db, consultation.id), place.questionnaire)
    writers = building.authors_since(db, consultation)
    return place.show(
        "publish",
        status=status,
        form=form,
        told=told(before, after),
        how=How,
        wrote=place.account.id in writers,
        most_note=MOST_NOTE,
    )


def _read(place: Bench, form: Form) -> set[int]:
    """The questions whose meaning changes; each one that changed has to be said of."""
    chosen: set[int] = set()
    assert place.published is not None  # the caller looked
    for change in changes(place.published, place.questionnaire):
        if change.how is not How.CHANGED or change.must_be_new_meaning:
            continue
        name = f"meaning-{change.number}"
        match form.get(name):
            case "meaning":
                chosen.add(change.number)
            case "wording":
                pass
            case _:
                form.refuse(name, _("Say whether it is another wording or another meaning"))
    if not tidy(form.get("note")):
        form.refuse("note", _("Say what changes and why: everyone can read it"))
    elif length(tidy(form.get("note"))) > MOST_NOTE:
        form.refuse("note", _("Write {most} characters or fewer").format(most=MOST_NOTE))
    return chosen


HANDLERS = [publish_form, publish, discard, history]
