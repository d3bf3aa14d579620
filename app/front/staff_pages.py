"""What staff find on the page of everything they may do: the house's own pages, before those of the rooms."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.switches import Switch, standing
from app.core.web.page import say_instant
from app.opendata.offer import OpenData
from app.site import Site, StaffPage
from app.webhooks.queries import say as say_webhooks


def of_the_house(site: Site) -> list[StaffPage]:
    """Each with the act that its reader must be allowed to do."""
    return [
        StaffPage("/desk/commitments", _("What you promised"), _("By its day, late ones first."), "outcomes.desk"),
        StaffPage(
            "/desk/tokens",
            _("Programs that act for you"),
            _("What they may do, and when they were used. You can end one at once."),
            "tokens.mine",
        ),
        StaffPage(
            "/desk/all", _("Matters of all departments"), _("Whose they are, by when, and what came."), "outcomes.steer"
        ),
        StaffPage(
            "/moderation/reports",
            _("Reports by readers"),
            _("What readers say breaks a rule."),
            "moderation.reports",
        ),
        StaffPage(
            "/moderation/illegal",
            _("Illegal content"),
            _("What readers say breaks the law: two people decide."),
            "moderation.illegal",
        ),
        StaffPage(
            "/moderation/search",
            _("Search everything"),
            _("Every room, and what waits or was taken down."),
            "search.moderation",
        ),
        StaffPage(
            "/moderation/me", _("You at the desk"), _("On duty or not, and what you decided lately."), "moderation.duty"
        ),
        StaffPage(
            "/admin/staff", _("Staff accounts"), _("Who works here, with which role and factor."), "accounts.see"
        ),
        StaffPage(
            "/admin/routes",
            _("Who answers which topic"),
            _("Which department leads, and which ones help."),
            "outcomes.routes",
        ),
        StaffPage(
            "/admin/banners",
            _("Notices to everyone"),
            _("Words on top of every page, now or at a time to come."),
            "front.banners",
        ),
        StaffPage(
            "/admin/switches",
            _("Switches"),
            _say_switched,
            "front.switches",
        ),
        StaffPage(
            "/admin/audit",
            _("Record of what staff did"),
            _("Who did what, when and why. Nobody can change it."),
            "front.audit",
        ),
        StaffPage(
            "/admin/holidays",
            _("Holidays"),
            _("Days on which nobody moderates; the promised time grows by them."),
            "moderation.holidays",
        ),
        StaffPage(
            "/admin/words",
            _("Words looked at first"),
            _("A text with one of them waits for a moderator."),
            "front.words",
        ),
        StaffPage(
            "/admin/reasons",
            _("Reasons for rejecting"),
            _("The standards that moderators judge by: added, retired, brought back."),
            "moderation.standards",
        ),
        StaffPage("/admin/data", _("Open data"), partial(_say_dumped, site), "opendata.dumps"),
        StaffPage(
            "/admin/accessibility",
            _("Reports of accessibility"),
            _("Who tested the site, what did not work, and when it was mended."),
            "performance.accessibility",
        ),
        StaffPage(
            "/admin/areas",
            _("Areas"),
            _("Boundaries, populations and postcodes: what there is, and how to bring it in."),
            "areas.see",
        ),
        StaffPage(
            "/admin/webhooks",
            _("Webhooks"),
            say_webhooks,
            "webhooks.see",
        ),
        StaffPage(
            "/admin/suppression",
            _("Addresses that get no letters"),
            _("Mailboxes that are gone, and people who want no more letters."),
            "front.suppression",
        ),
    ]


def _say_switched(db: Session, now: datetime) -> str:
    """What is switched off at the moment comes first."""
    on = standing(db)
    if Switch.READ_ONLY in on:
        return str(_("The site is read-only now."))
    if on:
        return str(_("Comments or new accounts are stopped now."))
    return str(_("Read-only, comments, new accounts; sessions and keys; the breach drill."))


def _say_dumped(site: Site, db: Session, now: datetime) -> str:
    """A dump that is late is said first."""
    offer: OpenData = site.dependencies["open_data"]
    newest = offer.shelf.newest()
    if newest is None:
        return str(_("No dump has been made yet."))
    at = say_instant(newest.as_of, site.settings.zone)
    words = (
        _("The night's dump is late: the last one is of {at}.") if offer.is_late(newest, now) else _("Last dump: {at}.")
    )
    return words.format(at=at)
