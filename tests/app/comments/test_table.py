"""The table of acts and what the services do are one: every state, one's own and another's, each act as its row says."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from app.accounts.rules.roles import Role
from app.comments.rules.lifecycle import CommentState
from app.comments.service import editing, saying, voting, withdrawing
from app.comments.service.saying import Words
from app.core.errors import Refusal
from tests.app.comments.forum import Forum

NEVER_PUBLIC = {CommentState.PENDING, CommentState.HELD, CommentState.RETURNED}
ACTS = ("comments.reply", "comments.edit", "comments.withdraw", "comments.vote")


def in_state(forum: Forum, said: int, state: CommentState) -> None:
    """As it would stand there: what waits for the first time was never public."""
    public = state not in NEVER_PUBLIC
    forum.town.sql(
        "UPDATE comments_comment SET state = :state, published_at = CASE WHEN :public THEN created_at END,"
        " shown_revision = CASE WHEN :public THEN 1 END WHERE id = :id",
        state=str(state),
        public=public,
        id=said,
    )


def tried(forum: Forum, act: str, said: int, name: str) -> bool:
    """Whether the service let them; whatever it did is undone."""
    site, account, now = forum.town.site, forum.person(name), forum.town.now
    work: dict[str, Any] = {
        "comments.reply": lambda db: saying.say(
            db, site.discussed, forum.subject, account, Words("Which kind?", "en", None, said), now
        ),
        "comments.edit": lambda db: editing.edit(
            db, site.discussed, said, account, "Pears do well there.", after_revision=1, now=now
        ),
        "comments.withdraw": lambda db: withdrawing.withdraw(db, said, account, now),
        "comments.vote": lambda db: voting.Voting(site.discussed).perform(db, [forum.vote_act(name, said, 1)], now)[0],
    }
    with forum.town.database.writing() as db:
        try:
            with db.begin_nested():
                answer = work[act](db)
                db.flush()
        except Refusal as refused:
            answer = refused
        db.rollback()
    return not isinstance(answer, Refusal)


@pytest.mark.parametrize("act", ACTS)
def test_a_service_lets_through_exactly_what_the_table_allows(forum: Forum, act: str):
    said, table = forum.say("Ana"), forum.town.site.permissions
    wrong = []
    for state, name in product(CommentState, ("Ana", "Ben")):
        in_state(forum, said, state)
        allowed = table.may(Role.CITIZEN, act, state=str(state), own=name == "Ana")
        again = (act, state, name) == ("comments.withdraw", CommentState.WITHDRAWN, "Ana")  # twice is as once
        if tried(forum, act, said, name) is not (allowed or again):
            wrong.append((str(state), name))
    assert wrong == []
