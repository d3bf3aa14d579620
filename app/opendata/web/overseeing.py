"""How the dumps do, for administrators."""

from __future__ import annotations

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.text.sizes import in_words
from app.opendata.web.asked import Asking, offer


@get("/admin/data", name="opendata.oversee", guards=[may("opendata.dumps")], sync_to_thread=True)
def oversee(request: Asking, db: NamedDependency[Session], account: NamedDependency[Account]) -> Response[bytes]:
    """When the last one was made, where they are, how long they stay; whether one is late."""
    found, state = offer(request), request.app.state
    dumps = list(found.shelf.manifests())
    response: Response[bytes] = state.pages.personal(
        "opendata/oversee.html",
        staff=account,
        dumps=[(dump, in_words(dump.size), sum(d.rows for d in dump.datasets)) for dump in dumps],
        late=found.is_late(dumps[0] if dumps else None, state.clock.now()),
        policy=found.policy,
        faults=_unfinished(found.shelf.names(), len(dumps)),
    )
    return response


def _unfinished(names: list[str], readable: int) -> int:
    """How many dumps have a manifest that cannot be read."""
    return len(names) - readable


HANDLERS = [oversee]
