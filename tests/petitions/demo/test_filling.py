"""The filled demo: what a visitor can find in it, and that nothing in it breaks a rule of the site."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, not_, or_, select
from sqlalchemy.orm import Session

from app import demo
from app.accounts.erasing import person_of
from app.accounts.model import Account
from app.audit.model import AuditEntry
from app.core.db import Database
from app.core.security.passwords import Passwords
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.mail import suppression
from app.mail.model import Letter
from app.moderation import holidays, queries, reporting
from app.outcomes.model import Answer, Commitment, DueChange, FeedbackCount, Handing, Referral, Route
from app.verify import check
from petitions.model.debate import Debate
from petitions.model.petition import CountryCount, Crossing, Event, HourCount, Petition, TextVersion
from petitions.model.signature import Signature, Signer
from petitions.queries import finding, sorting
from petitions.queries.finding import Search
from petitions.rules.lifecycle import PetitionState
from petitions.service.holding import count_held
from tests import databases
from tests.site import Town

DEMO = Path(demo.__file__).resolve().parents[1] / "petitions" / "demo"
#: what other rooms put before moderators and on record
OTHERS = ("consultation", "townhall", "question")
FLOORS = ("areas.", "performance.", "tokens.", "trails.", "webhooks.")
CONTENT = tomllib.loads((DEMO / "content.toml").read_text(encoding="utf-8"))


@contextmanager
def filled(database: Database, folder: Path, **policy: int) -> Iterator[Town]:
    """The demo on an empty database, with the numbers that it is written for unless told otherwise."""
    numbers = {"petitions_response_at": 10, "petitions_debate_at": 50} | policy
    town = Town(database, folder, mode="demo", **numbers)
    assert demo.fill(town.site, database, Passwords(), lambda _line: None)
    yield town


@pytest.fixture(scope="module")
def northmere(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("northmere")
    with databases.sqlite_copy(sqlite_template, folder) as database, filled(database, folder) as town:
        yield town


@pytest.fixture
def db(northmere: Town) -> Iterator[Session]:
    with northmere.database.reading() as session:
        yield session


def petition(db: Session, key: str) -> Petition:
    return db.scalars(select(Petition).where(Petition.submission_id == f"demo-{key}")).one()


def duty(db: Session, key: str, cause: str) -> Referral:
    """The newest one."""
    mine = select(Referral).where(Referral.subject_id == petition(db, key).id, Referral.cause == cause)
    return db.scalars(mine.order_by(Referral.episode.desc())).first()  # type: ignore[return-value]


def broken(town: Town) -> list[tuple[str, list[str]]]:
    return [(name, wrong) for name, wrong in check(town.site, town.database, town.now) if wrong]


def test_it_breaks_no_rule_of_the_site(northmere: Town):
    assert broken(northmere) == []


def test_it_breaks_no_rule_on_postgres_either(postgres_database: Database, tmp_path: Path):
    with filled(postgres_database, tmp_path) as town:
        assert broken(town) == []


def test_it_fills_with_a_countrys_own_numbers_too(sqlite_database: Database, tmp_path: Path):
    numbers = {
        "petitions_response_at": 10_000,
        "petitions_debate_at": 100_000,
        "petitions_sponsors_needed": 8,
        "petitions_open_months": 1,
    }
    with filled(sqlite_database, tmp_path, **numbers) as town:
        assert broken(town) == []


def test_it_is_filled_once(northmere: Town):
    assert not demo.fill(northmere.site, northmere.database, Passwords(), lambda _line: None)


def test_priya_finds_on_her_account_what_she_signed(northmere: Town, db: Session):
    priya = db.scalars(select(Account).where(Account.email == "priya.nambiar@example.org")).one()
    (section,) = northmere.site.holdings["petitions"].sections(db, person_of(priya), northmere.now)
    assert [row.standing for row in section.rows] == ["Counted"] * 4
    assert f"citizen priya.nambiar@example.org {demo.PASSWORD}" in demo.account_lines()


def test_every_petition_stands_where_its_content_says(db: Session):
    stands = {entry["key"]: (entry["state"], entry["signatures"]) for entry in CONTENT["petition"]}
    found = {key: (petition(db, key).state, petition(db, key).signature_count) for key in stands}
    assert found == stands


def test_ids_and_the_record_follow_the_order_of_time(db: Session):
    created = list(db.scalars(select(Petition.created_at).order_by(Petition.id)))
    # the other rooms and floors live their years before and after this one
    mine = AuditEntry.subject_kind.not_in(OTHERS) & not_(or_(*(AuditEntry.act.startswith(one) for one in FLOORS)))
    recorded = list(db.scalars(select(AuditEntry.at).where(mine).order_by(AuditEntry.id)))
    assert created == sorted(created) and recorded == sorted(recorded)


def test_nothing_in_it_is_still_to_come(db: Session, northmere: Town):
    for happened in (Event.at, TextVersion.at, Answer.at, Debate.at, AuditEntry.at, Letter.created_at):
        assert db.scalars(select(func.max(happened))).one() <= northmere.now
    for happened in (Signature.validated_at, Crossing.reached_at, Petition.updated_at):
        assert db.scalars(select(func.max(happened))).one() <= northmere.now


def test_each_list_has_something_in_it(db: Session, northmere: Town):
    at = finding.moment(db, northmere.now)
    assert all(finding.count(db, Search(state=state), at) for state in finding.STATES)
    for topic, _petitions in sorting.topics_counted(db):
        assert finding.count(db, Search(topic_id=topic.id), at), topic.name


def test_the_last_hour_trends(db: Session, northmere: Town):
    lately = {e["key"]: e["last_hour"] for e in CONTENT["petition"] if "last_hour" in e}
    rising = finding.rising_now(db, northmere.now)
    assert set(rising) == {petition(db, key).id for key in lately} and len(rising) >= 5
    assert rising[0] == petition(db, max(lately, key=lately.__getitem__)).id


def test_a_threshold_was_reached_lost_and_reached_again(db: Session):
    found = petition(db, "hedgehog-gaps")
    mine = select(Crossing).where(Crossing.petition_id == found.id, Crossing.threshold == "response")
    first, second = db.scalars(mine.order_by(Crossing.episode)).all()
    assert first.undone_at is not None and second.undone_at is None
    assert first.reached_at < first.undone_at < second.reached_at
    assert found.response_reached_at and duty(db, "hedgehog-gaps", "response").state == "received"


def test_answers_come_in_time_late_twice_and_not_at_all(db: Session, northmere: Town):
    overdue = {key for key in ("street-lights", "bus-station-toilets", "pool-showers")}
    for entry in CONTENT["petition"]:
        if "answer" in entry:
            assert petition(db, entry["key"]).answered_at is not None, entry["key"]
    for key in overdue:
        assert duty(db, key, "response").due_at < northmere.now and petition(db, key).answered_at is None
    late = duty(db, "weekly-recycling", "response")
    assert late.due_at < late.answered_at
    twice = select(func.count()).where(Answer.referral_id == duty(db, "late-pharmacy", "response").id)
    assert db.scalar(twice) == 2


def test_departments_hand_on_put_off_promise_and_are_told_what_people_think(db: Session, northmere: Town):
    moves = Counter(db.scalars(select(Handing.move).where(Handing.move != "referred")))
    assert moves == {"not-ours": 2, "ruled": 1}
    assert {c.kind for c in db.scalars(select(DueChange)) if c.reason} == {"extended", "returned"}
    progress = Counter(db.scalars(select(Commitment.progress)))
    assert progress.keys() == {"planned", "under-way", "done", "dropped"} and progress["done"] >= 3
    overdue = select(Commitment).where(Commitment.ended_at.is_(None), Commitment.due_on < northmere.now.date())
    assert len(db.scalars(overdue).all()) == 1
    assert {row.addressed for row in db.scalars(select(FeedbackCount))} == {"yes", "partly", "no"}
    assert db.scalars(select(Route)).all()
    # an officer of the demo releases alone, as the README's walk does
    assert not db.scalars(select(Department).where(Department.two_person)).all()


def test_debates_are_told_to_come_or_refused(db: Session, northmere: Town):
    states = Counter(db.scalars(select(Petition.debate_state).where(Petition.debate_state.is_not(None))))
    assert states == {"scheduled": 1, "outcome": 2, "not_held": 2}
    ahead = petition(db, "night-bus").debate_on - northmere.now.date()
    assert timedelta(days=5) <= ahead <= timedelta(days=7)
    assert db.scalar(select(func.count()).where(Debate.petition_id == petition(db, "flood-gate").id)) == 2


def test_one_text_was_corrected_and_one_sent_in_again(db: Session, northmere: Town):
    assert petition(db, "river-testing").text_version == 2
    again = petition(db, "geese")
    assert again.resubmitted_at and again.state == PetitionState.IN_MODERATION
    shown = northmere.site.moderated["petition"].show(db, again.id)
    assert shown.changes and shown.title.startswith("Move the feeding")


def test_moderators_have_work_of_every_kind(db: Session, northmere: Town):
    promised = northmere.site.promising.promised(db)
    today = northmere.site.promising.today(northmere.now)
    waiting = [case for case in queries.waiting_cases(db) if case.subject_kind not in OTHERS]
    late = [case.subject_id for case in waiting if promised(case.opened_at).by < today]
    assert late == [petition(db, "hill-benches").id] and len(waiting) >= 4
    assert len({case.opened_at.date() for case in waiting}) == len(waiting)
    assert reporting.count_waiting(db) == 2 and len(reporting.handled_lately(db, northmere.now)) == 1
    assert count_held(db) == 3
    assert [h.starts_on > today for h in holidays.coming(db, today)] == [True]
    assert sorting.tags_counted(db)


def test_what_was_taken_down_is_gone_and_what_was_abandoned_stopped(db: Session):
    down = petition(db, "hall-accounts")
    assert down.opened_at and down.hidden_at and down.rejection_code == "libellous"
    assert petition(db, "phone-box").stopped_at is not None
    assert petition(db, "bandstand-roof").withdrawn_at is not None


def test_signers_of_the_oldest_are_forgotten_and_its_total_stays(db: Session):
    oldest = petition(db, "hallowby-shelter")
    left = select(func.count()).select_from(Signer).join(Signature, Signature.id == Signer.signature_id)
    assert oldest.salt is None and oldest.signature_count == 36
    assert db.scalar(left.where(Signature.petition_id == oldest.id)) == 0


def test_one_mailbox_gets_no_more_letters(db: Session):
    assert suppression.count_stopped(db) == 1


def test_signatures_come_over_weeks_and_from_abroad(db: Session):
    most = petition(db, "flood-gate")
    hours = db.scalars(select(HourCount.hour).where(HourCount.petition_id == most.id)).all()
    assert max(hours) - min(hours) > timedelta(weeks=12)
    assert db.scalar(select(func.count()).where(CountryCount.petition_id == most.id)) >= 5  # type: ignore[operator]


def test_everyone_who_acts_is_on_record(db: Session):
    acts = set(db.scalars(select(AuditEntry.act)))
    wanted = {
        "moderation.decide", "moderation.take-down", "moderation.holiday.add", "moderation.reports.handle",
        "petitions.block", "petitions.correct", "petitions.debate", "petitions.invalidate", "petitions.resubmit",
        "petitions.sort", "petitions.topic-add", "petitions.withdraw", "outcomes.answer",
    }  # fmt: skip
    assert wanted <= acts
    assert SubjectRef("petition", petition(db, "hall-accounts").id) in {
        SubjectRef(kind, i) for kind, i in db.execute(select(AuditEntry.subject_kind, AuditEntry.subject_id))
    }
