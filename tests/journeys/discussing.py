"""A petition that everyone talks about, for the walk over every page: comments in every state, and who looks at them."""

from __future__ import annotations

from collections.abc import Iterator

from app.moderation.rules.standards import Verdict
from tests.app.comments.forum import Forum
from tests.journeys.walking import Visit as Look
from tests.site import RunningSite

AUTHOR = "Ana Speaks"


class Talk:
    """Ana's comments: one answered and changed, one waiting, one returned, one removed, one withdrawn."""

    def __init__(self, site: RunningSite) -> None:
        self.forum = forum = Forum(site.town)
        forum.mode("after")
        self.address = forum.person(AUTHOR).email or ""
        self.top = self._passed(AUTHOR, "Cherries along the path would feed the whole street.")
        forum.person("Olu Answers", role="official")
        self.reply = self._passed("Olu Answers", "The county has looked into cherries.", self.top)
        self.third = self._passed(AUTHOR, "And what did it find, please?", self.reply)
        forum.edit(AUTHOR, self.top, "Cherries and plums along the path would feed the whole street.")
        if forum.comment(self.top).edit_state is not None:
            forum.decide(self.top)
        for n in range(55):
            self._passed(f"Voice {n % 9}", f"Point {n}: {'x' * n} is what I would like to see there.")
        self.removed = self._passed(AUTHOR, "My neighbour at number nine is a thief.")
        forum.take_down(self.removed)
        self.withdrawn = self._passed(AUTHOR, "On second thoughts, medlars.")
        forum.withdraw(AUTHOR, self.withdrawn)
        forum.mode("before")
        self.waiting = forum.say(AUTHOR, "Greengages wait for their reader.")
        self.returned = forum.say(AUTHOR, "Call Joe about the damsons.")
        forum.decide(self.returned, Verdict.RETURN, reason="personal-data", note="Leave Joe out of it.")

    def _passed(self, name: str, body: str, to: int | None = None) -> int:
        said = self.forum.say(name, body, to=to)
        if self.forum.comment(said).state != "published":
            self.forum.decide(said)
        return said

    @property
    def say(self) -> str:
        return f"/discussions/petition/{self.forum.petition}/say"

    def public_visits(self) -> Iterator[Look]:
        page = f"/petitions/{self.forum.petition}"
        yield Look(page, sees="comments")
        for sort in ("newest", "oldest", "best", "discussed"):
            yield Look(f"{page}/discussion?sort={sort}")
        yield Look(f"/comments/{self.top}", sees="edited")
        yield Look(f"/comments/{self.third}", sees="What it answers")
        yield Look(f"/comments/{self.removed}", sees="Removed by a moderator")
        yield Look(f"/comments/{self.withdrawn}", sees="Withdrawn by its author")
        yield Look(f"/comments/{self.waiting}", 404)
        yield Look(f"/comments/{self.top}/versions", sees="What changed")
        yield Look(f"/comments/{self.top}/report")
        yield Look(f"/comments/{self.top}/report", 422, {"reason": ""})
        yield Look(f"/comments/{self.top}/report/thanks")
        yield Look(f"/comments/{self.top}/reply")
        yield Look(f"/comments/{self.third}/reply", 409, sees="Replies end here")
        yield Look(self.say)

    def author_visits(self) -> Iterator[Look]:
        yield Look("/account/comments", sees="Leave Joe out of it.")
        yield Look(self.say, 422, {"body": ""})
        yield Look(self.say, 200, {"body": "RING 0151 496 0123 ABOUT THE DAMSONS, PLEASE"}, "Before you send it")
        yield Look(f"/comments/{self.reply}/reply", 422, {"body": ""})
        yield Look(f"/comments/{self.reply}/vote", sees="You have no vote")
        yield Look(f"/comments/{self.top}/vote", sees="Nobody votes on their own")
        yield Look(f"/comments/{self.top}/edit")
        yield Look(f"/comments/{self.returned}/edit", 422, {"body": "", "revision": "1"})
        yield Look(f"/comments/{self.top}/withdraw")
        yield Look(f"/comments/{self.waiting}/sent", sees="waiting to be checked")
        yield Look(f"/comments/{self.top}/sent", sees="published")

    def moderator_visits(self) -> Iterator[Look]:
        path = f"/moderation/discussions/petition/{self.forum.petition}"
        yield Look(path)
        yield Look(path, 422, {"mode": ""})
        yield Look(path + "?done")
