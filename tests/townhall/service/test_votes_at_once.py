"""Many people at once through a real intake, beside moderators who join, hide and ban: no upvote is lost or counted twice."""

from __future__ import annotations

import asyncio
import threading

from app.core.errors import Refusal
from app.core.intake import Intake
from tests.site import Town
from tests.townhall.crowd import act
from tests.townhall.meeting import Meeting
from tests.townhall.service.people import browsers
from townhall.model import Poll, PollAnswer, Question, Upvote
from townhall.service.acts import HallAct

PEOPLE = 60


async def _send(intake: Intake, acts: list[HallAct]) -> list[object]:
    return await asyncio.gather(*(intake.submit(one) for one in acts), return_exceptions=True)


def test_upvotes_and_answers_are_exact_while_moderators_work(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    people = browsers(meeting, hall, PEOPLE)
    first, second, third = (meeting.question(hall, f"Question {n}?") for n in range(3))
    poll, ben = meeting.poll(hall), meeting.staff(meeting.ben)
    acts: list[HallAct] = []
    for n, person in enumerate(people):
        who = meeting.of(person)
        for question in (first, second, third):
            if (n + question) % 3:
                acts.append(act(meeting, hall, who, "upvote.set", question=question, on=True))
        if n % 2:
            acts.append(act(meeting, hall, who, "upvote.set", question=first, on=False))
        acts += [act(meeting, hall, who, "poll.answer", poll=poll, choices=[n % 3 + 1]) for _twice in "ab"]
    faults: list[Exception] = []

    def moderate() -> None:
        try:
            meeting.send(hall, ben, "question.merge", question=second, into=first)
            meeting.send(hall, ben, "ban.set", on=True, participant=people[0])
            meeting.send(hall, ben, "question.merge", question=third, into=second)
            meeting.send(hall, ben, "question.unmerge", question=second)
            meeting.send(hall, ben, "ban.set", on=False, participant=people[0])
        except Exception as fault:
            faults.append(fault)

    intake = Intake(town.database, town.site.performers, town.clock, batch=16)
    intake.start()
    beside = threading.Thread(target=moderate)
    beside.start()
    answered = asyncio.run(_send(intake, acts))
    beside.join(30)
    intake.close()

    assert faults == []
    assert all(isinstance(one, Refusal) for one in answered if isinstance(one, BaseException))
    meant = dict(zip((a.id for a in acts), answered, strict=True))
    kept = {
        (a.sent.d.question, a.sender.participant_id)
        for a in acts
        if a.sent.op == "upvote.set" and a.sent.d.on and not isinstance(meant[a.id], Refusal)
    }
    taken = {
        (a.sent.d.question, a.sender.participant_id)
        for a in acts
        if a.sent.op == "upvote.set" and not a.sent.d.on and not isinstance(meant[a.id], Refusal)
    }
    assert {(u.question_id, u.participant_id) for u in town.rows(Upvote)} == kept - taken
    assert meeting.row(Poll, poll).answers == len(town.rows(PollAnswer, PollAnswer.poll_id == poll))
    assert meeting.row(Question, third).merged_into_id == first  # what the second led to by then
    assert town.broken() == {}
