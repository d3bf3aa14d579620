"""The desk's tables, by subject: cases, what is beside them, reports, appeals, the log, the illegal-content track."""

from app.moderation.model.appeal import Appeal
from app.moderation.model.beside import Batch, Duty, Note, Recusal, Sketch, Word
from app.moderation.model.case import Case, Decision, Holiday, Reason, Revision
from app.moderation.model.illegal import IllegalReport, Reading
from app.moderation.model.log import Beside, LogHead, LogLine
from app.moderation.model.report import Immunity, Report

__all__ = [
    "Appeal",
    "Batch",
    "Beside",
    "Case",
    "Decision",
    "Duty",
    "Holiday",
    "IllegalReport",
    "Immunity",
    "LogHead",
    "LogLine",
    "Note",
    "Reading",
    "Reason",
    "Recusal",
    "Report",
    "Revision",
    "Sketch",
    "Word",
]
