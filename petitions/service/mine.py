"""What this room holds about one person: the signatures of an address, with what its owner may do with each.

Signatures are kept under keys of their petitions' own, so each petition that still knows its signers
is asked. Erasing takes the sealed words; the keyed mark stays as long as the petition knows its
signers, so that nobody signs twice, and opens nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.holding import HeldAct, HeldRow, Person, Section
from app.areas.queries import AreaBook
from app.core.errors import NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.security.keys import Keys
from app.mail import service as mail
from petitions.identity import CREATOR, address_key, open_signer
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.queries.authoring import can_withdraw
from petitions.rules.eligibility import can_take_back
from petitions.rules.lifecycle import BEFORE_PUBLICATION, PetitionState, SignatureState, is_readable
from petitions.service import authoring, unsubscribing, withdrawing
from petitions.service.announcing import Announcing

KIND = "signature"
A_STEP, MOST_ROWS = 500, 200
WITHDRAW, NEWS, NO_NEWS, WITHDRAW_PETITION = "withdraw", "news", "no-news", "withdraw-petition"
_S = SignatureState
#: what its owner may hear of each; what is held looks like what waits, so that nobody learns of a block
STANDINGS = {
    _S.PENDING: _("Waiting for you to open the link in our letter"),
    _S.HELD: _("Waiting for you to open the link in our letter"),
    _S.VALIDATED: _("Counted"),
    _S.WITHDRAWN: _("Withdrawn"),
    _S.INVALIDATED: _("Not counted"),
}
_UNCONFIRMED = (_S.PENDING, _S.HELD)
_ENDED = (_S.WITHDRAWN, _S.INVALIDATED)


@dataclass(frozen=True)
class PetitionHolding:
    """The petitions' part of what the site holds about somebody."""

    keys: Keys
    announcing: Announcing
    #: the last day on which a petition could be signed, in words
    say_last_day: Callable[[datetime], str]
    areas: AreaBook

    def sections(self, db: Session, person: Person, now: datetime) -> list[Section]:
        found = self._signatures(db, person)
        shown = sorted(found, key=lambda s: s.asked_at, reverse=True)[:MOST_ROWS]
        wanted = select(Petition).where(Petition.id.in_({s.petition_id for s in shown}))
        petitions = {p.id: p for p in db.scalars(wanted)}
        names = self._names(db, shown)
        rows = [
            _row(petitions[s.petition_id], s, names.get(s.id, ""), self._page_of(petitions[s.petition_id], s), now)
            for s in shown
        ]
        return [
            Section(KIND, str(_("Petitions")), str(_("You have signed no petition.")), rows, len(found) - len(rows))
        ]

    def act(self, db: Session, person: Person, kind: str, row: int, act: str, now: datetime) -> str:
        if kind != KIND or row not in {s.id for s in self._signatures(db, person)}:
            raise NotFound
        match act:
            case "withdraw":
                return self._withdraw(db, row, now)
            case "news":
                unsubscribing.send_news_again(db, [row])
                return str(_("You get letters about this petition again."))
            case "no-news":
                unsubscribing.stop_news(db, [row], now)
                return str(_("You get no more letters about this petition."))
            case "withdraw-petition":
                return self._withdraw_petition(db, row, now)
        raise NotFound

    def export(self, db: Session, person: Person) -> Mapping[str, Any]:
        return {"signatures": [self._exported(db, s) for s in self._signatures(db, person)]}

    def erase(self, db: Session, person: Person, now: datetime) -> None:
        """Names, addresses and postcodes go; the counts stay. What was never confirmed goes whole."""
        petitions, found = _locked(db, self._signatures(db, person))
        for petition in petitions:
            self._erase_creator(db, petition, now)
        everything = [s.id for s in found]
        mail.drop_waiting(db, "petitions.signature", everything, now)
        db.execute(delete(Signer).where(Signer.signature_id.in_(everything)))
        for signature in found:
            signature.notify, signature.erased_at = False, now
        unconfirmed = [s for s in found if s.state in _UNCONFIRMED and s.kind != "creator"]
        for signature in unconfirmed:
            db.delete(signature)
        db.flush()
        if petitions:
            touch(db, *(f"petition:{p.id}" for p in petitions), "petitions")

    def _erase_creator(self, db: Session, petition: Petition, now: datetime) -> None:
        """A petition that nobody else has judged yet ends with its creator; a published one loses the name."""
        if petition.state in BEFORE_PUBLICATION and can_withdraw(petition, now):
            authoring.withdraw(db, self.announcing, petition.id, now)
        petition.creator_name = None
        db.flush()

    def _page_of(self, petition: Petition, signature: Signature) -> str:
        """Where it is read: whoever started it finds their own page again when its letter is lost, or when the link in
        it ended with the site's keys."""
        if signature.kind == "creator" and signature.state not in _ENDED:
            return f"/petitions/mine/{self.keys.token(CREATOR, petition.id)}"
        return f"/petitions/{petition.id}" if _is_readable(petition) else ""

    def _withdraw(self, db: Session, row: int, now: datetime) -> str:
        signature = db.get_one(Signature, row)
        petition = db.get_one(Petition, signature.petition_id)
        closed_on = self.say_last_day(petition.closes_at) if petition.closes_at else ""
        withdrawing.withdraw(db, row, closed_on=closed_on, now=now)
        return str(_("Your signature is withdrawn. It counts no more."))

    def _withdraw_petition(self, db: Session, row: int, now: datetime) -> str:
        signature = db.get_one(Signature, row)
        if signature.kind != "creator":
            raise NotFound
        authoring.withdraw(db, self.announcing, signature.petition_id, now)
        return str(_("Your petition is withdrawn."))

    def _signatures(self, db: Session, person: Person) -> list[Signature]:
        """Of the person's address, whatever became of them; erased ones are nobody's."""
        if person.address is None:
            return []
        found: list[Signature] = []
        for salts in _salts(db):
            under = [address_key(self.keys, salt, person.address.canonical) for salt in salts]
            mine = select(Signature).where(Signature.address_key.in_(under), Signature.erased_at.is_(None))
            found += db.scalars(mine)
        return [s for s in found if s.end_reason != "corrected"]

    def _names(self, db: Session, shown: Sequence[Signature]) -> Mapping[int, str]:
        """Where two people signed one petition with this address, in whose name each did."""
        often = Counter(s.petition_id for s in shown)
        shared = {s.id: s for s in shown if often[s.petition_id] > 1}
        signers = db.scalars(select(Signer).where(Signer.signature_id.in_(shared)))
        return {row.signature_id: self._words(shared[row.signature_id], row)["name"] for row in signers}

    def _words(self, signature: Signature, signer: Signer) -> dict[str, str]:
        return open_signer(self.keys, signature.petition_id, signature.address_key, signer.sealed)

    def _area(self, db: Session, signature: Signature) -> Mapping[str, str] | None:
        """Of which it is counted, by its name of today."""
        if signature.area is None:
            return None
        return {"code": signature.area, "name": self.areas.now(db).name_of(signature.area)}

    def _exported(self, db: Session, signature: Signature) -> Mapping[str, Any]:
        petition, signer = db.get_one(Petition, signature.petition_id), db.get(Signer, signature.id)
        words = self._words(signature, signer) if signer else {}
        return {
            "petition": petition.id,
            "action": petition.action,
            "role": signature.kind,
            "state": _S.PENDING if signature.state in _UNCONFIRMED else signature.state,
            "number": signature.number,
            "country": signature.country,
            "area": self._area(db, signature),
            "letters_wanted": signature.notify,
            "requested_at": signature.requested_at.isoformat(),
            "confirmed_at": signature.validated_at.isoformat() if signature.validated_at else None,
            "ended_at": signature.ended_at.isoformat() if signature.ended_at else None,
            **words,
        }


def _is_readable(petition: Petition) -> bool:
    return is_readable(petition.state, was_published=petition.was_published)


def _row(petition: Petition, signature: Signature, name: str, page: str, now: datetime) -> HeldRow:
    # its creator may read what waits to be checked; whoever was asked to support it has its secret link
    title = (
        petition.action
        if _is_readable(petition) or signature.kind == "creator"
        else str(_("A petition that is not public"))
    )
    facts = [str(_("In the name of {name}").format(name=name))] if name else []
    if signature.kind == "creator":
        facts.append(str(_("You started it")))
    if signature.number is not None and signature.state == _S.VALIDATED:
        facts.append(str(_("Number {number}").format(number=f"{signature.number:,}")))
    return HeldRow(
        id=signature.id,
        title=title,
        href=page,
        at=signature.requested_at,
        standing=str(STANDINGS[SignatureState(signature.state)]),
        facts=facts,
        acts=list(_acts(petition, signature, now)),
    )


def _acts(petition: Petition, signature: Signature, now: datetime) -> Iterator[HeldAct]:
    if signature.state in _ENDED:
        return
    if signature.kind == "creator":
        if can_withdraw(petition, now):
            yield HeldAct(
                WITHDRAW_PETITION,
                str(_("Withdraw the petition")),
                str(_("Nobody can sign it any more, and it cannot be undone.")),
            )
    elif can_take_back(petition.state, petition.closes_at, now, kind=signature.kind):
        yield HeldAct(WITHDRAW, str(_("Withdraw my signature")), str(_("It counts no more from now on.")))
    if petition.state not in (PetitionState.STOPPED, PetitionState.HIDDEN):
        yield (
            HeldAct(NO_NEWS, str(_("Stop letters about it")))
            if signature.notify
            else HeldAct(NEWS, str(_("Send me letters about it")))
        )


def _salts(db: Session) -> Iterator[Sequence[bytes]]:
    rows = db.scalars(select(Petition.salt).where(Petition.salt.is_not(None)).execution_options(yield_per=A_STEP))
    for some in rows.partitions():
        yield [salt for salt in some if salt is not None]


def _locked(db: Session, mine: Sequence[Signature]) -> tuple[Sequence[Petition], Sequence[Signature]]:
    """The petitions that these people started, then the signatures, as they are now: one of them may be being
    confirmed. Whatever anybody does here, petitions are locked before signatures, each by number."""
    started = {s.petition_id for s in mine if s.kind == "creator"}
    petitions = select(Petition).where(Petition.id.in_(started)).order_by(Petition.id)
    signatures = select(Signature).where(Signature.id.in_([s.id for s in mine])).order_by(Signature.id)
    fresh = {"populate_existing": True}
    return (
        db.scalars(petitions.with_for_update(key_share=True).execution_options(**fresh)).all(),
        db.scalars(signatures.with_for_update(key_share=True).execution_options(**fresh)).all(),
    )
