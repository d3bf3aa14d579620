"""People who object, for the walk over every page: to a decision about their text, or to a text as illegal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx

from app.accounts.model import Account
from app.moderation import illegal
from app.moderation.letters import APPEAL
from app.moderation.model import Case, Decision, IllegalReport
from app.moderation.rules.standards import Verdict
from tests.app.comments.forum import Forum
from tests.app.moderation.moderators import Moderators
from tests.journeys.walking import Visit as Look
from tests.site import MODERATOR, RunningSite, fields_of

AUTHOR = "Ana Objects"
WORDS = {"words": "I named nobody."}


class Objections:
    """Maureen decided against five texts of Ana's; readers call three comments illegal. ``other``: Max's address."""

    def __init__(self, site: RunningSite, hidden: int) -> None:
        """``hidden``: a petition that may not be shown."""
        self.site, self.other = site, "max@example.org"
        self.forum = forum = Forum(site.town)
        self.desk = Moderators(forum)
        forum.mode("before")
        self.fresh, self.upheld, self.overturned, self.late = (self._refused(f"Weir {n} is broken.") for n in range(4))
        self.returned = self._refused("Mr Gravel broke the weir.", Verdict.RETURN, "personal-data")
        case = site.town.rows(Case, Case.subject_kind == "petition", Case.subject_id == hidden)[-1].id
        self.hidden = site.town.rows(Decision, Decision.case_id == case)[-1].id
        self.appeals = {d: self.desk.appeal(d) for d in (self.upheld, self.overturned)}
        self.waiting = forum.say(AUTHOR, "Nobody has read this yet.")
        self.threat, self.second, self.harmless = (forum.published(AUTHOR, f"I burn down house {n}.") for n in range(3))
        self.numbers = {c: self._report(c) for c in (self.second, self.harmless)}
        self._propose(self.second)

    def _refused(self, body: str, verdict: Verdict = Verdict.REJECT, reason: str = "irrelevant") -> int:
        return self.forum.decide(self.forum.say(AUTHOR, body), verdict, reason=reason, note="Another town's.")

    def _appeal(self, decision: int) -> str:
        return "/appeals/" + self.site.town.keys.token(APPEAL, decision)

    def _form(self, comment: int) -> str:
        return f"/report-illegal/comment/{comment}"

    def _report(self, comment: int) -> str:
        """Where its case number leads."""
        with self.site.client() as reader:
            sent = fields_of(reader.get(self._form(comment)).text)["submission"]
            answer: httpx.Response = reader.post(self._form(comment), data={"submission": sent} | WORDS)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def _propose(self, comment: int) -> None:
        """By Max, so that Maureen may confirm."""
        case, by, now = self.desk.case(comment, "illegal").id, self.desk.max, self.site.town.now
        self.site.town.database.retrying(
            lambda db: illegal.propose(db, self.site.town.site.moderated, case, by=by, now=now)
        )

    def _others_duty(self, *, on: bool) -> None:
        """All moderators but Maureen."""
        for account in self.site.town.rows(Account, Account.role == "moderator", Account.email != MODERATOR):
            self.desk.duty(account.id, on=on)

    def _case(self, comment: int) -> str:
        return f"/moderation/illegal/{self.desk.case(comment, 'illegal').id}"

    def raising_visits(self) -> Iterator[Look]:
        """By whoever has a letter's link, and by a reader."""
        fresh = self._appeal(self.fresh)
        yield Look(fresh, sees="You can appeal once, until")
        yield Look(fresh, 422, {"words": " "})
        yield Look(self._appeal(self.returned), sees="asked for this text to be changed")
        yield Look(self._appeal(self.hidden), sees="We do not repeat it here")
        self._others_duty(on=False)
        yield Look(fresh, 200, WORDS, "Nobody else is on duty at the moment")
        self._others_duty(on=True)
        yield Look(fresh, sees="We have your appeal")
        yield Look(fresh, 409, {"words": "Once more."}, "You have appealed already")
        yield Look("/appeals/unknown", 404, sees="We do not know this link")
        yield Look(self._form(self.threat), sees="You get a case number")
        yield Look(self._form(self.threat), 422, {"words": " "})
        yield Look(self._form(self.threat), 200, WORDS, "waits to be looked at")
        yield Look(self._form(self.threat), 200, WORDS, "We have your report")
        yield Look(self._form(self.waiting), 409, sees="This cannot be reported")
        yield Look("/report-illegal/petition/999999", 404)
        yield Look("/illegal-content/TS-1-0000000000", 404, sees="We do not know this case number")

    def moderator_visits(self) -> Iterator[Look]:
        """By Maureen, who decided against Ana."""
        yield Look("/moderation/me", sees="You are on duty.")
        yield Look("/moderation/me", 200, {"duty": "off"}, "You are not on duty.")
        yield Look("/moderation/me", 200, {"duty": "on"}, "You are on duty.")
        heard_in = f"/moderation/{self.appeals[self.upheld].case_id}"
        yield Look(heard_in, sees="This appeal is against your own decision")
        yield Look(heard_in, 403, self._verdict(self.upheld, "uphold"), "This appeal is against your own decision")
        yield Look("/moderation/illegal", sees="Waits for a second person")
        threat, second, harmless = (self._case(c) for c in (self.threat, self.second, self.harmless))
        yield Look(threat, sees="Propose to remove it")
        yield Look(threat, 200, {"act": "propose"}, "Somebody else has to confirm.")
        yield Look(threat, 403, {"act": "confirm"}, "A second person has to confirm this")
        yield Look(second, sees="Confirm and remove it")
        yield Look(second, 422, {"act": "confirm", "note": "n" * 4_001})
        yield Look(second, 200, {"act": "confirm", "note": "It is a threat."}, "Decided on")
        yield Look(harmless, 200, {"act": "dismiss"}, "Destroyed when the report was dismissed.")
        yield Look(harmless, 409, {"act": "propose"})
        yield Look("/moderation/illegal/999999", 404)

    def other_visits(self) -> Iterator[Look]:
        """By Max, who hears the appeals."""
        heard_in = f"/moderation/{self.appeals[self.upheld].case_id}"
        yield Look("/moderation?state=appeals", sees="Weir 1 is broken.")
        yield Look(heard_in, sees="I named nobody.")
        yield Look(heard_in, 422, self._verdict(self.upheld, "uphold"))
        for decision, verdict in ((self.upheld, "uphold"), (self.overturned, "overturn")):
            case = self.appeals[decision].case_id
            self.desk.decide(case, verdict, note="I read it again.", by=self.desk.max)
        yield Look(heard_in, sees="I read it again.")
        yield Look("/moderation/me", sees="What you decided lately")
        yield Look("/standards/log", sees="Share of decisions upheld")

    def administrator_visits(self) -> Iterator[Look]:
        """By Ada, who reads what was sealed."""
        case = self._case(self.threat)
        report = self.site.town.rows(IllegalReport, IllegalReport.subject_id == self.threat)[0].id
        evidence = f"/moderation/illegal/evidence/{report}"
        yield Look(case, sees="Read the evidence of report 2")
        yield Look(evidence, 422, {"why": " "})
        yield Look(evidence, 200, {"why": "The police ask for it."}, "Sealed evidence")
        yield Look(case, sees="The police ask for it.")

    def outcome_visits(self) -> Iterator[Look]:
        """What became of it all; and a month later."""
        yield Look(self._appeal(self.upheld), sees="The decision stands.")
        yield Look(self._appeal(self.overturned), sees="your text is published")
        yield Look(self.numbers[self.second], sees="The text was removed on")
        yield Look(self.numbers[self.harmless], sees="was not found to be illegal")
        days = self.site.town.site.moderating.appeal_days
        self.site.clock.advance(timedelta(days=days + 1))  # type: ignore[attr-defined]
        yield Look(self._appeal(self.late), 409, sees="It is too late to appeal")

    def _verdict(self, decision: int, verdict: str) -> dict[str, str]:
        case = self.appeals[decision].case_id
        return {"revision": str(self.desk.revision(case)), "verdict": verdict, "note": ""}
