"""The documents of one consultation: a page of its own, so that no half-written text is lost for a file."""

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
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.files.queries import files_of_many
from app.files.receiving import Posted
from app.files.web import answer_with
from consultations.service import attaching
from consultations.web.hosting import seen

PATH = "/hosting/consultations/{consultation_id:int}/documents"


@get(PATH, name="consultations.documents", guards=[may("consultations.edit")], sync_to_thread=True)
def document_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, consultation_id, Form())


@get(f"{PATH}/{{file_id:int}}", name="consultations.document", guards=[may("consultations.edit")], sync_to_thread=True)
def document(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    file_id: FromPath[int],
) -> Response[Any]:
    """For colleagues, before it is public."""
    files = files_of_many(db, attaching.owners(seen(db, consultation_id).id))
    found = next((f for some in files.values() for f in some if f.id == file_id), None)
    if found is None:
        raise NotFound
    return answer_with(request, found)


@post(
    PATH,
    name="consultations.attach",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def attach(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    posted: NamedDependency[Posted],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """The file is read and checked before anything is locked."""
    state, form, upload = request.app.state, Form(values=posted), posted.upload("document")
    seen(db, consultation_id)
    if upload is None:
        form.refuse("document", str(_("Choose a file.")))
        return _page(request, db, account, consultation_id, form, status=422)
    try:
        upload.check()
        easy, title = bool(posted.get("easy")), posted.get("title", "")
        attaching.attach(db, consultation_id, upload, title, easy=easy, by=account.id, now=state.clock.now())
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, account, consultation_id, Form.again(posted, wrong), status=422)
    return see_other(f"/hosting/consultations/{consultation_id}/documents")


@post(
    f"{PATH}/remove",
    name="consultations.detach",
    guards=[may("consultations.edit")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def detach(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consultation_id: FromPath[int],
) -> Response[Any]:
    text = form.get("remove_file", "")
    file_id = int(text) if is_whole(text) else 0
    easy_ones = files_of_many(db, attaching.owners(consultation_id))[attaching.owners(consultation_id)[0]]
    easy = any(f.id == file_id for f in easy_ones)
    attaching.detach(db, consultation_id, file_id, easy=easy, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/hosting/consultations/{consultation_id}/documents")


def _page(
    request: Request[Any, Any, Any], db: Session, account: Account, consultation_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    consultation = seen(db, consultation_id)
    easy, plain = attaching.owners(consultation.id)
    files = files_of_many(db, [easy, plain])
    response: Response[bytes] = request.app.state.pages.personal(
        "consultations/hosting/documents.html",
        status=status,
        staff=account,
        consultation=consultation,
        easy_files=files[easy],
        files=files[plain],
        takes=consultation.state in attaching.TAKES,
        form=form,
    )
    return response


HANDLERS = [document_page, document, attach, detach]
