"""The walk through a questionnaire: which pages there are for whoever has typed this so far, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request
from sqlalchemy.orm import Session

from app.accounts.guards import who
from app.accounts.model import Account
from app.core.errors import BadField, NotFound, Refusal, TooMany
from app.core.security.limits import Allowance
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.files.model import StoredFile
from app.files.queries import files_of
from consultations.forms import QuestionForm, Typed, shown_with
from consultations.model import Consultation, Draft, LatePass
from consultations.policy import ConsultationPolicy
from consultations.queries import drafts
from consultations.queries.questionnaires import asked
from consultations.rules.answers import Checked, read_answer
from consultations.rules.drafts import ABOUT, HAND_NAMES, Hand, Stored, say_seen
from consultations.rules.questionnaire import Page, Question, Questionnaire
from consultations.rules.saying import said
from consultations.rules.sending import refusal_to_send
from consultations.rules.typed import check, given_in
from consultations.service.versions import DRAFT_FILES, RESPONSE_FILES
from consultations.web.addressed import consultation_id_of, readable_id

ALL = "all"


class Step(NamedTuple):
    """A page of the questionnaire with those of its questions that are asked."""

    page: Page
    questions: Sequence[Question]


@dataclass
class Walk:
    """One draft in one pair of hands. ``way``: ``all`` where everything stands on one page."""

    consultation: Consultation
    draft: Draft
    hand: Hand
    key: str
    questionnaire: Questionnaire
    stored: dict[int, Stored]
    facts: dict[str, str]
    policy: ConsultationPolicy
    #: why it could not be sent now
    refusal: Refusal | None
    account: Account | None
    files: dict[int, StoredFile]
    way: str = ""
    by: str = ""

    @property
    def base(self) -> str:
        return f"/consultations/{self.consultation.id}/answer/{self.key}"

    def href(self, where: str = "", anchor: str = "", **more: str) -> str:
        """An address of this walk, which remembers the way and who writes."""
        query = {k: v for k, v in {"way": self.way, "by": self.by, **more}.items() if v}
        return (
            self.base
            + (f"/{where}" if where else "")
            + (f"?{urlencode(query)}" if query else "")
            + (f"#{anchor}" if anchor else "")
        )

    @cached_property
    def typed(self) -> Typed:
        """Everything that is typed, of all pages."""
        return {name: value for page, one in self.stored.items() if page != ABOUT for name, value in one.typed.items()}

    @cached_property
    def shown(self) -> frozenset[int]:
        return shown_with(self.questionnaire, self.typed, self.policy)

    @cached_property
    def checked(self) -> Checked:
        return check(self.questionnaire, self.typed, self.policy)

    @cached_property
    def steps(self) -> list[Step]:
        """The pages that ask something; what has only text goes with them."""
        found = [Step(p, [q for q in p.questions if q.id in self.shown]) for p in self.questionnaire.pages]
        return [step for step in found if step.questions or (step.page.text and not step.page.questions)]

    def on(self, place: str) -> list[Step]:
        """What stands on one page of the walk; raises NotFound where there is none."""
        if place == ALL:
            return self.steps
        found = [step for step in self.steps if str(step.page.id) == place]
        if not found:
            raise NotFound
        return found

    def number(self, place: str) -> int:
        return next((i for i, step in enumerate(self.steps, start=1) if str(step.page.id) == place), 1)

    def first(self) -> str:
        if self.way == ALL:
            return ALL
        return str(self.steps[0].page.id) if self.steps else "about"

    def after(self, place: str) -> str:
        return "about" if place == ALL else self._beside(place, 1) or "about"

    def before(self, place: str) -> str:
        """Empty before the first."""
        if place == "about":
            return ALL if self.way == ALL else (str(self.steps[-1].page.id) if self.steps else "")
        return "" if place == ALL else self._beside(place, -1)

    def _beside(self, place: str, by: int) -> str:
        """The nearest page that asks something, though ``place`` itself may ask nothing any more."""
        here = [str(p.id) for p in self.questionnaire.pages]
        if place not in here:
            raise NotFound
        asks = {str(step.page.id) for step in self.steps}
        rest = here[here.index(place) + 1 :] if by > 0 else here[: here.index(place)][::-1]
        return next((other for other in rest if other in asks), "")

    def place_of(self, question: int) -> str:
        if self.way == ALL:
            return ALL
        page = self.questionnaire.page_of(question)
        return str(page.id) if page is not None else self.first()

    def lines(self, question: Question, typed: Typed | None = None) -> list[str]:
        """What is answered, in words; where it is no answer yet, what was typed."""
        typed = self.typed if typed is None else typed
        value = given_in([question], typed).get(question.id)
        if value is None:
            return []
        try:
            return said(question, read_answer(question, value, self.policy), self.file_titles)
        except BadField:
            return in_lines(question.id, typed)

    def seen(self, pages: Sequence[int]) -> str:
        return say_seen({page: self.stored[page].revision if page in self.stored else 0 for page in pages})

    def form(self, errors: dict[str, str] | None = None) -> QuestionForm:
        return QuestionForm(self.typed, errors or {}, self.files_by_question)

    @property
    def files_by_question(self) -> dict[int, list[StoredFile]]:
        found: dict[int, list[StoredFile]] = {}
        for question in self.questionnaire.questions():
            numbers = self.typed.get(f"q{question.id}_file", [])
            mine = [self.files[int(n)] for n in numbers if is_whole(str(n)) and int(n) in self.files]
            if mine:
                found[question.id] = mine
        return found

    @property
    def file_titles(self) -> dict[int, str]:
        return {number: file.title for number, file in self.files.items()}

    @property
    def is_trusted(self) -> bool:
        """Whether whoever holds it has proven whose it is."""
        mine = self.account is not None and self.account.id == self.draft.account_id
        return self.hand is Hand.LEAD or mine or (self.draft.proven_at is not None and self.hand is Hand.BROWSER)

    @property
    def leads(self) -> bool:
        return self.hand is not Hand.COLLEAGUE

    @property
    def writer(self) -> str:
        return self.by or (str(HAND_NAMES[self.hand]) if self.draft.is_organisation else "")

    def fixed_email(self) -> str:
        """The address that is proven already, and is not asked for again."""
        if self.account is not None and self.leads and self.draft.amends_id is None and self.hand is Hand.BROWSER:
            return self.account.email or ""
        return self.facts["email"] if self.is_trusted else ""


def in_lines(question: int, typed: Typed) -> list[str]:
    """What was typed for one question, word by word as it was typed."""
    names = [n for n in sorted(typed) if n.removeprefix("q").partition("_")[0] == str(question)]
    return [str(v) for n in names for v in (typed[n] if isinstance(typed[n], list) else [typed[n]]) if v]


def walk(request: Request[Any, Any, Any], db: Session, ref: str, key: str, *, way: str = "", by: str = "") -> Walk:
    """Raises NotFound where the key opens nothing."""
    state = request.app.state
    consultation = readable_id(db, consultation_id_of(ref))
    opened = drafts.opened(db, state.keyring, consultation.id, key)
    if opened is None:
        raise NotFound
    what = asked(db, consultation.id, consultation.questionnaire_version)
    draft = opened.draft
    late_pass = db.get(LatePass, draft.late_pass_id) if draft.late_pass_id else None
    given = request.query_params
    return Walk(
        consultation,
        draft,
        opened.hand,
        key,
        what.plain if draft.easy_read else what.questionnaire,
        drafts.pages(db, draft.id),
        dict(drafts.facts(state.keyring, draft)),
        state.site.dependencies["consulting"],
        refusal_to_send(consultation, late_pass, state.clock.now()),
        _confirmed(who(request)),
        _files(db, draft),
        way or (ALL if given.get("way") == ALL else ""),
        (by or given.get("by", ""))[:80],
    )


def _confirmed(account: Account | None) -> Account | None:
    """Whose address is known to be theirs."""
    return account if account is not None and account.email and account.email_confirmed_at is not None else None


def _files(db: Session, draft: Draft) -> dict[int, StoredFile]:
    found = list(files_of(db, SubjectRef(DRAFT_FILES, draft.id)))
    if draft.amends_id is not None:
        found += files_of(db, SubjectRef(RESPONSE_FILES, draft.amends_id))
    return {file.id: file for file in found}


def busy(request: Request[Any, Any, Any], walk_id: int, *, times: int = 1) -> TooMany | None:
    """Count one form of this network; the refusal where it is one too many, so that the page can keep the fields."""
    policy: ConsultationPolicy = request.app.state.site.dependencies["consulting"]
    client = request.scope.get("client")
    allowance = Allowance(times * policy.respond_a_minute, times * policy.respond_an_hour)
    try:
        request.app.state.limits.spend(allowance, client[0] if client else "", f"respond-{times}", str(walk_id))
    except TooMany as refusal:
        return refusal
    return None
