"""Where somebody is led after they have proved who they are: to pages of this site alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.utils import normalize_path

from app.accounts.drafts import is_own_path


def is_own_page(app: Any, path: str) -> bool:
    """A path of ours that a browser may be sent to; one that takes forms alone would answer with an error."""
    if not is_own_path(path):
        return False
    try:
        app.asgi_router.handle_routing(path=normalize_path(unquote(urlsplit(path).path)), method="GET")
    except MethodNotAllowedException:
        return False
    except HTTPException:  # nothing is there, and the page that says so has ways on
        return True
    return True
