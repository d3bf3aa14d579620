"""Each line of ``verify`` about what people do in halls has been seen to speak."""

from __future__ import annotations

import pytest

from tests.site import Town
from tests.townhall.crowd import answer, upvotes
from tests.townhall.meeting import Meeting
from tests.townhall.service.people import browsers

#: line, what spoils it, what it names
SPOILT = [
    ("questions count their upvotes", "UPDATE townhall_question SET votes = votes + 1", "shows 3, has 2"),
    ("questions count their upvotes", "DELETE FROM townhall_upvote", "shows 2, has 0"),
    ("polls count their answers", "UPDATE townhall_poll SET answers = 7", "shows 7, has 2"),
    ("polls count their answers", "UPDATE townhall_poll_answer SET answer = '{\"choices\": [3]}'", "other results"),
    (
        "results wait for the reveal",
        "UPDATE townhall_poll SET state = 'closed', revealed_at = NULL",
        "poll",
    ),
    (
        "nobody upvotes their own question",
        "UPDATE townhall_question SET participant_id = (SELECT min(participant_id) FROM townhall_upvote)",
        "question",
    ),
    ("the logs have no holes", "DELETE FROM townhall_event WHERE staff_seq = 2", "hall"),
    ("the logs have no holes", "UPDATE townhall_log_head SET public_seq = public_seq + 1", "public ones of"),
    (
        "the logs have no holes",
        "UPDATE townhall_event SET public_seq = 100 - public_seq; UPDATE townhall_log_head SET public_seq = 99",
        "out of order",
    ),
    ("joined questions lead somewhere", "UPDATE townhall_merge SET undone_at = at", "question"),
    (
        "joined questions lead somewhere",
        "UPDATE townhall_question SET state = 'open', merged_into_id = NULL WHERE state = 'merged'",
        "is not in force",
    ),
    (
        "joined questions lead somewhere",
        "UPDATE townhall_question SET state = 'merged', merged_into_id = id WHERE state = 'open'",
        "leads back to itself",
    ),
    ("the stage holds what everyone reads", "UPDATE townhall_hall SET stage_id = 999", "hall"),
    ("what waits is before a moderator", "UPDATE moderation_case SET state = 'closed'", "question"),
    (
        "what waits is before a moderator",
        "UPDATE townhall_question SET state = 'withdrawn' WHERE state = 'waiting'",
        "case",
    ),
    ("public questions say since when", "UPDATE townhall_question SET published_at = NULL", "question"),
    ("bans are on record", "UPDATE townhall_ban SET undone_at = at", "participant"),
    ("bans are on record", "UPDATE townhall_participant SET banned_at = NULL", "participant"),
    (
        "what is over is closed",
        "UPDATE townhall_hall SET item_id = 1, state = 'ended', ended_at = started_at",
        "hall",
    ),
    ("captions are numbered", "DELETE FROM townhall_caption WHERE number = 1", "numbered 2 lines, has 1"),
]


def lived(town: Town) -> None:
    """A hall in which everything that the lines are about has happened."""
    meeting = Meeting(town)
    hall = meeting.hall()
    ana, ben = meeting.staff(meeting.ana), meeting.staff(meeting.ben)
    people = browsers(meeting, hall, 3)
    first, other = meeting.question(hall), meeting.question(hall, "And the bridge?")
    poll = meeting.poll(hall)
    upvotes(meeting, hall, first, people[:1])
    upvotes(meeting, hall, other, people)
    for who, choice in zip(people, (1, 2, 2), strict=True):
        answer(meeting, hall, meeting.of(who), poll, [choice])
    meeting.send(hall, meeting.of(meeting.participant(hall)), "question.ask", text="And the bus?")
    meeting.send(hall, ben, "question.merge", question=other, into=first)
    meeting.send(hall, ana, "question.stage", question=first)
    meeting.send(hall, ben, "ban.set", on=True, participant=people[2])
    for op in ("poll.close", "poll.reveal"):
        meeting.send(hall, ana, op, poll=poll)
    for line in ("Good evening.", "We begin."):
        meeting.send(hall, ana, "caption.write", text=line)


@pytest.mark.parametrize(("line", "spoils", "says"), SPOILT)
def test_what_is_spoilt_is_named(sqlite_town: Town, line: str, spoils: str, says: str) -> None:
    lived(sqlite_town)
    for statement in spoils.split(";"):
        sqlite_town.sql(statement)
    faults = sqlite_town.broken()[f"town halls: {line}"]
    assert any(says in fault for fault in faults), faults


def test_what_is_sound_is_passed_over(town: Town) -> None:
    lived(town)
    assert town.broken() == {}
