"""The room's tables."""

from consultations.model.consultation import (
    Announcement,
    Authorship,
    Consultation,
    DateChange,
    LatePass,
    StoredQuestionnaire,
    Supporting,
)
from consultations.model.response import Draft, DraftPage, Respondent, Response, ResponseVersion

__all__ = [
    "Announcement",
    "Authorship",
    "Consultation",
    "DateChange",
    "Draft",
    "DraftPage",
    "LatePass",
    "Respondent",
    "Response",
    "ResponseVersion",
    "StoredQuestionnaire",
    "Supporting",
]
