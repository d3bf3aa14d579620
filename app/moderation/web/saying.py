"""Sentences of the desk that pages and their live updates both say."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_time

from app.core.i18n import _, language
from app.moderation.claims import Holder
from app.moderation.decided import Judged
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import VERDICT_NAMES, Origin


def say_time(instant: datetime, zone: ZoneInfo) -> str:
    """ "10:42 am", in the deployment's zone."""
    return format_time(instant.astimezone(zone), "h:mm a", locale="en_GB").replace("\u202f", " ")


def say_waited(since: datetime, now: datetime) -> str:
    """How long ago, in the largest whole unit: "9 days", "3 hours", "12 minutes"."""
    passed = max(now - since, timedelta())
    minutes = passed.seconds // 60
    if passed.days:
        return _say_units(language.get(), passed.days, 0, 0)
    return _say_units(language.get(), 0, minutes // 60, 0 if minutes >= 60 else minutes)


@lru_cache(maxsize=4_096)  # a page of the queue says two hundred of them
def _say_units(_language: str, days: int, hours: int, minutes: int) -> str:
    if days:
        return str(_("1 day")) if days == 1 else _("{days} days").format(days=f"{days:,}")
    if hours:
        return str(_("1 hour")) if hours == 1 else _("{hours} hours").format(hours=hours)
    return str(_("1 minute")) if minutes == 1 else _("{minutes} minutes").format(minutes=minutes)


def say_holder(holder: Holder, me: int, zone: ZoneInfo) -> str:
    """Who has a case, and until when."""
    until = say_time(holder.until, zone)
    if holder.account_id == me:
        return _("You have this until {until}").format(until=until)
    return _("{name} has this until {until}").format(name=holder.name, until=until)


def say_verdict(verdict: str) -> str:
    """ "Published"."""
    return str(VERDICT_NAMES[Verdict(verdict)])


def say_judged(judged: Judged, zone: ZoneInfo) -> str:
    """Who decided, when and what."""
    at, verdict = say_time(judged.at, zone), say_verdict(judged.verdict)
    what = f"{verdict}, {judged.rule}" if judged.rule else verdict
    return _("{name} decided this at {at}: {what}").format(name=judged.by, at=at, what=what)


SIGNAL_NAMES = {
    "near-copy": _("Near-copy"),
    "burst": _("Many within minutes"),
    "new-with-links": _("New account with a link"),
    "listed-words": _("Listed word"),
    "unavailable": _("A check did not work"),
}


def say_signal(signal: Mapping[str, Any]) -> str:
    """What a check found, in a few words."""
    code = str(signal.get("code", ""))
    return str(SIGNAL_NAMES.get(code, code))


def verdict_choices(verdicts: AbstractSet[Verdict]) -> list[tuple[str, str, str, str]]:
    """(verdict, what it is called as an order, what it does, its key), in the order in which they are offered."""
    return [(str(verdict), str(label), str(hint), key) for verdict, label, hint, key in CHOICES if verdict in verdicts]


CHOICES = (
    (Verdict.PUBLISH, _("Publish it"), _("Everyone can read it at once. Whoever wrote it is told."), "p"),
    (Verdict.DISMISS, _("Let it stand"), _("It stays as it is. The same reports do not count again."), "p"),
    (
        Verdict.RETURN,
        _("Return it to its author"),
        _("Nobody else reads it. Its author is told what to change, and may send it in again."),
        "b",
    ),
    (
        Verdict.REJECT,
        _("Reject it"),
        _(
            "Its author gets a letter with the rule, your note and the way to appeal. "
            "Most rules leave the text readable with the reason beside it."
        ),
        "r",
    ),
    (
        Verdict.HIDE,
        _("Hide it"),
        _("Nobody can read the text, whichever rule it breaks. Its author gets the same letter."),
        "h",
    ),
    (Verdict.OVERTURN, _("Grant the appeal"), _("What was refused is published. Its author is told."), "p"),
    (Verdict.UPHOLD, _("Turn the appeal down"), _("The decision stands. Its author is told why."), "r"),
)
#: what many texts can be told at once: publishing, letting stand, and the refusals; an appeal is heard by itself
BULK_VERDICTS = frozenset({Verdict.PUBLISH, Verdict.DISMISS, Verdict.RETURN, Verdict.REJECT, Verdict.HIDE})


def bulk_choices(state: str) -> list[tuple[str, str, str, str]]:
    """As :func:`verdict_choices`, for everything that is ticked in one part of the queue."""
    offered = BULK_VERDICTS - ({Verdict.PUBLISH, Verdict.RETURN} if state == "reported" else {Verdict.DISMISS})
    return [(str(verdict), str(BULK_NAMES[verdict]), "", key) for verdict, _l, _h, key in CHOICES if verdict in offered]


BULK_NAMES = {
    Verdict.PUBLISH: _("Publish them"),
    Verdict.DISMISS: _("Let them stand"),
    Verdict.RETURN: _("Return them to their authors"),
    Verdict.REJECT: _("Reject them"),
    Verdict.HIDE: _("Hide them"),
}


def what_happens(origin: str) -> str:
    """What the button brings about, beside what each choice says of itself."""
    if origin == Origin.APPEAL:
        return str(_("Your decision is final and goes on record with your name. Your note is in the letter."))
    return str(_("Your decision takes effect at once and goes on record with your name. Its author may appeal."))
