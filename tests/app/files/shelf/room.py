"""The room's whole connection to the house: what another room has to do to have files."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, may
from app.core.errors import Invalid, NotFound
from app.core.subject import SubjectRef
from app.core.switches import Switch
from app.core.web.forms import Form
from app.core.web.page import see_other
from app.files import service
from app.files.queries import files_of
from app.files.receiving import Posted
from app.files.web import answer_with
from app.site import Site

#: the shelves that everybody may see
PUBLIC: set[int] = set()
PAGE = """
{% from "macros/forms.html" import error_summary, textarea %}
{% from "macros/files.html" import file_field, file_list %}
{{ error_summary(form.summary) }}
<form method="post" enctype="multipart/form-data">
{{ textarea(form, "words", "Words") }}
{{ file_field(form, "document", "Document") }}
{{ file_list(files, removable=true) }}
<button>Send</button>
</form>
<aside>{{ file_list(files) }}</aside>
"""


@get("/shelves/{shelf:int}", name="shelf.page", guards=[anyone], sync_to_thread=True)
def page(request: Request[Any, Any, Any], db: NamedDependency[Session], shelf: FromPath[int]) -> Response[bytes]:
    return _page(request, db, shelf, Form())


@post(
    "/shelves/{shelf:int}", name="shelf.put", guards=[anyone], sync_to_thread=True, status_code=303, writes=True,
    stops_with=Switch.COMMENTS,
)  # fmt: skip
def put(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    posted: NamedDependency[Posted],
    shelf: FromPath[int],
) -> Response[Any]:
    owner, now = SubjectRef("shelf", shelf), request.app.state.clock.now()
    form = Form(values=posted)
    upload = posted.upload("document")
    try:
        if not posted.get("words"):
            form.refuse("words", "Enter some words")
        if upload is not None:
            upload.check()
        form.check()
        if upload is not None:
            service.keep(db, upload, owner, title=posted["words"], by=None, now=now)
    except Invalid as wrong:
        return _page(request, db, shelf, Form.again(posted, wrong), status=422)
    return see_other(f"/shelves/{shelf}")


@get("/shelves/{shelf:int}/files/{file_id:int}", name="shelf.file", guards=[anyone], sync_to_thread=True)
def preview(
    request: Request[Any, Any, Any], db: NamedDependency[Session], shelf: FromPath[int], file_id: FromPath[int]
) -> Response[Any]:
    """For whoever works on the shelf, before it is public."""
    found = [file for file in files_of(db, SubjectRef("shelf", shelf)) if file.id == file_id]
    if not found:
        raise NotFound
    return answer_with(request, found[0])


@post("/desk/shelves", name="shelf.desk", guards=[may("front.switches")], sync_to_thread=True, writes=True)
def desk(db: NamedDependency[Session], posted: NamedDependency[Posted]) -> Response[bytes]:
    names = [upload.name for upload in posted.uploads("document")]
    return Response(f"{posted['words']} {names}".encode(), media_type="text/plain")


def _page(request: Any, db: Session, shelf: int, form: Form, *, status: int = 200) -> Response[bytes]:
    files = files_of(db, SubjectRef("shelf", shelf))
    body = request.app.state.pages.jinja.from_string(PAGE).render(form=form, files=files)
    return Response(body.encode(), status_code=status, media_type="text/html")


def install(site: Site) -> None:
    site.routers += [page, put, preview, desk]
    site.file_owners["shelf"] = lambda _db, shelf: shelf in PUBLIC
