"""What one officer wrote of a debate waits for a second one, where the department wants two people.

It is kept as the duty's draft: the state where an answer has its grade, the day where it says by when it examines,
the links and the version its writer had seen in a row of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.outcomes.model import AnswerDraft, Referral
from app.outcomes.queries import all_versions
from app.outcomes.service import drafting
from app.outcomes.service.drafting import Typed
from petitions.model.debate import Debate
from petitions.rules.debates import LINKS, DebateText
from petitions.service.debating import Debating, locked, seen


def waiting(db: Session, duty: Referral) -> AnswerDraft | None:
    """What waits to be released, if anything does."""
    draft = drafting.of(db, duty.id)
    return draft if draft is not None and draft.waits_since is not None else None


def fields_of(draft: AnswerDraft) -> dict[str, str]:
    """The form's fields as they were typed."""
    further = draft.promises[0] if draft.promises else {}
    links = {name: str(further.get(name, "")) for name in (*LINKS, "after_version")}
    return {"state": draft.grade, "date": draft.examine_by, "overview": draft.details, **links}


def hand_in(
    db: Session,
    petition_id: int,
    department_id: int,
    form: Mapping[str, str],
    *,
    after_version: int,
    send_news: bool,
    by: int,
    now: datetime,
) -> None:
    """A checked form waits for a colleague; it takes the place of what waited before."""
    _petition, duty = locked(db, petition_id, department_id)
    seen(db, petition_id, after_version)
    further = {name: form.get(name, "") for name in LINKS} | {"after_version": str(after_version)}
    typed = Typed(
        form.get("state", ""), "", form.get("overview", ""), form.get("date", ""), [further], send_news=send_news
    )
    before, versions = drafting.of(db, duty.id), all_versions(db, duty.id)
    draft = drafting.save(
        db,
        duty.id,
        department_id,
        typed,
        revision=before.revision if before else 0,
        after_version=versions[0].version if versions else 0,
        by=by,
        now=now,
    )
    drafting.hand_in(db, duty.id, department_id, revision=draft.revision, by=by, now=now)


def release(
    db: Session,
    debating: Debating,
    petition_id: int,
    department_id: int,
    said: DebateText,
    *,
    revision: int,
    by: int,
    now: datetime,
) -> Debate:
    """The second person publishes what waits; ``said`` is its checked form."""
    _petition, duty = locked(db, petition_id, department_id)
    draft = drafting.waiting_for(db, duty.id, department_id, revision=revision, by=by)
    debate = debating.release(
        db,
        petition_id,
        department_id,
        said,
        after_version=int(fields_of(draft)["after_version"]),
        send_news=draft.send_news,
        by=draft.by_id or by,
        now=now,
        released_by=by,
    )
    drafting.forget(db, duty.id)
    return debate
