"""The pages of a hall while it is live, and after, in every state they can be in: see :mod:`tests.journeys.walking`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.core.db import Database
from tests.journeys.claiming import LIVING
from tests.journeys.walking import Visit, Walk, walk_over
from tests.site import RunningSite
from tests.townhall.meeting import Meeting
from townhall import identity
from townhall.model import AgendaItem, Caption, Poll, Question, Ticket
from townhall.rules.lifecycle import Entry, HallState
from townhall.rules.questions import QuestionState
from townhall.service.commanding import Sender

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "Why is the bridge on Oak Street still closed, who decided that, and when will it be open again for buses? "


def test_the_pages_of_a_hall_can_be_used_by_everyone(sqlite_database: Database, tmp_path: Any) -> None:
    with RunningSite(sqlite_database, tmp_path) as site, walk_over(site) as walk:
        meeting = Meeting(site.town, "walked")
        hall, gil = full_hall(meeting)
        early = meeting.hall(HallState.SCHEDULED, entry=Entry.OPEN)
        walk.visitor(reading_visits(meeting, hall, early))
        as_participant(walk, meeting, hall, gil)
        walk.go("participant", participant_visits(meeting, hall))
        walk.member(f"ana.{meeting.home}@example.org", console_visits(hall, early))
        walk.member(f"ben.{meeting.home}@example.org", desk_visits(meeting, hall, early))
        walk.member(f"rhoda.{meeting.home}@example.org", answering_visits(meeting, hall))
        meeting.send(hall, meeting.staff(meeting.ana), "hall.end")
        walk.visitor(after_visits(meeting, hall))
        assert "\n".join(walk.findings(LIVING)) == ""


def full_hall(meeting: Meeting) -> tuple[int, int]:
    """Live, with a question in each state, a poll of each kind, hands, a ban, captions, an announcement, a promise."""
    hall = meeting.hall(
        anonymous_allowed=True, video_kind="link", video_url="https://stream.example.org/ward4", code="WARD4W"
    )
    gil, pete = meeting.participant(hall), meeting.participant(hall, "Pete Petersen")
    for state in QuestionState:
        into = meeting.question(hall, LONG) if state == QuestionState.MERGED else None
        reason = "personal-data" if state in (QuestionState.REJECTED, QuestionState.HIDDEN) else None
        meeting.question(hall, LONG + state, by=gil, state=state, merged_into_id=into, reason_code=reason)
    asked = meeting.question(hall, "And by me?", by=pete, state=QuestionState.WAITING)
    for kind in ("single", "multiple", "ranking", "rating", "cloud"):
        meeting.poll(hall, kind, most=3 if kind in ("multiple", "cloud") else 1)
    shown = meeting.poll(hall, "single", state="closed")
    meeting.poll(hall, state="draft")
    ana, ben = meeting.staff(meeting.ana), meeting.staff(meeting.ben)
    meeting.send(hall, ana, "poll.reveal", poll=shown)
    meeting.send(hall, ana, "announce", text="Five minutes more.")
    meeting.send(hall, ana, "caption.write", text="Good evening, everybody.")
    meeting.send(hall, ana, "caption.write", text="We begin with Oak Street.")
    items = sorted(meeting.town.rows(AgendaItem, AgendaItem.hall_id == hall), key=lambda item: item.position)
    meeting.send(hall, ana, "agenda.move", item=items[0].id)
    meeting.send(hall, ana, "agenda.move", item=items[1].id)
    promised = {
        "text": "The crossing is repaired.",
        "department": meeting.home,
        "due_on": meeting.in_spring.isoformat(),
    }
    meeting.send(hall, ana, "commitment.add", **promised)
    for name in ("Hana Holm", "Ivo Ionescu"):
        meeting.send(hall, Sender(participant_id=meeting.participant(hall, name)), "hand.set", on=True)
    meeting.send(hall, ben, "slow.set", seconds=30)
    meeting.send(hall, ben, "ban.set", on=True, question=asked, reason="Shouts the same words again and again.")
    return hall, gil


def as_participant(walk: Walk, meeting: Meeting, hall: int, person: int) -> None:
    secret = identity.new_secret()
    key = identity.ticket(secret, hall, meeting.town.keys)
    meeting.do(lambda db: db.add(Ticket(hall_id=hall, key=key, participant_id=person, at=meeting.town.now)))
    walk.page.goto("about:blank")
    walk.page.context.clear_cookies()
    walk.page.context.add_cookies([{"name": "townsquare-hall", "value": secret, "url": walk.site.base}])


def reading_visits(meeting: Meeting, hall: int, early: int) -> Iterator[Visit]:
    yield Visit(f"/townhalls/{hall}/room", sees="Register to take part")
    yield Visit(f"/townhalls/{hall}/room?sort=newest", sees="Five minutes more.")
    yield Visit(f"/townhalls/{hall}/screen", sees="WARD4W")
    yield Visit(f"/townhalls/{hall}/watch", sees="Go to stream.example.org")
    yield Visit(f"/townhalls/{early}/room", sees="Ask ahead")
    yield Visit(f"/townhalls/{early}/screen", sees="Starts")
    streamed = meeting.hall(video_kind="hls", video_url="https://stream.example.org/live.m3u8")
    yield Visit(f"/townhalls/{streamed}/watch", sees="Open the stream itself")


def participant_visits(meeting: Meeting, hall: int) -> Iterator[Visit]:
    here = f"/townhalls/{hall}/room"
    yield Visit(here, sees="Raise my hand")
    yield Visit(f"{here}?write=yes", sees="Send the question")
    yield Visit(f"{here}?sort=mine", sees="Ask another moderator to look at it")
    yield Visit(here, 422, {"op": "question.ask", "text": "x" * 5_000}, "Keep your question to")
    yield Visit(here, 422, {"op": "poll.answer", "poll": str(open_poll(meeting, hall))}, "Choose an answer")
    yield Visit(here, 200, {"op": "hand.set", "on": "true"}, "Lower my hand")
    yield Visit(here, 409, {"op": "question.withdraw", "question": str(rejected(meeting, hall)), "back": "mine"})
    first = {"op": "question.ask", "text": "When does the library open?"}
    yield Visit(here, 200, first, "Your question was sent")
    yield Visit(here, 429, first | {"text": "And on Sundays?"}, "And on Sundays?")


def console_visits(hall: int, early: int) -> Iterator[Visit]:
    room = f"/townhalls/{hall}/room"
    yield Visit(f"/hosting/townhalls/{hall}/console", sees="Give the floor")
    yield Visit(
        room, 422, {"op": "commitment.add", "text": "", "due_on": "soon", "back": "console"}, "Record a promise"
    )
    yield Visit(f"/hosting/townhalls/{early}/console", sees="Start the hall")


def desk_visits(meeting: Meeting, hall: int, early: int) -> Iterator[Visit]:
    yield Visit("/moderation", sees="Questions that wait to be checked")
    yield Visit("/moderation/townhalls", sees="to be checked")
    yield Visit(f"/moderation/townhalls/{hall}", sees="By people who are excluded")
    yield Visit(f"/moderation/townhalls/{early}", sees="Nothing waits.")
    slow = {"op": "slow.set", "seconds": "much", "back": "desk"}
    yield Visit(f"/townhalls/{hall}/room", 422, slow, "does not fit here")
    yield Visit(f"/hosting/townhalls/{hall}/console", sees="Take over hosting")


def answering_visits(meeting: Meeting, hall: int) -> Iterator[Visit]:
    room, answer = f"/townhalls/{hall}/room", {"op": "question.answer", "back": "answers"}
    question = str(meeting.town.rows(Question, Question.hall_id == hall, Question.state == "open")[0].id)
    yield Visit("/desk/townhalls", sees="open question")
    yield Visit(f"/desk/townhalls/{hall}", sees="Publish the answer")
    yield Visit(room, 422, answer | {"question": question, "text": " "}, "Enter the answer.")
    yield Visit(room, 200, answer | {"question": question, "text": "It opens in May."}, "The answer was published.")


def after_visits(meeting: Meeting, hall: int) -> Iterator[Visit]:
    yield Visit(f"/townhalls/{hall}", sees="The crossing is repaired.")
    over = meeting.hall(HallState.ENDED)
    meeting.question(over, state=QuestionState.ANSWERED)
    meeting.do(lambda db: db.add(Caption(hall_id=over, number=1, text="Good evening.", second=3, at=meeting.town.now)))
    yield Visit(f"/townhalls/{over}")
    yield Visit(f"/townhalls/{over}/room")
    yield Visit(f"/townhalls/{over}/captions", sees="Good evening.")
    yield Visit(f"/townhalls/{over}/captions?q=nothing", sees="No line has all of these words")


def open_poll(meeting: Meeting, hall: int) -> int:
    return min(p.id for p in meeting.town.rows(Poll, Poll.hall_id == hall))


def rejected(meeting: Meeting, hall: int) -> int:
    return meeting.town.rows(Question, Question.hall_id == hall, Question.state == "rejected")[0].id
