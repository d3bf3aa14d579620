"""The room's whole connection to the house."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from app.accounts.holding import LetterChoice
from app.core.i18n import _
from app.core.jobs import Job
from app.core.web.page import say_instant
from app.files.events import FileSettled
from app.mail.schedule import news_due
from app.outcomes.events import AnswerWithdrawn, ReferralAnswered
from app.site import HomePanel, PanelItem, Site, StaffPage
from townhall import (
    demo,
    model,  # noqa: F401  its tables
)
from townhall.api import reading as api_reading
from townhall.events import CommitmentRecorded, HallCancelled, HallMoved, PlacesChanged
from townhall.live.carrying import Carrying
from townhall.live.halls import Halls
from townhall.mails.outcomes import CHOICE as OUTCOMES
from townhall.mails.outcomes import OutcomeLetters
from townhall.mails.places import CHOICE, PlaceLetters
from townhall.model import Hall
from townhall.policy import TownHallPolicy
from townhall.queries import finding, measured
from townhall.queries.searched import HallsSearched, QuestionsSearched
from townhall.rules.acts import ACTS
from townhall.rules.lifecycle import HallState
from townhall.rules.news import PARTICIPANT
from townhall.service import (
    answering,
    asking,
    attaching,
    captioning,
    committing,
    deciding,
    erasing,
    excluding,
    hands,
    hosting,
    merging,
    opening,
    outstanding,
    places,
    polling,
    staging,
    telling,
    winding_up,
)
from townhall.service.acts import BY_OPERATION
from townhall.service.commanding import Commands, Means
from townhall.service.deciding import Reviewing
from townhall.service.followed import TELLERS, HallFollowed, Lines, tags
from townhall.service.holding import TownHallHolding
from townhall.service.informing import Askers, Informing
from townhall.service.judging import QuestionUnderModeration
from townhall.service.locking import KIND, QUESTION
from townhall.service.published import announced
from townhall.service.rekeying import TownHallRekeyer, make_void
from townhall.service.showing import HallDates, HallReferred, HallsOnLists, lock
from townhall.service.voting import Voting
from townhall.verify import INVARIANTS
from townhall.web import (
    archive,
    doors,
    editing,
    exports,
    joining_code,
    leaving,
    listing,
    minutes,
    planning,
    preparing,
    reading,
    recording,
    registering,
    room,
    screen,
    socket,
    staffroom,
    streams,
)
from townhall.web import attaching as documents
from townhall.web import hosting as web_hosting
from townhall.web.storied import HallStoried
from townhall.web.storied import part as story_part


def install(site: Site) -> None:
    """Contribute pages, API, letters, jobs, live halls, rules of moderation and what verify checks."""
    policy = TownHallPolicy.from_settings(site.settings.section("townhall"))
    site.dependencies["hall_policy"] = policy
    site.acts += ACTS
    site.invariants += INVARIANTS
    means = Means(policy, site.keys, site.settings.zone, lambda: site.permissions, site.referring, site.moderated)
    commands = Commands(means)
    site.dependencies["hall_commands"] = commands
    _install_before(site, policy)
    _install_joining(site, policy)
    _install_questions(site, policy, commands)
    _install_polls(site, policy, commands)
    _install_live(site, policy, commands)
    _install_pages(site, policy)
    _install_after(site, policy, commands)


def _install_before(site: Site, policy: TownHallPolicy) -> None:
    """Scheduling, agenda, people, documents; lists, feeds, calendar."""
    zone, base_url = site.settings.zone, site.settings.base_url
    site.routers += [*reading.HANDLERS, *listing.HANDLERS, *joining_code.HANDLERS, *api_reading.HANDLERS]
    site.routers += [*web_hosting.HANDLERS, *editing.HANDLERS, *planning.HANDLERS, *preparing.HANDLERS]
    site.routers += documents.HANDLERS
    #: what the other areas put on the public page, each a reading.PagePart
    site.dependencies["hall_parts"] = [story_part]
    site.referred[KIND], site.locks[KIND], site.subjects[KIND] = HallReferred(), lock, HallsOnLists()
    site.searchable[KIND], site.searchable[QUESTION] = HallsSearched(), QuestionsSearched()
    site.stories[KIND] = HallStoried()
    site.followable[KIND], site.subject_tags[KIND] = HallFollowed(), tags
    site.happenings.update(TELLERS)
    site.happening_lines.update(Lines(lambda at: say_instant(at, zone)).by_code())
    site.announced += announced()
    site.file_owners[KIND] = attaching.is_public
    site.listeners[FileSettled].append(attaching.note_settled)
    site.calendars.append(HallDates(base_url))
    site.demos.append(demo.fill)
    site.measure(*measured.measures())
    site.panels.append(lambda db, _now: _panel(db, lambda at: say_instant(at, zone)))
    site.datasets += opening.DATASETS
    site.embeds["townhalls"] = partial(opening.widget, lambda at: say_instant(at, site.settings.zone))
    site.feeds += opening.FEEDS
    site.sitemap.append(lambda db: [f"/townhalls/{number}" for number in finding.public_ids(db, 45_000)])


def _panel(db: Session, say: Callable[[datetime], str]) -> HomePanel:
    return HomePanel(
        title=str(_("Town halls")),
        href="/townhalls",
        action_href="/join",
        action_text=str(_("Join with a code")),
        empty=str(_("No town hall is announced at the moment. Those that took place can be read.")),
        items=[_item(hall, say) for hall in finding.most_pressing(db)],
    )


def _item(hall: Hall, say: Callable[[datetime], str]) -> PanelItem:
    when = _("begins on {at}").format(at=say(hall.starts_at)) if hall.starts_at else ""
    return PanelItem(f"/townhalls/{hall.id}", hall.title, str(_("live now")) if hall.state == HallState.LIVE else when)


def _install_joining(site: Site, policy: TownHallPolicy) -> None:
    """Registration, the waiting list, browsers, letters about dates, what people hold and may erase."""
    letters = PlaceLetters(site.keys, policy, site.settings.base_url)
    site.routers += [*registering.HANDLERS, *leaving.HANDLERS]
    site.letters.update(letters.composers())
    site.recipients[PARTICIPANT] = letters.address_of
    site.letter_choices.append(LetterChoice(CHOICE, str(_("Reminders of town halls that I registered for"))))
    site.holdings["townhall"], site.rekeyers["townhall"] = TownHallHolding(site.keys), TownHallRekeyer()
    site.at_rotation.append(make_void)
    site.listeners[HallMoved].append(telling.note_moved)
    site.listeners[HallCancelled].append(telling.note_cancelled)
    site.listeners[PlacesChanged].append(places.note_changed)

    def forget(db: Session, now: datetime) -> int:
        return erasing.erase_some(db, policy, now) or erasing.forget_unconfirmed(db, policy, now)

    def queue_news(db: Session, now: datetime) -> int:
        return telling.queue_some(db, now, news_due(site.settings.news_window, site.settings.zone, now))

    site.jobs += [
        Job("townhalls: remind", telling.remind, timedelta(seconds=20)),
        Job("townhalls: write to who registered", queue_news, timedelta(seconds=1)),
        Job("townhalls: forget who took part", forget, timedelta(minutes=10)),
    ]


def _install_questions(site: Site, policy: TownHallPolicy, commands: Commands) -> None:
    """Asking, screening, upvotes, merging, the stage, bans."""
    site.moderated[QUESTION] = QuestionUnderModeration()
    voting = Voting()
    site.performers |= dict.fromkeys(BY_OPERATION.values(), voting)
    commands.handlers |= {
        "question.ask": asking.ask,
        "question.enter": asking.enter,
        "question.withdraw": asking.withdraw,
        "question.publish": deciding.publish,
        "question.reject": deciding.reject,
        "question.hide": deciding.hide,
        "review.ask": Reviewing(site.moderating).ask,
        "question.merge": merging.merge,
        "question.unmerge": merging.unmerge,
        "question.shortlist": staging.shortlist,
        "question.stage": staging.stage,
        "question.answered": staging.answered,
        "question.archive": staging.archive,
        "ban.set": excluding.set_ban,
    }


def _install_polls(site: Site, policy: TownHallPolicy, commands: Commands) -> None:
    """Polls, agenda, announcements, hands, slow mode, captions, hosting."""
    commands.handlers |= {
        "poll.open": polling.open_poll,
        "poll.close": polling.close,
        "poll.reveal": polling.reveal,
        "agenda.move": hosting.move_agenda,
        "announce": hosting.say,
        "slow.set": hosting.set_slow,
        "hall.start": hosting.start,
        "hall.end": hosting.end,
        "hosting.take": hosting.take,
        "hand.set": hands.set_hand,
        "caption.write": captioning.write,
    }


def _install_live(site: Site, policy: TownHallPolicy, commands: Commands) -> None:
    """Sockets, event streams, state and commands over HTTP."""
    carrying = Carrying(commands)
    site.dependencies["hall_carrying"] = carrying
    site.dependencies["halls"] = halls = Halls(policy, site.clock, lambda: site.permissions)
    carrying.react, carrying.caption, carrying.done = halls.react, halls.caption, halls.carried_out
    site.companions.append(halls)
    site.routers += [*socket.HANDLERS, *streams.HANDLERS]


def _install_pages(site: Site, policy: TownHallPolicy) -> None:
    """The room, the projector, the host's console, the moderators' desk of a hall."""
    site.routers += [*room.HANDLERS, *screen.HANDLERS, *staffroom.HANDLERS, *doors.HANDLERS]
    halls, answers = str(_("Town halls")), str(_("Answer the questions of town halls in writing, live or later."))
    site.staff_pages += [
        StaffPage("/moderation/townhalls", halls, doors.about_moderating, "townhalls.moderate"),
        StaffPage("/desk/townhalls", halls, answers, "townhalls.answer"),
    ]


def _install_after(site: Site, policy: TownHallPolicy, commands: Commands) -> None:
    """The archive, tickets, promises, minutes, exports, letters."""
    commands.handlers |= {"commitment.add": committing.add, "question.answer": answering.answer}
    site.referred[QUESTION], site.locks[QUESTION] = outstanding.QuestionReferred(), outstanding.lock
    site.subjects[QUESTION] = outstanding.QuestionsOnLists()
    site.listeners[ReferralAnswered].append(answering.note_answer)
    site.listeners[AnswerWithdrawn].append(answering.note_answer)
    informing = Informing(site.settings.news_window, site.settings.zone, site.settings.base_url)
    site.news[QUESTION], site.askers[QUESTION] = informing, Askers(site.keys)
    site.listeners[ReferralAnswered].append(informing.note_answer)
    site.listeners[AnswerWithdrawn].append(informing.note_withdrawal)
    site.listeners[CommitmentRecorded].append(informing.note_promise)
    site.letters.update(OutcomeLetters(site.keys, site.settings.base_url).composers())
    site.letter_choices.append(
        LetterChoice(OUTCOMES, str(_("What became of questions in town halls that I took part in")))
    )

    def wind_up(db: Session, now: datetime) -> int:
        return winding_up.wind_up_some(db, site.referring, now)

    site.routers += [*archive.HANDLERS, *minutes.HANDLERS, *exports.HANDLERS, *recording.HANDLERS]
    site.dependencies["hall_parts"] += [archive.part, minutes.part]

    def leave(db: Session, now: datetime) -> int:
        return winding_up.leave_some(db, site.referring, now)

    site.jobs += [
        Job("town halls: wind up", wind_up, timedelta(seconds=5)),
        Job("town halls: leave what was opened again", leave, timedelta(minutes=1)),
    ]
