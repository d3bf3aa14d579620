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
from consultations.model.text import (
    Clause,
    ClauseSource,
    ClauseVersion,
    Disposition,
    DraftText,
    TextAnswers,
    TextVersion,
)

__all__ = [
    "Announcement",
    "Authorship",
    "Clause",
    "ClauseSource",
    "ClauseVersion",
    "Consultation",
    "DateChange",
    "Disposition",
    "Draft",
    "DraftPage",
    "DraftText",
    "LatePass",
    "Respondent",
    "Response",
    "ResponseVersion",
    "StoredQuestionnaire",
    "Supporting",
    "TextAnswers",
    "TextVersion",
]
