"""What is on record about areas, for administrators."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.areas.queries import AreaBook, coverage, latest_imports
from app.areas.service.bringing import FileKind
from app.core.text.sizes import in_words


@get("/admin/areas", name="areas.admin", guards=[may("areas.see")], sync_to_thread=True)
def admin_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    areas: NamedDependency[AreaBook],
) -> Response[bytes]:
    done = request.query_params.get("done", "")
    response: Response[bytes] = request.app.state.pages.personal(
        "areas/admin.html",
        staff=account,
        places=areas.now(db),
        covered=coverage(db),
        size=in_words(request.app.state.site.cabinet.most),
        imports=latest_imports(db),
        done=done if done in set(FileKind) else "",
    )
    return response


HANDLERS = [admin_page]
