"""A petition's story as dated steps, what is still to come last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.i18n import _
from app.departments.model import Department
from app.outcomes.model import Answer, Referral
from app.outcomes.queries import is_overdue
from petitions.model.petition import Petition
from petitions.rules.lifecycle import PetitionState


@dataclass(frozen=True)
class Step:
    """``state``: ``done``, ``due`` or ``late``."""

    at: datetime | None
    text: str
    state: str = "done"


def trail(
    petition: Petition,
    answers: Sequence[tuple[Referral, Sequence[Answer]]],
    departments: Mapping[int, Department],
    now: datetime,
) -> list[Step]:
    """Oldest first; duties not yet met come after what happened."""
    steps = [
        _step(petition.created_at, _("Started")),
        _step(petition.opened_at, _("Published")),
        _step(petition.response_reached_at, _("Reached the number of signatures for an answer")),
        _step(petition.debate_reached_at, _("Reached the number of signatures for debate")),
        _step(petition.withdrawn_at, _("Withdrawn by its creator")),
    ]
    if petition.state == PetitionState.CLOSED or (petition.closes_at and petition.closes_at <= now):
        steps.append(_step(petition.closed_at or petition.closes_at, _("Closed to signatures")))
    for referral, given in answers:
        steps += _of_referral(referral, given, departments, now)
    if petition.closes_at and petition.closes_at > now and petition.state == PetitionState.OPEN:
        steps.append(Step(petition.closes_at - timedelta(seconds=1), str(_("Last day to sign")), "due"))
    told = [s for s in steps if s is not None and s.at is not None]
    return sorted(told, key=lambda s: (s.state != "done", s.at))  # type: ignore[arg-type,return-value]


def _step(at: datetime | None, text: str) -> Step | None:
    return Step(at, str(text)) if at else None


def _of_referral(
    referral: Referral, given: Sequence[Answer], departments: Mapping[int, Department], now: datetime
) -> list[Step]:
    department = departments.get(referral.department_id or 0)
    name = department.name if department else ""
    steps = []
    if name:
        text = _("Referred to {name} for a debate") if referral.cause == "debate" else _("Referred to {name}")
        steps.append(Step(referral.received_at, text.format(name=name)))
    for answer in sorted(given, key=lambda a: a.version):
        text = _("Answered by {name}") if answer.version == 1 else _("Answer corrected by {name}")
        steps.append(Step(answer.at, text.format(name=name or str(_("the department")))))
    if referral.state == "received" and referral.due_at:
        late = is_overdue(referral, now)
        if referral.cause == "debate":
            text = _("Debate: reply from {name} was due") if late else _("Debate: reply from {name} is due")
        else:
            text = _("Answer from {name} was due") if late else _("Answer from {name} is due")
        steps.append(Step(referral.due_at, text.format(name=name), "late" if late else "due"))
    return steps
