"""Cross-tables: any two closed questions, among responses that any filter leaves."""

from __future__ import annotations

from dataclasses import replace

from litestar import Response
from sqlalchemy.orm import Session

from app.accounts.guards import may, signed
from app.core.web.edge import shows
from consultations.policy import ConsultationPolicy
from consultations.queries import responses, tables
from consultations.web.desk_filters import filters_of, groups
from consultations.web.desk_frame import Asking, desk_of


@shows(
    "/desk/consultations/{consultation_id:int}/tables",
    name="consultations.desk.tables",
    guards=[may("consultations.read")],
)
def crossed(request: Asking, db: Session) -> Response[bytes]:
    """``rows`` and ``columns`` name sides of the table, every filter of the list works here too; ``protect``: small
    cells are left out with others."""
    consulting: ConsultationPolicy = request.app.state.site.dependencies["consulting"]
    consultation_id = int(request.path_params["consultation_id"])
    desk = desk_of(request, db, signed(request), consultation_id)
    asked = request.query_params
    sides = tables.axes(desk.columns, desk.questions)
    rows, across = sides.get(asked.get("rows", "")), sides.get(asked.get("columns", ""))
    filters = replace(filters_of(request), oldest_first=False)
    among = responses.chosen(db, consultation_id, desk.columns, filters)
    protected = asked.get("protect", "") == "yes"
    small = consulting.small_cell if protected else 0
    return desk.page(
        "consultations/desk/tables.html",
        sides=sides.values(),
        rows=rows,
        across=across,
        table=tables.cross(desk.columns, rows, across, among, small=small) if rows and across else None,
        filters=filters,
        groups=groups(desk, filters),
        among=among.bit_count(),
        protected=protected,
        small=consulting.small_cell,
    )


HANDLERS = [crossed]
