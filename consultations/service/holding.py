"""What this room holds about one person: responses of an account or an address, and drafts that were not sent.

Addresses are kept under keys of their consultations' own, so each consultation that still knows its respondents is
asked. Erasing takes the sealed words; the text stays, without a name, as far as its writer agreed, and is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts.holding import HeldAct, HeldRow, Person, Section
from app.audit import service as audit
from app.core.errors import NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from consultations.identity import address_key, receipt_number
from consultations.model import Consultation, Draft, Respondent, Response
from consultations.queries import drafts
from consultations.queries.answering import RECEIPT, receipt
from consultations.rules.lifecycle import READABLE
from consultations.rules.responses import Consent, Publishing, ResponseState
from consultations.rules.sending import refusal_to_send
from consultations.service import erasing, owning

RESPONSES, DRAFTS = "response", "draft"
A_STEP, MOST_ROWS = 500, 200
_S = ResponseState
STANDINGS = {
    _S.PENDING: _("Waiting for you to open the link in our letter"),
    _S.SUBMITTED: _("Counted"),
    _S.WITHDRAWN: _("Withdrawn"),
    _S.REJECTED: _("Not counted"),
    _S.REPLACED: _("Part of an earlier response"),
}


@dataclass(frozen=True)
class ConsultationHolding:
    """The consultations' part of what the site holds about somebody."""

    keys: Keys

    def sections(self, db: Session, person: Person, now: datetime) -> list[Section]:
        found = [r for r in self._responses(db, person) if r.state != _S.REPLACED]
        shown = sorted(found, key=lambda r: r.sent_at, reverse=True)[:MOST_ROWS]
        asked = {
            c.id: c
            for c in db.scalars(select(Consultation).where(Consultation.id.in_({r.consultation_id for r in shown})))
        }
        rows = [self._row(asked[r.consultation_id], r, now) for r in shown]
        empty = str(_("You have responded to no consultation."))
        sections = [Section(RESPONSES, str(_("Consultations")), empty, rows, len(found) - len(rows))]
        unsent = [self._draft_row(db, d) for d in self._drafts(db, person)[:MOST_ROWS]]
        if unsent:
            sections.append(Section(DRAFTS, str(_("Responses that you have not sent")), "", unsent))
        return sections

    def act(self, db: Session, person: Person, kind: str, row: int, act: str, now: datetime) -> str:
        if kind == DRAFTS and act == "delete" and row in {d.id for d in self._drafts(db, person)}:
            erasing.delete_drafts(db, [row], now)
            return str(_("What you had not sent is deleted."))
        if kind != RESPONSES or row not in {r.id for r in self._responses(db, person)}:
            raise NotFound
        match act:
            case "withdraw":
                owning.withdraw(db, row, now)
                return str(_("Your response is withdrawn. It counts no more."))
            case "not-published":
                owning.ask_for_privacy(db, row, Consent.NONE, now)
                return str(_("Your response is not published."))
            case "news" | "no-news":
                owning.choose_news(db, row, wanted=act == "news")
                return str(_("Your wish about letters is stored."))
        raise NotFound

    def export(self, db: Session, person: Person) -> Mapping[str, Any]:
        return {
            "responses": [self._exported(db, r) for r in self._responses(db, person)],
            "drafts": [self._exported_draft(db, d) for d in self._drafts(db, person)],
        }

    def erase(self, db: Session, person: Person, now: datetime) -> None:
        """Names and addresses go, and drafts; what never counted goes whole. Counts stay; what was to be published
        with a name is published without."""
        erasing.delete_drafts(db, [d.id for d in self._drafts(db, person)], now)
        mine = _locked(db, self._responses(db, person))
        owning.forget(db, [r.id for r in mine if r.state == _S.PENDING], now)
        rest = [r for r in mine if r.state != _S.PENDING]
        changed = set()
        for response in rest:
            response.receipt_stopped_at = now
            if response.consent == Consent.NAMED:
                response.consent = Consent.ANONYMOUS
                if response.publishing in (Publishing.PUBLISHED, Publishing.READY):
                    response.publishing = Publishing.WAITING
                    changed.add(response.consultation_id)
        db.flush()
        erasing.erase_people(db, [r.id for r in rest], now)
        for response in rest:
            subject = SubjectRef("consultation", response.consultation_id)
            audit.record(db, "consultations.erase", subject, by=None, now=now)
        if changed:
            touch(db, *(f"consultation:{number}" for number in changed))

    def _row(self, consultation: Consultation, response: Response, now: datetime) -> HeldRow:
        facts = []
        if response.state == _S.SUBMITTED:
            facts.append(str(_("Receipt number {number}")).format(number=receipt_number(self.keys, response.id)))
        if response.version > 1:
            facts.append(str(_("{count} versions")).format(count=response.version))
        readable = consultation.state in READABLE
        shows = response.state == _S.SUBMITTED and response.receipt_stopped_at is None
        receipt_href = f"/responses/receipt/{self.keys.token(RECEIPT, response.id)}"
        return HeldRow(
            id=response.id,
            title=consultation.title,
            href=receipt_href if shows else f"/consultations/{consultation.id}" if readable else "",
            at=response.sent_at,
            standing=str(STANDINGS[ResponseState(response.state)]),
            facts=facts,
            acts=list(_acts(consultation, response, now)),
        )

    def _draft_row(self, db: Session, draft: Draft) -> HeldRow:
        consultation = db.get_one(Consultation, draft.consultation_id)
        return HeldRow(
            id=draft.id,
            title=consultation.title,
            href=f"/consultations/{consultation.id}/answer/{self.keys.token(drafts.LEAD, draft.id)}",
            at=draft.saved_at,
            standing=str(_("Not sent")),
            acts=[HeldAct("delete", str(_("Delete it")), str(_("What you wrote is gone for good.")))],
        )

    def _responses(self, db: Session, person: Person) -> list[Response]:
        """Of the account, and of the address."""
        found: dict[int, Response] = {}
        if person.account_id is not None:
            found |= {r.id: r for r in db.scalars(select(Response).where(Response.account_id == person.account_id))}
        if person.address is not None:
            for some in _salts(db):
                under = [address_key(self.keys, salt, person.address.canonical) for _id, salt in some]
                mine = select(Response).where(
                    Response.consultation_id.in_([number for number, _salt in some]), Response.address_key.in_(under)
                )
                found |= {r.id: r for r in db.scalars(mine)}
        return [
            found[number] for number in sorted(found) if found[number].receipt_stopped_at is None or _known(db, number)
        ]

    def _drafts(self, db: Session, person: Person) -> list[Draft]:
        """Those of the account, and those whose link was sent to this address and opened from there."""
        if person.account_id is None and person.address is None:
            return []
        mine = Draft.letters > 0
        if person.account_id is not None:
            mine = or_(mine, Draft.account_id == person.account_id)
        rows = db.scalars(select(Draft).where(Draft.submitted_at.is_(None), mine).order_by(Draft.id)).all()
        return [d for d in rows if self._is_own(d, person)]

    def _is_own(self, draft: Draft, person: Person) -> bool:
        if draft.account_id is not None and draft.account_id == person.account_id:
            return True
        canonical = drafts.facts(self.keys, draft)["canonical"] if draft.letters else ""
        return person.address is not None and canonical == person.address.canonical

    def _exported(self, db: Session, response: Response) -> Mapping[str, Any]:
        found = receipt(db, self.keys, response)
        return {
            "consultation": found.consultation.id,
            "title": found.consultation.title,
            "state": response.state,
            "receipt_number": found.number,
            "sent_at": response.sent_at.isoformat(),
            "version": response.version,
            "consent": response.consent,
            "letters_wanted": response.notify,
            "digest": found.digest,
            "answers": [{"question": line.question.text, "answer": list(line.lines)} for line in found.lines],
            **found.person,
        }

    def _exported_draft(self, db: Session, draft: Draft) -> Mapping[str, Any]:
        pages = drafts.pages(db, draft.id)
        return {
            "consultation": draft.consultation_id,
            "saved_at": draft.saved_at.isoformat(),
            "typed": {name: value for one in pages.values() for name, value in one.typed.items()},
            **drafts.facts(self.keys, draft),
        }


def _acts(consultation: Consultation, response: Response, now: datetime) -> Iterator[HeldAct]:
    if response.state != _S.SUBMITTED:
        return
    if refusal_to_send(consultation, None, now) is None:
        yield HeldAct("withdraw", str(_("Withdraw my response")), str(_("It counts no more from now on.")))
    if response.consent != Consent.NONE:
        yield HeldAct("not-published", str(_("Do not publish it")), str(_("This cannot be taken back.")))
    if response.notify:
        yield HeldAct("no-news", str(_("Stop letters about it")))
    else:
        yield HeldAct("news", str(_("Send me letters about it")))


def _known(db: Session, response_id: int) -> bool:
    """Whether its person is known still: what was erased is nobody's."""
    return db.get(Respondent, response_id) is not None


def _salts(db: Session) -> Iterator[Sequence[tuple[int, bytes]]]:
    rows = db.execute(
        select(Consultation.id, Consultation.salt)
        .where(Consultation.salt.is_not(None))
        .execution_options(yield_per=A_STEP)
    )
    for some in rows.partitions():
        yield [(number, salt) for number, salt in some if salt is not None]


def _locked(db: Session, mine: Sequence[Response]) -> Sequence[Response]:
    """Consultations before responses, each by number, as everybody locks them."""
    places = sorted({r.consultation_id for r in mine})
    fresh = {"populate_existing": True}
    consultations = select(Consultation).where(Consultation.id.in_(places)).order_by(Consultation.id)
    db.scalars(consultations.with_for_update(key_share=True).execution_options(**fresh)).all()
    responses = select(Response).where(Response.id.in_([r.id for r in mine])).order_by(Response.id)
    return db.scalars(responses.with_for_update(key_share=True).execution_options(**fresh)).all()
