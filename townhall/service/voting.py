"""The room's performer at the intake: upvotes and poll answers, a batch at a time, exact in every committed state.

One batch, in lock order: the halls (shared: they do not end, and nobody is banned meanwhile), the questions and those
they were joined to by number, the polls, the votes, the commands' own rows. What was answered is remembered with it, by
hall, sender and the id that they gave it: a repeat gets the same reply, and a COMMIT of unknown fate is looked up by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, select, tuple_, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.batches import Prepared
from app.core.errors import Refusal
from app.core.security import sessions
from townhall.model import Command, Hall, Participant, Poll, PollAnswer, Question, Upvote
from townhall.rules.answers import PollNotOpen, read_answer
from townhall.rules.asking import CannotUpvote, OwnQuestion
from townhall.rules.commands import AuthExpired, CommandIdReused, NoSuchThing
from townhall.rules.operations import AnswerPoll, SetUpvote
from townhall.rules.polls import PollState
from townhall.rules.questions import PUBLIC, TAKES_VOTES
from townhall.service import families, log
from townhall.service.acts import AnswerPollAct, HallAct, SetUpvoteAct
from townhall.service.commanding import Reply, check_place, check_state, read_stored, stored

_UPVOTE: Table = Upvote.__table__  # type: ignore[assignment]
_ANSWER: Table = PollAnswer.__table__  # type: ignore[assignment]
_COMMAND: Table = Command.__table__  # type: ignore[assignment]
_QUESTION: Table = Question.__table__  # type: ignore[assignment]
_POLL: Table = Poll.__table__  # type: ignore[assignment]

_UPVOTED = Prepared(lambda insert: insert(_UPVOTE).values({c.name: bindparam(c.name) for c in _UPVOTE.c}))
_TAKEN_BACK = Prepared(
    lambda _insert: delete(_UPVOTE).where(
        _UPVOTE.c.question_id == bindparam("question"), _UPVOTE.c.participant_id == bindparam("participant")
    )
)
_ANSWERED = Prepared(
    lambda insert: (
        one := insert(_ANSWER).values({c.name: bindparam(c.name) for c in _ANSWER.c})
    ).on_conflict_do_update(
        index_elements=["poll_id", "participant_id"],
        set_={"answer": one.excluded.answer, "act_id": one.excluded.act_id, "at": one.excluded.at},
    )
)
_REMEMBERED = Prepared(lambda insert: insert(_COMMAND).values({c.name: bindparam(c.name) for c in _COMMAND.c}))
_VOTES = Prepared(
    lambda _insert: (
        update(_QUESTION)
        .where(_QUESTION.c.id == bindparam("row"))
        .values(votes=_QUESTION.c.votes + bindparam("change"))
    )
)
_ANSWERS = Prepared(
    lambda _insert: (
        update(_POLL).where(_POLL.c.id == bindparam("row")).values(answers=_POLL.c.answers + bindparam("change"))
    )
)

#: (hall, sender, the id that they gave it)
CommandKey = tuple[int, bytes, str]
#: (question or poll, participant)
Pair = tuple[int, int]


@dataclass
class Batch:
    """Everything that the acts of one batch look at, each kind read in one go."""

    halls: Mapping[int, Hall]
    people: Mapping[int, Participant]
    #: sessions that live, of accounts that are not disabled
    alive: frozenset[tuple[int, bytes]]
    questions: Mapping[int, Question]
    polls: Mapping[int, Poll]
    known: dict[CommandKey, tuple[bytes, Mapping[str, Any]]]
    #: what each participant wants of a question by the end of the batch, and by which act
    wishes: dict[Pair, SetUpvoteAct] = field(default_factory=dict)
    answers: dict[Pair, tuple[AnswerPollAct, Mapping[str, Any]]] = field(default_factory=dict)
    new: list[tuple[HallAct, Mapping[str, Any]]] = field(default_factory=list)


class Voting:
    """Carries out :class:`SetUpvoteAct` and :class:`AnswerPollAct`; each is answered by a :class:`Reply`."""

    def perform(self, db: Session, acts: Sequence[HallAct], now: datetime) -> Sequence[Any]:
        batch = _gather(db, acts, now)
        answers: list[Any] = []
        for act in acts:
            try:
                answers.append(_one(batch, act))
            except Refusal as refused:
                answers.append(refused)
        _store_upvotes(db, batch, now)
        _store_answers(db, batch, now)
        _remember(db, batch, now)
        if batch.new:
            log.tell(db, sorted({act.hall_id for act, _said in batch.new}), counts=True)
        return answers

    def performed(self, db: Session, acts: Sequence[HallAct]) -> Mapping[int, Any]:
        """By the command's own row: it is stored with the effect, and with nothing else."""
        known = _known(db, acts)
        found: dict[int, Any] = {}
        for act in acts:
            digest, said = known.get(_key(act), (b"", {}))
            if digest == act.sent.digest:
                found[act.id] = Reply(said)
        return found


def _gather(db: Session, acts: Sequence[HallAct], now: datetime) -> Batch:
    ids = sorted({act.hall_id for act in acts})
    held = select(Hall).where(Hall.id.in_(ids)).order_by(Hall.id).with_for_update(read=True)
    halls = {hall.id: hall for hall in db.scalars(held.execution_options(populate_existing=True))}
    people_ids = {act.sender.participant_id for act in acts}
    people = select(Participant).where(Participant.id.in_(people_ids)).execution_options(populate_existing=True)
    upvoted = {act.sent.d.question for act in acts if isinstance(act.sent.d, SetUpvote)}
    answered = {act.sent.d.poll for act in acts if isinstance(act.sent.d, AnswerPoll)}
    return Batch(
        halls=halls,
        people={person.id: person for person in db.scalars(people)},
        alive=_alive(db, acts, now),
        questions=families.locked(db, upvoted | families.above(db, upvoted)) if upvoted else {},
        polls=_locked_polls(db, answered) if answered else {},
        known=_known(db, acts),
    )


def _alive(db: Session, acts: Sequence[HallAct], now: datetime) -> frozenset[tuple[int, bytes]]:
    """Account and session of every sender who is signed in still."""
    senders = {(a.sender.account_id, a.sender.session) for a in acts if a.sender.account_id is not None}
    if not senders:
        return frozenset()
    living = sessions.alive(db, [session for _account, session in senders if session is not None], now)
    accounts = {account for account, _session in senders}
    enabled = set(db.scalars(select(Account.id).where(Account.id.in_(accounts), Account.disabled_at.is_(None))))
    return frozenset(
        (account, session)
        for account, session in senders
        if account is not None and session is not None and account in enabled and session in living
    )


def _locked_polls(db: Session, ids: Collection[int]) -> dict[int, Poll]:
    rows = select(Poll).where(Poll.id.in_(ids)).order_by(Poll.id).with_for_update(key_share=True)
    return {poll.id: poll for poll in db.scalars(rows.execution_options(populate_existing=True))}


def _known(db: Session, acts: Sequence[HallAct]) -> dict[CommandKey, tuple[bytes, Mapping[str, Any]]]:
    """What was carried out under these ids before."""
    keys = sorted({_key(act) for act in acts})
    columns = (Command.hall_id, Command.sender, Command.command_id)
    rows = db.execute(select(*columns, Command.digest, Command.reply).where(tuple_(*columns).in_(keys)))
    return {(hall, sender, name): (digest, read_stored(reply).d) for hall, sender, name, digest, reply in rows}


def _key(act: HallAct) -> CommandKey:
    return act.hall_id, act.sender.key, act.sent.id


def _one(batch: Batch, act: HallAct) -> Reply:
    """In the order in which :meth:`Commands.perform` looks: known already? allowed? possible?"""
    key = _key(act)
    hall = batch.halls.get(act.hall_id)
    if hall is None:
        raise NoSuchThing
    if key in batch.known:
        digest, said = batch.known[key]
        if digest != act.sent.digest:
            raise CommandIdReused
        return Reply(said, dup=True)
    if act.sender.account_id is not None and (act.sender.account_id, act.sender.session) not in batch.alive:
        raise AuthExpired
    person = check_place(hall, batch.people.get(act.sender.participant_id or 0))
    check_state(hall, act.sent.operation.states)
    said = _upvote(batch, act, person) if isinstance(act, SetUpvoteAct) else _answer(batch, act, person)
    batch.known[key] = (act.sent.digest, said)
    batch.new.append((act, said))
    return Reply(said)


def _upvote(batch: Batch, act: SetUpvoteAct, person: Participant) -> Mapping[str, Any]:
    wish: SetUpvote = act.sent.d
    question = batch.questions.get(wish.question)
    if question is None or question.hall_id != act.hall_id or question.state not in PUBLIC:
        raise NoSuchThing
    if question.participant_id == person.id:
        raise OwnQuestion
    if question.state not in TAKES_VOTES:
        raise CannotUpvote
    batch.wishes[question.id, person.id] = act
    return {"question": question.id, "on": wish.on}


def _answer(batch: Batch, act: HallAct, person: Participant) -> Mapping[str, Any]:
    given: AnswerPoll = act.sent.d
    poll = batch.polls.get(given.poll)
    if poll is None or poll.hall_id != act.hall_id or poll.removed_at is not None or poll.state == PollState.DRAFT:
        raise NoSuchThing
    if poll.state != PollState.OPEN:
        raise PollNotOpen
    answer = read_answer(poll, given.choices, given.words)
    assert isinstance(act, AnswerPollAct)
    batch.answers[poll.id, person.id] = (act, answer)
    return {"poll": poll.id, **answer}


def _store_upvotes(db: Session, batch: Batch, now: datetime) -> None:
    """Rows first; then one step of a question that stands alone, a recount of those that were joined."""
    if not batch.wishes:
        return
    pairs = sorted(batch.wishes)
    there = (Upvote.question_id, Upvote.participant_id)
    was = {(row[0], row[1]) for row in db.execute(select(*there).where(tuple_(*there).in_(pairs)))}
    on = [pair for pair in pairs if batch.wishes[pair].sent.d.on and pair not in was]
    off = [pair for pair in pairs if not batch.wishes[pair].sent.d.on and pair in was]
    _UPVOTED.run(
        db,
        [{"question_id": q, "participant_id": p, "act_id": batch.wishes[q, p].id, "at": now} for q, p in on],
    )
    _TAKEN_BACK.run(db, [{"question": q, "participant": p} for q, p in off])
    changes: defaultdict[int, int] = defaultdict(int)
    for change, some in ((1, on), (-1, off)):
        for question, _participant in some:
            changes[question] += change
    _count(db, batch, changes)


def _count(db: Session, batch: Batch, changes: Mapping[int, int]) -> None:
    joined = {q for q in changes if batch.questions[q].merged_into_id is not None}
    joined |= families.having_others(db, changes) if changes else set()
    _VOTES.run(db, [{"row": q, "change": n} for q, n in sorted(changes.items()) if n and q not in joined])
    if joined:
        families.recount(db, joined)


def _store_answers(db: Session, batch: Batch, now: datetime) -> None:
    if not batch.answers:
        return
    pairs = sorted(batch.answers)
    there = (PollAnswer.poll_id, PollAnswer.participant_id)
    was = {(row[0], row[1]) for row in db.execute(select(*there).where(tuple_(*there).in_(pairs)))}
    rows = []
    for poll, participant in pairs:
        act, answer = batch.answers[poll, participant]
        rows.append(
            {"poll_id": poll, "participant_id": participant, "answer": dict(answer), "act_id": act.id, "at": now}
        )
    _ANSWERED.run(db, rows)
    first: defaultdict[int, int] = defaultdict(int)
    for pair in pairs:
        first[pair[0]] += pair not in was
    _ANSWERS.run(db, [{"row": poll, "change": n} for poll, n in sorted(first.items()) if n])


def _remember(db: Session, batch: Batch, now: datetime) -> None:
    rows = [
        {
            "hall_id": act.hall_id,
            "sender": act.sender.key,
            "command_id": act.sent.id,
            "digest": act.sent.digest,
            "reply": stored(Reply(said)),
            "at": now,
        }
        for act, said in batch.new
    ]
    _REMEMBERED.run(db, sorted(rows, key=lambda row: (row["hall_id"], row["sender"], row["command_id"])))
