"""Letters that one press stops: in the mail program (RFC 8058), or by a button on the letter's page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.di import Provide

from app.core.errors import NotFound
from app.core.i18n import Phrase, _
from app.core.web.forms import NotAForm, Sent, read_form


class StopLinkUnknown(NotFound):
    code = "unsubscribe-unknown"
    title = _("We do not know this link")
    message = _("Nothing was changed. Check that you copied all of it from the letter. If letters go on, write to us.")
    way_on = ("/contact", _("Contact us"))


async def read_wish(request: Request[Any, Any, Any]) -> Sent:
    """``act`` of the page's buttons, else ``one-click`` or nothing; whatever the body is, it is no fault.

    Mail programs may send their word as a form of either kind, and say of it what they like.
    """
    body = await request.body()
    try:
        sent = read_form(body)
    except NotAForm:
        sent = Sent([])
    if "act" not in sent and b"one-click" in body.lower():
        return Sent([("act", "one-click")])
    return sent


def said(words: Phrase) -> Response[str]:
    """What a mail program, which shows no page, gets."""
    return Response(f"{words}\n", media_type="text/plain", headers={"cache-control": "no-store"})


#: for a handler that takes such a press as ``wish``
WISH = {"wish": Provide(read_wish)}
