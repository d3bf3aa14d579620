"""Campaigns: letters that are nearly alike, suggested by comparing, judged by people. Nobody is counted less for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.db import rows_changed
from app.core.errors import BadField, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from consultations.model import Code, Coding, Group, GroupMember, LikenessRun, Response, ResponseVersion
from consultations.queries.columns import questions
from consultations.queries.reach import reach
from consultations.rules.likeness import FEWEST, Gathering, Own, Template, template_of
from consultations.rules.reading import GroupState, RunState, read_code_name
from consultations.rules.responses import ResponseState
from consultations.service.reading import mark_time

A_STEP = 250
#: texts of a group that its template is looked for in
A_SAMPLE = 300
_ANSWERS = msgspec.json.Decoder(dict[str, object])


def look(db: Session, consultation_id: int, question: int, *, by: int, now: datetime) -> LikenessRun:
    """Have the answers to a question compared, or with 0 everything that people wrote; one run at a time."""
    reach(db, by, consultation_id, lock=True)
    asked = questions(db, consultation_id).get(question)
    if question and (asked is None or not asked.is_free_text):
        raise NotFound
    running = select(LikenessRun).where(
        LikenessRun.consultation_id == consultation_id,
        LikenessRun.question == question,
        LikenessRun.state != RunState.DONE,
    )
    if (known := db.scalar(running)) is not None:
        return known
    run = LikenessRun(consultation_id=consultation_id, question=question, state=RunState.WAITING, at=now, by_id=by)
    db.add(run)
    db.flush()
    return run


class Comparing:
    """Works one run off in short steps. What it has compared it keeps in memory: a process that stops begins anew."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self, run_id: int = 0) -> None:
        self._run_id, self._done = run_id, 0
        self._gathering, self._upto = Gathering(), 0
        self._groups: list[list[int]] | None = None
        self._templates: list[str] = []
        self._writing: tuple[int, Template, list[int]] | None = None
        self._written = 0

    def step(self, db: Session, now: datetime) -> int:
        """1 while there is more to do."""
        run = db.scalar(select(LikenessRun).where(LikenessRun.state != RunState.DONE).order_by(LikenessRun.id).limit(1))
        if run is None:
            self._forget()
            return 0
        if run.id != self._run_id or run.read != self._done:
            self._begin(db, run)
        if self._groups is None:
            self._compare(db, run)
        elif len(self._templates) < len(self._groups):
            self._find_template(db, run)
        elif self._writing is not None or self._written < len(self._groups):
            self._write(db, run, now)
        else:
            run.state, run.groups, run.done_at = RunState.DONE, len(self._groups), now
            self._drop_others(db, run)
            self._forget()
        return 1

    def _begin(self, db: Session, run: LikenessRun) -> None:
        self._forget(run.id)
        _delete(db, select(Group.id).where(Group.run_id == run.id))
        texts = _texts(run).with_only_columns(func.count())
        run.total, run.read, run.state = db.scalar(texts.order_by(None)) or 0, 0, RunState.READING

    def _compare(self, db: Session, run: LikenessRun) -> None:
        rows = db.execute(_texts(run).where(Response.id > self._upto).limit(A_STEP)).all()
        for number, _version, answers in rows:
            self._gathering.add(number, _text(answers, run.question))
        if not rows:
            self._groups = self._gathering.groups()
            self._gathering = Gathering()
            return
        self._upto, self._done = rows[-1][0], self._done + len(rows)
        run.read = self._done

    def _find_template(self, db: Session, run: LikenessRun) -> None:
        assert self._groups is not None
        members = self._groups[len(self._templates)]
        sample = members[:: -(-len(members) // A_SAMPLE)]
        found = _of(db, run, sample)
        texts = {n: found[n][1] for n in sample if n in found}
        self._templates.append(template_of(texts) if texts else "")
        if len(self._templates) == len(self._groups):
            self._join()

    def _join(self) -> None:
        """Two groups with the same template are one: each began with somebody's own additions."""
        assert self._groups is not None
        again = Gathering()
        for place, template in enumerate(self._templates):
            again.add(place, template)
        joined = again.groups(1)
        groups = [sorted(n for place in places for n in self._groups[place]) for places in joined]
        pairs = sorted(zip(groups, (self._templates[p[0]] for p in joined), strict=True), key=lambda g: -len(g[0]))
        self._groups, self._templates = [g for g, _t in pairs], [t for _g, t in pairs]

    def _write(self, db: Session, run: LikenessRun, now: datetime) -> None:
        assert self._groups is not None
        if self._writing is None:
            members, template = self._groups[self._written], self._templates[self._written]
            group = Group(
                consultation_id=run.consultation_id,
                run_id=run.id,
                question=run.question,
                state=GroupState.SUGGESTED,
                template=template,
                size=len(members),
                at=now,
            )
            db.add(group)
            db.flush()
            self._writing = (group.id, Template(template), members)
        group_id, common, members = self._writing
        some, rest = members[:A_STEP], members[A_STEP:]
        found = _of(db, run, some)
        rows = [_member(group_id, n, *found[n], common) for n in some if n in found]
        if rows:
            db.execute(insert(GroupMember), rows)
        self._writing = (group_id, common, rest) if rest else None
        self._written += not rest

    def _drop_others(self, db: Session, run: LikenessRun) -> None:
        """Suggestions of earlier runs that nobody judged."""
        old = (Group.consultation_id == run.consultation_id, Group.question == run.question, Group.run_id != run.id)
        _delete(db, select(Group.id).where(*old, Group.state == GroupState.SUGGESTED))


def _texts(run: LikenessRun) -> Any:
    """Of responses that count and are in no confirmed group of this question: id, version, answers."""
    known = (
        select(GroupMember.response_id)
        .join(Group, Group.id == GroupMember.group_id)
        .where(
            Group.consultation_id == run.consultation_id,
            Group.question == run.question,
            Group.state == GroupState.CONFIRMED,
        )
    )
    newest = (ResponseVersion.response_id == Response.id) & (ResponseVersion.number == Response.version)
    return (
        select(Response.id, Response.version, ResponseVersion.answers)
        .join(ResponseVersion, newest)
        .where(
            Response.consultation_id == run.consultation_id,
            Response.state == ResponseState.SUBMITTED,
            Response.id.not_in(known),
        )
        .order_by(Response.id)
    )


def _of(db: Session, run: LikenessRun, ids: Sequence[int]) -> Mapping[int, tuple[int, str]]:
    """Version and text, by response."""
    rows = db.execute(_texts(run).where(Response.id.in_(ids)))
    return {number: (version, _text(answers, run.question)) for number, version, answers in rows}


def _text(answers: str, question: int) -> str:
    """What it says to one question, or to all in their order, an answer of one word not among them."""
    said = _ANSWERS.decode(answers)
    if question:
        text = said.get(str(question))
        return text if isinstance(text, str) else ""
    return "\n".join(v for v in said.values() if isinstance(v, str) and " " in v)


def _member(group_id: int, number: int, version: int, text: str, common: Template) -> dict[str, object]:
    found = common.difference(text)
    return {
        "group_id": group_id,
        "response_id": number,
        "version": version,
        "own": found.own,
        "apart": found.own is Own.OPPOSITE,
        "added": msgspec.json.encode(found.added).decode(),
        "changed": msgspec.json.encode(found.changed).decode(),
        "missing": found.missing,
    }


def _delete(db: Session, groups: Any) -> None:
    db.execute(delete(GroupMember).where(GroupMember.group_id.in_(groups)))
    db.execute(delete(Group).where(Group.id.in_(groups)))


def confirm(db: Session, consultation_id: int, group_id: int, name: str, *, by: int, now: datetime) -> Group:
    """It is one campaign, called so; raises Invalid without a name."""
    group = _locked(db, consultation_id, group_id, by)
    try:
        called = read_code_name(name)
    except BadField as wrong:
        raise Invalid([FieldError("name", str(_("Enter a name for this campaign")))]) from wrong
    group.name = called
    _decide(db, group, GroupState.CONFIRMED, by, now)
    return group


def dissolve(db: Session, consultation_id: int, group_id: int, *, by: int, now: datetime) -> Group:
    """It is no campaign: its letters are read one by one. Codes that were given to all of them stay, each of its own."""
    group = _locked(db, consultation_id, group_id, by)
    _decide(db, group, GroupState.DISSOLVED, by, now)
    return group


def suggest_again(db: Session, consultation_id: int, group_id: int, *, by: int, now: datetime) -> Group:
    """Undo: nobody has judged it."""
    group = _locked(db, consultation_id, group_id, by)
    _decide(db, group, GroupState.SUGGESTED, by, now)
    return group


def set_apart(
    db: Session, consultation_id: int, group_id: int, response_id: int, *, apart: bool, by: int, now: datetime
) -> None:
    """This letter is not read with the others, or is after all."""
    group = _locked(db, consultation_id, group_id, by)
    member = db.get(GroupMember, (group.id, response_id))
    if member is None:
        raise NotFound
    member.apart, member.judged_at, member.judged_by_id = apart, now, by


def code_all(db: Session, consultation_id: int, group_id: int, code_id: int, *, by: int, now: datetime) -> int:
    """Every letter of a confirmed campaign gets this code on its whole answer, each as its own; letters set apart,
    or changed since they were compared, do not. How many got it."""
    group = _locked(db, consultation_id, group_id, by)
    given = db.get(Code, code_id)
    if group.state != GroupState.CONFIRMED or not group.question:
        raise Invalid([FieldError("code", str(_("Confirm the campaign first")))])
    if given is None or given.consultation_id != consultation_id or given.retired_at is not None:
        raise Invalid([FieldError("code", str(_("Choose a code")))])
    ids = _together(db, group)
    has = select(Coding.response_id).where(
        Coding.code_id == given.id,
        Coding.question == group.question,
        Coding.end == 0,
        Coding.removed_at.is_(None),
        Coding.version == Response.version,
        Coding.response_id == Response.id,
    )
    new = select(
        literal(consultation_id), Response.id, Response.version, literal(group.question), literal(given.id),
        literal(0), literal(0), literal(group.id), literal(now, Coding.at.type), literal(by),
    ).where(Response.id.in_(ids), ~has.exists())  # fmt: skip
    names = [
        "consultation_id",
        "response_id",
        "version",
        "question",
        "code_id",
        "start",
        "end",
        "group_id",
        "at",
        "by_id",
    ]
    at = mark_time(db, consultation_id, now)
    given_to = db.scalar(select(func.count()).select_from(new.subquery())) or 0
    db.execute(insert(Coding).from_select(names, new))
    db.execute(update(Response).where(Response.id.in_(ids)).values(marked_at=at))
    _record(db, "consultations.campaign-code", group, by, now, code=given.id, letters=given_to)
    return given_to


def read_all(db: Session, consultation_id: int, group_id: int, *, by: int, now: datetime) -> int:
    """Of a confirmed campaign of whole responses, those that add nothing of their own are read with the template."""
    group = _locked(db, consultation_id, group_id, by)
    if group.state != GroupState.CONFIRMED or group.question:
        raise Invalid([FieldError("read", str(_("Confirm the campaign first")))])
    ids = _together(db, group).where(GroupMember.own == Own.NOTHING)
    at = mark_time(db, consultation_id, now)
    unread = (Response.read_version.is_(None)) | (Response.read_version != Response.version)
    values = {"read_version": Response.version, "read_at": now, "read_by_id": by, "marked_at": at}
    read = rows_changed(db.execute(update(Response).where(Response.id.in_(ids), unread).values(**values)))
    _record(db, "consultations.campaign-read", group, by, now, letters=read)
    return read


def _together(db: Session, group: Group) -> Any:
    """Its letters that count, stand as they were compared, and are not set apart."""
    return (
        select(GroupMember.response_id)
        .join(Response, (Response.id == GroupMember.response_id) & (Response.version == GroupMember.version))
        .where(
            GroupMember.group_id == group.id,
            GroupMember.apart.is_(False),
            Response.state == ResponseState.SUBMITTED,
        )
    )


def _locked(db: Session, consultation_id: int, group_id: int, by: int) -> Group:
    reach(db, by, consultation_id)
    wanted = select(Group).where(Group.id == group_id, Group.consultation_id == consultation_id)
    found = db.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def _decide(db: Session, group: Group, state: GroupState, by: int, now: datetime) -> None:
    if group.state == state:
        return
    group.state = state
    undone = state is GroupState.SUGGESTED
    group.decided_at, group.decided_by_id = (None, None) if undone else (now, by)
    _record(db, f"consultations.campaign-{state}", group, by, now, letters=group.size)


def _record(db: Session, act: str, group: Group, by: int, now: datetime, **facts: int) -> None:
    db.flush()
    about = SubjectRef("consultation", group.consultation_id)
    audit.record(db, act, about, by=by, now=now, facts={"group": group.id} | facts)


__all__ = ["FEWEST", "Comparing", "code_all", "confirm", "dissolve", "look", "read_all", "set_apart", "suggest_again"]
