"""A debate: its date, what it brought, or why there is none. The department that owes it says so.

Each word on it is a version that stays on record. It answers the duty too, so that the desk, the home
page and ``verify`` know the same; who asked for news is told where its writer wants so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes import queries as duties
from app.outcomes import service as outcomes
from app.outcomes.contribution import Telling
from app.outcomes.model import Answer, Referral
from app.outcomes.rules.answers import AnswerText, Grade
from app.outcomes.service import drafting
from petitions.events import DebateTold
from petitions.model.debate import Debate
from petitions.model.petition import Petition
from petitions.queries import story
from petitions.rules.closing import end_of_day
from petitions.rules.debates import DebateState, DebateText, Phase, changes_on, phase_of
from petitions.service.announcing import DEBATE_OUTCOME, DEBATE_SCHEDULED, Announcing, announced
from petitions.service.responding import about, refuse_if_told, telling
from petitions.service.telling import tell

DEBATE = "debate"
_SOURCE_LINKS = ("transcript_url", "video_url", "debate_pack_url")


class DebateChanged(Conflict):
    code = "debate-changed"
    title = _("Somebody else changed this while you were writing")
    message = _("Your text was not published. Read what stands there now.")
    way_on = ("/desk/debates/{petition}", _("Look at the debate's page"))


class NothingSaid(Conflict):
    code = "no-debate"
    title = _("Nothing is said about a debate here")
    message = _("It was taken back, or not said yet. Nothing was changed.")
    way_on = ("/desk/debates/{petition}", _("Look at the debate's page"))


@dataclass(frozen=True)
class Debating:
    """Writes what is known of debates; ``say_date`` puts a day into words."""

    announcing: Announcing
    say_date: Callable[[date], str]

    def release(
        self,
        db: Session,
        petition_id: int,
        department_id: int,
        said: DebateText,
        *,
        after_version: int,
        send_news: bool,
        by: int,
        now: datetime,
        released_by: int | None = None,
    ) -> Debate:
        """Publish the next version; ``after_version`` is what its writer had seen (0: none). Twice is as once.

        ``released_by`` is the second person; :class:`NeedsSecondPerson` where the department wants one.
        """
        petition, duty = locked(db, petition_id, department_id)
        if (known := _said_already(db, petition_id, said, after_version, by)) is not None:
            return known
        if released_by is None:
            drafting.refuse_alone(db.get_one(Department, department_id), duty.id)
        version = seen(db, petition_id, after_version) + 1
        debate = Debate(
            petition_id=petition_id,
            version=version,
            state=said.state,
            debated_on=said.debated_on,
            overview=said.overview,
            transcript_url=said.transcript_url,
            video_url=said.video_url,
            pack_url=said.pack_url,
            by_id=by,
            at=now,
        )
        db.add(debate)
        news = news_of(debate.state)
        self.announcing.call_off(db, petition_id, DEBATE_OUTCOME if news == DEBATE_SCHEDULED else DEBATE_SCHEDULED, now)
        if send_news:
            self.announcing.tell_signers(db, petition_id, news, version, now, by=by)
        self._now_stands(db, petition, duty, debate, by=by, now=now, released_by=released_by)
        announce(db, DebateTold(petition_id, version, said.state, now))
        _record(db, petition, "petitions.debate", by, now, version=version, state=str(debate.state))
        return debate

    def take_back(
        self, db: Session, petition_id: int, department_id: int, *, after_version: int, by: int, now: datetime
    ) -> None:
        """What stood before stands again, or nothing: then the debate is owed again.

        A date can be taken back at any time. Raises :class:`LettersLeft` for an outcome that people were told of.
        """
        petition, duty = locked(db, petition_id, department_id)
        seen(db, petition_id, after_version)
        standing = list(reversed(story.debates(db, petition_id)))
        if not standing:
            raise NothingSaid(petition=petition_id)
        state = standing[0].state
        taken = _same_at_the_top(standing)
        news = news_of(state)
        self.announcing.call_off(db, petition_id, news, now)
        if state != DebateState.SCHEDULED:
            refuse_if_told(db, about(db, petition_id, news, [d.version for d in taken]))
        for debate in taken:
            debate.withdrawn_at, debate.withdrawn_by_id = now, by
        left = standing[len(taken) :]
        tell(db, petition_id, "debate-withdrawn", now, state=str(state))
        self._now_stands(db, petition, duty, left[0] if left else None, by=by, now=now)
        _record(db, petition, "petitions.debate-withdrawn", by, now, version=taken[0].version, state=str(state))

    def send_news(
        self, db: Session, petition_id: int, department_id: int, *, after_version: int, by: int, now: datetime
    ) -> None:
        """Have those who asked for news told of what stands."""
        petition, _duty = locked(db, petition_id, department_id)
        seen(db, petition_id, after_version)
        standing = story.debates(db, petition_id)
        if not standing:
            raise NothingSaid(petition=petition_id)
        debate = standing[-1]
        self.announcing.tell_signers(db, petition_id, news_of(debate.state), debate.version, now, by=by)
        _record(db, petition, "petitions.debate-news", by, now, version=debate.version)

    def call_off(self, db: Session, petition_id: int, department_id: int, *, by: int, now: datetime) -> int:
        """Letters about the debate that have not left stay; answers how many."""
        petition, _duty = locked(db, petition_id, department_id)
        letters = sum(self.announcing.call_off(db, petition_id, n, now) for n in (DEBATE_SCHEDULED, DEBATE_OUTCOME))
        _record(db, petition, "petitions.debate-news-called-off", by, now, letters=letters)
        return letters

    def _now_stands(
        self,
        db: Session,
        petition: Petition,
        duty: Referral,
        debate: Debate | None,
        *,
        by: int,
        now: datetime,
        released_by: int | None = None,
    ) -> None:
        """The petition's columns and the duty's answer follow the version that stands."""
        was_told = petition.debate_state in (DebateState.OUTCOME, DebateState.NOT_HELD)
        told = debate is not None and debate.state != DebateState.SCHEDULED
        petition.debate_state = debate.state if debate else None
        petition.debate_on = debate.debated_on if debate else None
        petition.debate_outcome_at = (petition.debate_outcome_at if was_told else now) if told else None
        petition.updated_at = now
        db.flush()
        self._answer_duty(db, duty, debate, by=by, now=now, released_by=released_by)

    def _answer_duty(
        self, db: Session, duty: Referral, debate: Debate | None, *, by: int, now: datetime, released_by: int | None
    ) -> None:
        newest = db.scalar(select(func.max(Answer.version)).where(Answer.referral_id == duty.id)) or 0
        department = duty.department_id or 0
        if debate is not None:
            words = self.as_answer(debate)
            outcomes.answer(
                db,
                duty.id,
                department,
                words,
                after_version=newest,
                by=by,
                now=now,
                tell=False,
                released_by=released_by,
            )
        elif duty.answered_at is not None:
            outcomes.withdraw_answer(db, duty.id, department, after_version=newest, by=by, now=now)

    def as_answer(self, debate: Debate | DebateText) -> AnswerText:
        """The duty's answer in one sentence that stays true, and its details."""
        day = self.say_date(debate.debated_on) if debate.debated_on else ""
        match debate.state:
            case DebateState.SCHEDULED:
                words = _("The debate's date stands on the petition's page.")
                return AnswerText(Grade.WILL_DO, _("Debate set for {day}.").format(day=day), str(words))
            case DebateState.NOT_HELD:
                return AnswerText(Grade.NO, str(_("There will be no debate.")), debate.overview)
            case _outcome:
                words = _("Links to the debate stand on the petition's page.")
                return AnswerText(Grade.WILL_DO, _("Debated on {day}.").format(day=day), debate.overview or str(words))


def news_of(state: str) -> str:
    """The letter that tells of a version in this state."""
    return DEBATE_SCHEDULED if state == DebateState.SCHEDULED else DEBATE_OUTCOME


def duty_of(db: Session, petition_id: int, department_id: int) -> Referral | None:
    """The newest call for a debate on this petition that this department holds."""
    about_it = duties.referrals_about(db, SubjectRef("petition", petition_id))
    held = [r for r in about_it if r.cause == DEBATE and r.department_id == department_id]
    return held[-1] if held else None


def all_versions(db: Session, petition_id: int) -> Sequence[Debate]:
    """For the desk: every version, those taken back among them, the newest first."""
    wanted = select(Debate).where(Debate.petition_id == petition_id)
    return db.scalars(wanted.order_by(Debate.version.desc())).all()


def tellings(db: Session, petition_id: int) -> list[Telling]:
    """Letters about the debate, the newest news first."""
    news = [n for template in (DEBATE_SCHEDULED, DEBATE_OUTCOME) for n in announced(db, petition_id, template)]
    return [telling(db, n) for n in sorted(news, key=lambda n: n.id, reverse=True)]


@dataclass(frozen=True)
class ShownDebate:
    """A petition's debate as readers see it; ``until``: when the same page says it in other words."""

    phase: Phase
    debated_on: date | None = None
    days_since: int = 0
    overview: str = ""
    transcript_url: str = ""
    video_url: str = ""
    pack_url: str = ""
    corrected: bool = False
    until: datetime | None = None


def shown(db: Session, petition: Petition, now: datetime, zone: ZoneInfo) -> ShownDebate | None:
    """None for a petition that neither calls for a debate nor had one."""
    standing = story.debates(db, petition.id) if petition.debate_state else ()
    if not standing:
        return _of_source(petition, now.astimezone(zone).date(), zone)
    newest = standing[-1]
    corrected = newest.state != DebateState.SCHEDULED and len(standing) > 1 and standing[-2].state == newest.state
    return as_shown(newest, now, zone, corrected=corrected)


def as_shown(debate: Debate | DebateText, now: datetime, zone: ZoneInfo, *, corrected: bool = False) -> ShownDebate:
    """One version as readers see it."""
    today, day = now.astimezone(zone).date(), debate.debated_on
    phase = phase_of(debate.state, day, today)
    return ShownDebate(
        phase=phase,
        debated_on=day,
        days_since=(today - day).days if day else 0,
        overview=debate.overview,
        transcript_url=debate.transcript_url,
        video_url=debate.video_url,
        pack_url=debate.pack_url,
        corrected=corrected,
        until=_until(phase, today, day, zone),
    )


def _of_source(petition: Petition, today: date, zone: ZoneInfo) -> ShownDebate | None:
    """What an import's source said, a field less where it makes no sense and links only to https."""
    facts = (petition.source_facts or {}).get("debate")
    said = {k: v for k, v in facts.items() if isinstance(v, str)} if isinstance(facts, dict) else {}
    transcript, video, pack = (
        text if (text := said.get(name, "")).startswith("https://") else "" for name in _SOURCE_LINKS
    )
    held_on = petition.debate_on
    if petition.debate_state is None and petition.debate_reached_at is None:
        return None
    phase = phase_of(petition.debate_state, held_on, today)
    return ShownDebate(
        phase=phase,
        debated_on=held_on,
        days_since=(today - held_on).days if held_on else 0,
        overview=said.get("overview", ""),
        transcript_url=transcript,
        video_url=video,
        pack_url=pack,
        until=_until(phase, today, held_on, zone),
    )


def _until(phase: Phase, today: date, held_on: date | None, zone: ZoneInfo) -> datetime | None:
    day = changes_on(phase, today, held_on)
    return end_of_day(day - timedelta(days=1), zone) if day else None


def locked(db: Session, petition_id: int, department_id: int) -> tuple[Petition, Referral]:
    """The petition and the duty, locked in that order; a foreign duty is as good as none."""
    petition = db.scalar(
        select(Petition)
        .where(Petition.id == petition_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    duty = duty_of(db, petition_id, department_id)
    if petition is None or duty is None:
        raise NotFound
    if duty.state == "closed":
        raise outcomes.NoLongerOwed(referral=duty.id)
    return petition, duty


def seen(db: Session, petition_id: int, after_version: int) -> int:
    newest = db.scalar(select(func.max(Debate.version)).where(Debate.petition_id == petition_id)) or 0
    if newest != after_version:
        raise DebateChanged(petition=petition_id)
    return newest


def _said_already(db: Session, petition_id: int, said: DebateText, after_version: int, by: int) -> Debate | None:
    """The version that a second click of the same form asks for, where nothing came since."""
    newest = db.get(Debate, (petition_id, after_version + 1))
    if newest is None or newest.by_id != by or newest.withdrawn_at is not None:
        return None
    seen(db, petition_id, newest.version)
    links = (newest.transcript_url, newest.video_url, newest.pack_url)
    same = DebateText(DebateState(newest.state), newest.debated_on, newest.overview, *links)
    return newest if same == said else None


def _same_at_the_top(standing: Sequence[Debate]) -> list[Debate]:
    """A date and its changes go together, as do an outcome and its corrections."""
    taken: list[Debate] = []
    for debate in standing:
        if debate.state != standing[0].state:
            break
        taken.append(debate)
    return taken


def _record(db: Session, petition: Petition, act: str, by: int, now: datetime, **facts: object) -> None:
    audit.record(db, act, SubjectRef("petition", petition.id), by=by, now=now, facts=facts)
    touch(db, "petitions", f"petition:{petition.id}")
