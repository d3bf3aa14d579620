"""The room's whole connection to the house."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.remember import Remembered
from app.outcomes.events import ReferralAnswered
from app.outcomes.policy import OutcomesPolicy
from app.site import HomePanel, PanelItem, Referred, Site
from petitions import demo, queries
from petitions.api import routes
from petitions.importing import uk_petitions
from petitions.jobs import jobs
from petitions.mails import PetitionLetters
from petitions.model import debate, operation, sorting  # noqa: F401  their tables
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.rules.closing import days_left
from petitions.rules.lifecycle import VISIBLE, PetitionState
from petitions.service.acts import SignatureConfirmation, SignatureRequest
from petitions.service.judging import PetitionUnderModeration
from petitions.service.referring import Serving
from petitions.service.responding import Responding
from petitions.service.signing import Signing
from petitions.verify import INVARIANTS, unserved_crossings
from petitions.web import drafting, reading, signing


def install(site: Site) -> None:
    """Contribute pages, API, letters, jobs, rules of moderation and what verify checks."""
    settings = site.settings
    policy = PetitionPolicy.from_settings(settings.section("petitions"))
    outcomes_policy = OutcomesPolicy.from_settings(settings.section("outcomes"))

    def say_date(instant: datetime) -> str:
        last = instant - timedelta(microseconds=1)
        return format_date(last.astimezone(settings.zone).date(), "d MMMM y", locale="en_GB")

    serving = Serving(policy, outcomes_policy)
    performer = Signing(site.keys, policy, say_date)
    performer.serve = serving
    site.performers[SignatureRequest] = site.performers[SignatureConfirmation] = performer
    site.dependencies["policy"] = policy
    site.dependencies["state_counts"] = Remembered(seconds=5)
    site.routers += [*drafting.HANDLERS, *signing.HANDLERS, *reading.HANDLERS, *routes.HANDLERS]
    site.panels.append(_panel)
    site.moderated["petition"] = PetitionUnderModeration(policy, settings.zone)
    site.referred["petition"] = _referred
    site.locks["petition"] = _lock
    site.listeners[ReferralAnswered].append(Responding(settings.news_window, settings.zone).note_answer)
    site.letters.update(PetitionLetters(site.keys, policy, settings.base_url).composers())
    site.jobs += jobs(serving, policy, settings.zone)
    site.importers["uk-petitions"] = uk_petitions
    site.invariants += INVARIANTS
    site.readiness.append(unserved_crossings)
    site.demos.append(demo.fill)
    site.sitemap.append(_places)
    if settings.mode == "demo":
        site.banners.append(_demo_banner(policy))


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
        action_href="/petitions/new",
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
    )


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
