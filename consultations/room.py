"""The room's whole connection to the house."""

from __future__ import annotations

from app.site import Site
from consultations import (
    demo,
    model,  # noqa: F401  its tables
)
from consultations.events import ConsultationPublished
from consultations.policy import ConsultationPolicy
from consultations.queries import heard
from consultations.rules.acts import ACTS
from consultations.service.discussing import ClauseDiscussed, ConsultationDiscussed
from consultations.service.texts import publish_first
from consultations.verify import INVARIANTS
from consultations.web import (
    clauses,
    discussing,
    disposing,
    matrix,
    reading,
    texts,
    versioning,
    writing_texts,
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


def _install_responding(site: Site, policy: ConsultationPolicy) -> None:
    """Answering, drafts, receipts, letters to respondents, what they hold and may erase."""


def _install_texts(site: Site, policy: ConsultationPolicy) -> None:
    """Draft texts by clauses, comments on them, dispositions; the discussion beside."""
    site.routers += [*texts.HANDLERS, *clauses.HANDLERS, *discussing.HANDLERS]
    site.routers += [*writing_texts.HANDLERS, *versioning.HANDLERS, *disposing.HANDLERS, *matrix.HANDLERS]
    site.discussed["consultation"] = ConsultationDiscussed()
    site.discussed["clause"] = ClauseDiscussed()
    site.listeners[ConsultationPublished].append(publish_first)
    site.heard.append(heard.comments)


def _install_reading(site: Site, policy: ConsultationPolicy) -> None:
    """The reading desk: codes, notes, tables, findings, campaigns; paper."""


def _install_publishing(site: Site, policy: ConsultationPolicy) -> None:
    """Published responses, "you said", "we did", exports, the roll of digests."""
