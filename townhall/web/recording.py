"""After a hall: the address of its recording, and its captions put right, line by line."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.errors import Invalid, NotFound
from app.core.paging import A_PAGE, Page, read_page
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from townhall.model import Caption, CaptionText, Hall
from townhall.policy import TownHallPolicy
from townhall.queries import archive
from townhall.rules.lifecycle import HallState
from townhall.rules.recording import read_offset
from townhall.rules.writing import read_address
from townhall.service import recording as service
from townhall.service.captioning import read_line
from townhall.service.locking import HallMovedOn
from townhall.service.scheduling import ChangedMeanwhile
from townhall.web.archive import clock
from townhall.web.hosting import ONE, SCHEDULE, number_of, owns, seen

RECORD = may("townhalls.record")
LINES = f"{ONE}/captions"


@get(f"{ONE}/recording", name="townhalls.recording", guards=[SCHEDULE], sync_to_thread=True)
def recording_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    hall = _ended(db, hall_id)
    sign = "-" if hall.recording_offset < 0 else ""
    values = {
        "recording_url": hall.recording_url,
        "offset": f"{sign}{clock(abs(hall.recording_offset))}",
        "revision": str(hall.revision),
    }
    return _recording_page(request, db, account, hall, Form(values=values))


@post(
    f"{ONE}/recording",
    name="townhalls.recording.post",
    guards=[SCHEDULE],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def place_recording(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    hall, shown, now = _ended(db, hall_id), Form(values=form), request.app.state.clock.now()
    url, offset = shown.read("recording_url", read_address), shown.read("offset", read_offset)
    if url is None or offset is None:
        return _recording_page(request, db, account, hall, shown, status=422)
    revision = number_of(form.get("revision", ""))
    service.place_recording(db, hall_id, url, offset, revision=revision, by=account.id, now=now)
    return see_other(f"/hosting/townhalls/{hall_id}")


@get(LINES, name="townhalls.captions-desk", guards=[RECORD], sync_to_thread=True)
def lines_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    """Every line, some a page; ``?q=`` leaves those that have these words."""
    hall, words = _ended(db, hall_id), request.query_params.get("q", "")[:200]
    found, number = archive.captions(db, hall_id, words), read_page(request.query_params.get("page", ""))
    rows = found[(number - 1) * A_PAGE : number * A_PAGE]
    path = f"/hosting/townhalls/{hall_id}/captions"
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/captions.html",
        staff=account,
        official=account.role == Role.OFFICIAL,
        hall=hall,
        mine=service.may_correct(db, hall, account.id),
        paging=Page(rows, len(found), number, path, {"q": words} if words else {}),
        words=words,
        clock=clock,
    )
    return response


@get(f"{LINES}/{{number:int}}", name="townhalls.caption", guards=[RECORD], sync_to_thread=True)
def line_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
    number: FromPath[int],
) -> Response[bytes]:
    hall, line = _ended(db, hall_id), _line(db, hall_id, number)
    return _line_page(request, db, account, hall, line, Form(values={"text": line.text, "rev": str(line.rev)}))


@post(
    f"{LINES}/{{number:int}}",
    name="townhalls.caption.post",
    guards=[RECORD],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def correct_line(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_policy: NamedDependency[TownHallPolicy],
    hall_id: FromPath[int],
    number: FromPath[int],
) -> Response[Any]:
    hall, line, now = _ended(db, hall_id), _line(db, hall_id, number), request.app.state.clock.now()
    rev = number_of(form.get("rev", ""))
    try:
        text = read_line(form.get("text", ""), hall_policy.caption_most)
        service.correct_line(db, hall_id, number, text, rev=rev, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        return _line_page(request, db, account, hall, line, Form.again(form, wrong), status=422)
    except ChangedMeanwhile as late:
        db.rollback()
        line = _line(db, hall_id, number)
        again = Form(values={**form, "rev": str(line.rev)}, errors={"": late.heading})
        return _line_page(request, db, account, hall, line, again, status=409)
    return see_other(f"/hosting/townhalls/{hall_id}/captions?page={1 + (number - 1) // A_PAGE}#line-{number}")


def _ended(db: Session, hall_id: int) -> Hall:
    hall = seen(db, hall_id)
    if hall.state != HallState.ENDED:
        raise HallMovedOn(hall=hall_id)
    return hall


def _line(db: Session, hall_id: int, number: int) -> Caption:
    found = db.get(Caption, (hall_id, number), populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _recording_page(
    request: Request[Any, Any, Any], db: Session, account: Account, hall: Hall, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/recording.html",
        status=status,
        staff=account,
        hall=hall,
        owns=owns(db, account, hall),
        form=form,
    )
    return response


def _line_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    hall: Hall,
    line: Caption,
    form: Form,
    status: int = 200,
) -> Response[bytes]:
    earlier = select(CaptionText).where(CaptionText.hall_id == hall.id, CaptionText.number == line.number)
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/caption.html",
        status=status,
        staff=account,
        hall=hall,
        line=line,
        late=status == 409,
        earlier=db.scalars(earlier.order_by(CaptionText.rev.desc())).all(),
        mine=service.may_correct(db, hall, account.id),
        form=form,
        at=clock(line.second),
    )
    return response


HANDLERS = (recording_page, place_recording, lines_page, line_page, correct_line)
