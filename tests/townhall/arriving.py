"""People who come to a hall: members of the site, browsers, whoever registers by a mailed link."""

from __future__ import annotations

from app.accounts.model import Account
from app.core.people.addresses import read_address
from tests.site import Town
from tests.townhall.meeting import Meeting
from townhall import identity
from townhall.model import Hall, Participant
from townhall.service import joining, registering
from townhall.service.registering import Wish


class Arriving(Meeting):
    """A meeting with a door. Its methods answer numbers of rows."""

    def citizen(self, email: str, name: str = "Gil Gomez", *, confirmed: bool = True) -> int:
        """A member's account."""

        def store(db: object) -> int:
            row = Account(
                email=read_address(email).canonical,
                name=name,
                role="citizen",
                created_at=self.town.now,
                email_confirmed_at=self.town.now if confirmed else None,
            )
            db.add(row)  # type: ignore[attr-defined]
            db.flush()  # type: ignore[attr-defined]
            return row.id

        return self.do(store)

    def register_account(self, hall: int, account: int) -> int:
        def act(db: object) -> int:
            row, whose = db.get_one(Hall, hall), db.get_one(Account, account)  # type: ignore[attr-defined]
            return joining.of_account(db, self.town.keys, row, whose, self.town.now).id  # type: ignore[arg-type]

        return self.do(act)

    def ask(self, hall: int, email: str, name: str = "Dora Diaz", *, notify: bool = True) -> int:
        """What the form does; answers the row that the letter is about."""
        wish = Wish(name, read_address(email), notify, "1", "en")
        policy = self.town.site.dependencies["hall_policy"]
        return self.do(lambda db: registering.ask(db, self.town.keys, policy, hall, wish, self.town.now).participant_id)

    def confirm(self, participant: int, secret: str = "", **more: str) -> int:
        """What the letter's button does, in a browser of its own."""
        policy, row = self.town.site.dependencies["hall_policy"], self.row(Participant, participant)
        theirs = ticket(self.town, row.hall_id, secret or identity.new_secret())
        return self.do(
            lambda db: registering.confirm(db, self.town.keys, policy, participant, theirs, self.town.now, **more).id
        )

    def register(self, hall: int, email: str, name: str = "Dora Diaz", *, notify: bool = True) -> int:
        return self.confirm(self.ask(hall, email, name, notify=notify))

    def cancel(self, participant: int) -> None:
        self.do(lambda db: registering.cancel(db, participant, self.town.now) and None)


def ticket(town: Town, hall: int, secret: str = "s" * 32) -> bytes:
    return identity.ticket(secret, hall, town.keys)
