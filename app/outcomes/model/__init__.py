"""What departments owe, answer and promise."""

from app.outcomes.model.answer import Answer, AnswerDraft, FeedbackCount, FeedbackGiven
from app.outcomes.model.commitment import Commitment, ProgressUpdate
from app.outcomes.model.desk import AnswerTemplate, CardRead, DeskNote
from app.outcomes.model.referral import DueChange, Handing, Referral, Route, Support

__all__ = [
    "Answer",
    "AnswerDraft",
    "AnswerTemplate",
    "CardRead",
    "Commitment",
    "DeskNote",
    "DueChange",
    "FeedbackCount",
    "FeedbackGiven",
    "Handing",
    "ProgressUpdate",
    "Referral",
    "Route",
    "Support",
]
