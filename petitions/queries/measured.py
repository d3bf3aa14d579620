"""How petitions do, as published figures."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.moderation import figures
from app.moderation.promise import Promising
from app.performance.contribution import Asking, Journey, Measure, Share, Unit
from app.performance.queries.steps import share_of
from app.performance.rules.periods import Span
from petitions.policy import PetitionPolicy

ROOM = _("Petitions")
#: what is counted of signing: where the form leaves this site, and where a batch of signatures is stored
SIGNING, OPENED, SENT, CONFIRMED = "petitions.sign", "opened", "sent", "confirmed"
#: asked on the page after confirming
SATISFACTION = "satisfaction-signing"
ASKING = Asking(SATISFACTION, ROOM, _("After signing"), _("Asked on the page that thanks for a confirmed signature."))


def measures(policy: PetitionPolicy, promising: Promising) -> list[Measure]:
    def in_time(db: Session, span: Span) -> Share:
        """By the promise as it is today, days of a holiday not counted."""
        promised = promising.promised(db)
        decided = figures.waits(db, "petition", (span.begin, span.end))
        kept = sum(
            at.astimezone(promising.zone).date() <= promised(at - timedelta(seconds=waited)).by
            for at, waited in decided
        )
        return Share(kept, len(decided))

    return [
        Measure(
            "signing-completion",
            ROOM,
            _("Signatures that were confirmed"),
            _(
                "Of the signing forms sent on a day, how many signatures were confirmed by the link in the letter, on that day or "
                "later. A form sent again for the same signature counts once; supporters before publication do not count. The newest "
                "days still grow."
            ),
            _("Counted as forms are stored, by day and nothing else: nobody is followed from step to step."),
            Unit.SHARE,
            share_of(SIGNING, CONFIRMED, SENT),
            (_("Confirmed"), _("Sent")),
            settles=policy.confirm_days + 2,
            leads=True,
            journey=Journey(
                SIGNING,
                (
                    (OPENED, _("Opened the form")),
                    (SENT, _("Sent it")),
                    (CONFIRMED, _("Confirmed it")),
                ),
            ),
        ),
        Measure(
            "petitions-checked-in-time",
            ROOM,
            _("Petitions checked in the promised time"),
            _(
                "Of the petitions that moderators decided on, how many were decided by the day we promise. Days on which nobody "
                "moderates do not count. Decisions that were undone are left out."
            ),
            _("The public log of decisions, which nobody can change."),
            Unit.SHARE,
            in_time,
            (_("In time"), _("Petitions decided")),
        ),
    ]
