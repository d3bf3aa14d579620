"""The room's whole connection to the house."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.contribution import Local
from app.core import ready
from app.core.i18n import _
from app.outcomes.events import AnswerWithdrawn, ReferralAnswered
from app.site import HomePanel, PanelItem, Referred, Site, StaffPage
from petitions import demo, queries
from petitions.api import routes
from petitions.api import similar as similar_api
from petitions.importing import decidim, uk_petitions
from petitions.jobs import jobs
from petitions.mails import PetitionLetters
from petitions.model import debate, operation, sorting  # noqa: F401  their tables
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.queries import finding, measured
from petitions.queries.areas import most_signed_in
from petitions.queries.beforehand import Beforehand
from petitions.queries.figures import ListFigures
from petitions.queries.searched import PetitionsSearched
from petitions.rules.acts import ACTS
from petitions.rules.closing import days_left
from petitions.rules.lifecycle import VISIBLE, PetitionState
from petitions.service import opening
from petitions.service.acts import SignatureConfirmation, SignatureRequest
from petitions.service.announcing import Announcing
from petitions.service.asking import PetitionsOnLists, Signers
from petitions.service.blocking import Blocklist
from petitions.service.debating import Debating
from petitions.service.discussing import PetitionDiscussed
from petitions.service.followed import PETITION, SEARCH, TOPIC, PetitionFollowed, SearchFollowed, TopicFollowed, tagger
from petitions.service.happening import TELLERS, Lines
from petitions.service.holding import count_held
from petitions.service.judging import PetitionUnderModeration
from petitions.service.mine import PetitionHolding
from petitions.service.published import announced
from petitions.service.referring import DebateDepartmentAdvice, Serving
from petitions.service.rekeying import PetitionRekeyer
from petitions.service.responding import Responding
from petitions.service.signing import Signing
from petitions.service.statistics import Shelf
from petitions.service.stops import Switchboard, stopped
from petitions.verify import INVARIANTS, unserved_crossings
from petitions.web import (
    area_map,
    authoring,
    confirming,
    correcting,
    debating,
    discussing,
    drafting,
    feeds,
    finder,
    listing,
    open_data,
    reading,
    reporting,
    sent,
    sharing,
    signing,
    sponsoring,
    staff_blocks,
    staff_held,
    staff_petition,
    staff_signatures,
    staff_stops,
    taking_back,
    unsubscribing,
    versions,
)
from petitions.web.stopped import StopNotices
from petitions.web.storied import PetitionStoried


def install(site: Site) -> None:
    """Contribute pages, API, letters, jobs, rules of moderation and what verify checks."""
    settings = site.settings
    section = settings.section("petitions")
    if settings.mode == "demo":
        section.setdefault("discussion", "before")
    policy = PetitionPolicy.from_settings(section)

    def say_day(day: date) -> str:
        return format_date(day, "d MMMM y", locale="en_GB")

    def say_date(instant: datetime) -> str:
        return say_day((instant - timedelta(microseconds=1)).astimezone(settings.zone).date())

    serving = Serving(policy, site.referring)
    announcing = Announcing(settings.news_window, settings.zone)
    blocklist, switchboard = Blocklist(), Switchboard()
    areas, placing = site.dependencies["areas"], site.dependencies["placing"]
    performer = Signing(site.keys, policy, say_date, blocklist, switchboard, site.tally, placing)
    performer.serve = serving
    site.performers[SignatureRequest] = site.performers[SignatureConfirmation] = performer
    site.dependencies["policy"] = policy
    site.dependencies["blocklist"], site.dependencies["switchboard"] = blocklist, switchboard
    site.dependencies["figures"] = figures = ListFigures()
    site.companions.append(Beforehand(figures.common))
    site.acts += ACTS
    site.routers += [
        *drafting.HANDLERS,
        *signing.HANDLERS,
        *sent.HANDLERS,
        *sponsoring.HANDLERS,
        *confirming.HANDLERS,
        *taking_back.HANDLERS,
        *unsubscribing.HANDLERS,
        *listing.HANDLERS,
        *reading.HANDLERS,
        *staff_stops.HANDLERS,
        *routes.HANDLERS,
    ]
    site.routers += [*similar_api.HANDLERS]
    site.routers += [*debating.HANDLERS, *feeds.HANDLERS, *open_data.HANDLERS, *sharing.HANDLERS]
    site.routers += [*area_map.HANDLERS]
    site.notices.append(StopNotices(settings.zone))
    site.stops.append("/admin/petitions")
    site.staff_pages.append(
        StaffPage(
            "/admin/petitions",
            str(_("What is stopped")),
            str(_("New petitions, signing, elections.")),
            "petitions.stops",
        )
    )
    site.routers += [*reporting.HANDLERS, *staff_petition.HANDLERS]
    site.routers += [*staff_blocks.HANDLERS, *staff_held.HANDLERS, *staff_signatures.HANDLERS]
    site.dependencies["statistics"] = Shelf()
    site.dependencies["announcing"] = announcing
    site.routers += [
        *authoring.HANDLERS,
        *correcting.HANDLERS,
        *discussing.HANDLERS,
        *finder.HANDLERS,
        *versions.HANDLERS,
    ]
    site.staff_pages += _staff_pages()
    site.panels.append(_panel)
    site.moderated["petition"] = PetitionUnderModeration(policy, settings.zone, site.keys, announcing)
    site.discussed["petition"] = PetitionDiscussed(policy)
    site.referred["petition"] = _Referred()
    site.locks["petition"] = _lock
    site.searchable[PETITION] = PetitionsSearched()
    site.topics.append(finding.topics)
    site.news["petition"] = responding = Responding(announcing, settings.base_url)
    site.followable |= {PETITION: PetitionFollowed(), TOPIC: TopicFollowed(), SEARCH: SearchFollowed()}
    site.happenings.update(TELLERS)
    site.happening_lines.update(Lines(say_day, say_date).by_code())
    site.subjects["petition"], site.stories[PETITION] = PetitionsOnLists(), PetitionStoried()
    site.subject_tags[PETITION] = tagger(areas, policy)
    site.local.append(
        Local(
            "petitions",
            str(_("Petitions most people here have signed")),
            str(_("No petition has enough signatures from here to be shown.")),
            most_signed_in,
        )
    )
    site.announced += announced()
    site.askers["petition"] = Signers(site.keys)
    site.answer_doors["petition", "debate"] = "/desk/debates/{}".format
    site.dependencies["debating"] = Debating(announcing, say_day)
    site.listeners[ReferralAnswered].append(responding.note_answer)
    site.listeners[AnswerWithdrawn].append(responding.note_withdrawal)
    letters = PetitionLetters(site.keys, policy, settings.base_url, site.promising, site.moderating)
    site.letters.update(letters.composers())
    site.holdings["petitions"] = PetitionHolding(site.keys, announcing, say_date, areas)
    site.recipients["petitions.signature"] = letters.address_of
    site.jobs += jobs(serving, site.keys, policy, settings.zone, announcing, placing)
    site.importers |= {"uk-petitions": uk_petitions, "decidim": decidim}
    site.invariants += INVARIANTS
    site.rekeyers["petitions"] = PetitionRekeyer()
    site.advice.append(DebateDepartmentAdvice(policy))
    site.readiness.append(unserved_crossings)
    site.demos.append(demo.fill)
    site.measure(*measured.measures(policy, site.promising))
    site.askings[measured.SATISFACTION] = measured.ASKING
    site.sitemap.append(_places)
    site.datasets += opening.DATASETS
    site.embeds["petitions"] = opening.widget
    site.feeds += opening.FEEDS
    if settings.mode == "demo":
        site.banners.append(_demo_banner(policy))


def _staff_pages() -> list[StaffPage]:
    return [
        StaffPage(
            "/moderation/petitions", _("Find a petition"), _("Any petition, whatever became of it."), "petitions.find"
        ),
        StaffPage("/moderation/held", _("Held signatures"), _say_held, "petitions.held"),
        StaffPage(
            "/moderation/signatures",
            _("Search for signatures"),
            _("By address, for a purpose on record."),
            "petitions.signatures",
        ),
        StaffPage("/admin/blocks", _("Blocked sources"), _say_held, "petitions.blocks"),
        StaffPage("/moderation/tags", _("Tags"), _("The staff's own words for petitions."), "petitions.sort"),
        StaffPage("/admin/topics", _("Topics"), _("What readers filter petitions by."), "petitions.topics"),
    ]


def _say_held(db: Session, now: datetime) -> str:
    if count := count_held(db):
        return str(_("Held now: {count}.").format(count=f"{count:,}"))
    return str(_("Nothing is held."))


def _demo_banner(policy: PetitionPolicy) -> str:
    text = _(
        "This is a demonstration: nobody here is real. "
        "Petitions are answered from {response} signatures and debated from {debate}."
    )
    return text.format(response=policy.response_at, debate=policy.debate_at)


def _panel(db: Session, now: datetime) -> HomePanel:
    items = [
        PanelItem(
            href=f"/petitions/{p.id}",
            title=p.action,
            meta=_meta(p, now),
        )
        for p in queries.most_pressing(db, now)
    ]
    return HomePanel(
        title=str(_("Petitions")),
        href="/petitions",
        action_href="/petitions/new" if stopped(db, now).creating is None else "",
        action_text=str(_("Start a petition")),
        empty=str(_("No petition is open at the moment. You can start one.")),
        items=items,
    )


def _meta(petition: Petition, now: datetime) -> str:
    count = _("{count} signatures").format(count=f"{petition.signature_count:,}")
    left = days_left(petition.closes_at, now)
    if left is None:
        return count
    return f"{count} · " + (_("1 day left") if left == 1 else _("{days} days left").format(days=left))


def _referred(db: Session, petition_id: int) -> Referred | None:
    petition = db.get(Petition, petition_id)
    if petition is None:
        return None
    return Referred(
        title=petition.action,
        href=f"/petitions/{petition.id}",
        people=petition.signature_count,
        paragraphs=[
            (str(_("Background")), petition.background),
            (str(_("More details")), petition.additional_details),
        ],
        note=_note_to_department(petition.state),
        public=petition.state in VISIBLE,
    )


class _Referred:
    """One petition with its text, or many of them for a list."""

    def __call__(self, db: Session, petition_id: int) -> Referred | None:
        return _referred(db, petition_id)

    def many(self, db: Session, ids: Collection[int]) -> dict[int, Referred]:
        columns = (Petition.id, Petition.action, Petition.signature_count, Petition.state)
        build = lambda: select(*columns).where(ready.among(db, Petition.__table__.c.id))
        rows = ready.rows(db, "referred petitions", build, {"ids": ready.as_one(db, ids)})
        return {
            i: Referred(action, f"/petitions/{i}", people, note=_note_to_department(state), public=state in VISIBLE)
            for i, action, people, state in rows
        }


def _note_to_department(state: str) -> str:
    match state:
        case PetitionState.REJECTED | PetitionState.HIDDEN:
            return str(_("Taken down by a moderator. What you answer is not shown while it is."))
        case PetitionState.IN_MODERATION:
            return str(_("Taken down, and being judged again. What you answer is not shown before that is decided."))
        case PetitionState.WITHDRAWN:
            return str(_("Withdrawn by its creator. Those who signed were promised an answer, so it is still due."))
    return ""


def _lock(db: Session, petition_id: int) -> None:
    db.execute(select(Petition.id).where(Petition.id == petition_id).with_for_update(key_share=True))


def _places(db: Session) -> list[str]:
    ids = db.scalars(
        select(Petition.id)
        .where(Petition.state.in_(VISIBLE), Petition.state != PetitionState.WITHDRAWN)
        .order_by(Petition.id.desc())
        .limit(45_000)
    )
    return [f"/petitions/{i}" for i in ids]
