"""What rooms and desks do with duties. The acts of most callers, under one name."""

from app.outcomes.service.answering import (
    AnswerChanged,
    AnsweredElsewhere,
    NoLongerOwed,
    NothingToTakeBack,
    answer,
    call_off_news,
    send_news,
    withdraw_answer,
)
from app.outcomes.service.referring import NoDepartment, Referring, close, hand_over, pages_of, refer

__all__ = [
    "AnswerChanged",
    "AnsweredElsewhere",
    "NoDepartment",
    "NoLongerOwed",
    "NothingToTakeBack",
    "Referring",
    "answer",
    "call_off_news",
    "close",
    "hand_over",
    "pages_of",
    "refer",
    "send_news",
    "withdraw_answer",
]
