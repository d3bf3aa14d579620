"""A consultation from its first line to what is owed after closing, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from app.audit.model import AuditEntry
from app.core.errors import Invalid
from app.departments.queries import officers_of, officials_of
from app.mail.model import Letter
from app.outcomes.model import Referral
from consultations.model import Announcement, Consultation, DateChange, LatePass, StoredQuestionnaire
from consultations.policy import ConsultationPolicy
from consultations.rules.clauses import Block
from consultations.rules.lifecycle import EditorialState as E
from consultations.rules.lifecycle import Kind, Stage
from consultations.rules.texts import CHECKS
from consultations.service import admitting, dating, editing, ending, reviewing, texts
from consultations.service.announcing import News
from consultations.service.editing import Begun, ChangedMeanwhile, NoDepartmentOfYours, Written
from consultations.service.locking import MovedOn, NotYours
from consultations.service.reviewing import OwnForce, OwnWork, Publishing
from tests.consultations.asking import BRIDGE, TEXTS, Asking
from tests.site import Town

ALL_FOUR = Publishing(list(CHECKS))


class Office:
    """What Edda and Emil do at their desks; the policy's numbers as they are by default."""

    def __init__(self, town: Town) -> None:
        self.town, self.asking, self.policy = town, Asking(town), ConsultationPolicy()
        self.edda, self.emil = self.asking.edda, self.asking.emil
        self.news: News = town.site.dependencies["consultation_news"]

    def begun(self, title: str = "Harbour Bridge toll", **values: Any) -> int:
        begun = Begun(Kind.CONSULTATION, title, f"form-{title}")
        number = self.do(lambda db: editing.begin(db, begun, by=self.edda, now=self.town.now))
        if values:
            self.write(number, **values)
        return number

    def whole(self, **values: Any) -> int:
        """A draft in which nothing is missing."""
        number = self.begun()
        opens = self.town.now + timedelta(days=2)
        times = {"opens_at": opens, "closes_at": opens + timedelta(days=26)}
        self.write(number, **({k: v for k, v in TEXTS.items() if k != "title"} | times | values))
        self.ask(number)
        return number

    def write(self, number: int, *, by: int | None = None, revision: int | None = None, **values: Any) -> None:
        seen = self.row(number).revision if revision is None else revision
        self.do(
            lambda db: editing.write(
                db, number, "about", Written(values), revision=seen, by=by or self.edda, now=self.town.now
            )
        )

    def ask(self, number: int) -> None:
        document = msgspec.json.encode(BRIDGE).decode()
        row = {"consultation_id": number, "version": 0, "document": document, "at": self.town.now}
        self.do(lambda db: db.add(StoredQuestionnaire(**row)))

    def do(self, act: Any) -> Any:
        return self.town.database.retrying(act)

    def submit(self, number: int, by: int | None = None) -> None:
        self.do(lambda db: reviewing.submit(db, self.policy, number, by=by or self.edda, now=self.town.now))

    def approve(self, number: int, by: int | None = None) -> None:
        self.do(lambda db: reviewing.approve(db, self.policy, number, by=by or self.emil, now=self.town.now))

    def publish(self, number: int, said: Publishing = ALL_FOUR) -> None:
        self.do(lambda db: reviewing.publish(db, self.policy, number, said, by=self.edda, now=self.town.now))

    def force(self, number: int, said: Publishing) -> None:
        self.do(lambda db: reviewing.force(db, self.policy, number, said, by=self.edda, now=self.town.now))

    def look_again(self, number: int, by: int) -> None:
        self.do(lambda db: reviewing.look_again(db, number, by=by, now=self.town.now))

    def public(self) -> int:
        number = self.whole()
        self.submit(number)
        self.approve(number)
        self.publish(number)
        return number

    def extend(self, number: int, closes: datetime, reason: str = "The bridge was shut for a week.") -> DateChange:
        made: DateChange = self.do(
            lambda db: dating.extend(db, self.news, number, closes, reason, by=self.edda, now=self.town.now)
        )
        return made

    def withdraw(self, number: int) -> None:
        reason = "The bridge has fallen down."
        self.do(lambda db: ending.withdraw(db, self.news, number, reason, by=self.edda, now=self.town.now))

    def row(self, number: int) -> Consultation:
        return self.asking.consultation(number)

    def acts(self, act: str) -> list[AuditEntry]:
        return self.town.rows(AuditEntry, AuditEntry.act == f"consultations.{act}")


@pytest.fixture
def office(town: Town) -> Office:
    return Office(town)


def named(told: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {e.field for e in told.value.errors}


def test_a_draft_without_closing_time_is_not_submitted_and_the_field_is_named(office: Office):
    number = office.whole(closes_at=None)
    with pytest.raises(Invalid) as told:
        office.submit(number)
    assert named(told) == {"closes"}
    assert office.row(number).state == E.DRAFT
    office.write(number, summary="", privacy_notice="", closes_at=office.town.now + timedelta(days=40))
    with pytest.raises(Invalid) as told:
        office.submit(number)
    assert named(told) == {"summary", "privacy_notice"}


def test_without_a_question_there_is_nothing_to_approve(office: Office):
    number = office.whole()
    office.town.sql("DELETE FROM consultations_questionnaire")
    with pytest.raises(Invalid) as told:
        office.submit(number)
    assert named(told) == {"questions"}


def test_ana_does_not_approve_what_ana_wrote_and_another_official_does(office: Office):
    number = office.whole()
    office.submit(number)
    with pytest.raises(OwnWork):
        office.approve(number, by=office.edda)
    office.approve(number)
    assert office.row(number).state == E.APPROVED
    with pytest.raises(Invalid) as told:
        office.publish(number, Publishing(["purpose", "enough"]))
    assert named(told) == {"formative", "time"}
    office.publish(number)
    stored = office.row(number)
    assert (stored.state, stored.questionnaire_version, stored.forced) == (E.PUBLISHED, 1, False)
    assert stored.salt is not None
    assert not office.town.broken()


def test_whoever_wrote_a_word_of_it_does_not_approve_it_even_after_it_came_back(office: Office):
    number = office.whole()
    office.write(number, by=office.emil, summary="Whether there should be a toll.")
    office.submit(number)
    with pytest.raises(OwnWork):
        office.approve(number)
    third = office.town.staff("erin@example.org", "official")
    office.do(lambda db: reviewing.send_back(db, number, "Say who pays.", by=third, now=office.town.now))
    assert (office.row(number).state, office.row(number).returned_reason) == (E.DRAFT, "Say who pays.")
    office.submit(number)
    with pytest.raises(OwnWork):
        office.approve(number)
    office.approve(number, by=third)


def test_two_officials_who_write_at_once_do_not_overwrite_each_other(office: Office):
    number = office.begun()
    seen = office.row(number).revision
    office.write(number, revision=seen, summary="Emil's", by=office.emil)
    with pytest.raises(ChangedMeanwhile):
        office.write(number, revision=seen, summary="Edda's")
    assert office.row(number).summary == "Emil's"


def test_only_officials_of_the_lead_department_write_and_a_form_sent_twice_begins_one(office: Office):
    number = office.begun()
    assert office.begun() == number
    erin = office.town.staff("erin@example.org", "official")
    with pytest.raises(NotYours):
        office.write(number, by=erin, summary="Mine")
    begun = Begun(Kind.CALL, "Ferries", "form-2")
    with pytest.raises(NoDepartmentOfYours):
        office.do(lambda db: editing.begin(db, begun, by=erin, now=office.town.now))


def test_officials_who_act_for_a_department_are_not_among_its_officers(office: Office):
    with office.town.database.reading() as db:
        department = office.asking.department.id
        assert list(officials_of(db, department)) == [office.edda, office.emil]
        assert list(officers_of(db, department)) == [office.asking.tom, office.asking.tara]


def test_less_than_two_weeks_needs_a_reason_that_everyone_reads(office: Office):
    number = office.whole(closes_at=office.town.now + timedelta(days=11))
    office.submit(number)
    office.approve(number)
    with pytest.raises(Invalid) as told:
        office.publish(number)
    assert named(told) == {"short_reason"}
    office.publish(number, Publishing(list(CHECKS), "The budget is voted on in May."))
    assert office.row(number).short_reason == "The budget is voted on in May."


def test_publishing_by_force_takes_a_reason_shows_in_the_record_and_is_looked_at_by_somebody_else(office: Office):
    number = office.whole()
    with pytest.raises(Invalid) as told:
        office.force(number, ALL_FOUR)
    assert named(told) == {"force_reason"}
    office.force(number, Publishing(list(CHECKS), force_reason="The bridge may fall tonight."))
    stored = office.row(number)
    assert (stored.state, stored.forced, stored.looked_at) == (E.PUBLISHED, True, None)
    assert [a.facts["reason"] for a in office.acts("force")] == ["The bridge may fall tonight."]
    with pytest.raises(OwnForce):
        office.look_again(number, office.edda)
    office.town.deliver()
    assert "A consultation was published without approval" in office.town.letters.subjects("emil@example.org")
    office.look_again(number, office.emil)
    assert office.row(number).looked_by_id == office.emil


def test_letters_go_to_whoever_has_something_to_do(office: Office):
    number = office.whole()
    office.submit(number)
    office.town.deliver()
    assert office.town.letters.subjects("emil@example.org") == ["A consultation waits for your approval"]
    office.approve(number)
    office.town.deliver()
    assert office.town.letters.subjects("edda@example.org") == ["A consultation is approved"]


def test_a_letter_about_what_has_moved_on_does_not_leave(office: Office):
    number = office.whole()
    office.submit(number)
    office.do(lambda db: reviewing.take_back(db, number, by=office.edda, now=office.town.now))
    office.town.deliver()
    assert office.town.letters.subjects("emil@example.org") == []


def test_more_time_takes_a_reason_tells_everyone_once_and_keeps_both_dates(office: Office):
    number = office.public()
    before = office.row(number).closes_at
    assert before is not None
    for closes in (before, before - timedelta(days=1)):
        with pytest.raises(Invalid) as told:
            office.extend(number, closes)
        assert named(told) == {"closes_day"}
    change = office.extend(number, before + timedelta(days=14))
    assert (change.closes_before, change.closes_after, change.reopened) == (
        before,
        before + timedelta(days=14),
        False,
    )
    (news,) = office.town.rows(Announcement)
    assert (news.kind, news.about) == ("extended", change.id)
    assert office.row(number).closes_at == before + timedelta(days=14)


def closed(office: Office) -> int:
    """Published, and closed an hour ago."""
    number = office.public()
    closes = office.row(number).closes_at
    assert closes is not None
    office.town.clock.advance(closes - office.town.now + timedelta(hours=1))
    return number


def test_what_closed_is_owed_an_outcome_twelve_weeks_later_however_late_the_clock_looked(office: Office):
    number = closed(office)
    closes = office.row(number).closes_at
    assert closes is not None
    office.town.clock.advance(timedelta(days=3))
    office.town.work()
    office.town.work()
    (referral,) = office.town.rows(Referral)
    assert (referral.cause, referral.department_id) == ("consultation", office.asking.department.id)
    assert referral.received_at == closes
    assert timedelta(days=84) <= referral.due_at - closes <= timedelta(days=88)
    assert office.row(number).closed_at == office.town.now


def test_opened_again_nothing_is_owed_until_it_closes_again(office: Office):
    number = closed(office)
    office.town.work()
    change = office.extend(number, office.town.now + timedelta(days=20))
    assert change.reopened
    assert (office.row(number).closed_at, office.row(number).stage) == (None, Stage.WAITING)
    assert [r.state for r in office.town.rows(Referral)] == ["closed"]
    office.town.clock.advance(timedelta(days=21))
    office.town.work()
    assert [(r.episode, r.state) for r in office.town.rows(Referral)] == [(1, "closed"), (2, "received")]


def test_reminders_leave_once_each_though_the_clock_stood_still_across_the_day(office: Office):
    closed(office)
    office.town.work()
    (referral,) = office.town.rows(Referral)
    due, reminders = referral.due_at, "outcomes/mail/answer_due_soon"
    late = "outcomes/mail/answer_late"

    def told() -> tuple[int, int]:
        office.town.work()
        office.town.work()
        return len(office.town.queued(reminders)) // 2, len(office.town.queued(late)) // 2  # Tom's and Tara's

    def turn(to: datetime) -> tuple[int, int]:
        office.town.clock.advance(to - office.town.now)
        return told()

    assert turn(due - timedelta(days=30)) == (0, 0)
    assert turn(due - timedelta(days=28)) == (1, 0)
    assert turn(due - timedelta(days=5)) == (2, 0)  # it stood still across the week before
    assert turn(due + timedelta(days=2)) == (2, 1)  # and across the day itself
    assert turn(due + timedelta(days=3)) == (2, 1)


def test_a_late_pass_is_for_after_closing_and_may_be_revoked(office: Office):
    number = office.public()
    closes = office.row(number).closes_at
    assert closes is not None

    def admit(until: datetime) -> Any:
        return office.do(
            lambda db: admitting.admit(
                db, number, "Blind Association", "The file was not readable.", until, by=office.edda,
                now=office.town.now,
            )
        )  # fmt: skip

    with pytest.raises(Invalid) as told:
        admit(closes)
    assert named(told) == {"until_day"}
    late = admit(closes + timedelta(days=7))
    office.do(lambda db: admitting.revoke(db, number, late.id, by=office.edda, now=office.town.now))
    (stored,) = office.town.rows(LatePass)
    assert (stored.admitted, stored.revoked_at) == ("Blind Association", office.town.now)


def test_withdrawn_it_stays_readable_owes_nothing_and_tells_respondents_once(office: Office):
    number = closed(office)
    office.town.work()
    office.withdraw(number)
    stored = office.row(number)
    assert (stored.state, stored.withdrawn_reason) == (E.WITHDRAWN, "The bridge has fallen down.")
    assert [a.kind for a in office.town.rows(Announcement)] == ["withdrawn"]
    assert [r.state for r in office.town.rows(Referral)] == ["closed"]
    with pytest.raises(MovedOn):
        office.withdraw(number)


def test_tom_begins_to_read_once_it_has_closed(office: Office):
    number = office.public()
    with pytest.raises(ending.StillOpen):
        office.do(lambda db: ending.begin_analysis(db, number, by=office.asking.tom, now=office.town.now))
    office.town.clock.advance(timedelta(days=40))
    office.town.work()
    office.do(lambda db: ending.begin_analysis(db, number, by=office.asking.tom, now=office.town.now))
    assert office.row(number).stage == Stage.ANALYSING
    with pytest.raises(ending.BeingRead):
        office.do(lambda db: ending.begin_analysis(db, number, by=office.asking.tara, now=office.town.now))


def test_discarded_it_is_gone_from_work(office: Office):
    number = office.whole()
    office.do(lambda db: editing.discard(db, number, by=office.edda, now=office.town.now))
    with pytest.raises(MovedOn):
        office.write(number, summary="Still here?")
    assert not office.town.rows(Letter)


def test_a_consultation_that_opens_before_its_closing_is_the_only_one_there_is(office: Office):
    number = office.begun()
    with pytest.raises(Invalid) as told:
        office.write(number, opens_at=datetime(2027, 3, 2, tzinfo=UTC), closes_at=datetime(2027, 3, 1, tzinfo=UTC))
    assert named(told) == {"closes_day"}


def test_emil_who_dropped_what_was_written_of_the_draft_text_does_not_approve_the_rest(office: Office):
    number, now = office.whole(), office.town.now
    blocks = (Block("Passes", "Nurses cross free.", "1"),)

    def write(db: Any) -> int:
        text = texts.add(db, number, "Toll Order", "before", by=office.edda, now=now)
        first = {"based_on": 0, "after_revision": text.revision}
        return texts.write(db, number, text.number, blocks, **first, by=office.edda, now=now).revision

    seen = office.do(write)
    office.do(lambda db: texts.drop(db, number, 1, after_revision=seen, by=office.emil, now=now))
    office.submit(number)
    with pytest.raises(OwnWork):
        office.approve(number)
