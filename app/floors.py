"""What the house brings by itself before the rooms come: each area's letters, jobs, limits and what verify checks."""

from __future__ import annotations

import importlib
import threading
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
from app.areas import commands as areas_commands
from app.areas import queries as areas
from app.areas import verify as areas_verify
from app.areas import web as areas_web
from app.areas.queries import AreaBook
from app.areas.rules import acts as areas_acts
from app.areas.service.bringing import AreaFiles
from app.areas.service.placing import Placing
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
from app.core.db import Database
from app.core.i18n import _
from app.core.jobs import Job
from app.core.settings import BadSettings
from app.files import queries as files
from app.files import verify as files_verify
from app.files.events import FileSettled
from app.files.jobs import jobs as files_jobs
from app.following import verify as following_verify
from app.following.areas import AREA, AreaFollowed
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
from app.front import (
    followed_outcomes,
    followed_trails,
    heard,
    measured_outcomes,
    open_figures,
    open_house,
    open_outcomes,
    searched,
)
from app.front.published_outcomes import PublishedOutcomes
from app.mail.rekeying import MailRekeyer
from app.moderation.holding import ModerationHolding
from app.moderation.jobs import jobs as moderation_jobs
from app.moderation.letters import PUBLISHED, ModerationLetters
from app.moderation.rekeying import ModerationRekeyer
from app.moderation.rules import acts as moderation_acts
from app.opendata import verify as opendata_verify
from app.opendata.jobs import jobs as opendata_jobs
from app.opendata.offer import OpenData
from app.opendata.rules import acts as opendata_acts
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
from app.search import commands as search_commands
from app.search import verify as search_verify
from app.search.queries.finding import Finder
from app.search.rules import acts as search_acts
from app.search.service.indexing import Indexing
from app.site import Invariant, Site
from app.tokens import verify as tokens_verify
from app.tokens.holding import TokenHolding
from app.tokens.letters import TokenLetters
from app.tokens.policy import TokensPolicy
from app.tokens.rules import acts as tokens_acts
from app.tokens.service.ending import EndAtRotation
from app.tokens.service.telling import Telling as TellingOfTokens
from app.trails import demo as trails_demo
from app.trails import verify as trails_verify
from app.trails.rules import acts as trails_acts
from app.trails.service.telling import Telling
from app.webhooks import demo as webhooks_demo
from app.webhooks import verify as webhooks_verify
from app.webhooks.courier import Courier
from app.webhooks.letters import WebhooksLetters
from app.webhooks.rekeying import WebhooksRekeyer
from app.webhooks.rules import acts as webhooks_acts
from app.webhooks.service.queueing import Queueing, forget_old
from app.webhooks.wire import Wire

#: who may do what on each floor
_ACTS = (
    accounts_acts.ACTS,
    moderation_acts.ACTS,
    trails_acts.ACTS,
    tokens_acts.ACTS,
    outcomes_acts.ACTS,
    opendata_acts.ACTS,
    front_acts.ACTS,
    comments_acts.ACTS,
    performance_acts.ACTS,
    webhooks_acts.ACTS,
    search_acts.ACTS,
)


def load_rooms(site: Site) -> None:
    """Have each room that the settings name install itself beside what is the house's own; :class:`BadSettings` where its numbers make no sense."""
    site.acts += [row for floor in _ACTS for row in floor]
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
    _admit_programs(site)
    _owe(site)
    _place(site)
    _follow(site)
    _link(site)
    _open_data(site)
    for name in site.settings.rooms:
        room = importlib.import_module(f"{name}.room")
        try:
            room.install(site)
        except ValueError as wrong:
            raise BadSettings([str(wrong)]) from wrong
    _find(site)
    site.demos.append(lambda house, database, now: trails_demo.fill(house.stories, database, now))
    site.datasets += [*open_outcomes.datasets(site.subjects), *open_house.DATASETS]
    site.feeds += open_house.FEEDS
    _measure(site)
    for event, tell in site.happenings.items():
        site.listeners[event].append(Noting(tell, site.subject_tags))
    _tell_programs(site)


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


def _admit_programs(site: Site) -> None:
    """Tokens by which departments' programs act; what they may do the acts say."""
    settings = site.settings
    try:
        policy = TokensPolicy.from_settings(settings.section("tokens"))
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    site.dependencies["tokens_policy"] = policy
    site.letters.update(TokenLetters(settings.base_url).composers())
    site.at_rotation.append(EndAtRotation(site.clock))
    site.holdings["tokens"] = TokenHolding()
    site.jobs.append(Job("tell of tokens that expire", TellingOfTokens(policy), timedelta(hours=1)))
    site.invariants += [Invariant(f"tokens: {name}", broken) for name, broken in tokens_verify.LINES.items()]


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


def _place(site: Site) -> None:
    """Areas, and where people live; what is most wanted in one the rooms say."""
    book = AreaBook()
    site.dependencies["areas"], site.dependencies["placing"] = book, Placing(book, site.settings.home_country)
    site.dependencies["area_files"] = AreaFiles(site.cabinet.store, site.settings.home_country)
    site.acts += areas_acts.ACTS
    site.routers += areas_web.HANDLERS
    for command in areas_commands.COMMANDS:
        site.importers[str(command.name)] = command
    site.sitemap.append(areas.public_places)
    site.invariants += [Invariant(f"areas: {name}", broken) for name, broken in areas_verify.LINES.items()]


def _follow(site: Site) -> None:
    """Digests of what people follow; what can be followed, and what is news of it, the rooms say."""
    settings = site.settings
    try:
        policy = FollowingPolicy.from_settings(settings.section("following"), settings.zone, settings.news_window)
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    gathering = Gathering(site.followable, site.happening_lines)
    site.dependencies["following_policy"], site.dependencies["gathering"] = policy, gathering
    site.followable |= {DEPARTMENT: DepartmentFollowed(), AREA: AreaFollowed()}
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


def _find(site: Site) -> None:
    """The search across rooms: after them, so that what is the house's own stands behind what is theirs."""
    site.searchable |= {
        "comment": searched.CommentsSearched(site.discussed),
        "answer": searched.AnswersSearched(site.subjects),
        "commitment": searched.PromisesSearched(site.subjects),
        "department": searched.DepartmentsSearched(),
        "page": searched.PagesSearched(),
    }
    indexing = Indexing(site.searchable)
    site.dependencies["searching"] = finder = Finder(site.searchable, site.settings.zone)
    site.heard += [
        heard.HeardByIndex(finder, kind, site.clock, site.referred, of_others=of_others)
        for kind, of_others in heard.KINDS.items()
    ]
    site.jobs += [
        Job("search: catch up", indexing.catch_up, timedelta(milliseconds=500), at_once=10),
        Job("search: go through everything", indexing.walk, timedelta(seconds=1), at_once=20),
    ]
    site.commands.append(search_commands.group(site.settings, indexing, site.clock))
    site.demos.append(partial(_index_demo, indexing))
    site.invariants += [Invariant(f"search: {name}", broken) for name, broken in search_verify.lines(indexing).items()]


def _link(site: Site) -> None:
    """What led to what; what there is to tell of each thing the rooms say."""
    site.jobs.append(Job("trails: tell what led to what", Telling(site.stories).step, timedelta(seconds=5)))
    site.happenings.update(followed_trails.TELLERS)
    site.happening_lines.update(followed_trails.Lines(site.stories).by_code())
    lines = trails_verify.lines(site.stories)
    site.invariants += [Invariant(f"trails: {name}", broken) for name, broken in lines.items()]


def _open_data(site: Site) -> None:
    """Tables for everybody, the night's dump of them, pages within pages of others; which there are the rooms say."""
    try:
        found = OpenData.from_settings(site.settings, site.datasets, site.embeds, site.feeds)
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    site.dependencies["open_data"] = found
    site.jobs += opendata_jobs(found.dumping())
    site.sitemap.append(lambda _db: ["/data"])
    lines = opendata_verify.lines(found.shelf)
    site.invariants += [Invariant(f"open data: {name}", broken) for name, broken in lines.items()]


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
    site.datasets += open_figures.datasets(site)
    rolling = Rolling(site.measures, zone)
    site.companions.append(Beating(site.tally, site.clock))
    site.jobs += performance_jobs(policy, zone, rolling, site.tally)
    site.demos.append(partial(performance_demo.fill, rolling))
    site.sitemap.append(lambda _db: ("/performance",))
    lines = performance_verify.lines(zone)
    site.invariants += [Invariant(f"performance: {name}", broken) for name, broken in lines.items()]


def _tell_programs(site: Site) -> None:
    """Webhooks: what the rooms announce becomes messages; the courier takes them out."""
    settings = site.settings
    try:
        policy = site.webhooks
    except ValueError as wrong:
        raise BadSettings([str(wrong)]) from wrong
    site.announced[:0] = PublishedOutcomes(site.referred, site.subjects).announced()
    called = threading.Event()
    for one in site.announced:
        site.listeners[one.event].append(Queueing(one, settings.base_url, called.set))
    site.workers.append(
        lambda database: Courier(database, site.keys, policy, Wire(policy.ways, site.clock), site.clock, called)
    )
    site.dependencies["webhooks_called"] = called
    site.letters.update(WebhooksLetters(settings.base_url).composers())
    site.rekeyers["webhooks"] = WebhooksRekeyer()
    site.jobs.append(Job("webhooks: forget", lambda db, now: forget_old(db, now - policy.keep), timedelta(hours=1)))
    site.demos.insert(0, _begin_sample)
    site.demos.append(_finish_sample)
    lines = webhooks_verify.lines(site.keys, policy)
    site.invariants += [Invariant(f"webhooks: {name}", broken) for name, broken in lines.items()]


def _begin_sample(site: Site, database: Database, now: datetime) -> None:
    """A receiver for the demo, before the rooms fill it."""
    long_ago = now - site.webhooks.keep * 2
    database.retrying(lambda db: webhooks_demo.begin(db, site.keys, site.webhooks, long_ago))


def _finish_sample(site: Site, database: Database, now: datetime) -> None:
    database.retrying(lambda db: webhooks_demo.finish(db, site.webhooks, now))


def _index_demo(indexing: Indexing, site: Site, database: Database, _now: datetime) -> None:
    """What a demo begins with can be found from its first page on."""
    search_commands.rebuild_all(database, indexing, site.clock)


def _is_document_public(site: Site, db: Session, referral_id: int) -> bool:
    """While an answer stands, and its subject may be read."""
    referral = db.get(Referral, referral_id)
    show = site.referred.get(referral.subject_kind) if referral else None
    subject = show(db, referral.subject_id) if referral and show else None
    return subject is not None and subject.public and documents.is_public(db, referral_id)


def _say_day(day: date) -> str:
    return format_date(day, "d MMMM y", locale="en_GB")


def _say_last_day_in(zone: ZoneInfo) -> Callable[[datetime], str]:
    """The last local day before an instant, in words."""
    return lambda at: _say_day((at - timedelta(microseconds=1)).astimezone(zone).date())
