"""Letters to who registered: to confirm, about their place, about the day itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.holding import wants
from app.accounts.model import Account
from app.core.security.keys import CannotUnseal, Keys
from app.mail.model import Letter
from app.mail.render import Composer, Envelope
from townhall import identity
from townhall.model import Hall, News, Participant
from townhall.policy import TownHallPolicy
from townhall.queries import joining as queries
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, HallState, Place
from townhall.rules.news import CONFIRM, PROMOTED, REGISTERED, TEMPLATES, UNSUBSCRIBE, WAITING, NewsKind

#: the letters that members may do without
CHOICE = "townhalls.reminders"


@dataclass(frozen=True)
class PlaceLetters:
    """Composers for what JOINING sends."""

    keys: Keys
    policy: TownHallPolicy
    base_url: str

    def composers(self) -> dict[str, Composer]:
        """By template name."""
        return {
            CONFIRM: self.confirm,
            REGISTERED: self.registered,
            WAITING: self.waiting,
            PROMOTED: self.registered,
            TEMPLATES[NewsKind.MOVED]: self.moved,
            TEMPLATES[NewsKind.CANCELLED]: self.cancelled,
            TEMPLATES[NewsKind.DAY_BEFORE]: self.reminder,
        }

    def confirm(self, db: Session, letter: Letter) -> Envelope | None:
        """Only while the address still waits for it."""
        return self._to(db, letter, {Place.PENDING}, days=self.policy.confirm_days)

    def registered(self, db: Session, letter: Letter) -> Envelope | None:
        return self._to(db, letter, {Place.REGISTERED})

    def waiting(self, db: Session, letter: Letter) -> Envelope | None:
        person = db.get(Participant, letter.recipient_id)
        number = queries.ahead_of(db, person) + 1 if person is not None and person.place == Place.WAITING else 0
        return self._to(db, letter, {Place.WAITING}, number=number)

    def moved(self, db: Session, letter: Letter) -> Envelope | None:
        """With the dates as they are when it leaves."""
        if self._called_off(db, letter):
            return None
        return self._to(db, letter, {Place.REGISTERED, Place.WAITING})

    def cancelled(self, db: Session, letter: Letter) -> Envelope | None:
        return self._to(db, letter, {Place.REGISTERED, Place.WAITING}, states={HallState.CANCELLED})

    def reminder(self, db: Session, letter: Letter) -> Envelope | None:
        """None once the date is another one, or its reader wants no more."""
        news, person = db.get(News, letter.facts["news"]), db.get(Participant, letter.recipient_id)
        if news is None or person is None or not person.notify or self._called_off(db, letter):
            return None
        hall = db.get_one(Hall, person.hall_id)
        if hall.starts_at is None or int(hall.starts_at.timestamp()) != news.about:
            return None
        account = db.get(Account, person.account_id) if person.account_id is not None else None
        if account is not None and not wants(account.letters, CHOICE):
            return None
        link = f"{self.base_url}/townhalls/unsubscribe/{self.keys.token(UNSUBSCRIBE, person.id, lasting=True)}"
        headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return self._to(
            db, letter, {Place.REGISTERED}, headers=headers, unsubscribe=link, soon=news.kind != "day-before"
        )

    def address_of(self, db: Session, participant_id: int) -> str | None:
        """For bounced letters."""
        words = queries.sealed(db, participant_id)
        if words is None:
            return None
        try:
            return identity.open_person(self.keys, participant_id, words)["email"]
        except CannotUnseal:
            return None

    def _called_off(self, db: Session, letter: Letter) -> bool:
        news = db.get(News, letter.facts["news"])
        return news is None or news.called_off_at is not None

    def _to(
        self,
        db: Session,
        letter: Letter,
        where: set[Place],
        *,
        states: frozenset[HallState] | set[HallState] = OPEN_TO_PEOPLE,
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> Envelope | None:
        """None where they stand elsewhere by now, or nobody knows their address any more."""
        person = db.get(Participant, letter.recipient_id)
        hall = db.get_one(Hall, person.hall_id) if person is not None else None
        if person is None or hall is None or person.place not in where or hall.state not in states:
            return None
        address = self.address_of(db, person.id)
        if address is None:
            return None
        return Envelope(address, {"hall": hall, **self._links(hall, person), **values}, headers or {})

    def _links(self, hall: Hall, person: Participant) -> dict[str, str]:
        """Each is a secret of whoever reads this letter, but the page and the calendar."""
        base, token = f"{self.base_url}/townhalls", self.keys.token
        return {
            "hall_link": f"{base}/{hall.id}",
            "calendar": f"{base}/{hall.id}.ics",
            "link": f"{base}/confirm/{token(queries.CONFIRM, person.id)}",
            "cancel": f"{base}/cancel/{token(queries.CANCEL, person.id)}",
            "not_me": f"{base}/not-me/{token(queries.NOT_ME, person.id)}",
        }
