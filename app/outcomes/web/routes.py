"""Topic rules, kept by administrators: who leads and who helps with what is about a topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.audit import queries as audit
from app.core.errors import Invalid, NotFound
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments import queries as departments
from app.operation.rules import read_reason
from app.outcomes import passing_on
from app.outcomes.queries.inbox import names
from app.outcomes.service import routes
from app.outcomes.service.routes import Rule


class Change(NamedTuple):
    """One change on the record, as the administration's pages show it."""

    at: Any
    act: str
    by: str
    reason: str


@get("/admin/routes", name="outcomes.routes", guards=[may("outcomes.routes")], sync_to_thread=True)
def route_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Every topic of every room with its rule; rules of topics that are gone stand last."""
    state, rules = request.app.state, routes.rules(db)
    topics = _topics(state, db)
    gone = {slug: slug for slug in sorted(rules) if slug not in topics}
    response: Response[bytes] = state.pages.personal(
        "outcomes/routes.html",
        staff=account,
        topics={**topics, **gone},
        gone=gone,
        rules=rules,
        none=Rule(),
        departments=departments.by_ids(db, {d for rule in rules.values() for d in rule.departments}),
        done=request.query_params.get("done") == "yes",
    )
    return response


@get("/admin/routes/{topic:str}", name="outcomes.topic", guards=[may("outcomes.routes")], sync_to_thread=True)
def one_route(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    topic: FromPath[str],
) -> Response[bytes]:
    rule = routes.rule_of(db, topic)
    values = {"lead": str(rule.lead or "")} | {f"support-{one}": "yes" for one in rule.support}
    return _page(request, db, account, topic, Form(values=values))


@post(
    "/admin/routes/{topic:str}",
    name="outcomes.topic-set",
    guards=[may("outcomes.routes")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def set_route(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    topic: FromPath[str],
) -> Response[Any]:
    """``step=sure`` stores what the page before showed; ``step=edit`` goes back to it."""
    asked = Form(values=form)
    if form.get("step") == "edit":
        return _page(request, db, account, topic, asked)
    reason, rule = asked.read("reason", read_reason), None
    try:
        rule = routes.read_rule(db, _number(form.get("lead", "")), _support(form))
    except Invalid as wrong:
        for error in wrong.errors:
            asked.refuse(error.field, str(error.message))
    if reason is None or rule is None or asked.errors:
        return _page(request, db, account, topic, asked, status=422)
    if form.get("step") != "sure":
        return _page(request, db, account, topic, asked, rule=rule)
    _name(request.app.state, db, topic)
    routes.set_rule(db, topic, rule, reason=reason, by=account.id, now=request.app.state.clock.now())
    return see_other("/admin/routes?done=yes")


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    topic: str,
    form: Form,
    *,
    rule: Rule | None = None,
    status: int = 200,
) -> Response[bytes]:
    """The form, or with ``rule`` what would change."""
    state = request.app.state
    name, before = _name(state, db, topic), routes.rule_of(db, topic)
    every = departments.active(db)
    response: Response[bytes] = state.pages.personal(
        "outcomes/routes_check.html" if rule else "outcomes/routes_one.html",
        status=status,
        staff=account,
        topic=topic,
        name=name,
        before=before,
        after=rule,
        every=every,
        departments={d.id: d for d in every} | dict(departments.by_ids(db, before.departments)),
        owed=passing_on.owed(db),
        changes=_changes(db, topic),
        form=form,
    )
    return response


def _topics(state: Any, db: Session) -> Mapping[str, str]:
    """Slug to name, of every room that has topics."""
    return {slug: name for topics in state.site.topics for slug, name in topics(db)}


def _name(state: Any, db: Session, topic: str) -> str:
    """Of a topic that is there, or that still has a rule; :class:`NotFound` else."""
    found = _topics(state, db).get(topic)
    if found is None and routes.rule_of(db, topic) == Rule():
        raise NotFound
    return found or topic


def _changes(db: Session, topic: str) -> Sequence[Change]:
    entries = audit.newest_on(db, routes.on_record(topic), 5)
    called = names(db, (e.actor_id for e in entries))
    return [Change(e.at, e.act, called.get(e.actor_id or 0, ""), str(e.facts.get("reason", ""))) for e in entries]


def _support(form: Sent) -> list[int]:
    """Ticked boxes; one that names no number is one that is not there."""
    return [_number(name.removeprefix("support-")) or 0 for name in form if name.startswith("support-")]


def _number(text: str) -> int | None:
    """A department by its number; None for an empty field, 0, which none has, for anything odd."""
    if not text:
        return None
    return int(text) if is_whole(text) else 0


HANDLERS = [route_list, one_route, set_route]
