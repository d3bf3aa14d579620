"""The room's tables."""

from townhall.model.hall import AgendaItem, Hall, HallDepartment, HallStaff, LogHead, Notice, Speaker
from townhall.model.log import Command, Event, Presence
from townhall.model.news import News
from townhall.model.participant import Ban, Hand, Participant, Person, Ticket
from townhall.model.poll import Poll, PollAnswer
from townhall.model.question import Merge, Question, QuestionText, Upvote
from townhall.model.record import Caption, CaptionText, Minutes, Promise

__all__ = [
    "AgendaItem",
    "Ban",
    "Caption",
    "CaptionText",
    "Command",
    "Event",
    "Hall",
    "HallDepartment",
    "HallStaff",
    "Hand",
    "LogHead",
    "Merge",
    "Minutes",
    "News",
    "Notice",
    "Participant",
    "Person",
    "Poll",
    "PollAnswer",
    "Presence",
    "Promise",
    "Question",
    "QuestionText",
    "Speaker",
    "Ticket",
    "Upvote",
]
