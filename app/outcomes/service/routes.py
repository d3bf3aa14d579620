"""Topic rules: which department answers what is about a topic, and which ones help."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments import queries as departments
from app.outcomes.model import Route


@dataclass(frozen=True)
class Rule:
    """``lead`` is None where no department leads by this topic. Departments by number."""

    lead: int | None = None
    support: tuple[int, ...] = ()

    @property
    def departments(self) -> tuple[int, ...]:
        return (*([self.lead] if self.lead else []), *self.support)


def rules(db: Session) -> Mapping[str, Rule]:
    """By topic; those without a rule are missing. A rule may name a department that was dissolved since."""
    found: dict[str, list[Route]] = {}
    for row in db.scalars(select(Route).order_by(Route.topic, Route.department_id)):
        found.setdefault(row.topic, []).append(row)
    return {topic: _rule(rows) for topic, rows in found.items()}


def rule_of(db: Session, topic: str) -> Rule:
    return _rule(db.scalars(select(Route).where(Route.topic == topic).order_by(Route.department_id)).all())


def read_rule(db: Session, lead: int | None, support: Sequence[int]) -> Rule:
    """Of departments that are there; :class:`Invalid` names the field that is wrong. Who leads does not help too."""
    known = {d.id for d in departments.active(db)}
    if lead is not None and lead not in known:
        raise Invalid([FieldError("lead", _("Choose one of the departments, or none."))])
    if not known.issuperset(support):
        raise Invalid([FieldError("support", _("Choose departments of the list."))])
    return Rule(lead, tuple(sorted(set(support) - {lead or 0})))


def set_rule(db: Session, topic: str, rule: Rule, *, reason: str, by: int, now: datetime) -> None:
    """From now on. What was referred before stays with its departments."""
    if rule_of(db, topic) == rule:
        return
    db.execute(delete(Route).where(Route.topic == topic))
    parts = dict.fromkeys(rule.support, "support") | ({rule.lead: "lead"} if rule.lead else {})
    db.add_all(Route(topic=topic, department_id=one, part=part) for one, part in parts.items())
    db.flush()
    facts = {"topic": topic, "lead": rule.lead, "support": list(rule.support), "reason": reason}
    audit.record(db, "outcomes.route", on_record(topic), by=by, now=now, facts=facts)


def on_record(topic: str) -> SubjectRef:
    """A topic is a room's word; on the record it stands under a number made of it."""
    return SubjectRef("outcomes.topic", int.from_bytes(hashlib.sha256(topic.encode()).digest()[:6], "big"))


def _rule(rows: Sequence[Route]) -> Rule:
    lead = next((r.department_id for r in rows if r.part == "lead"), None)
    return Rule(lead, tuple(r.department_id for r in rows if r.part == "support"))
