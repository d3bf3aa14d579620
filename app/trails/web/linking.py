"""Where staff say what something came from and what it led to, and take it back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, Conflict, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.core.text.plain import tidy_line
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.trails import queries
from app.trails.contribution import Member, Storied
from app.trails.model import Link
from app.trails.rules.links import read_note, read_reason
from app.trails.service import linking

PLACE = "/hosting/trails/{kind:str}/{subject_id:int}"
ONE_LINK = f"{PLACE}/links/{{link_id:int}}"
LINK = may("trails.link")
FROM, TO = "from", "to"
MOST_FOUND, MOST_WORDS = 8, 200
DONE = {
    "linked": _("It is linked. Where both pages are public, both show it now."),
    "taken-back": _("The link is taken back: no page shows it any more."),
}
_NUMBER = re.compile(r"#?(\d{1,15})\Z", re.ASCII)
Asking = Request[Any, Any, Any]


@dataclass(frozen=True)
class Here:
    """What the page is about, as staff see it."""

    subject: SubjectRef
    storied: Storied
    member: Member

    @property
    def address(self) -> str:
        return f"/hosting/trails/{self.subject.kind}/{self.subject.id}"

    @property
    def workplace(self) -> str:
        return self.storied.workplace.format(self.subject.id)


@get(PLACE, name="trails.links", guards=[LINK], sync_to_thread=True)
def links_page(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    kind: FromPath[str],
    subject_id: FromPath[int],
) -> Response[bytes]:
    here, asked = _theirs(request, db, account, kind, subject_id), request.query_params
    way = asked.get("way", "") if asked.get("way", "") in (FROM, TO) else ""
    form = Form(values={"q": asked.get("q", "")[:MOST_WORDS], "way": way})
    return _page(request, db, account, here, form, done=asked.get("done", ""))


@post(PLACE, name="trails.link", guards=[LINK], sync_to_thread=True, status_code=303, writes=True)
def link(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    kind: FromPath[str],
    subject_id: FromPath[int],
) -> Response[Any]:
    """What was found and chosen came before it, or after."""
    here, shown = _theirs(request, db, account, kind, subject_id), Form(values=form)
    way = shown.read("way", chosen("way", {FROM, TO}))
    note = shown.read("note", read_note)
    other = shown.read("other", lambda text: _chosen(request, db, account, here, text))
    if way is None or note is None or other is None:
        return _page(request, db, account, here, shown, status=422)
    before, after = (other, here.subject) if way == FROM else (here.subject, other)
    try:
        linking.link(db, before, after, note, by=account.id, now=request.app.state.clock.now())
    except Conflict as no:
        db.rollback()
        shown.refuse("other", f"{no.heading}. {no.sentence}")
        return _page(request, db, account, here, shown, status=422)
    return see_other(f"{here.address}?done=linked")


@get(ONE_LINK, name="trails.take-back", guards=[LINK], sync_to_thread=True)
def take_back_page(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    kind: FromPath[str],
    subject_id: FromPath[int],
    link_id: FromPath[int],
) -> Response[bytes]:
    here = _theirs(request, db, account, kind, subject_id)
    return _sure(request, db, account, here, _of_it(db, here, link_id), Form())


@post(ONE_LINK, name="trails.take-back.post", guards=[LINK], sync_to_thread=True, status_code=303, writes=True)
def take_back(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    kind: FromPath[str],
    subject_id: FromPath[int],
    link_id: FromPath[int],
) -> Response[Any]:
    here, shown = _theirs(request, db, account, kind, subject_id), Form(values=form)
    found, reason = _of_it(db, here, link_id), shown.read("reason", read_reason)
    if reason is None:
        return _sure(request, db, account, here, found, shown, status=422)
    linking.take_back(db, found.id, reason, by=account.id, now=request.app.state.clock.now())
    return see_other(f"{here.address}?done=taken-back")


def _theirs(request: Asking, db: Session, account: Account, kind: str, subject_id: int) -> Here:
    """Something of another department is as good as none, and so is a draft that they may not see."""
    storied, subject = request.app.state.site.stories.get(kind), SubjectRef(kind, subject_id)
    member = _seen(request, db, account, [subject]).get(subject) if storied else None
    if storied is None or member is None or not storied.is_theirs(db, account, subject_id):
        raise NotFound
    return Here(subject, storied, member)


def _of_it(db: Session, here: Here, link_id: int) -> Link:
    found = queries.standing(db, link_id)
    if found is None or here.subject not in found.edge:
        raise NotFound
    return found


def _seen(request: Asking, db: Session, account: Account, subjects: list[SubjectRef]) -> dict[SubjectRef, Member]:
    """Those of these that this account may see."""
    state = request.app.state
    found = queries.members(state.site.stories, db, subjects, state.clock.now())
    return {one: m for one, m in found.items() if m.public or _sees_drafts(state, account, one.kind)}


def _sees_drafts(state: Any, account: Account, kind: str) -> bool:
    opens: bool = state.site.permissions.opens(account.role, state.site.stories[kind].drafts_act)
    return opens


def _chosen(request: Asking, db: Session, account: Account, here: Here, text: str) -> SubjectRef:
    kind, _colon, number = text.partition(":")
    is_number = is_whole(number)
    subject = SubjectRef(kind, int(number)) if is_number else None
    if subject is None or subject not in _seen(request, db, account, [subject]):
        raise BadField(str(_("Find it, and choose one of what was found.")))
    return subject


def _found(request: Asking, db: Session, account: Account, here: Here, words: str) -> dict[SubjectRef, Member]:
    """By number, by the address of its page, or by words of its title; without what one is at."""
    asked = tidy_line(words)
    if not asked:
        return {}
    wanted = [one for one in dict.fromkeys(_named(request, db, account, asked)) if one != here.subject]
    return _seen(request, db, account, wanted)


def _named(request: Asking, db: Session, account: Account, asked: str) -> Iterator[SubjectRef]:
    state = request.app.state
    stories: Mapping[str, Storied] = state.site.stories
    number = _NUMBER.match(asked)
    for kind, storied in stories.items():
        in_address = re.search(re.escape(storied.path) + r"(\d{1,15})\b", asked, re.ASCII)
        if in_address:
            yield SubjectRef(kind, int(in_address[1]))
        elif number:
            yield SubjectRef(kind, int(number[1]))
        if "/" not in asked:
            drafts = _sees_drafts(state, account, kind)
            yield from (
                SubjectRef(kind, one) for one in storied.found(db, asked, MOST_FOUND, state.clock.now(), drafts=drafts)
            )


def _page(
    request: Asking, db: Session, account: Account, here: Here, form: Form, *, status: int = 200, done: str = ""
) -> Response[bytes]:
    state = request.app.state
    links = queries.touching(db, [here.subject])
    others = _seen(request, db, account, [end for link in links for end in link.edge])
    response: Response[bytes] = state.pages.personal(
        "trails/links.html",
        status=status,
        staff=account,
        here=here,
        came_from=[link for link in links if link.after == here.subject],
        led_to=[link for link in links if link.before == here.subject],
        members=others,
        stories=state.site.stories,
        found=_found(request, db, account, here, form.get("q")),
        form=form,
        done=DONE.get(done, ""),
    )
    return response


def _sure(
    request: Asking, db: Session, account: Account, here: Here, found: Link, form: Form, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "trails/take_back.html",
        status=status,
        staff=account,
        here=here,
        link=found,
        members=_seen(request, db, account, list(found.edge)),
        stories=state.site.stories,
        form=form,
    )
    return response


HANDLERS = [links_page, link, take_back_page, take_back]
