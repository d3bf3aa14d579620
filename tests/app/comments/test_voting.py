"""Votes are set and not toggled, and every figure is the sum of its rows."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.comments.model import Vote
from app.comments.rules.threads import CannotVote, CommentUnknown, OwnVote
from tests.app.comments.forum import Forum


def figures(forum: Forum, comment: int) -> tuple[int, int]:
    found = forum.comment(comment)
    return found.ups, found.downs


def test_voting_twice_is_voting_once(forum: Forum):
    said = forum.say("Ana")
    assert forum.vote("Ben", said, 1).vote == "up"
    assert forum.vote("Ben", said, 1).vote == "up"
    assert figures(forum, said) == (1, 0)
    forum.vote("Ben", said, -1)
    assert figures(forum, said) == (0, 1)
    forum.vote("Ben", said, 0)
    assert figures(forum, said) == (0, 0)
    assert forum.broken() == {}


def test_nobody_votes_on_their_own_or_on_what_is_not_public(forum: Forum):
    said = forum.say("Ana")
    with pytest.raises(OwnVote):
        forum.vote("Ana", said, 1)
    with pytest.raises(CommentUnknown):
        forum.vote("Ben", 0, 1)
    forum.take_down(said)
    with pytest.raises(CannotVote):
        forum.vote("Ben", said, 1)
    assert figures(forum, said) == (0, 0)


def test_ben_cannot_tell_by_a_vote_that_a_comment_waits_to_be_checked(forum: Forum):
    forum.mode("before")
    waiting = forum.say("Ana")
    with pytest.raises(CommentUnknown):
        forum.vote("Ben", waiting, 1)
    assert figures(forum, waiting) == (0, 0)


def test_one_batch_holds_several_acts_of_the_same_person(forum: Forum):
    first, second = forum.say("Ana"), forum.say("Ben", "Pears.")
    acts = [
        forum.vote_act("Cora", first, 1),
        forum.vote_act("Cora", first, -1),
        forum.vote_act("Ana", first, 1),
        forum.vote_act("Ana", second, 1),
        forum.vote_act("Cora", second, 1),
    ]
    answers = forum.perform(acts)
    assert isinstance(answers[2], OwnVote)
    assert [getattr(a, "vote", "") for a in answers] == ["up", "down", "", "up", "up"]
    assert (figures(forum, first), figures(forum, second)) == ((0, 1), (2, 0))
    assert forum.broken() == {}


def test_an_act_that_was_stored_is_found_again_by_its_number(forum: Forum):
    said = forum.say("Ana")
    act = forum.vote_act("Ben", said, 0)
    forum.perform([act])
    with forum.town.database.reading() as db:
        assert forum.performer.performed(db, [act])[act.id].vote == "none"
        assert forum.performer.performed(db, [forum.vote_act("Ben", said, 1)]) == {}


def test_two_hundred_people_vote_at_once(forum: Forum):
    said = forum.say("Ana")
    acts = [forum.vote_act(f"Voter {n}", said, 1 if n % 4 else -1) for n in range(200)]
    for start in range(0, 200, 64):
        forum.perform(acts[start : start + 64])
    assert figures(forum, said) == (150, 50)
    with forum.town.database.reading() as db:
        assert db.scalar(select(func.sum(Vote.value)).where(Vote.comment_id == said)) == 100
    assert forum.broken() == {}


def test_sixty_of_eighty_stand_above_two_of_two(forum: Forum):
    many, few, none = forum.say("Ana"), forum.say("Ben", "Pears."), forum.say("Cora", "Plums.")
    forum.perform([forum.vote_act(f"Voter {n}", many, 1 if n < 60 else -1) for n in range(80)])
    forum.perform([forum.vote_act(f"Voter {n}", few, 1) for n in range(2)])
    assert [row.id for row in forum.page("best").rows] == [many, few, none]
