"""What the site holds about one person, for its owner: seen, acted on, downloaded, erased.

The same pages stand behind an account (``/account``) and behind a letter's link (``/mine``), for
those who signed without one.
"""

from __future__ import annotations

import json
from typing import Any

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.accounts import erasing
from app.accounts.holding import HeldAct, HeldRow, Person
from app.core.errors import NotFound
from app.core.web.forms import Sent
from app.core.web.page import see_other


def show(
    request: Request[Any, Any, Any], db: Session, person: Person, template: str, base: str, **more: Any
) -> Response[bytes]:
    """Every room's sections under one heading."""
    state = request.app.state
    now = state.clock.now()
    holdings = reversed(state.site.holdings.values())  # rooms first, then what the house does for them all
    sections = [s for holding in holdings for s in holding.sections(db, person, now)]
    response: Response[bytes] = state.pages.personal(
        template,
        sections=sections,
        base=base,
        person=person,
        done=request.query_params.get("done", ""),
        now=now,
        **more,
    )
    return response


def act(
    request: Request[Any, Any, Any], db: Session, person: Person, base: str, form: Sent, kind: str, row: int, name: str
) -> Response[Any]:
    """Do what a row offers; what cannot be undone is asked once more."""
    state = request.app.state
    now = state.clock.now()
    for holding in state.site.holdings.values():
        for section in holding.sections(db, person, now):
            found = _offered(section.rows, row, name) if section.kind == kind else None
            if found is None:
                continue
            held, offered = found
            if offered.warning and form.get("sure") != "yes":
                asked = state.pages.personal("accounts/sure.html", base=base, kind=kind, row=held, act=offered)
                response: Response[Any] = asked
                return response
            holding.act(db, person, kind, row, name, now)
            return see_other(f"{base}?done={kind}.{name}#{kind}-{row}")
    raise NotFound


def download(request: Request[Any, Any, Any], db: Session, person: Person) -> Response[bytes]:
    """Everything as one JSON file."""
    state = request.app.state
    content = erasing.export(db, state.site.holdings, person)
    body = json.dumps({"site": state.settings.site_name, **content}, ensure_ascii=False, indent=2).encode()
    headers = {
        "content-disposition": 'attachment; filename="about-me.json"',
        "cache-control": "no-store",
    }
    return Response(body, media_type="application/json; charset=utf-8", headers=headers)


def _offered(rows: Any, row: int, name: str) -> tuple[HeldRow, HeldAct] | None:
    return next(((r, a) for r in rows if r.id == row for a in r.acts if a.name == name), None)
