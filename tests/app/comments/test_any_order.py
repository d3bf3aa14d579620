"""A discussion in any order of acts: whatever is said, answered, voted, changed, withdrawn, decided and undone, every
figure is the sum of its rows."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Refusal
from app.moderation.rules.standards import Verdict
from tests.app.comments.forum import Forum, forum_on
from tests.site import Ground

PEOPLE = ("Ana", "Ben", "Cora", "Nia")
ACTS = ("say", "reply", "reply", "vote up", "vote down", "no vote", "edit", "withdraw", "publish", "return", "reject",
        "take down", "hide", "show", "mode")  # fmt: skip
MOVES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 3), st.integers(0, 7)), min_size=4, max_size=16)


class Live:
    """Makes moves; those that the rules refuse change nothing."""

    def __init__(self, forum: Forum) -> None:
        self.forum, self.said, self.number = forum, list[int](), 0
        forum.person("Nia", new=True)

    def make(self, act: str, who: int, which: int) -> None:
        self.number += 1
        self.forum.people["Nia"] = self.forum.again("Nia")
        with suppress(Refusal):
            self._make(act, PEOPLE[who], self.said[which % len(self.said)] if self.said else 0)

    def _make(self, act: str, name: str, comment: int) -> None:
        forum = self.forum
        kind, now = forum.town.site.moderated["comment"], forum.town.now
        match act:
            case "say" | "reply":
                words = f"{'abcdefghijklmnopqrstuvwxyz'[self.number]} {self.number * 7919} words of its own"
                self.said.append(forum.say(name, words, to=comment if act == "reply" else None))
            case "vote up" | "vote down" | "no vote":
                forum.vote(name, comment, {"vote up": 1, "vote down": -1, "no vote": 0}[act])
            case "edit":
                forum.edit(name, comment, f"Changed for the {self.number}. time, {self.number * 104729}")
            case "withdraw":
                forum.withdraw(name, comment)
            case "publish" | "return" | "reject":
                verdict = Verdict(act)
                reason = "" if verdict is Verdict.PUBLISH else "advert"
                forum.decide(comment, verdict, reason=reason, note="Leave the shop out.")
            case "take down":
                forum.take_down(comment)
            case "hide":
                forum.town.database.retrying(lambda db: kind.hide_provisionally(db, comment, now))
            case "show":
                forum.town.database.retrying(lambda db: kind.show_again(db, comment, by=1, now=now))
            case "mode":
                forum.mode("before" if self.number % 2 else "after")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(moves=MOVES)
def test_every_figure_is_the_sum_of_its_rows(
    kind: str, moves: list[tuple[str, int, int]], request: pytest.FixtureRequest, tmp_path: Path
):
    ground: Ground = request.getfixturevalue(f"{kind}_ground")
    ground.clear()
    live = Live(forum_on(ground.database, tmp_path))
    for move in [("say", 0, 0), ("say", 1, 0), *moves]:
        if move[0] not in ("say", "mode") and not live.said:
            continue
        try:
            live.make(*move)
        except IndexError:  # no case waits for that comment
            continue
    assert live.forum.broken() == {}
