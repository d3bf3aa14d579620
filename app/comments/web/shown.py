"""Comments as pages show them: whose they are, what may be done with them, what is said in the place of lost ones."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.accounts.queries import WITHHELD, ShownName, shown_names
from app.comments.contribution import About
from app.comments.queries import threads
from app.comments.queries.paging import FIRST_REPLIES
from app.comments.queries.standing import Standing, standing_of, still_stands
from app.comments.rules.quotes import PASSAGE_NAMES, Passage, passage
from app.comments.rules.threads import MOST_DEPTH
from app.core.i18n import _
from app.core.remember import Remembered
from app.core.text.sanitise import SafeHtml, from_store, to_html
from app.moderation import queries as moderation


class Titles:
    """What the rules and the authors are called, which hardly ever changes: asked once in some seconds."""

    SECONDS, MOST_NAMES = 5.0, 20_000

    def __init__(self) -> None:
        self._kept: Remembered[Mapping[str, str]] = Remembered(self.SECONDS)
        self._names: dict[int, ShownName] = {}
        self._until = 0.0

    def names(self, db: Session, ids: set[int]) -> Mapping[int, ShownName]:
        """How these accounts are shown."""
        names = self._names
        if time.monotonic() >= self._until or len(names) > self.MOST_NAMES:
            self._names = names = {}
            self._until = time.monotonic() + self.SECONDS
        if unknown := {one for one in ids if one not in names}:
            names.update(shown_names(db, unknown))
        return names

    def of(self, db: Session) -> Mapping[str, str]:
        return self._kept.get(partial(_rule_titles, db))


class Entry(NamedTuple):
    """One comment on a page. ``more``: replies that stand on its own page; ``by``: its author's name."""

    #: with its words, or :class:`Standing` alone
    row: Any
    by: ShownName | None
    reason: str
    may_act: bool
    more: int = 0
    #: the text of its parent that it answered, where another one stands there now
    earlier: int = 0
    #: the subject as it is now, whose text it may quote
    known: About | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """Everything that its fragment of a page depends on."""
        row = self.row if type(self.row) is Standing else standing_of(self.row)
        of_text = self.known.version if row.about_version and self.known else 0
        return (row, self.by, self.reason, self.may_act, self.more, self.earlier, of_text)

    @property
    def passage(self) -> Passage:
        """Where the passage that it is about stands by now."""
        if self.known is None:
            return Passage.SAME
        return passage(self.row.quote, self.row.about_version, self.known.text, self.known.version)

    @property
    def passage_name(self) -> str:
        return str(PASSAGE_NAMES[self.passage])

    @property
    def words(self) -> SafeHtml:
        """What it says, ready to be shown."""
        kept = from_store(self.row.html, self.row.sanitised)
        return kept if kept is not None else to_html(self.row.body, formatting=True)

    @property
    def may_reply(self) -> bool:
        return self.may_act and self.row.depth < MOST_DEPTH


class Unwritten:
    """A page's comments as they stand; their words are looked up for those that no page showed like that lately."""

    def __init__(self, db: Session, shown: Sequence[Entry]) -> None:
        self.keys = [entry.key for entry in shown]
        self._db, self._shown = db, shown

    def __len__(self) -> int:
        return len(self._shown)

    def find(self, places: Sequence[int]) -> Sequence[Entry]:
        """Those at these places, ready to be written. A page need not be of one snapshot: what has changed since it was
        first looked at gets the key of what it is by now."""
        rows = threads.these(self._db, [self._shown[at].row.id for at in places])
        found = []
        for at in places:
            before = self._shown[at]
            entry = before._replace(row=rows[before.row.id])
            if not still_stands(before.row, entry.row):
                self.keys[at] = entry.key
            found.append(entry)
        return found


def entries(
    db: Session,
    titles: Titles,
    rows: Sequence[Row[Any]] | Sequence[Standing],
    *,
    may_act: bool,
    whole: bool = False,
    known: About | None = None,
) -> list[Entry]:
    """``whole``: every reply stands on the page."""
    names = titles.names(db, {row.author_id for row in rows if row.author_id is not None})
    reasons = titles.of(db)
    shown = {row.id: row.shown_revision for row in rows}
    return [
        Entry(
            row,
            names.get(row.author_id or 0) if row.source is None else _elsewhere(row),
            reasons.get(row.reason_code, "") if row.reason_code else "",
            may_act,
            0 if whole or row.depth > 1 else max(0, row.replies_numbered - FIRST_REPLIES),
            _earlier(row, shown) if row.parent_revision else 0,
            known,
        )
        for row in rows
    ]


def _elsewhere(row: Any) -> ShownName:
    """Who spoke on another system, whose word for the name it is."""
    badge = _("from {source}").format(source=row.source.replace("-", " ").title())
    return ShownName(row.source_name or str(WITHHELD), badge)


def _rule_titles(db: Session) -> Mapping[str, str]:
    return {reason.code: reason.title for reason in moderation.all_reasons(db)}


def _earlier(row: Any, shown: Mapping[int, int]) -> int:
    """The text of its parent that it answered, where the page shows another one."""
    answered: int = row.parent_revision
    return answered if answered != shown.get(row.parent_id, answered) else 0
