"""Bringing files in, for administrators: send one, read what it would change, confirm it."""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.areas.queries import AreaBook
from app.areas.rules.boundaries import LeavesOut
from app.areas.service.bringing import AreaFiles, FileKind, Looked, Sent, read_called
from app.core.errors import BadField, NotFound, Unavailable
from app.core.i18n import Phrase, _
from app.core.security.keys import CannotUnseal, Keys
from app.core.text.plain import tidy_line
from app.core.text.sizes import in_words
from app.core.web.forms import Form
from app.core.web.forms import Sent as Fields
from app.core.web.page import see_other
from app.files.cabinet import FieldHelp
from app.files.receiving import Posted

#: where each kind of file is brought in, under ``/admin/areas``
PATHS = {"boundaries": FileKind.AREAS, "populations": FileKind.POPULATIONS, "postcodes": FileKind.POSTCODES}
MOST_NAME, MOST_WORD = 200, 100


class About(NamedTuple):
    """What the page of one kind of file says and asks for; ``asks``: fields beside the file."""

    heading: Phrase
    accept: str
    sorts: Phrase
    asks: tuple[str, ...]


ABOUT = {
    FileKind.AREAS: About(
        _("Bring in boundaries"), ".geojson,.json", _("GeoJSON"), ("called", "code", "name", "region_code", "region")
    ),
    FileKind.POPULATIONS: About(_("Bring in populations"), ".csv", _("CSV"), ("area", "population")),
    FileKind.POSTCODES: About(_("Bring in the table of postcodes"), ".csv", _("CSV"), ()),
}


@get("/admin/areas/{what:str}", name="areas.bring", guards=[may("areas.see")], sync_to_thread=True)
def bring_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    areas: NamedDependency[AreaBook],
    what: FromPath[str],
) -> Response[bytes]:
    return _page(request, account, what, Form(values={"called": areas.now(db).layer or "area"}))


@post("/admin/areas/{what:str}", name="areas.look", guards=[may("areas.see")], sync_to_thread=True, status_code=200)
def look(
    request: Request[Any, Any, Any],
    account: NamedDependency[Account],
    posted: NamedDependency[Posted],
    area_files: NamedDependency[AreaFiles],
    what: FromPath[str],
) -> Response[bytes]:
    """What the file would change; nothing is changed yet."""
    kind, form, upload = _kind(what), Form(values=posted), posted.upload("file")
    words = {name: _word(form, name) for name in ABOUT[kind].asks}
    if upload is None:
        form.refuse("file", _("Choose a file."))
    if upload is None or form.errors:
        return _page(request, account, what, form, 422)
    try:
        digest = area_files.store.put(upload.file, request.app.state.clock.now()).digest
    except OSError as full:
        raise Unavailable(retry_after=60) from full
    sent = Sent(kind, _file_name(upload.name), digest, words)
    try:
        looked = area_files.look(request.app.state.database, sent)
    except ValueError as wrong:
        form.refuse("file", _fault(sent, wrong))
        return _page(request, account, what, form, 422)
    return _preview(request, account, what, sent, looked, Form())


@post(
    "/admin/areas/{what:str}/confirm",
    name="areas.bring-in",
    guards=[may("areas.import")],
    sync_to_thread=True,
    status_code=303,
)
def bring_in(
    request: Request[Any, Any, Any],
    account: NamedDependency[Account],
    form: NamedDependency[Fields],
    area_files: NamedDependency[AreaFiles],
    areas: NamedDependency[AreaBook],
    what: FromPath[str],
) -> Response[Any]:
    """The file that was looked through. It writes in transactions of its own, as the commands do: a table of
    postcodes has many."""
    state, asked = request.app.state, Form(values=form)
    sent = _read_slip(state.keyring, account, form.get("slip", ""), _kind(what))
    retire = form.get("retire") == "true"
    try:
        area_files.bring_in(state.database, sent, retire=retire, by=account.id, now=state.clock.now())
    except LeavesOut:
        asked.refuse("retire", _("Confirm that these areas are no more, or take a file that has them."))
        return _preview(request, account, what, sent, area_files.look(state.database, sent), asked, 422)
    except ValueError as wrong:
        again = Form(values=sent.words)
        again.refuse("file", _fault(sent, wrong))
        return _page(request, account, what, again, 422)
    areas.forget()
    return see_other(f"/admin/areas?done={sent.kind}")


def _kind(what: str) -> FileKind:
    try:
        return PATHS[what]
    except KeyError as wrong:
        raise NotFound from wrong


def _word(form: Form, name: str) -> str:
    if name == "called":
        return form.read(name, read_called) or ""
    return form.read(name, _read_word) or ""


def _read_word(text: str) -> str:
    word = tidy_line(text)
    if len(word) > MOST_WORD:
        raise BadField(_("Use 100 characters or fewer."))
    return word


def _file_name(name: str) -> str:
    """As it was sent, on one line and not too long; what it is called matters only to people."""
    return tidy_line(name)[-MOST_NAME:] or "file"


def _fault(sent: Sent, wrong: ValueError) -> str:
    return _("{file}: {fault}. Nothing was changed.").format(file=sent.name, fault=str(wrong).rstrip("."))


def _page(
    request: Request[Any, Any, Any], account: Account, what: str, form: Form, status: int = 200
) -> Response[bytes]:
    state, about = request.app.state, ABOUT[_kind(what)]
    size = in_words(state.site.cabinet.most)
    words = _("{kinds}. At most {size}.").format(kinds=about.sorts, size=size)
    response: Response[bytes] = state.pages.personal(
        "areas/admin_bring.html",
        status=status,
        staff=account,
        form=form,
        what=what,
        about=about,
        help=FieldHelp(about.accept, words),
    )
    return response


def _preview(
    request: Request[Any, Any, Any],
    account: Account,
    what: str,
    sent: Sent,
    looked: Looked,
    form: Form,
    status: int = 200,
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "areas/admin_look.html",
        status=status,
        staff=account,
        form=form,
        what=what,
        about=ABOUT[sent.kind],
        sent=sent,
        looked=looked,
        slip=_slip(state.keyring, account, sent),
    )
    return response


def _slip(keys: Keys, account: Account, sent: Sent) -> str:
    """What was looked through, in a field that nobody but this administrator can send, and nobody can write."""
    facts = {"kind": str(sent.kind), "name": sent.name, "digest": sent.digest.hex()}
    facts["words"] = msgspec.json.encode(sent.words).decode()
    return base64.urlsafe_b64encode(keys.seal(facts, _bound(account), passing=True)).decode()


def _read_slip(keys: Keys, account: Account, slip: str, kind: FileKind) -> Sent:
    try:
        sealed = base64.b64decode(slip.encode("ascii"), b"-_", validate=True)
        facts = keys.unseal(sealed, _bound(account), passing=True)
    except (UnicodeEncodeError, binascii.Error, CannotUnseal) as wrong:
        raise NotFound from wrong
    if facts["kind"] != kind:
        raise NotFound
    words = msgspec.json.decode(facts["words"], type=dict[str, str])
    return Sent(kind, facts["name"], bytes.fromhex(facts["digest"]), words)


def _bound(account: Account) -> bytes:
    return f"areas.file:{account.id}".encode()


HANDLERS = [bring_page, look, bring_in]
