"""Moderators correct a published text: write, compare, publish; nothing is stored before the last step."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import FieldError, Invalid
from app.core.text.changes import word_changes
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from petitions.forms import read_texts
from petitions.model.petition import Petition
from petitions.rules.texts import MOST_ACTION, MOST_BACKGROUND, MOST_DETAILS, Texts
from petitions.service import correcting
from petitions.service.announcing import Announcing, audience

FIELDS = ("action", "background", "additional_details", "note", "version")
LIMITS = {
    "action": MOST_ACTION,
    "background": MOST_BACKGROUND,
    "additional_details": MOST_DETAILS,
    "note": correcting.MOST_NOTE,
}


@get(
    "/moderation/petitions/{petition_id:int}/correct",
    name="petitions.correct-text",
    guards=[may("petitions.correct")],
    sync_to_thread=True,
)
def correct_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    petition_id: FromPath[int],
) -> Response[bytes]:
    petition = correcting.correctable(db, petition_id)
    values = correcting.texts_of(petition)._asdict() | {"version": str(petition.text_version)}
    return _form(request, account, petition, Form(values=values))


@post(
    "/moderation/petitions/{petition_id:int}/correct",
    name="petitions.correct-text.post",
    guards=[may("petitions.correct")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def correct(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    announcing: NamedDependency[Announcing],
    form: NamedDependency[Sent],
    petition_id: FromPath[int],
) -> Response[Any]:
    """``go``: ``preview`` compares, ``publish`` stores, anything else is the form again."""
    petition = correcting.correctable(db, petition_id)
    shown = Form(values={name: form.get(name, "") for name in FIELDS})
    if form.get("go") not in ("preview", "publish"):
        return _form(request, account, petition, shown)
    if form.get("go") == "publish" and _is_published(db, account, petition, shown):
        return see_other(f"/petitions/{petition_id}/versions")
    try:
        texts = _read(petition, shown)
        if _version(shown) != petition.text_version:
            return _conflict(request, account, petition, shown, texts)
        if form.get("go") == "preview":
            return _preview(request, db, account, announcing, petition, shown, texts)
        _publish(request, db, account, announcing, petition, shown, texts)
    except Invalid as wrong:
        db.rollback()
        petition = correcting.correctable(db, petition_id)
        return _form(request, account, petition, Form.again(shown.values, wrong), status=422)
    except correcting.TextChanged:
        db.rollback()
        return _conflict(request, account, correcting.correctable(db, petition_id), shown, texts)
    return see_other(f"/petitions/{petition_id}/versions")


def _read(petition: Petition, form: Form) -> Texts:
    """The texts, checked with the note; :class:`Invalid` with every fault found."""
    found, faults = read_texts(form), list[FieldError]()
    texts = Texts(found.action, found.background, found.additional_details) if found else None
    try:
        correcting.check_correction(petition, texts or Texts("", "", ""), form.get("note"))
    except Invalid as wrong:
        faults = list(wrong.errors)
    if form.errors or faults or texts is None:
        raise Invalid([*form.summary, *(f for f in faults if f.field not in form.errors)])
    return texts


def _is_published(db: Session, account: Account, petition: Petition, form: Form) -> bool:
    """Whether an earlier click has published this very form."""
    found = read_texts(Form(values=form.values))
    if found is None:
        return False
    texts, after = Texts(found.action, found.background, found.additional_details), _version(form)
    known = correcting.corrected_already(db, petition, texts, form.get("note"), after_version=after, by=account.id)
    return known is not None


def _version(form: Form) -> int:
    text = form.get("version")
    return int(text) if is_whole(text, figures=8) else -1


def _publish(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    announcing: Announcing,
    petition: Petition,
    form: Form,
    texts: Texts,
) -> None:
    correcting.correct(
        db,
        announcing,
        petition.id,
        texts,
        form.get("note"),
        after_version=_version(form),
        by=account.id,
        now=request.app.state.clock.now(),
    )


def _form(
    request: Request[Any, Any, Any], account: Account, petition: Petition, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/correct.html",
        status=status,
        staff=account,
        petition=petition,
        form=form,
        limits=LIMITS,
        changes=(),
    )
    return response


def _conflict(
    request: Request[Any, Any, Any], account: Account, petition: Petition, form: Form, texts: Texts
) -> Response[bytes]:
    """Somebody corrected it meanwhile: what was typed is kept and compared with what is public now."""
    form.values = {**form.values, "version": str(petition.text_version)}
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/correct.html",
        status=409,
        staff=account,
        petition=petition,
        form=form,
        limits=LIMITS,
        changes=_changes(petition, texts),
    )
    return response


def _preview(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    announcing: Announcing,
    petition: Petition,
    form: Form,
    texts: Texts,
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "petitions/staff/correct_check.html",
        staff=account,
        petition=petition,
        form=form,
        fields=FIELDS,
        changes=_changes(petition, texts),
        people=audience(db, petition.id),
        leaves_at=announcing.leaves_at(state.clock.now()),
        now=state.clock.now(),
    )
    return response


def _changes(petition: Petition, texts: Texts) -> list[Any]:
    return [word_changes(old, new) for old, new in zip(correcting.texts_of(petition), texts, strict=True)]


HANDLERS = [correct_form, correct]
