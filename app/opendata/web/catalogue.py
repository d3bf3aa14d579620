"""The catalogue for data portals."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.web.page import public
from app.opendata.jobs import KEY
from app.opendata.metadata import dcat
from app.opendata.web.asked import ANYWHERE, Asking, offer


@get("/data/catalog.jsonld", name="opendata.catalogue", guards=[anyone], sync_to_thread=True)
def catalogue(request: Asking, db: NamedDependency[Session]) -> Response[bytes]:
    """Every dataset with its distributions (DCAT-AP 3)."""
    found, state = offer(request), request.app.state
    since = found.since(db, state.clock.now())
    facts = dcat.catalogue(found.datasets, since, found.shelf.newest(), found.publisher, state.settings.site_name)
    return public(msgspec.json.encode(facts), dcat.MEDIA_TYPE, keys=(KEY,), headers=ANYWHERE)


HANDLERS = [catalogue]
