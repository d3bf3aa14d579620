"""What the house brings by itself before the rooms come: each area's letters, jobs, limits and what verify checks."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy.orm import Session

from app.accounts import invitation, links
from app.accounts import service as accounts
from app.accounts.holding import LetterChoice
from app.accounts.link_letters import LinkLetters
from app.accounts.mails import AccountLetters
from app.accounts.rekeying import AccountRekeyer
from app.accounts.rules import acts as accounts_acts
from app.accounts.service import inviting
from app.comments import verify as comments_verify
from app.comments.letters import CommentLetters
from app.comments.policy import CommentsPolicy
from app.comments.queries.paging import Orders
from app.comments.rules import acts as comments_acts
from app.comments.service import withdrawing
from app.comments.service.holding import CommentHolding
from app.comments.service.judging import CommentUnderModeration
from app.comments.service.telling import CHOICE
from app.comments.service.voting import CommentVote, Voting
from app.comments.web.shown import Titles
from app.core.i18n import _
from app.core.jobs import Job
from app.core.settings import BadSettings
from app.core.switches import Switch, standing
from app.files import queries as files
from app.files import verify as files_verify
from app.files.events import FileSettled
from app.files.jobs import jobs as files_jobs
from app.following import verify as following_verify
from app.following.departments import DEPARTMENT, DepartmentFollowed
from app.following.letters import FollowingLetters
from app.following.policy import FollowingPolicy
from app.following.rekeying import FollowingRekeyer
from app.following.service.digests import RECIPIENT as FOLLOWER
from app.following.service.digests import Digests
from app.following.service.gathering import Gathering
from app.following.service.holding import FollowingHolding
from app.following.service.noting import Noting
from app.following.service.stopping import Forgetting
from app.front import acts as front_acts
from app.front import followed_outcomes, measured_outcomes
from app.mail.rekeying import MailRekeyer
from app.moderation.holding import ModerationHolding
from app.moderation.jobs import jobs as moderation_jobs
from app.moderation.letters import PUBLISHED, ModerationLetters
from app.moderation.rekeying import ModerationRekeyer
from app.moderation.rules import acts as moderation_acts
from app.operation import notices as operation_notices
from app.outcomes import verify as outcomes_verify
from app.outcomes.jobs import jobs as outcomes_jobs
from app.outcomes.letters import OutcomesLetters
from app.outcomes.model import Referral
from app.outcomes.queries.standing import public_places
from app.outcomes.rules import acts as outcomes_acts
from app.outcomes.service import documents, practising
from app.outcomes.web.calendar import DueDays
from app.outcomes.web.departments_public import KeptLists
from app.performance import demo as performance_demo
from app.performance import measured
from app.performance import verify as performance_verify
from app.performance.heart import Beating
from app.performance.jobs import jobs as performance_jobs
from app.performance.rules import acts as performance_acts
from app.performance.service.rolling import Rolling
from app.performance.web.shown import Remembering
from app.site import Invariant, Site, StaffPage


def load_rooms(site: Site) -> None:
    """Have each room that the settings name install itself beside what is the house's own; :class:`BadSettings` where its numbers make no sense."""
    for house in (accounts_acts, moderation_acts, outcomes_acts, front_acts, comments_acts, performance_acts):
        site.acts += house.ACTS
    site.recipients["account"] = accounts.address_of
    link_letters = LinkLetters(site.keys, site.settings.base_url)
    site.letters.update(link_letters.composers())
    site.recipients[links.RECIPIENT] = link_letters.address_of
    site.letters.update(AccountLetters(site.settings.base_url).composers())
    site.letters.update(invitation.composers(site.keys, site.settings.base_url))
    site.notices.append(operation_notices.said)
    site.at_rotation.append(inviting.make_void)
    site.rekeyers |= {"accounts": AccountRekeyer(), "mail": MailRekeyer(), "moderation": ModerationRekeyer()}
    _keep_files(site)
    _moderate(site)
    _discuss(site)
    _owe(site)
    _follow(site)
    for name in site.settings.rooms:
        room = importlib.import_module(f"{name}.room")
        try:
            room.install(site)
        except ValueError as wrong:
            raise BadSettings([str(wrong)]) from wrong
    _measure(site)
    for event, tell in site.happenings.items():
        site.listeners[event].append(Noting(tell, site.subject_tags))


def _keep_files(site: Site) -> None:
    """Files of any subject; whose there are, and when they are public, the rooms say."""
    site.jobs += files_jobs(site.cabinet)
    site.readiness.append(_unchecked_files)
    lines = files_verify.lines(site.cabinet, site.file_owners)
    site.invariants += [Invariant(f"files: {name}", broken) for name, broken in lines.items()]


def _unchecked_files(db: Session, now: datetime) -> Iterable[str]:
    if files.is_stuck(db, now):
        yield "files wait to be checked: does the virus scanner answer?"


def _moderate(site: Site) -> None:
    """The desk's letters, jobs and sealed evidence; which contents it judges the rooms say."""
    settings = site.settings
    try:
        policy = site.moderating
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    letters = ModerationLetters(site.keys, settings.base_url, policy, site.recipients, site.moderated)
    site.letters.update(letters.composers())
    site.jobs += moderation_jobs(policy, settings.zone)
    site.rekeyers["moderation"] = ModerationRekeyer()
    site.holdings["moderation"] = ModerationHolding()
    site.letter_choices.append(LetterChoice(PUBLISHED, str(_("A text of mine was published"))))


def _discuss(site: Site) -> None:
    """Discussions under any subject; which there are the rooms say."""
    try:
        site.dependencies["comments_policy"] = CommentsPolicy.from_settings(site.settings.section("comments"))
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    site.dependencies["comment_orders"], site.dependencies["comment_titles"] = Orders(), Titles()
    site.performers[CommentVote] = Voting(site.discussed)
    site.moderated["comment"] = CommentUnderModeration(site.discussed)
    site.holdings["comments"] = CommentHolding()
    site.letters.update(CommentLetters(site.settings.base_url, site.discussed, site.clock).composers())
    site.letter_choices.append(LetterChoice(CHOICE, str(_("Replies to my comments"))))
    site.jobs.append(Job("forget withdrawn comments", withdrawing.forget_words, timedelta(hours=1)))
    site.invariants += [Invariant(f"comments: {name}", broken) for name, broken in comments_verify.LINES.items()]


def _owe(site: Site) -> None:
    """What departments owe: letters, reminders, the matter to practise with; what is referred the rooms say."""
    try:
        calendar = site.calendar
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    site.letters.update(OutcomesLetters(site.settings.base_url, site.referred).composers())
    site.jobs += outcomes_jobs(calendar)
    site.dependencies["department_lists"] = KeptLists()
    site.referred[practising.KIND] = practising.shown
    site.file_owners[documents.KIND] = partial(_is_document_public, site)
    site.listeners[FileSettled].append(documents.note_settled)
    site.calendars.append(DueDays(site))
    site.sitemap.append(public_places)
    site.invariants += [Invariant(f"outcomes: {name}", broken) for name, broken in outcomes_verify.LINES.items()]


def _follow(site: Site) -> None:
    """Digests of what people follow; what can be followed, and what is news of it, the rooms say."""
    settings = site.settings
    try:
        policy = FollowingPolicy.from_settings(settings.section("following"), settings.zone, settings.news_window)
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    gathering = Gathering(site.followable, site.happening_lines)
    site.dependencies["following_policy"], site.dependencies["gathering"] = policy, gathering
    site.followable[DEPARTMENT] = DepartmentFollowed()
    letters = FollowingLetters(site.keys, settings.base_url, policy, site.followable, gathering)
    site.letters.update(letters.composers())
    site.recipients[FOLLOWER] = letters.address_of
    site.holdings["following"] = FollowingHolding(site.keys, site.followable)
    site.rekeyers["following"] = FollowingRekeyer()
    site.happenings.update(followed_outcomes.TELLERS)
    site.happening_lines.update(followed_outcomes.Lines(_say_day, _say_last_day_in(settings.zone)).by_code())
    site.jobs += [
        Job("following: make digests", Digests(policy, site.followable), timedelta(milliseconds=500), at_once=1),
        Job("following: forget", Forgetting(policy), timedelta(hours=1)),
    ]
    site.invariants += [
        Invariant(f"following: {name}", broken) for name, broken in following_verify.lines(site.keys).items()
    ]


def _measure(site: Site) -> None:
    """How the service does; after the rooms, whose figures stand first on the page."""
    zone, ask = site.settings.zone, measured_outcomes.ASKING
    try:
        policy = site.performing
        site.measure(*measured_outcomes.measures(), *measured.measures())
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    site.askings[ask.key] = ask
    site.dependencies["performing"] = Remembering()
    rolling = Rolling(site.measures, zone)
    site.companions.append(Beating(site.tally, site.clock))
    site.jobs += performance_jobs(policy, zone, rolling, site.tally)
    site.demos.append(partial(performance_demo.fill, rolling))
    site.sitemap.append(lambda _db: ("/performance",))
    lines = performance_verify.lines(zone)
    site.invariants += [Invariant(f"performance: {name}", broken) for name, broken in lines.items()]


def _is_document_public(site: Site, db: Session, referral_id: int) -> bool:
    """While an answer stands, and its subject may be read."""
    referral = db.get(Referral, referral_id)
    show = site.referred.get(referral.subject_kind) if referral else None
    subject = show(db, referral.subject_id) if referral and show else None
    return subject is not None and subject.public and documents.is_public(db, referral_id)


def staff_pages() -> list[StaffPage]:
    return [
        StaffPage("/desk/commitments", _("What you promised"), _("By its day, late ones first."), "outcomes.desk"),
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
        StaffPage(
            "/admin/accessibility",
            _("Reports of accessibility"),
            _("Who tested the site, what did not work, and when it was mended."),
            "performance.accessibility",
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


def _say_day(day: date) -> str:
    return format_date(day, "d MMMM y", locale="en_GB")


def _say_last_day_in(zone: ZoneInfo) -> Callable[[datetime], str]:
    """The last local day before an instant, in words."""
    return lambda at: _say_day((at - timedelta(microseconds=1)).astimezone(zone).date())
