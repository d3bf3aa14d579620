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
from consultations.model.reading import (
    Code,
    Coding,
    Finding,
    FindingCode,
    FindingPassage,
    Group,
    GroupMember,
    LikenessRun,
    ResponseNote,
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
    "Code",
    "Coding",
    "Consultation",
    "DateChange",
    "Disposition",
    "Draft",
    "DraftPage",
    "DraftText",
    "Finding",
    "FindingCode",
    "FindingPassage",
    "Group",
    "GroupMember",
    "LatePass",
    "LikenessRun",
    "Respondent",
    "Response",
    "ResponseNote",
    "ResponseVersion",
    "StoredQuestionnaire",
    "Supporting",
    "TextAnswers",
    "TextVersion",
]
