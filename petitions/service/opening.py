"""What of petitions is open to everybody's programs: tables, feeds, and one petition on the pages of others."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.opendata.contribution import At, Bar, Column, Dataset, Feed, Kind, Widget
from petitions.model.petition import Petition
from petitions.queries import datasets, public_petition
from petitions.rules.closing import days_left, is_over
from petitions.rules.eligibility import is_signable
from petitions.rules.lifecycle import VISIBLE, PetitionState

_KEYWORDS = (_("petitions"), _("participation"))
_SIGNATURES = _("signatures")
_NUMBER = Column("petition", Kind.NUMBER, _("Its number, see the table of petitions."), required=True)
_ID = Column("id", Kind.NUMBER, _("Its number."), required=True)
_URL = Column("url", Kind.LINK, _("Its page."), required=True)
_TEXTS = (
    Column("action", Kind.TEXT, _("What it asks for, in one sentence."), required=True),
    Column("background", Kind.TEXT, _("Why.")),
    Column("additional_details", Kind.TEXT, _("More about it.")),
)
_STARTED = Column("created_at", Kind.INSTANT, _("When it was started."), required=True)

DATASETS = (
    Dataset(
        key="petitions",
        title=_("Petitions"),
        about=_("Every petition that was published: its text, how many signed, and when what happened to it."),
        columns=(
            _ID,
            _URL,
            Column("state", Kind.TEXT, _("open, closed or withdrawn."), required=True),
            *_TEXTS,
            Column("signature_count", Kind.NUMBER, _("How many have signed."), unit=_SIGNATURES, required=True),
            Column(
                "imported_count",
                Kind.NUMBER,
                _("How many of them another system had counted before."),
                unit=_SIGNATURES,
                required=True,
            ),
            Column("response_threshold", Kind.NUMBER, _("What brings an answer."), unit=_SIGNATURES, required=True),
            Column("debate_threshold", Kind.NUMBER, _("What brings a debate."), unit=_SIGNATURES, required=True),
            Column("department", Kind.TEXT, _("The short name of the department that leads.")),
            Column("topics", Kind.TEXT, _("Short names of its topics, separated by spaces.")),
            _STARTED,
            Column("opened_at", Kind.INSTANT, _("When it was published.")),
            Column("closes_at", Kind.INSTANT, _("Until when it can be signed, or could.")),
            Column("closed_at", Kind.INSTANT, _("When it was closed.")),
            Column("withdrawn_at", Kind.INSTANT, _("When whoever started it took it back.")),
            Column("response_threshold_reached_at", Kind.INSTANT, _("When it reached what brings an answer.")),
            Column("government_response_at", Kind.INSTANT, _("When it was answered.")),
            Column("debate_threshold_reached_at", Kind.INSTANT, _("When it reached what brings a debate.")),
            Column("scheduled_debate_date", Kind.DAY, _("The day of its debate.")),
            Column("debate_outcome_at", Kind.INSTANT, _("When the outcome of its debate was told.")),
        ),
        keyed_by=("id",),
        rows=datasets.petitions,
        page="/petitions?state=all",
        keywords=_KEYWORDS,
        since=datasets.first_day,
    ),
    Dataset(
        key="signatures-by-day",
        title=_("Signatures by day"),
        about=_(
            "How many signatures of each petition were confirmed on each local day; days without any are left out."
        ),
        columns=(
            _NUMBER,
            Column("day", Kind.DAY, _("The day, in the time zone of this site."), required=True),
            Column("signatures", Kind.NUMBER, _("Confirmed on that day."), unit=_SIGNATURES, required=True),
        ),
        keyed_by=("petition", "day"),
        rows=datasets.by_day,
        page="/petitions",
        keywords=(*_KEYWORDS, _SIGNATURES),
        since=datasets.first_day,
    ),
    Dataset(
        key="signatures-by-hour",
        title=_("Signatures by hour"),
        about=_("The same by the hour in which they were confirmed; hours without any are left out."),
        columns=(
            _NUMBER,
            Column("hour", Kind.INSTANT, _("The beginning of the hour, in UTC."), required=True),
            Column("signatures", Kind.NUMBER, _("Confirmed within that hour."), unit=_SIGNATURES, required=True),
        ),
        keyed_by=("petition", "hour"),
        rows=datasets.by_hour,
        page="/petitions",
        keywords=(*_KEYWORDS, _SIGNATURES),
        since=datasets.first_day,
    ),
    Dataset(
        key="signatures-by-country",
        title=_("Signatures by country"),
        about=_(
            "How many signed each petition from which country. Fewer than 5 are withheld, together with another figure."
        ),
        columns=(
            _NUMBER,
            Column("country", Kind.TEXT, _("The country, by ISO 3166-1 (two letters)."), required=True),
            Column("name", Kind.TEXT, _("Its name in English."), required=True),
            Column("signatures", Kind.NUMBER, _("From there; empty where withheld."), unit=_SIGNATURES),
            Column(
                "withheld", Kind.YES_NO, _("The figure is not told, so that nobody can be made out."), required=True
            ),
        ),
        keyed_by=("petition", "country"),
        rows=datasets.by_country,
        page="/petitions",
        keywords=(*_KEYWORDS, _SIGNATURES, _("countries")),
        since=datasets.first_day,
    ),
    Dataset(
        key="signatures-by-area",
        title=_("Signatures by area"),
        about=_(
            "How many signed each petition from which area, once an hour. Areas are left out where so few signed that somebody could be made out, together with others; and where nobody did."
        ),
        columns=(
            _NUMBER,
            Column("area", Kind.TEXT, _("Its code, as on the map."), required=True),
            Column("name", Kind.TEXT, _("Its name.")),
            Column("signatures", Kind.NUMBER, _("From there."), unit=_SIGNATURES, required=True),
            Column("per_thousand", Kind.DECIMAL, _("For every 1,000 people, where it is known how many live there.")),
        ),
        keyed_by=("petition", "area"),
        rows=datasets.by_area,
        page="/petitions",
        keywords=(*_KEYWORDS, _SIGNATURES, _("areas")),
        since=datasets.first_day,
    ),
    Dataset(
        key="rejected-petitions",
        title=_("Rejected petitions"),
        about=_("Petitions that broke a rule and can be read all the same, with the rule."),
        columns=(
            _ID,
            _URL,
            *_TEXTS,
            _STARTED,
            Column("rejected_at", Kind.INSTANT, _("When it was rejected.")),
            Column("rejection_code", Kind.TEXT, _("The rule, see the page of standards."), required=True),
            Column("rejection_details", Kind.TEXT, _("What the moderator said.")),
            Column("duplicate_of", Kind.NUMBER, _("The petition that it repeats.")),
        ),
        keyed_by=("id",),
        rows=datasets.rejected,
        page="/petitions?state=rejected",
        keywords=(*_KEYWORDS, _("moderation")),
        since=datasets.first_day,
    ),
    Dataset(
        key="petition-responses",
        title=_("Government responses to petitions"),
        about=_("What departments answered to petitions that reached the threshold, every version that stands."),
        columns=(
            _NUMBER,
            Column("referral", Kind.NUMBER, _("What it answers, see the table of referrals."), required=True),
            Column("version", Kind.NUMBER, _("1 for the first; higher ones correct it."), required=True),
            Column("department", Kind.TEXT, _("The short name of the department that answered.")),
            Column("grade", Kind.TEXT, _("What it comes to, such as will-do or no.")),
            Column("summary", Kind.TEXT, _("One sentence."), required=True),
            Column("details", Kind.TEXT, _("The whole answer, formatted (Markdown).")),
            Column("given_at", Kind.INSTANT, _("When this version was published."), required=True),
        ),
        keyed_by=("referral", "version"),
        rows=datasets.responses,
        page="/petitions?state=with_response",
        keywords=(*_KEYWORDS, _("answers")),
        since=datasets.first_day,
    ),
    Dataset(
        key="petition-debates",
        title=_("Debates about petitions"),
        about=_("What is known of debates: the day, what can be read and watched, or why there was none."),
        columns=(
            _NUMBER,
            Column("version", Kind.NUMBER, _("The highest that there is counts."), required=True),
            Column("state", Kind.TEXT, _("scheduled, outcome or not_held."), required=True),
            Column("debated_on", Kind.DAY, _("The day that it is set for, or was held on.")),
            Column("overview", Kind.TEXT, _("What was said, or why there was none.")),
            Column("transcript_url", Kind.LINK, _("The transcript.")),
            Column("video_url", Kind.LINK, _("The recording.")),
            Column("debate_pack_url", Kind.LINK, _("Research that members had.")),
            Column("at", Kind.INSTANT, _("When this version was published."), required=True),
        ),
        keyed_by=("petition", "version"),
        rows=datasets.debates,
        page="/petitions?state=with_debate_outcome",
        keywords=(*_KEYWORDS, _("debates")),
        since=datasets.first_day,
    ),
)
FEEDS = (
    Feed(_("Petitions: the newest"), "/petitions.atom", "Atom"),
    Feed(_("Petitions as the UK Parliament's site has them"), "/petitions.json?state=all", "JSON"),
)


def widget(db: Session, number: int, at: At) -> Widget | None:
    """One petition as other sites show it; None where its text is not public, or it was rejected."""
    petition = public_petition(db, number)
    if petition is None or petition.state not in VISIBLE - {PetitionState.REJECTED}:
        return None
    open_now = is_signable(petition.state, petition.closes_at, at.now)
    count = petition.signature_count
    return Widget(
        title=petition.action,
        page=f"/petitions/{petition.id}",
        action=str(_("Sign this petition")) if open_now else str(_("Read what came of it")),
        figure=f"{count:,}",
        figure_words=str(_("signature")) if count == 1 else str(_SIGNATURES),
        lines=[_until(petition, at, open_now=open_now)],
        keys=(f"petition:{petition.id}",),
        bar=_bar(petition),
        good_until=petition.closes_at if petition.closes_at and petition.closes_at > at.now else None,
    )


def _bar(petition: Petition) -> Bar:
    """To the threshold for an answer, and once that is reached to the one for a debate."""
    count = petition.signature_count
    if petition.response_reached_at is None and count < petition.response_threshold:
        words = _("{goal} bring a written answer").format(goal=f"{petition.response_threshold:,}")
        return Bar(count, petition.response_threshold, words)
    if count < petition.debate_threshold:
        words = _("Has to be answered. {goal} bring a debate").format(goal=f"{petition.debate_threshold:,}")
    else:
        words = str(_("Has to be answered and considered for a debate"))
    return Bar(min(count, petition.debate_threshold), petition.debate_threshold, words)


def _until(petition: Petition, at: At, *, open_now: bool) -> str:
    if not open_now:
        over = is_over(petition.state, petition.closes_at, at.now, imported=petition.source is not None)
        if petition.state == PetitionState.WITHDRAWN:
            return str(_("Withdrawn by the person who started it"))
        return str(_("Closed")) if over or petition.state == PetitionState.CLOSED else str(_("Cannot be signed here"))
    left = days_left(petition.closes_at, at.now)
    if left is None:
        return str(_("Open"))
    return str(_("1 day left to sign")) if left == 1 else _("{days} days left to sign").format(days=left)
