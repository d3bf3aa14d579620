"""Switches for the whole site, and what is done on the day of a breach."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core import switches
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.security import generations
from app.core.security.sessions import SignedIn
from app.core.subject import SubjectRef
from app.core.switches import Switch
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.front.changes import changes_to, names_of
from app.operation import breach, switching
from app.operation.breach import Whom
from app.operation.rules import read_message, read_reason
from app.tokens.queries import count_living

WHOM = {str(whom) for whom in Whom}
FIELDS = ("message", "reason", "whom", "was")
DONE = frozenset({"sessions", "keys", "on", "off"})


@get("/admin/switches", name="front.switches", guards=[may("front.switches")], sync_to_thread=True)
def overview(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """What is switched, since when and by whom; what rooms can stop by themselves."""
    return _overview(request, db, account, "front/admin_switches.html")


@get("/admin/breach", name="front.breach", guards=[may("front.switches")], sync_to_thread=True)
def drill(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """The checklist, to be walked through in its order or printed."""
    return _overview(request, db, account, "front/admin_breach.html")


@get("/admin/switches/sessions", name="front.sessions", guards=[may("front.switches")], sync_to_thread=True)
def sessions_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _sessions(request, db, account, Form())


@post(
    "/admin/switches/sessions",
    name="front.sessions.post",
    guards=[may("front.breach")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def end_sessions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    signed: NamedDependency[SignedIn],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """Everybody's, staff's or citizens'; one's own goes on."""
    asked = Form(values={name: form.get(name, "") for name in FIELDS})
    whom, reason = asked.read("whom", chosen("whom", WHOM)), asked.read("reason", read_reason)
    if whom is None or reason is None:
        return _sessions(request, db, account, asked, status=422)
    now = request.app.state.clock.now()
    ended = breach.end_sessions(db, Whom(whom), spare=signed.id, reason=reason, by=account.id, now=now)
    return see_other(f"/admin/switches?done=sessions&count={ended}")


@get("/admin/switches/keys", name="front.keys", guards=[may("front.switches")], sync_to_thread=True)
def keys_page(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _keys(request, db, account, Form())


@post(
    "/admin/switches/keys",
    name="front.keys.post",
    guards=[may("front.breach")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def rotate_keys(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    """Every link and sealed cookie that has left is void from now on."""
    state, asked = request.app.state, Form(values={name: form.get(name, "") for name in FIELDS})
    reason, newest = asked.read("reason", read_reason), generations.newest(db)
    if reason is None:
        return _keys(request, db, account, asked, status=422)
    if form.get("was") != str(newest.id if newest else 0):  # a second press, or an old page
        raise switching.SwitchedAlready
    voids = state.site.at_rotation
    breach.rotate_keys(db, state.keyring, voids, reason=reason, by=account.id, now=state.clock.now())
    return see_other("/admin/switches?done=keys")


@get("/admin/switches/{name:str}", name="front.switch", guards=[may("front.switches")], sync_to_thread=True)
def switch_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    name: FromPath[str],
) -> Response[bytes]:
    return _switch(request, db, account, _known(name), Form())


@post(
    "/admin/switches/{name:str}",
    name="front.switch.post",
    guards=[may("front.breach")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def turn(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    name: FromPath[str],
) -> Response[Any]:
    """``act``: ``on`` or ``off``, each with a reason."""
    state, switch = request.app.state, _known(name)
    asked = Form(values={field: form.get(field, "") for field in FIELDS})
    message, reason = asked.read("message", read_message), asked.read("reason", read_reason)
    if form.get("act") not in ("on", "off"):
        asked.refuse("reason", str(_("Choose what should change.")))
    if asked.errors or message is None or reason is None:
        return _switch(request, db, account, switch, asked, status=422)
    by, now = account.id, state.clock.now()
    if form.get("act") == "on":
        switching.switch_on(db, state.switches, switch, message=message, reason=reason, by=by, now=now)
    else:
        switching.switch_off(db, state.switches, switch, reason=reason, by=by, now=now)
    return see_other(f"/admin/switches?done={form['act']}")


def _known(name: str) -> Switch:
    try:
        return Switch(name)
    except ValueError as wrong:
        raise NotFound from wrong


def _overview(request: Request[Any, Any, Any], db: Session, account: Account, template: str) -> Response[bytes]:
    state, query = request.app.state, request.query_params
    now, rows = state.clock.now(), switches.rows(db)
    newest = generations.newest(db)
    people = [*(row.by_id for row in rows.values()), newest.by_id if newest else None]
    count = query.get("count", "")
    response: Response[bytes] = state.pages.personal(
        template,
        staff=account,
        switches=[str(s) for s in Switch],
        rows=rows,
        newest=newest,
        names=names_of(db, people),
        open=breach.count_sessions(db, now),
        ended=changes_to(db, SubjectRef("sessions", 0), 1),
        tokens=sum(count_living(db, now).values()),
        rooms_stops=[p for p in state.site.pages_under("/admin", account.role, db, now) if p.href in state.site.stops],
        done=query.get("done", "") if query.get("done") in DONE else "",
        count=int(count) if is_whole(count, figures=9) else 0,
        now=now,
    )
    return response


def _sessions(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "front/admin_sessions.html",
        status=status,
        staff=account,
        open={str(whom): count for whom, count in breach.count_sessions(db, state.clock.now()).items()},
        form=form,
        changes=changes_to(db, SubjectRef("sessions", 0)),
    )
    return response


def _keys(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    newest = generations.newest(db)
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_keys.html",
        status=status,
        staff=account,
        newest=newest,
        by=names_of(db, [newest.by_id]).get(newest.by_id or 0, "") if newest else "",
        form=form,
        tokens=sum(count_living(db, request.app.state.clock.now()).values()),
        changes=changes_to(db, SubjectRef("key-generation", newest.id)) if newest else [],
    )
    return response


def _switch(
    request: Request[Any, Any, Any], db: Session, account: Account, switch: Switch, form: Form, status: int = 200
) -> Response[bytes]:
    row = switches.rows(db).get(switch)
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_switch.html",
        status=status,
        staff=account,
        name=str(switch),
        row=row,
        by=names_of(db, [row.by_id]).get(row.by_id or 0, "") if row else "",
        form=form,
        changes=changes_to(db, switching.subject_of(switch)),
    )
    return response


HANDLERS = [overview, drill, sessions_page, end_sessions, keys_page, rotate_keys, switch_page, turn]
