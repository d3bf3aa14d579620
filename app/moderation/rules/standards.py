"""Verdicts, and the published rules that refusals refer to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import _

STANDARDS_VERSION = 1


class Verdict(StrEnum):
    PUBLISH = "publish"
    RETURN = "return"  # to its author, with what to change
    REJECT = "reject"  # shown, with its reason
    HIDE = "hide"  # not shown at all
    RESTORE = "restore"  # back to the queue, to be judged again
    DISMISS = "dismiss"  # it was reported, and stands
    UPHOLD = "uphold"  # the decision that was appealed against stands
    OVERTURN = "overturn"  # it does not
    REMOVE = "remove"  # illegal: its words are wiped, sealed evidence stays


@dataclass(frozen=True)
class Rule:
    """One published rule. ``hides``: breaking it keeps the text from the public."""

    code: str
    title: str
    rule: str
    hides: bool = False


STANDARDS: tuple[Rule, ...] = (
    Rule(
        "duplicate",
        _("There is one already"),
        _("It asks for the same as a petition that is open. Sign that one instead."),
    ),
    Rule(
        "irrelevant", _("Not ours to decide"), _("It asks for something that the bodies answering here have no say in.")
    ),
    Rule(
        "no-action",
        _("No clear action"),
        _("It must say what somebody should do or change, in words that can be answered."),
    ),
    Rule("already-done", _("Already done"), _("What it asks for has happened or has been decided.")),
    Rule("advert", _("Advertising"), _("It promotes a product, a service or a business.")),
    Rule("spam", _("Spam"), _("It is nonsense, a joke, or the same text sent again and again.")),
    Rule(
        "libellous",
        _("May be libellous"),
        _("It says something damaging about someone that may not be true."),
        hides=True,
    ),
    Rule("offensive", _("Offensive"), _("It insults, threatens or degrades people."), hides=True),
    Rule("personal-data", _("Personal details"), _("It gives away private details of a person."), hides=True),
    Rule("fake-name", _("Not a real name"), _("It must be started under the creator's own name."), hides=True),
)
BY_CODE = {rule.code: rule for rule in STANDARDS}
