"""What every page of the builder stands on: the consultation, its working copy, and whether it may be written at now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, NotFound
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent, read_form
from app.core.web.page import see_other
from app.departments.queries import of_officer
from consultations.model import Consultation
from consultations.policy import ConsultationPolicy
from consultations.queries import questionnaires as queries
from consultations.rules.building import page_of, question_of
from consultations.rules.conditions import shown_when
from consultations.rules.lifecycle import EditorialState
from consultations.rules.questionnaire import KIND_NAMES, Page, Question, Questionnaire
from consultations.service import building

START: Final = "/hosting/consultations/{consultation_id:int}/questions"
EDIT: Final = [may("consultations.edit")]
#: a question with a hundred options and a hundred rows
MOST_FIELDS = 400
DONE = {
    "added": _("Added."),
    "saved": _("Saved."),
    "moved": _("Moved."),
    "removed": _("Removed."),
    "copied": _("Copied."),
    "published": _("The new version is published."),
    "discarded": _("The changes were taken back."),
}
T = TypeVar("T")


async def provide_long_form(request: Request[Any, Any, Any]) -> Sent:
    return read_form(await request.body(), most=MOST_FIELDS)


@dataclass
class Bench:
    """One official at one questionnaire. ``revision``: of the working copy. ``why_not``: why nothing can be changed
    now; empty where it can."""

    request: Request[Any, Any, Any]
    db: Session
    account: Account
    consultation: Consultation
    questionnaire: Questionnaire
    published: Questionnaire | None
    revision: int
    why_not: str

    @property
    def path(self) -> str:
        return f"/hosting/consultations/{self.consultation.id}/questions"

    @property
    def now(self) -> datetime:
        now: datetime = self.request.app.state.clock.now()
        return now

    @property
    def policy(self) -> ConsultationPolicy:
        policy: ConsultationPolicy = self.request.app.state.site.dependencies["consulting"]
        return policy

    def question(self, number: int) -> Question:
        """One of its questions; 404 for any other number."""
        return _or_404(lambda: question_of(self.questionnaire, number))

    def page(self, number: int) -> Page:
        return _or_404(lambda: page_of(self.questionnaire, number))

    def was_published(self, number: int) -> bool:
        return self.published is not None and number in self.published.by_id

    def change(self, edit: building.Edit, what: str, *, seen: int | None = None) -> str:
        """Change the working copy; the sentence that says why that cannot be, or nothing."""
        number, by = self.consultation.id, self.account.id
        why = why_cannot(lambda: building.change(self.db, number, edit, what, by=by, now=self.now, seen=seen))
        if why:
            self.db.rollback()
        return why

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response[bytes]:
        """A page of the builder."""
        values.setdefault("form", Form())
        response: Response[bytes] = self.request.app.state.pages.personal(
            f"consultations/building/{template}.html",
            status=status,
            staff=self.account,
            bench=self,
            consultation=self.consultation,
            questionnaire=self.questionnaire,
            shown_when=lambda question: shown_when(self.questionnaire, question),
            kind_names=KIND_NAMES,
            now=self.now,
            **values,
        )
        return response

    def back(self, anchor: str = "", note: str = "") -> Response[Any]:
        """To the overview, where the reader was."""
        return see_other(f"{self.path}{'?done=' + note if note else ''}{'#' + anchor if anchor else ''}")


def bench(request: Request[Any, Any, Any], db: Session, account: Account, consultation_id: int) -> Bench:
    """Any official may look at it; who may write, the service asks."""
    consultation = db.get(Consultation, consultation_id)
    if consultation is None or consultation.state == EditorialState.DISCARDED:
        raise NotFound
    row, version = queries.stored(db, consultation.id), consultation.questionnaire_version
    return Bench(
        request,
        db,
        account,
        consultation,
        queries.parse(row) if row is not None else Questionnaire(),
        queries.questionnaire(db, consultation.id, version) if version else None,
        row.revision if row is not None else 1,
        _why_not(request, db, account, consultation),
    )


def _why_not(request: Request[Any, Any, Any], db: Session, account: Account, consultation: Consultation) -> str:
    """Why this official writes nothing here now; empty where they may."""
    department = of_officer(db, account.id)
    if department is None or department.id != consultation.department_id:
        return str(_("Another department leads this consultation: you can read its questions, and not change them."))
    return building.why_not(consultation, request.app.state.clock.now())


def why_cannot(act: Callable[[], Any]) -> str:
    """Do it; the sentence that says why it cannot be done, or nothing."""
    try:
        act()
    except BadField as wrong:
        return wrong.message
    return ""


def number_in(form: Sent | Form, name: str) -> int:
    """A number that the page itself put into the form; 0 for anything else."""
    text = form.get(name) or ""
    return int(text) if is_whole(text, figures=9) else 0


def seen_in(form: Sent) -> int:
    """The revision that the page showed."""
    return number_in(form, "seen")


def _or_404(find: Callable[[], T]) -> T:
    try:
        return find()
    except BadField as wrong:
        raise NotFound from wrong
