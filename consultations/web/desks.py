"""Every page of the reading desk."""

from __future__ import annotations

from consultations.web import (
    desk,
    desk_campaigns,
    desk_codes,
    desk_filters,
    desk_findings,
    desk_questions,
    desk_report,
    desk_responses,
    desk_tables,
)

HANDLERS = [
    *desk.HANDLERS,
    *desk_filters.HANDLERS,
    *desk_responses.HANDLERS,
    *desk_questions.HANDLERS,
    *desk_codes.HANDLERS,
    *desk_findings.HANDLERS,
    *desk_tables.HANDLERS,
    *desk_report.HANDLERS,
    *desk_campaigns.HANDLERS,
]
