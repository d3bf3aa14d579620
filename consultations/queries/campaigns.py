"""Groups of letters that are nearly alike, and their letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from consultations.model import Group, GroupMember, LikenessRun, Response
from consultations.rules.likeness import Own
from consultations.rules.reading import RunState
from consultations.rules.responses import ResponseState

A_PAGE = 25


def runs(db: Session, consultation_id: int) -> Sequence[LikenessRun]:
    """The newest of each question."""
    newest = select(func.max(LikenessRun.id)).where(LikenessRun.consultation_id == consultation_id)
    rows = select(LikenessRun).where(LikenessRun.id.in_(newest.group_by(LikenessRun.question)))
    return db.scalars(rows.order_by(LikenessRun.question)).all()


def groups(db: Session, consultation_id: int) -> Sequence[Group]:
    """Of comparisons that are done, the largest first."""
    done = select(Group).join(LikenessRun, LikenessRun.id == Group.run_id)
    mine = done.where(Group.consultation_id == consultation_id, LikenessRun.state == RunState.DONE)
    return db.scalars(mine.order_by(Group.size.desc(), Group.id)).all()


def group(db: Session, consultation_id: int, group_id: int) -> Group:
    found = db.get(Group, group_id)
    if found is None or found.consultation_id != consultation_id:
        raise NotFound
    return found


def people(db: Session, group_ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """How many letters of each group count, by what they have of their own."""
    rows = (
        select(GroupMember.group_id, GroupMember.own, func.count())
        .join(Response, Response.id == GroupMember.response_id)
        .where(GroupMember.group_id.in_(group_ids), Response.state == ResponseState.SUBMITTED)
        .group_by(GroupMember.group_id, GroupMember.own)
    )
    found: dict[int, dict[str, int]] = {}
    for number, own, count in db.execute(rows):
        found.setdefault(number, {})[own] = count
    return found


def apart_count(db: Session, group_id: int) -> int:
    return db.scalar(select(func.count()).where(GroupMember.group_id == group_id, GroupMember.apart)) or 0


def members(db: Session, group_id: int, own: Own, after: int = 0) -> Sequence[GroupMember]:
    """Letters with something of this kind of their own that count, a page and one more."""
    rows = (
        select(GroupMember)
        .join(Response, Response.id == GroupMember.response_id)
        .where(
            GroupMember.group_id == group_id,
            GroupMember.own == own,
            GroupMember.response_id > after,
            Response.state == ResponseState.SUBMITTED,
        )
    )
    return db.scalars(rows.order_by(GroupMember.response_id).limit(A_PAGE + 1)).all()


def added(member: GroupMember) -> list[str]:
    return msgspec.json.decode(member.added, type=list[str])


def changed(member: GroupMember) -> list[tuple[str, str]]:
    """The common sentence, and its own."""
    return msgspec.json.decode(member.changed, type=list[tuple[str, str]])
