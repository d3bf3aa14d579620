"""Letters to authors about what was decided: the rule in its words, what to change, how to appeal and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound, Refusal
from app.core.security.keys import Keys
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from app.moderation import queries
from app.moderation.appeals import appeal_against, check_appeal
from app.moderation.contribution import Moderated
from app.moderation.model import Appeal, Decision
from app.moderation.policy import ModerationPolicy
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import APPEALABLE

#: what a letter's link to an appeal proves
APPEAL = "moderation.appeal"
Recipients = Mapping[str, Callable[[Session, int], str | None]]
#: kind of letter that an account may do without: that a text was published
PUBLISHED = "published"


def appeal_words(keys: Keys, base_url: str, policy: ModerationPolicy, decision: Decision | None) -> dict[str, Any]:
    """What a letter needs to name the one appeal; its link is empty where there is nothing to appeal against."""
    if decision is None or decision.verdict not in APPEALABLE:
        return {"appeal_link": "", "appeal_until": None, "appeal_days": policy.appeal_days}
    link = f"{base_url}/appeals/{keys.token(APPEAL, decision.id)}"
    return {"appeal_link": link, "appeal_until": policy.appeal_until(decision.at), "appeal_days": policy.appeal_days}


@dataclass(frozen=True)
class OpenAppeal:
    """Where an author appeals, or reads what became of it; ``until`` while it can still be made."""

    href: str
    until: datetime | None


def appeal_of(
    db: Session,
    keys: Keys,
    moderated: Mapping[str, Moderated],
    policy: ModerationPolicy,
    decision: Decision,
    now: datetime,
) -> OpenAppeal | None:
    """For an author's own pages: the letter may be lost, or its link void by new keys. None where nothing is left."""
    href = f"/appeals/{keys.token(APPEAL, decision.id)}"
    if appeal_against(db, decision.id) is not None:
        return OpenAppeal(href, None)
    try:
        check_appeal(db, moderated, policy, decision.id, now)
    except Refusal:
        return None
    return OpenAppeal(href, policy.appeal_until(decision.at))


@dataclass(frozen=True)
class ModerationLetters:
    """Composers for every letter of the desk."""

    keys: Keys
    base_url: str
    policy: ModerationPolicy
    recipients: Recipients
    moderated: Mapping[str, Moderated]

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {
            "moderation/mail/decided": self.decided,
            "moderation/mail/hidden_for_now": self.about_text,
            "moderation/mail/appeal_received": self.decided,
            "moderation/mail/appeal_heard": self.heard,
            "moderation/mail/waiting": self.waiting,
        }

    def decided(self, db: Session, letter: Letter) -> Envelope | None:
        """None once the decision was undone: what a letter says must stand."""
        decision = db.get(Decision, letter.facts["decision"])
        if decision is None or decision.undone_at is not None:
            return None
        address = self._address(db, letter)
        if decision.verdict == Verdict.PUBLISH and not _wants(db, letter, PUBLISHED):
            return None
        if address is None:
            return None
        reason = queries.reason(db, decision.reason_code or "", decision.standards_version)
        values = {"decision": decision, "reason": reason, "note": decision.note}
        values |= appeal_words(self.keys, self.base_url, self.policy, decision)
        return Envelope(address, values | self._shown(db, letter))

    def heard(self, db: Session, letter: Letter) -> Envelope | None:
        """What became of an appeal, with the answer of who heard it."""
        plain = self.decided(db, letter)
        appeal = db.get(Appeal, letter.facts["appeal"])
        if plain is None or appeal is None:
            return None
        return Envelope(
            plain.address, {**plain.values, "granted": appeal.state == "overturned", "answer": appeal.answer}
        )

    def about_text(self, db: Session, letter: Letter) -> Envelope | None:
        address = self._address(db, letter)
        return Envelope(address, self._shown(db, letter)) if address else None

    def waiting(self, db: Session, letter: Letter) -> Envelope | None:
        """To a moderator on duty: how many wait, and since when the oldest."""
        account = db.get(Account, letter.recipient_id)
        oldest = queries.oldest_waiting(db)
        if account is None or not account.email or account.disabled_at is not None or oldest is None:
            return None
        count = queries.count_waiting(db)
        values = {"name": account.name, "count": count, "oldest": oldest, "link": f"{self.base_url}/moderation"}
        return Envelope(account.email, values)

    def _address(self, db: Session, letter: Letter) -> str | None:
        find = self.recipients.get(letter.recipient_kind)
        return find(db, letter.recipient_id) if find else None

    def _shown(self, db: Session, letter: Letter) -> dict[str, Any]:
        """What it is about: of what is hidden a letter quotes nothing."""
        kind = self.moderated.get(letter.facts.get("kind", ""))
        try:
            shown = kind.show(db, letter.facts["subject"]) if kind else None
        except NotFound:
            shown = None
        name = kind.name if kind else ""
        return {
            "kind": name,
            "title": shown.title if shown else "",
            "link": f"{self.base_url}{shown.href}" if shown else "",
            "own_link": f"{self.base_url}{shown.own_href}" if shown and shown.own_href else "",
        }


def _wants(db: Session, letter: Letter, what: str) -> bool:
    if letter.recipient_kind != "account":
        return True
    account = db.get(Account, letter.recipient_id)
    return account is not None and bool((account.letters or {}).get(what, True))
