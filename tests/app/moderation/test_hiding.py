"""Reports come to the desk; several trusted people's hide a text until a moderator has looked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.subject import SubjectRef
from app.moderation import hiding, service
from app.moderation.hiding import ReporterKey
from app.moderation.model import Case, Report
from app.moderation.refusals import NotReportable, OwnText
from tests.app.moderation.moderators import Moderators
from tests.people import crowd
from tests.site import Town

PEOPLE = ["Ben", "Cora", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Jan"]


@pytest.fixture
def said(open_desk: Moderators) -> int:
    comment = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    if open_desk.shown(comment) != "published":
        open_desk.decide(open_desk.case(comment).id)
    return comment


def test_a_report_waits_on_the_desk_and_the_next_joins_it(open_desk: Moderators, said: int):
    open_desk.report(said)
    case = open_desk.case(said, "report")
    assert (case.state, case.origin) == ("waiting", "report")
    open_desk.report(said, "Ben")
    assert open_desk.case(said, "report").id == case.id
    assert open_desk.shown(said) == "published"


def test_three_distinct_trusted_people_hide_it_and_ana_is_told(open_desk: Moderators, said: int):
    for name in ("Ben", "Ben", "Cora"):
        open_desk.report(said, name)
    for _unknown in range(5):
        open_desk.report(said)
    open_desk.report(said, "Newcomer", trusted=False)
    assert open_desk.shown(said) == "published"
    open_desk.report(said, "Dan")
    assert open_desk.shown(said) == "provisional"
    assert open_desk.case(said, "report").weight > hiding.FIRST
    letter = open_desk.town.deliver().last_to("ana@example.org")
    assert letter["Subject"] == "Your text is hidden until a moderator has looked"
    assert "Nobody has decided anything yet" in " ".join(letter.get_content().split())


def test_reports_at_the_same_moment_are_all_counted(open_desk: Moderators, said: int):
    accounts = [open_desk.forum.person(name).name for name in PEOPLE[:6]]
    with ThreadPoolExecutor(6) as at_once:
        list(at_once.map(lambda name: open_desk.report(said, name), accounts))
    assert len(open_desk.town.rows(Report)) == 6
    assert open_desk.shown(said) == "provisional"
    assert len([c for c in open_desk.town.rows(Case, Case.origin == "report")]) == 1


def test_taking_back_that_it_stands_hides_it_again_unless_ana_changed_or_withdrew_it(open_desk: Moderators):
    def let_stand_and_taken_back(body: str, meanwhile: Callable[[int], None]) -> tuple[int, int]:
        said = open_desk.forum.published("Ana", body)
        for name in PEOPLE[:3]:
            open_desk.report(said, name)
        done = open_desk.decide_many([open_desk.case(said, "report").id], "dismiss", reason="", by=open_desk.max)
        assert open_desk.shown(said) == "published"
        meanwhile(said)
        return said, len(open_desk.undo(done.batch, open_desk.max).refused)

    said, refused = let_stand_and_taken_back("Mr Gravel is a thief.", lambda _said: None)
    assert (open_desk.shown(said), refused) == ("provisional", 0)
    changed, refused = let_stand_and_taken_back(
        "Mrs Sand steals.", lambda said: open_desk.forum.edit("Ana", said, "Somebody takes what is not theirs.")
    )
    assert (open_desk.shown(changed), refused) == ("published", 0)
    for name in PEOPLE[3:6]:
        open_desk.report(changed, name)
    assert open_desk.shown(changed) == "provisional", "three more may hide the new words"
    gone, refused = let_stand_and_taken_back("Mr Clay too.", lambda said: open_desk.forum.withdraw("Ana", said))
    assert (open_desk.state(open_desk.case(gone, "report").id), refused) == ("decided", 1)
    assert open_desk.town.broken() == {}


def test_what_a_moderator_let_stand_is_immune_and_takes_twice_as_many(open_desk: Moderators, said: int):
    for name in PEOPLE[:3]:
        open_desk.report(said, name)
    case = open_desk.case(said, "report").id
    open_desk.decide(case, "dismiss", by=open_desk.max)
    assert open_desk.shown(said) == "published"
    assert {r.state for r in open_desk.town.rows(Report)} == {"handled"}
    for name in PEOPLE[3:8]:
        open_desk.report(said, name)
        assert open_desk.shown(said) == "published", name
    newer = open_desk.case(said, "report")
    assert (newer.id != case, newer.state) == (True, "waiting"), "a new report opens it again"
    open_desk.report(said, PEOPLE[8])
    assert open_desk.shown(said) == "provisional"
    assert open_desk.town.broken() == {}


def test_who_reported_the_revision_before_does_not_count_again(open_desk: Moderators, said: int):
    for name in PEOPLE[:3]:
        open_desk.report(said, name)
    open_desk.decide(open_desk.case(said, "report").id, "dismiss")
    for name in PEOPLE[:3] * 3:
        open_desk.report(said, name)
    assert open_desk.shown(said) == "published"
    assert len(open_desk.town.rows(Report)) == 3


def test_hidden_for_the_moment_and_then_taken_down(open_desk: Moderators, said: int):
    for name in PEOPLE[:3]:
        open_desk.report(said, name)
    open_desk.town.deliver()
    open_desk.decide(open_desk.case(said, "report").id, "reject", reason="libellous", note="Say what he did.")
    assert open_desk.shown(said) == "hidden"
    letter = open_desk.town.deliver().last_to("ana@example.org")
    assert letter["Subject"] == "Your text was taken down"
    assert "Gravel is a thief" not in letter.get_content()
    assert "/appeals/" in letter.get_content()
    with pytest.raises(NotReportable):
        open_desk.report(said, "Ida")
    assert open_desk.town.broken() == {}


@pytest.mark.parametrize("what", ["waiting", "withdrawn", "unknown", "another kind", "own"])
def test_what_cannot_be_reported_is_refused(open_desk: Moderators, said: int, what: str):
    forum = open_desk.forum
    if what == "own":
        with pytest.raises(OwnText):
            open_desk.report(said, "Ana")
    elif what == "waiting":
        forum.person("Newcomer", new=True)
        with pytest.raises(NotReportable):
            open_desk.report(forum.say("Newcomer", "Hello."), "Ben")
    elif what == "withdrawn":
        forum.withdraw("Ana", said)
        with pytest.raises(NotReportable):
            open_desk.report(said, "Ben")
    else:
        subject = SubjectRef("comment", 999_999) if what == "unknown" else SubjectRef("nothing", 1)
        moderated = open_desk.site.moderated
        with pytest.raises(NotFound):
            open_desk.database.retrying(
                lambda db: hiding.receive(db, moderated, subject, "spam", "", hide_at=3, now=open_desk.now)
            )
    assert open_desk.town.rows(Report) == []


def test_a_few_readers_never_stop_a_petition(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(4))
    desk = Moderators.of(town)
    for name in PEOPLE[:6]:
        who = hiding.ReporterKey(desk.forum.person(name).id, trusted=True)
        town.database.retrying(
            lambda db, w=who: hiding.receive(
                db,
                town.site.moderated,
                SubjectRef("petition", petition),
                "offensive",
                "",
                reporter=w,
                hide_at=3,
                now=town.now,
            )
        )
    assert town.petition(petition).state == "open"
    (case,) = town.rows(Case, Case.origin == "report")
    assert (case.weight, case.excerpt) == (6, town.petition(petition).action)
    town.clock.advance(timedelta(days=1))
    desk.decide(case.id, "dismiss", by=desk.max)
    assert town.broken() == {}


def test_a_correction_is_looked_at_by_somebody_else(town: Town):
    petition = town.open_petition()
    town.correct(petition, additional_details="Five hours would do.")
    desk = Moderators.of(town)
    (case,) = town.rows(Case, Case.origin == "edit")
    assert case.author_id == town.moderator()
    with pytest.raises(OwnText):
        desk.decide(case.id, by=town.moderator())
    desk.decide(case.id, by=desk.mia)
    assert town.petition(petition).state == "open"
    town.correct(petition, after=2, additional_details="Six hours would do.")
    desk.decide(town.rows(Case, Case.origin == "edit")[-1].id, "reject", reason="irrelevant", by=desk.mia)
    assert town.petition(petition).state == "rejected"
    assert town.broken() == {}


def test_a_moderator_lets_no_report_on_their_own_text_stand_and_brings_none_back(open_desk: Moderators):
    town, desk = open_desk.town, open_desk
    mia = desk.mia
    desk.forum.people["Mia"] = town.rows(Account, Account.id == mia)[0]
    own = desk.forum.say("Mia", "My own words, sharp as they are.")
    subject = SubjectRef("comment", own)
    desk.report(own, "Ben")
    desk.report(own, "Cora")
    newest = max(r.id for r in town.rows(Report, Report.subject_id == own))
    for up_to in (newest - 1, newest):  # below the newest, and all of them
        with pytest.raises(OwnText):
            town.database.retrying(
                lambda db, up_to=up_to: service.dismiss_reports(
                    db, town.site.moderated, subject, up_to=up_to, by=mia, now=town.now
                )
            )
    assert {r.state for r in town.rows(Report, Report.subject_id == own)} == {"waiting"}
    with pytest.raises(OwnText):
        town.database.retrying(lambda db: hiding.wait_again(db, town.site.moderated, newest, by=mia, now=town.now))


def test_whoever_corrected_a_petition_may_judge_a_report_on_it(town: Town):
    petition = town.open_petition()
    town.correct(petition, "It is four hours, not five.", background="People work on Saturdays until five.")
    desk, subject = Moderators.of(town), SubjectRef("petition", petition)
    reader = desk.forum.person("Ben")
    town.database.retrying(
        lambda db: hiding.receive(
            db,
            town.site.moderated,
            subject,
            "personal-data",
            "",
            reporter=ReporterKey(reader.id),
            hide_at=3,
            now=town.now,
        )
    )
    case = town.rows(Case, Case.subject_id == petition, Case.origin == "report")[-1]
    assert case.author_id is None
    newest = max(r.id for r in town.rows(Report, Report.subject_id == petition))
    by = town.moderator()
    town.database.retrying(
        lambda db: service.dismiss_reports(db, town.site.moderated, subject, up_to=newest, by=by, now=town.now)
    )
    assert town.rows(Case, Case.id == case.id)[0].state == "decided"
