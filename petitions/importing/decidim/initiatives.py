"""One initiative as a petition's facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.core.errors import BadField
from app.core.text.plain import excerpt, is_blank, tidy_line
from app.outcomes.rules.answers import MOST_SUMMARY
from petitions.importing.decidim.cells import end_of_day, instant, number_of_initiative, plain, translated, whole
from petitions.importing.decidim.files import Row
from petitions.importing.facts import MOST_COUNT, BadRecord, RecordFacts
from petitions.rules.lifecycle import PetitionState
from petitions.rules.sorting import read_topic

SOURCE = "decidim"
MOST_TITLE, MOST_NAME = 200, 80
#: what each state means here. "rejected" is there what found too few signatures: nobody judged its text
STATES = {
    "published": PetitionState.OPEN,
    "open": PetitionState.OPEN,
    "accepted": PetitionState.CLOSED,
    "rejected": PetitionState.CLOSED,
}
#: public at no time, or no longer
NOT_PUBLIC = frozenset({"created", "validating", "discarded"})


class NotPublicThere(BadRecord):
    """The source shows it to nobody: it is left out, and that is no fault."""


@dataclass(frozen=True)
class How:
    """``instance`` tells several Decidims apart, if there are; ``names``: of authors are kept."""

    languages: Sequence[str]
    zone: ZoneInfo
    instance: str = ""
    names: bool = False

    def identity(self, number: str) -> str:
        return f"{self.instance}:{number}" if self.instance else number


def read_initiative(row: Row, how: How) -> RecordFacts:
    """Raises :class:`BadRecord` with the reason, :class:`NotPublicThere` for what is left out."""
    said = row.get("state").strip()
    if said in NOT_PUBLIC or (said in STATES and "published_at" in row.cells and not row.get("published_at").strip()):
        raise NotPublicThere(f"the source does not show it (state {said!r:.30})")
    if said not in STATES:
        raise BadRecord(f"state {said!r:.30} is none that Decidim has")
    columns = _texts(row, how) | _times(row, how, STATES[said])
    columns |= {"state": STATES[said], "imported_count": whole(row, "signatures", MOST_COUNT)}
    columns |= {"creator_name": _creator(row) if how.names else None, "source_facts": _kept(row, said, how)}
    topics, left_out = _topics(row, how)
    response, without_answer = _response(row, how)
    source_id = how.identity(number_of_initiative(row))
    return RecordFacts(SOURCE, source_id, columns, {}, [], response, "", topics, (*left_out, *without_answer))


def _texts(row: Row, how: How) -> dict[str, Any]:
    """The first paragraph is its background, the rest its details."""
    action = tidy_line(plain(row, "title", how.languages))
    if is_blank(action):
        raise BadRecord("title is missing")
    if len(action) > MOST_TITLE:
        raise BadRecord(f"title is longer than {MOST_TITLE} characters")
    background, _gap, details = plain(row, "description", how.languages).partition("\n\n")
    return {"action": action, "background": background, "additional_details": details}


def _times(row: Row, how: How, state: PetitionState) -> dict[str, Any]:
    opened, created = instant(row, "published_at"), instant(row, "created_at")
    created = created or opened
    if created is None:
        raise BadRecord("created_at is missing")
    opened = opened or created
    ends = end_of_day(row, "signature_end_date", how.zone)
    closed = None if state == PetitionState.OPEN else ends or instant(row, "answered_at") or opened
    return {
        "created_at": created,
        "opened_at": opened,
        "closed_at": closed,
        "closes_at": ends or closed,
        "rejected_at": None,
        "submitted_at": None,
        "response_reached_at": None,
        "debate_reached_at": None,
        "debate_state": None,
        "debate_on": None,
        "debate_outcome_at": None,
        "rejection_code": None,
        "rejection_details": None,
    }


def _creator(row: Row) -> str | None:
    """The first of its authors. Names hold no commas in these files but between them."""
    return tidy_line(row.get("authors/name").partition(",")[0])[:MOST_NAME] or None


def _kept(row: Row, state: str, how: How) -> dict[str, Any]:
    facts: dict[str, Any] = {"decidim_state": state}
    for name, column in (("scope", "scope/name"), ("type", "type/title"), ("area", "area/name")):
        if words := tidy_line(translated(row, column, how.languages))[:200]:
            facts[name] = words
    address = row.get("url").strip()
    if address.startswith("https://") and len(address) < 300 and address.isprintable():
        facts["source_url"] = address
    return facts


def _topics(row: Row, how: How) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Its area is its topic; the scope is a place, and stays among the facts."""
    area = tidy_line(translated(row, "area/name", how.languages))
    try:
        return ((read_topic(area),), ()) if area else ((), ())
    except BadField:
        return (), (f"topic {area!r:.60}",)


def _response(row: Row, how: How) -> tuple[tuple[datetime, str, str] | None, tuple[str, ...]]:
    """An answer in a sentence and the rest; without its day there is none."""
    words = plain(row, "answer", how.languages)
    if is_blank(words):
        return None, ()
    at = instant(row, "answered_at")
    if at is None:
        return None, ("its answer, which has no day",)
    first, _gap, rest = words.partition("\n\n")
    summary = excerpt(first, MOST_SUMMARY)
    whole_of_it = rest if summary == tidy_line(first) else words
    link = row.get("answer_url").strip()
    if link.startswith("https://") and len(link) < 300 and link.isprintable() and link not in words:
        whole_of_it = f"{whole_of_it}\n\n{link}".strip()
    return (at, summary, whole_of_it), ()


__all__ = ["SOURCE", "How", "NotPublicThere", "read_initiative"]
