"""Carrying out a moderator's verdict on a comment, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.comments.contribution import About, Discussed
from app.comments.model import Comment, CommentRevision
from app.comments.queries import threads
from app.comments.rules.lifecycle import EDIT_NAMES, EDITABLE, STATE_NAMES, WAITING, CommentState, EditState
from app.comments.rules.quotes import PASSAGE_NAMES, passage
from app.comments.rules.texts import STANCE_NAMES, Stance
from app.comments.rules.threads import CommentUnknown
from app.comments.service.checking import KIND
from app.comments.service.family import Family, locked_family
from app.comments.service.telling import tell_of_reply
from app.comments.service.writing import wipe_texts
from app.core.errors import Conflict, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.moderation.cases import note_new_text, waiting_case
from app.moderation.contribution import Change, Lead, Link, Settlement, Shown
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import OF_TEXTS
from app.moderation.service import NotPublic, NotRefused

S = CommentState
_PUBLIC = frozenset({S.PUBLISHED, S.PROVISIONAL})
_EDIT_WAITS = frozenset({EditState.PENDING, EditState.HELD})
_EDIT_REFUSED = frozenset({EditState.RETURNED, EditState.REJECTED})
_BECOMES = {"return": S.RETURNED, "reject": S.REJECTED, "hide": S.HIDDEN}
MOST_TITLE = 80


class NotWaiting(Conflict):
    code = "comment-not-waiting"
    title = _("This comment is not waiting to be checked")
    message = _("Nothing was changed. Its author may have withdrawn it.")
    way_on = ("/moderation", _("Back to the queue"))


class CannotUndo(Conflict):
    code = "comment-cannot-undo"
    title = _("This decision cannot be undone any more")
    message = _("Somebody has answered the comment, its author has changed or withdrawn it, or it was decided again.")
    way_on = ("/moderation", _("Back to the queue"))


@dataclass(frozen=True)
class CommentUnderModeration:
    """How the desk shows and settles a comment."""

    discussed: Mapping[str, Discussed]
    name: str = "Comment"
    needs_department: bool = False
    offers_survivor: bool = False
    can_return: bool = True
    writes_letters: bool = False

    def leads(self, db: Session) -> Sequence[Lead]:
        return ()

    def lead(self, db: Session, subject_id: int) -> str:
        return ""

    def change_lead(self, db: Session, subject_id: int, slug: str, *, by: int, now: datetime) -> None:
        raise NotWaiting

    def show(self, db: Session, subject_id: int) -> Shown:
        """The newest text; what is public of it meanwhile stands beside it."""
        comment = db.get(Comment, subject_id)
        if comment is None:
            raise NotFound
        texts = _texts(db, comment)
        newest = texts[comment.revision]
        public = texts.get(comment.shown_revision or 0)
        differs = public is not None and public.number != newest.number
        return Shown(
            title=excerpt(newest.body, MOST_TITLE) or str(_("A comment whose words are gone")),
            href=f"/comments/{comment.id}",
            paragraphs=_paragraphs(comment, newest, public if differs else None),
            facts=self._facts(db, comment),
            digest=(public if public and S(comment.state) in _PUBLIC else newest).digest,
            standing=_standing(comment),
            changes=[Change(str(_("Comment")), public.body, newest.body)] if public and differs else [],
            links=[Link(f"/comments/{comment.id}", str(_("Where it stands")))] if comment.published_at else [],
            can_take_down=S(comment.state) in _PUBLIC,
            can_restore=_is_refused(comment),
            own_href=f"/comments/{comment.id}/edit" if S(comment.state) in EDITABLE else "/account/comments",
            appears=comment.published_at is not None,
        )

    def _facts(self, db: Session, comment: Comment) -> list[tuple[str, str]]:
        facts = []
        subject = threads.subject_of(db, comment.id)
        kind = self.discussed.get(subject.kind) if subject else None
        if subject and kind and (known := kind.about(db, subject.id, comment.created_at)) is not None:
            facts.append((str(_("In the discussion of")), known.title))
            facts += _quoted(comment, known)
        if comment.parent_id is not None:
            parent = db.execute(threads.entries().where(threads.C.id == comment.parent_id)).one_or_none()
            if parent is not None and parent.body:
                facts.append((str(_("Answers")), excerpt(parent.body, 200)))
        if comment.stance:
            facts.append((str(_("Stance")), str(STANCE_NAMES[Stance(comment.stance)])))
        return facts

    def lock(self, db: Session, subject_id: int) -> None:
        _family(db, subject_id)

    def is_author(self, db: Session, subject_id: int, account: Account) -> bool:
        return self._author(db, subject_id) == account.id

    def author(self, db: Session, subject_id: int) -> tuple[str, int] | None:
        author = self._author(db, subject_id)
        return ("account", author) if author is not None else None

    def _author(self, db: Session, subject_id: int) -> int | None:
        return db.scalar(select(Comment.author_id).where(Comment.id == subject_id))

    def settle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        family = _family(db, subject_id)
        comment, verdict = family.comment, settlement.decision.verdict
        state = S(comment.state)
        if state not in WAITING | _PUBLIC:
            raise NotWaiting
        of_reports = settlement.decision.origin == "report"  # they are about what everyone reads
        about_edit = state in _PUBLIC and comment.edit_state in _EDIT_WAITS and not of_reports
        if verdict == Verdict.PUBLISH:
            self._pass(db, family, settlement, about_text=about_edit or state in WAITING, now=now)
        elif about_edit:
            comment.edit_state = EditState.RETURNED if verdict == "return" else EditState.REJECTED
            comment.reason_code = settlement.decision.reason_code
        else:
            self._refuse(family, settlement, now)
        family.touch(db)

    def _pass(self, db: Session, family: Family, settlement: Settlement, *, about_text: bool, now: datetime) -> None:
        if about_text:
            is_first = family.comment.published_at is None
            family.publish(db, now)
            _count_approved(db, family.comment, 1)
            if is_first:
                tell_of_reply(db, family, now, due=settlement.letters_due)
        else:
            family.move(S.PUBLISHED, now)

    def _refuse(self, family: Family, settlement: Settlement, now: datetime) -> None:
        family.move(_BECOMES[settlement.decision.verdict], now)
        family.comment.edit_state = None
        family.comment.reason_code = settlement.decision.reason_code

    def take_down(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        family = _family(db, subject_id)
        if S(family.comment.state) not in _PUBLIC:
            raise NotPublic
        self._refuse(family, settlement, now)
        family.touch(db)

    def unsettle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        family = _family(db, subject_id)
        comment, decision = family.comment, settlement.decision
        if decision.verdict == Verdict.PUBLISH:
            _unpublish(db, family, decision.at, now)
        elif S(comment.state) in _BECOMES.values() and comment.settled_at == decision.at:
            family.move(S(comment.state_before or S.PENDING), now)
            comment.reason_code, comment.edit_state = None, _edit_that_waits(db, comment)
        elif comment.edit_state in _EDIT_REFUSED:
            comment.edit_state, comment.reason_code = EditState.PENDING, None
        else:
            raise CannotUndo
        family.touch(db)

    def restore(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Back to the queue; words that were public stay away until it is decided."""
        family = _family(db, subject_id)
        comment = family.comment
        if not _is_refused(comment):
            raise NotRefused
        if S(comment.state) in _PUBLIC:
            comment.edit_state = EditState.PENDING
        else:
            family.move(S.PENDING, now)
        comment.reason_code = None
        family.touch(db)

    def overturn(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        family = _family(db, subject_id)
        if not _is_refused(family.comment):
            raise NotRefused
        family.publish(db, now)
        _count_approved(db, family.comment, 1)
        family.touch(db)

    def hide_provisionally(self, db: Session, subject_id: int, now: datetime) -> bool:
        family = _family(db, subject_id)
        if S(family.comment.state) is not S.PUBLISHED:
            return False
        family.move(S.PROVISIONAL, now)
        family.touch(db)
        return True

    def show_again(self, db: Session, subject_id: int, *, by: int, now: datetime) -> None:
        family = _family(db, subject_id)
        if S(family.comment.state) is S.PROVISIONAL:
            family.move(S.PUBLISHED, now)
            family.touch(db)

    def evidence(self, db: Session, subject_id: int) -> Mapping[str, str]:
        comment = db.get(Comment, subject_id)
        if comment is None:
            raise NotFound
        texts = {f"text {t.number} of {t.at.isoformat()}": t.body for t in _texts(db, comment).values()}
        return texts | {
            "said at": comment.created_at.isoformat(),
            "author": f"account {comment.author_id}" if comment.author_id else "",
            "in reply to": f"comment {comment.parent_id}" if comment.parent_id else "",
            "quotes": f"{comment.quote} (version {comment.about_version})" if comment.quote else "",
        }

    def remove(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        family = _family(db, subject_id)
        comment = family.comment
        family.move(S.REMOVED, now)
        comment.edit_state, comment.reason_code = None, settlement.decision.reason_code
        wipe_texts(db, comment)
        family.touch(db)


def _family(db: Session, comment_id: int) -> Family:
    try:
        return locked_family(db, comment_id)
    except CommentUnknown:
        raise NotFound from None


def _texts(db: Session, comment: Comment) -> dict[int, CommentRevision]:
    rows = db.scalars(
        select(CommentRevision).where(CommentRevision.comment_id == comment.id).order_by(CommentRevision.number)
    )
    return {row.number: row for row in rows}


def _quoted(comment: Comment, known: About) -> list[tuple[str, str]]:
    """The passage it is about, and whether that still stands."""
    if comment.about_version is None:
        return []
    since = str(PASSAGE_NAMES[passage(comment.quote, comment.about_version, known.text, known.version)])
    about = _("Quotes version {version}") if comment.quote else _("About version {version}")
    label = about.format(version=comment.about_version)
    return [(f"{label}, {since}" if since else label, comment.quote or known.title)]


def _is_refused(comment: Comment) -> bool:
    refused = S(comment.state) in _BECOMES.values()
    return refused or (S(comment.state) in _PUBLIC and comment.edit_state in _EDIT_REFUSED)


def _paragraphs(comment: Comment, newest: CommentRevision, public: CommentRevision | None) -> list[tuple[str, str]]:
    """Its text; where a change of it is not public, what was published comes first: reports are about that."""
    if public is None:
        return [(str(_("Comment")), newest.body)]
    waits = comment.edit_state in _EDIT_WAITS
    change = _("The change that waits") if waits else _("The change that was not published")
    return [(str(_("The published text")), public.body), (str(change), newest.body)]


def _standing(comment: Comment) -> str:
    if comment.edit_state is not None:
        return str(EDIT_NAMES[EditState(comment.edit_state)])
    return str(STATE_NAMES[S(comment.state)])


def _unpublish(db: Session, family: Family, at: datetime, now: datetime) -> None:
    """What a decision of this instant made public waits again; a comment that was answered since cannot."""
    comment = family.comment
    texts = _texts(db, comment)
    shown = texts.get(comment.shown_revision or 0)
    if S(comment.state) is not S.PUBLISHED:
        raise CannotUndo
    if shown is None or shown.published_at != at:  # its words were public before
        _step_back(db, family, at, now)
        return
    earlier = [t.number for t in texts.values() if t.published_at is not None and t.number < shown.number]
    if not earlier and _is_answered(db, comment):
        raise CannotUndo
    shown.published_at = None
    with db.no_autoflush:
        _go_back(family, texts, earlier, now)
    if earlier:
        note_new_text(db, SubjectRef(KIND, comment.id), texts[max(earlier)].digest, now)
    _count_approved(db, comment, -1)


def _step_back(db: Session, family: Family, at: datetime, now: datetime) -> None:
    """What this decision showed again is as it was before; where it was public all along, nothing is."""
    comment = family.comment
    was = S(comment.state_before) if comment.state_before and comment.settled_at == at else S.PUBLISHED
    family.move(was, now)
    if was in WAITING:
        _count_approved(db, comment, -1)


def _edit_that_waits(db: Session, comment: Comment) -> EditState | None:
    """A newer text that waits behind the public one; its case is open again by now."""
    if S(comment.state) not in _PUBLIC or comment.revision == comment.shown_revision:
        return None
    return EditState.PENDING if waiting_case(db, SubjectRef(KIND, comment.id), OF_TEXTS) is not None else None


def _go_back(family: Family, texts: Mapping[int, CommentRevision], earlier: Sequence[int], now: datetime) -> None:
    """To the text that was public before, or to none."""
    comment = family.comment
    comment.shown_revision = max(earlier, default=None)
    if earlier:
        comment.edit_state = EditState.PENDING
        comment.edited_at = None if comment.shown_revision == min(texts) else texts[max(earlier)].published_at
    else:
        comment.published_at = None
        family.move(S.HELD if comment.state_before == S.HELD else S.PENDING, now)


def _is_answered(db: Session, comment: Comment) -> bool:
    return db.scalar(select(Comment.id).where(Comment.parent_id == comment.id).limit(1)) is not None


def _count_approved(db: Session, comment: Comment, change: int) -> None:
    """Somebody whose text a person found good is not new any more."""
    if comment.author_id is not None:
        db.execute(
            update(Account)
            .where(Account.id == comment.author_id)
            .values(approved_texts=Account.approved_texts + change)
        )
