"""What every page of the reading desk begins with: whose consultation it is, its figures, its questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.web.edge import MOST_ID
from app.core.web.forms import Sent
from consultations import identity
from consultations.model import Consultation
from consultations.queries import questionnaires
from consultations.queries.columns import READ, Columns, columns, questions
from consultations.queries.reach import Reach, reach
from consultations.rules.filtering import whole
from consultations.rules.questionnaire import Question

Asking = Request[Any, Any, Any]


@dataclass(frozen=True)
class Desk:
    """One consultation as one officer has it."""

    request: Asking
    db: Session
    account: Account
    reach: Reach
    columns: Columns
    questions: Mapping[int, Question]
    #: what people call a question; 0: it is asked no more
    numbers: Mapping[int, int]

    @property
    def consultation(self) -> Consultation:
        return self.reach.consultation

    @property
    def id(self) -> int:
        return self.consultation.id

    @property
    def path(self) -> str:
        return f"/desk/consultations/{self.id}"

    @property
    def people(self) -> int:
        return self.columns.count()

    @property
    def read(self) -> int:
        return self.columns.count(READ)

    @property
    def free_texts(self) -> list[Question]:
        return [q for q in self.questions.values() if q.is_free_text]

    def question(self, number: int) -> Question:
        if number not in self.questions:
            raise NotFound
        return self.questions[number]

    def number_of(self, response_id: int) -> str:
        """What a respondent quotes, too."""
        return identity.receipt_number(self.request.app.state.site.keys, response_id)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response[bytes]:
        shown: Response[bytes] = self.request.app.state.pages.personal(
            template,
            status=status,
            staff=self.account,
            desk=self,
            now=self.request.app.state.clock.now(),
            done=self.request.query_params.get("done", ""),
            **values,
        )
        return shown


def desk_of(request: Asking, db: Session, account: Account, consultation_id: int) -> Desk:
    """Raises NotFound for officers whose department has no part in it."""
    if consultation_id >= MOST_ID:
        raise NotFound
    found = reach(db, account.id, consultation_id)
    version = found.consultation.questionnaire_version
    numbers = questionnaires.questionnaire(db, consultation_id, version).numbers
    asked = questions(db, consultation_id)
    order = sorted(asked.values(), key=lambda q: numbers.get(q.id, 10_000 + q.id))
    every = {q.id: q for q in order}
    return Desk(request, db, account, found, columns(db, consultation_id), every, numbers)


def share(part: int, of: int) -> int:
    """Per cent, never 100 before all is done, nor 0 once something is."""
    if not of or not part:
        return 0
    return 100 if part >= of else min(99, max(1, round(100 * part / of)))


def number(form: Sent, name: str) -> int:
    """A number from a form; 0, which nothing has, for anything odd."""
    return whole(form.get(name, "")) or 0
