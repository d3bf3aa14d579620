"""One comment on an initiative, and what it stands beneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.comments.rules.texts import Stance, read_body
from app.comments.service.bringing import Elsewhere
from app.core.errors import BadField
from app.core.text.figures import is_whole
from app.core.text.from_html import to_plain
from app.core.text.plain import tidy_line
from petitions.importing.decidim.cells import initiative_in, instant, translated
from petitions.importing.decidim.files import Row
from petitions.importing.decidim.initiatives import SOURCE, How
from petitions.importing.facts import BadRecord

COMMENT, INITIATIVE = "Decidim::Comments::Comment", "Decidim::Initiative"
MOST_NAME = 120
STANCES = {"1": Stance.FOR, "-1": Stance.AGAINST}


class AboutOther(BadRecord):
    """A comment on something else than an initiative: it is left out, and that is no fault."""


@dataclass(frozen=True)
class CommentFacts:
    """``initiative``: the identity of the petition it is about; ``depth`` as the source counts, from 0."""

    initiative: str
    depth: int
    said: Elsewhere


def read_comment(row: Row, how: How) -> CommentFacts:
    """Raises :class:`BadRecord` with the reason, :class:`AboutOther` for what is left out."""
    kind, above = row.get("commentable_type").strip(), row.get("commentable_id").strip()
    about = initiative_in(row.get("root_commentable_url")) or (above if kind == INITIATIVE else None)
    if about is None or kind not in (COMMENT, INITIATIVE):
        raise AboutOther("it is about something else than an initiative")
    at = instant(row, "created_at")
    if at is None:
        raise BadRecord("created_at is missing")
    said = Elsewhere(
        source=SOURCE,
        source_id=how.identity(_number(row.get("id"), "id")),
        above=how.identity(_number(above, "commentable_id")) if kind == COMMENT else "",
        name=tidy_line(row.get("author/name"))[:MOST_NAME] if how.names else "",
        body=_body(row, how.languages),
        language=_language(row, how.languages),
        stance=STANCES.get(row.get("alignment").strip()) if kind == INITIATIVE else None,
        at=at,
    )
    return CommentFacts(how.identity(_number(about, "root_commentable_url")), _depth(row), said)


def _body(row: Row, languages: Sequence[str]) -> str:
    try:
        return read_body(to_plain(translated(row, "body", languages)))
    except BadField as wrong:
        raise BadRecord(f"body: {wrong.message}") from wrong


def _language(row: Row, languages: Sequence[str]) -> str:
    given = row.get("locale").strip()
    fits = given.isascii() and 2 <= len(given) <= 12 and given.replace("-", "").isalnum()
    return given if fits else languages[0]


def _number(text: str, name: str) -> str:
    digits = text.strip()
    if not is_whole(digits):
        raise BadRecord(f"{name} is not a number: {text!r:.30}")
    return str(int(digits))


def _depth(row: Row) -> int:
    """What is no number stands last: its parent comes before it then."""
    text = row.get("depth").strip()
    return int(text) if is_whole(text, figures=3) else 999
