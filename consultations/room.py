"""The room's whole connection to the house."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.jobs import Job
from app.core.web.page import say_instant
from app.files.events import FileSettled
from app.outcomes.events import AnswerWithdrawn, CommitmentMade, CommitmentProgressed, ReferralAnswered
from app.site import HomePanel, PanelItem, Site, StaffPage
from consultations import (
    demo,
    model,  # noqa: F401  its tables
)
from consultations.api import reading as api_reading
from consultations.api import responding as responding_api
from consultations.events import ConsultationPublished
from consultations.jobs import jobs
from consultations.mails.life import OfficialsLetters
from consultations.mails.publishing import NewsLetters
from consultations.mails.responding import ResponseLetters
from consultations.model import Consultation
from consultations.policy import ConsultationPolicy
from consultations.queries import finding, measured, shown
from consultations.queries.current import Current
from consultations.queries.searched import ConsultationsSearched
from consultations.rules.acts import ACTS
from consultations.service import announcing, attaching, erasing, opening, publishing, roll
from consultations.service.acts import ConfirmResponse, SendResponse
from consultations.service.announcing import News
from consultations.service.campaigns import Comparing
from consultations.service.discussing import ClauseDiscussed, ConsultationDiscussed
from consultations.service.followed import TELLERS, ConsultationFollowed, Lines, tags
from consultations.service.holding import ConsultationHolding
from consultations.service.importing import Importing
from consultations.service.indexing import Indexing
from consultations.service.locking import KIND
from consultations.service.outcomes import Outcomes, Respondents
from consultations.service.published import announced
from consultations.service.rekeying import ConsultationRekeyer
from consultations.service.responding import Responding
from consultations.service.showing import ConsultationReferred, ConsultationsOnLists, OpeningAndClosing, lock
from consultations.service.texts import publish_first
from consultations.service.versions import DRAFT_FILES, RESPONSE_FILES
from consultations.verify import INVARIANTS
from consultations.web import (
    answering,
    building,
    building_copying,
    building_preview,
    building_questions,
    building_versions,
    clauses,
    dating,
    desks,
    discussing,
    disposing,
    editing,
    exports,
    figures,
    finishing,
    hosting,
    listing,
    matrix,
    published,
    reading,
    receipts,
    reviewing,
    sent,
    texts,
    unsubscribing,
    versioning,
    writing_texts,
)
from consultations.web import attaching as documents
from consultations.web import feedback as web_feedback
from consultations.web import importing as web_importing
from consultations.web import publishing as web_publishing
from consultations.web.storied import ConsultationStoried
from consultations.web.storied import part as story_part


def install(site: Site) -> None:
    """Contribute pages, API, letters, jobs, rules of moderation and what verify checks."""
    policy = ConsultationPolicy.from_settings(site.settings.section("consultations"))
    site.dependencies["consulting"] = policy
    site.acts += ACTS
    site.invariants += INVARIANTS
    site.demos.append(demo.fill)
    site.measure(*measured.measures(policy.keep_drafts_days))
    site.askings[measured.SATISFACTION] = measured.ASKING
    _install_life(site, policy)
    _install_building(site, policy)
    _install_responding(site, policy)
    _install_texts(site, policy)
    _install_reading(site, policy)
    _install_publishing(site, policy)


def _install_life(site: Site, policy: ConsultationPolicy) -> None:
    """Editors' pages, the public page, dates, passes, what closing brings."""
    zone, base_url = site.settings.zone, site.settings.base_url
    site.routers += [*reading.HANDLERS, *hosting.HANDLERS, *editing.HANDLERS, *documents.HANDLERS]
    site.routers += [*reviewing.HANDLERS, *dating.HANDLERS]
    #: what the other areas put on the public page, each a reading.Part
    site.dependencies["consultation_parts"] = [story_part]
    site.dependencies["consultation_news"] = News(site.settings.news_window, zone)
    site.referred[KIND], site.locks[KIND], site.subjects[KIND] = ConsultationReferred(), lock, ConsultationsOnLists()
    site.searchable[KIND] = ConsultationsSearched()
    site.stories[KIND] = ConsultationStoried()
    site.followable[KIND], site.subject_tags[KIND] = ConsultationFollowed(), tags
    site.happenings.update(TELLERS)
    site.happening_lines.update(Lines(lambda at: say_instant(at, zone)).by_code())
    site.announced += announced()
    site.file_owners |= dict.fromkeys((KIND, attaching.EASY), attaching.is_public)
    site.listeners[FileSettled].append(attaching.note_settled)
    site.letters.update(OfficialsLetters(base_url).composers())
    site.jobs += jobs(site.referring)
    site.panels.append(lambda db, now: _panel(db, now, lambda at: say_instant(at, zone)))
    site.calendars.append(OpeningAndClosing(base_url))


def _panel(db: Session, now: datetime, say: Callable[[datetime], str]) -> HomePanel:
    coming = shown.next_opening(db, now)
    empty = str(_("No consultation is open at the moment."))
    if coming is not None and coming.opens_at is not None:
        words = _("No consultation is open at the moment. “{title}” opens on {at}.")
        empty = words.format(title=coming.title, at=say(coming.opens_at))
    return HomePanel(
        title=str(_("Consultations")),
        href="/consultations",
        action_href="",
        action_text="",
        empty=empty,
        items=[_item(one, say) for one in shown.most_pressing(db, now)],
    )


def _item(one: Consultation, say: Callable[[datetime], str]) -> PanelItem:
    closes = _("closes on {at}").format(at=say(one.closes_at)) if one.closes_at else ""
    return PanelItem(href=f"/consultations/{one.id}", title=one.title, meta=closes)


def _install_building(site: Site, policy: ConsultationPolicy) -> None:
    """The questionnaire builder; lists, feeds and programs' reading."""
    site.routers += [*building.HANDLERS, *building_questions.HANDLERS, *building_preview.HANDLERS]
    site.routers += [*building_copying.HANDLERS, *building_versions.HANDLERS]
    site.routers += [*listing.HANDLERS, *api_reading.HANDLERS]
    site.datasets += opening.DATASETS
    site.embeds["consultations"] = partial(opening.widget, lambda at: say_instant(at, site.settings.zone))
    site.feeds += opening.FEEDS
    site.sitemap.append(lambda db: [f"/consultations/{number}" for number in finding.public_ids(db, 45_000)])


def _install_responding(site: Site, policy: ConsultationPolicy) -> None:
    """Answering, drafts, receipts, letters to respondents, what they hold and may erase."""
    site.routers += [*answering.HANDLERS, *finishing.HANDLERS, *sent.HANDLERS, *receipts.HANDLERS]
    site.routers += [*responding_api.HANDLERS]
    site.dependencies["asked_now"] = Current()
    performer = Responding(site.keys, policy, site.tally)
    site.performers[SendResponse] = site.performers[ConfirmResponse] = performer
    letters = ResponseLetters(site.keys, policy, site.settings.base_url)
    site.letters.update(letters.composers())
    site.recipients["consultations.response"] = letters.address_of_response
    site.recipients["consultations.draft"] = letters.address_of_draft
    site.holdings["consultations"] = ConsultationHolding(site.keys)
    site.rekeyers["consultations"] = ConsultationRekeyer()
    site.file_owners.setdefault(RESPONSE_FILES, _never_public)
    site.file_owners.setdefault(DRAFT_FILES, _never_public)

    def forget(db: Session, now: datetime) -> int:
        return erasing.erase_some(db, policy, now) or erasing.forget_unconfirmed(db, policy, now)

    site.jobs += [
        Job("consultations: forget respondents", forget, timedelta(minutes=10)),
        Job("consultations: forget drafts", partial(_forget_drafts, policy), timedelta(hours=1)),
    ]


def _forget_drafts(policy: ConsultationPolicy, db: Session, now: datetime) -> int:
    return erasing.forget_drafts(db, policy, now)


def _never_public(db: Session, subject_id: int) -> bool:
    """Staff read them through their desk."""
    return False


def _install_texts(site: Site, policy: ConsultationPolicy) -> None:
    """Draft texts by clauses, comments on them, dispositions; the discussion beside."""
    site.routers += [*texts.HANDLERS, *clauses.HANDLERS, *discussing.HANDLERS]
    site.routers += [*writing_texts.HANDLERS, *versioning.HANDLERS, *disposing.HANDLERS, *matrix.HANDLERS]
    site.discussed["consultation"] = ConsultationDiscussed()
    site.discussed["clause"] = ClauseDiscussed()
    site.listeners[ConsultationPublished].append(publish_first)
    site.dependencies["consultation_parts"] += [texts.part, discussing.part]


def _install_reading(site: Site, policy: ConsultationPolicy) -> None:
    """The reading desk: codes, notes, tables, findings, campaigns."""
    site.routers += [*desks.HANDLERS]
    site.jobs += [
        Job("consultations: index words", Indexing().step, timedelta(seconds=1)),
        Job("consultations: compare letters", Comparing().step, timedelta(seconds=1)),
    ]
    site.staff_pages.append(
        StaffPage(
            "/desk/consultations",
            str(_("Consultations")),
            str(_("What people answered: read it, code it, say what you heard.")),
            "consultations.read",
        )
    )


def _install_publishing(site: Site, policy: ConsultationPolicy) -> None:
    """Published responses, "you said", "we did", exports, the roll of digests."""
    letters = NewsLetters(site.keys, site.settings.base_url)
    site.letters.update(letters.composers())
    news = News(site.settings.news_window, site.settings.zone)
    outcomes = Outcomes(news, site.settings.base_url)
    site.routers += [*unsubscribing.HANDLERS, *published.HANDLERS, *figures.HANDLERS, *web_publishing.HANDLERS]
    site.routers += [*exports.HANDLERS, *web_importing.HANDLERS, *web_feedback.HANDLERS]
    importing = Importing(site.keys, policy, site.settings.zone)
    site.dependencies["paper"] = importing
    site.dependencies["consultation_parts"].append(published.part_of)
    site.dependencies["consultation_news"] = news
    site.news["consultation"], site.askers["consultation"] = outcomes, Respondents(site.keys)
    site.listeners[ReferralAnswered].append(outcomes.note_answer)
    site.listeners[AnswerWithdrawn].append(outcomes.note_withdrawal)
    site.listeners[CommitmentMade].append(outcomes.note_promise)
    site.listeners[CommitmentProgressed].append(outcomes.note_promise)
    site.jobs += [
        Job("consultations: tell respondents", partial(announcing.queue_some_news, site.keys), timedelta(seconds=1)),
        Job("consultations: take down what changed", publishing.take_down_changed, timedelta(seconds=30)),
        Job("consultations: read sheets", importing.read_some, timedelta(seconds=1)),
        Job("consultations: write rolls", roll.write_due_rolls, timedelta(minutes=1)),
    ]
