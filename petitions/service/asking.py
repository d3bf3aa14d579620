"""What petitions are to the lists of outcomes, and who asked: whose signature counts says what an answer is worth to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.security.keys import Keys
from app.outcomes.contribution import Referred
from petitions.identity import ASKED
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.rules.lifecycle import PetitionState, SignatureState

#: the page shows what came of it; a rejected one's page does not
SHOWN = (PetitionState.OPEN, PetitionState.CLOSED, PetitionState.WITHDRAWN)


class PetitionsOnLists:
    """Which petitions stand on public lists of outcomes."""

    name: str = _("Petitions")

    def readable(self, subject_id: ColumnElement[int]) -> ColumnElement[bool]:
        return exists().where(Petition.id == subject_id, Petition.state.in_(SHOWN))

    def shown(self, db: Session, ids: Collection[int]) -> Mapping[int, Referred]:
        wanted = select(Petition.id, Petition.action, Petition.signature_count)
        rows = db.execute(wanted.where(Petition.id.in_(ids), Petition.state.in_(SHOWN))) if ids else ()
        return {row.id: Referred(row.action, f"/petitions/{row.id}", row.signature_count) for row in rows}


@dataclass(frozen=True)
class Signers:
    """Those whose signature counts; their letters about an answer hold the token."""

    keys: Keys

    def asker(self, db: Session, subject_id: int, token: str) -> int | None:
        number = self.keys.read_token(ASKED, token)
        signature = db.get(Signature, number) if number is not None else None
        if signature is None or signature.petition_id != subject_id:
            return None
        return signature.id if signature.state == SignatureState.VALIDATED else None
