"""What every handler of open data begins with."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request

from app.opendata.offer import OpenData

Asking = Request[Any, Any, Any]
#: any page of any site may read it, its links too
ANYWHERE: Final = {"access-control-allow-origin": "*", "access-control-expose-headers": "Link"}


def offer(request: Asking) -> OpenData:
    found: OpenData = request.app.state.site.dependencies["open_data"]
    return found
