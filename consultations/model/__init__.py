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

__all__ = [
    "Announcement",
    "Authorship",
    "Code",
    "Coding",
    "Consultation",
    "DateChange",
    "Draft",
    "DraftPage",
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
]
