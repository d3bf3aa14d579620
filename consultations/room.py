"""The room's whole connection to the house."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from app.core.i18n import _
from app.core.jobs import Job
from app.site import Site, StaffPage
from consultations import (
    demo,
    model,  # noqa: F401  its tables
)
from consultations.mails.publishing import NewsLetters
from consultations.mails.responding import ResponseLetters
from consultations.policy import ConsultationPolicy
from consultations.rules.acts import ACTS
from consultations.service import announcing, publishing
from consultations.service.acts import ConfirmResponse, SendResponse
from consultations.service.campaigns import Comparing
from consultations.service.indexing import Indexing
from consultations.service.responding import Responding
from consultations.verify import INVARIANTS
from consultations.web import (
    answering,
    building,
    building_copying,
    building_preview,
    building_questions,
    building_versions,
    desks,
    finishing,
    reading,
    receipts,
    unsubscribing,
)


def install(site: Site) -> None:
    """Contribute pages, API, letters, jobs, rules of moderation and what verify checks."""
    policy = ConsultationPolicy.from_settings(site.settings.section("consultations"))
    site.dependencies["consulting"] = policy
    site.acts += ACTS
    site.invariants += INVARIANTS
    site.demos.append(demo.fill)
    _install_life(site, policy)
    _install_building(site, policy)
    _install_responding(site, policy)
    _install_texts(site, policy)
    _install_reading(site, policy)
    _install_publishing(site, policy)


def _install_life(site: Site, policy: ConsultationPolicy) -> None:
    """Editors' pages, the public page, dates, passes, what closing brings."""
    site.routers += [*reading.HANDLERS]


def _install_building(site: Site, policy: ConsultationPolicy) -> None:
    """The questionnaire builder; lists, feeds and programs' reading."""
    site.routers += [*building.HANDLERS, *building_questions.HANDLERS, *building_preview.HANDLERS]
    site.routers += [*building_copying.HANDLERS, *building_versions.HANDLERS]


def _install_responding(site: Site, policy: ConsultationPolicy) -> None:
    """Answering, drafts, receipts, letters to respondents, what they hold and may erase."""
    site.routers += [*answering.HANDLERS, *finishing.HANDLERS, *receipts.HANDLERS]
    performer = Responding(site.keys, policy)
    site.performers[SendResponse] = site.performers[ConfirmResponse] = performer
    letters = ResponseLetters(site.keys, policy, site.settings.base_url)
    site.letters.update(letters.composers())
    site.recipients["consultations.response"] = letters.address_of_response
    site.recipients["consultations.draft"] = letters.address_of_draft


def _install_texts(site: Site, policy: ConsultationPolicy) -> None:
    """Draft texts by clauses, comments on them, dispositions; the discussion beside."""


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
    site.routers += [*unsubscribing.HANDLERS]
    site.jobs += [
        Job("consultations: tell respondents", partial(announcing.queue_some_news, site.keys), timedelta(seconds=1)),
        Job("consultations: take down what changed", publishing.take_down_changed, timedelta(seconds=30)),
    ]
