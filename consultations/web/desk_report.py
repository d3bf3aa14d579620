"""A report to print or to hand on: figures of every counted question, and the findings. Nobody's words, nobody's name."""

from __future__ import annotations

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from consultations.policy import ConsultationPolicy
from consultations.queries import coding, tables
from consultations.rules.lifecycle import PHASE_NAMES, phase_of
from consultations.rules.responses import CHANNEL_NAMES
from consultations.web.desk_frame import Asking, desk_of


@get(
    "/desk/consultations/{consultation_id:int}/report",
    name="consultations.desk.report",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def report(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consulting: NamedDependency[ConsultationPolicy],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """It may leave the desk, so small cells are left out with others; quotations are those of published responses, and
    stand in "what people said"."""
    desk = desk_of(request, db, account, consultation_id)
    phase = phase_of(desk.consultation, request.app.state.clock.now())
    return desk.page(
        "consultations/desk/report.html",
        tables=tables.public_tables(desk.columns, desk.questions, consulting.small_cell),
        small=consulting.small_cell,
        behind=coding.behind(db, desk.columns, coding.findings(db, desk.id)),
        channels=[(name, desk.columns.count(("channel", str(value)))) for value, name in CHANNEL_NAMES.items()],
        phase=PHASE_NAMES[phase] if phase else "",
    )


HANDLERS = [report]
