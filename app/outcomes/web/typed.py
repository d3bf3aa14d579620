"""The answer's form: what was typed, checked, or begun from what stands already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.outcomes.model import Answer, AnswerDraft, AnswerTemplate
from app.outcomes.rules.answers import AnswerText, read_answer
from app.outcomes.rules.commitments import MOST_PROMISES, ROW, read_promises
from app.outcomes.service.drafting import MOST_TYPED, Typed
from app.outcomes.web.lookup import counted, today, working

#: rows for promises that a form begins with
ROWS = 3
MOST_IN_A_ROW = 1_000
WORDS = ("grade", "summary", "details", "examine_by")


def read(state: Any, db: Session, form: Mapping[str, str]) -> AnswerText:
    """A checked answer with its promises; :class:`Invalid` names every field that is wrong."""
    day, week = today(state), working(state, db)
    promises, wrong = read_promises(rows_of(form), today=day, working=week)
    errors: list[FieldError] = []
    grade, summary, details, examine_by = (form.get(name, "") for name in WORDS)
    try:
        text = read_answer(grade, summary, details, examine_by, today=day, working=week, promises=promises)
    except Invalid as refused:
        errors += refused.errors
    if errors or wrong:
        raise Invalid([*errors, *wrong])
    return text


def rows_of(form: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows for promises, as typed."""
    return [{name: form.get(f"promise-{n}-{name}", "") for name in ROW} for n in range(1, MOST_PROMISES + 1)]


def row_count(form: Mapping[str, str]) -> int:
    """How many rows are shown: as many as before, and as many as are needed."""
    filled = [n for n, row in enumerate(rows_of(form), 1) if any(text.strip() for text in row.values())]
    before = counted(form, "rows")
    return min(MOST_PROMISES, max(ROWS, before, *filled))


def with_one_more_row(form: Mapping[str, str]) -> dict[str, str]:
    return {**form, "rows": str(min(MOST_PROMISES, row_count(form) + 1))}


def too_long(form: Mapping[str, str]) -> list[FieldError]:
    """What could not even be kept as a draft: nothing is cut off unsaid."""
    most = {**MOST_TYPED, **{f"promise-{n}-{name}": MOST_IN_A_ROW for n in range(1, MOST_PROMISES + 1) for name in ROW}}
    words = _("This is too long to keep. Shorten it first.")
    return [FieldError(name, words) for name, limit in most.items() if len(form.get(name, "")) > limit]


def typed_in(form: Mapping[str, str], *, send_news: bool) -> Typed:
    """To keep as a draft; rows in which nothing stands are left out."""
    rows = [row for row in rows_of(form) if any(text.strip() for text in row.values())]
    grade, summary, details, examine_by = (form.get(name, "") for name in WORDS)
    return Typed(grade, summary, details, examine_by, rows, send_news)


def of_draft(draft: AnswerDraft) -> dict[str, str]:
    """The form's fields as a draft has them."""
    rows = {f"promise-{n}-{name}": str(row.get(name, "")) for n, row in enumerate(draft.promises, 1) for name in ROW}
    return {
        **{name: str(getattr(draft, name)) for name in WORDS},
        **rows,
        "send_news": "yes" if draft.send_news else "no",
        "after_version": str(draft.after_version),
        "revision": str(draft.revision),
    }


def of_answer(answer: Answer) -> dict[str, str]:
    """To correct it; the promises that went with it stand already."""
    day = answer.examine_by.isoformat() if answer.examine_by else ""
    return {"grade": answer.grade or "", "summary": answer.summary, "details": answer.details, "examine_by": day}


def begun_from(template: AnswerTemplate, form: Mapping[str, str]) -> dict[str, str]:
    """A template's words where nothing was typed, and its details below those that were."""
    details = form.get("details", "").strip()
    return {
        **form,
        "grade": form.get("grade") or template.grade,
        "summary": form.get("summary", "").strip() or template.summary,
        "details": f"{details}\n\n{template.details}" if details and template.details else details or template.details,
    }
