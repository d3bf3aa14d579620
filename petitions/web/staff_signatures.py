"""Signatures as moderators see them: found by address for a stated purpose, one by one, and as figures.

An address is only ever in the body of a form; a signer's name is shown where it was searched for,
and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, NotFound
from app.core.i18n import _
from app.core.people.addresses import read_address
from app.core.people.places import country_name
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.rules.reasons import END_NAMES, END_REASONS, STATE_NAMES, read_end_reason, read_note, read_words
from petitions.rules.sources import masked
from petitions.service import barring, holding, searching
from petitions.service.statistics import Shelf, statistics

WIDTH, HEIGHT = 600, 100
DONE = frozenset({"released", "sent", "news-stopped", "news-given-back", "ended"})
Bar = tuple[float, float, float, float]


@get("/moderation/signatures", name="petitions.signatures", guards=[may("petitions.signatures")], sync_to_thread=True)
def search_form(request: Request[Any, Any, Any], account: NamedDependency[Account]) -> Response[bytes]:
    return _search_page(request, account, Form())


@post(
    "/moderation/signatures",
    name="petitions.signatures.search",
    guards=[may("petitions.signatures")],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def search(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[bytes]:
    """Answered at once and never by an address of its own: the address must not reach a log."""
    state, shown = request.app.state, Form(values=form)
    address = shown.read("email", read_address)
    petition_id = shown.read("petition", lambda text: _petition_number(db, text))
    purpose = shown.read("purpose", read_words)
    if address is None or petition_id is None or purpose is None:
        return _search_page(request, account, shown, status=422)
    now = state.clock.now()
    found = searching.search(db, state.keyring, address, petition_id or None, purpose, by=account.id, now=now)
    response: Response[bytes] = state.pages.personal(
        "petitions/staff/signatures_found.html",
        staff=account,
        found=found,
        address=masked(address.display),
        petition_id=petition_id,
        state_names=STATE_NAMES,
        end_names=END_NAMES,
        most=searching.MOST_HITS,
    )
    return response


@get(
    "/moderation/signatures/{signature_id:int}",
    name="petitions.signature",
    guards=[may("petitions.signatures")],
    sync_to_thread=True,
)
def signature_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    policy: NamedDependency[PetitionPolicy],
    signature_id: FromPath[int],
) -> Response[bytes]:
    """One signature without its signer: where it stands, and what can be done."""
    signature, petition = searching.signature_and_petition(db, signature_id)
    acts = searching.acts_on(db, signature)
    state, done = request.app.state, request.query_params.get("done", "")
    response: Response[bytes] = state.pages.personal(
        "petitions/staff/signatures_one.html",
        staff=account,
        signature=signature,
        petition=petition,
        letters=searching.letters_of(db, signature_id),
        most_letters=policy.letters_a_signature,
        acts=acts,
        names=barring.names_of(db, [a.actor_id for a in acts]),
        country=country_name(signature.country),
        state_names=STATE_NAMES,
        end_names=END_NAMES,
        may_undo=not signature.notify and searching.may_give_back_news(acts, state.clock.now()),
        done=done if done in DONE else "",
    )
    return response


@post(
    "/moderation/signatures/{signature_id:int}/letter",
    name="petitions.signature.letter",
    guards=[may("petitions.signatures")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def send_again(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    policy: NamedDependency[PetitionPolicy],
    signature_id: FromPath[int],
) -> Redirect:
    state = request.app.state
    searching.send_again(db, state.keyring, policy, signature_id, by=account.id, now=state.clock.now())
    return see_other(f"/moderation/signatures/{signature_id}?done=sent")


@post(
    "/moderation/signatures/{signature_id:int}/news",
    name="petitions.signature.news",
    guards=[may("petitions.signatures")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def news(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    signature_id: FromPath[int],
) -> Redirect:
    """Stop its news, or take that back."""
    now = request.app.state.clock.now()
    if form.get("act") == "give-back":
        searching.give_back_news(db, signature_id, by=account.id, now=now)
        return see_other(f"/moderation/signatures/{signature_id}?done=news-given-back")
    searching.stop_news(db, signature_id, by=account.id, now=now)
    return see_other(f"/moderation/signatures/{signature_id}?done=news-stopped")


@get(
    "/moderation/signatures/{signature_id:int}/end",
    name="petitions.signature.ending",
    guards=[may("petitions.signatures.end")],
    sync_to_thread=True,
)
def ending(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    signature_id: FromPath[int],
) -> Response[bytes]:
    """What ending it would do, before anything is done."""
    return _ending(request, db, account, signature_id, Form())


@post(
    "/moderation/signatures/{signature_id:int}/end",
    name="petitions.signature.end",
    guards=[may("petitions.signatures.end")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def end(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    signature_id: FromPath[int],
) -> Response[Any]:
    shown = Form(values=form)
    reason = shown.read("reason", read_end_reason)
    note = shown.read("note", lambda text: read_note(text, shown.get("reason")))
    if reason is None or note is None:
        return _ending(request, db, account, signature_id, shown, status=422)
    holding.discard(db, signature_id, reason, note, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/moderation/signatures/{signature_id}?done=ended")


@get(
    "/moderation/petitions/{petition_id:int}/statistics",
    name="petitions.statistics",
    guards=[may("petitions.statistics")],
    sync_to_thread=True,
)
def statistics_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    petition_id: FromPath[int],
) -> Response[bytes]:
    petition = db.get(Petition, petition_id)
    if petition is None:
        raise NotFound
    state = request.app.state
    shelf: Shelf = state.site.dependencies["statistics"]
    figures = shelf.get(petition_id, lambda: statistics(db, petition, state.clock.now()))
    response: Response[bytes] = state.pages.personal(
        "petitions/staff/signatures_statistics.html",
        staff=account,
        petition=petition,
        figures=figures,
        bars=_bars(figures.hours),
        width=WIDTH,
        height=HEIGHT,
        top=max(count for _hour, count in figures.hours),
        state_names=STATE_NAMES,
        end_names=END_NAMES,
    )
    return response


def _petition_number(db: Session, text: str) -> int:
    """A petition that exists, or 0 for all of them."""
    typed = text.strip()
    if not typed:
        return 0
    if is_whole(typed) and db.get(Petition, int(typed)) is not None:
        return int(typed)
    raise BadField(_("Enter the number of a petition, or leave it empty to search all."))


def _search_page(request: Request[Any, Any, Any], account: Account, form: Form, status: int = 200) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/signatures.html", status=status, staff=account, form=form
    )
    return response


def _ending(
    request: Request[Any, Any, Any], db: Session, account: Account, signature_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    signature, petition = searching.signature_and_petition(db, signature_id)
    if signature.state not in holding.ENDS:
        raise holding.AlreadyEnded(signature=signature_id)
    if signature.kind == "creator" and signature.state != "held":
        raise holding.CreatorSigned(signature=signature_id)
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/signatures_end.html",
        status=status,
        staff=account,
        signature=signature,
        petition=petition,
        effect=searching.effect_of_ending(signature, petition),
        reasons=END_REASONS,
        form=form,
    )
    return response


def _bars(hours: Sequence[tuple[datetime, int]]) -> Sequence[Bar]:
    """(x, y, width, height) of each hour's bar in the chart's own units."""
    top = max(count for _hour, count in hours) or 1
    room = WIDTH / len(hours)
    heights = [round(HEIGHT * count / top, 1) for _hour, count in hours]
    return [(round(i * room, 1), round(HEIGHT - h, 1), round(room * 0.8, 1), h) for i, h in enumerate(heights)]


HANDLERS = [search_form, search, signature_page, send_again, news, ending, end, statistics_page]
