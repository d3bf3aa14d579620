"""One draft text as its official works at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.text.figures import is_whole
from consultations.model import Consultation, DraftText
from consultations.queries import texts as queries
from consultations.rules.clauses import written
from consultations.rules.lifecycle import EditorialState
from consultations.rules.mapping import Known
from consultations.rules.working import WRITABLE, Working
from consultations.service import texts as service


@dataclass(frozen=True)
class Desk:
    """One text as its official works at it."""

    consultation: Consultation
    text: DraftText
    draft: Working | None
    current: Sequence[Known]

    @property
    def path(self) -> str:
        return f"/hosting/consultations/{self.consultation.id}/text/{self.text.number}"

    @property
    def is_writable(self) -> bool:
        return self.consultation.state in WRITABLE

    @property
    def is_public(self) -> bool:
        """Whether its consultation is published, so that a version may be."""
        return self.consultation.state == EditorialState.PUBLISHED

    @property
    def typed(self) -> str:
        """What stands in the box: the working copy, or the version that is to be changed."""
        return written(self.draft.blocks if self.draft else [k.block for k in self.current])


def desk_of(db: Session, account: Account, consultation_id: int, number: int) -> Desk:
    """Raises NotFound for officials of other departments, too."""
    consultation = db.get(Consultation, consultation_id)
    text = queries.text_numbered(db, consultation_id, number)
    if consultation is None or text is None or not service.may_write(db, consultation, account.id):
        raise NotFound
    return Desk(consultation, text, service.working(text), service.current_blocks(db, text))


def number_in(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    return int(text) if is_whole(text, figures=9) else 0
