"""Several cases about one comment: what is decided on one leaves nothing behind on the desk that nobody can settle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.holding import Person
from app.comments.model import CommentRevision
from app.core.subject import SubjectRef
from app.moderation import illegal, service
from app.moderation.model import Appeal, Case, Report
from app.moderation.refusals import CannotAppeal, HeldByAnother, OutdatedRevision
from tests.app.moderation.moderators import Moderators


def waiting(desk: Moderators, comment: int) -> list[str]:
    """Why each case about it waits."""
    about = (Case.subject_kind == "comment", Case.subject_id == comment, Case.state == "waiting")
    return [case.origin for case in desk.town.rows(Case, *about)]


def reported(desk: Moderators, comment: int) -> int:
    """The case of Ben's report."""
    desk.report(comment, "Ben")
    return desk.case(comment, "report").id


def leave(desk: Moderators, name: str) -> None:
    """They erase their account."""
    person = Person(desk.forum.person(name).id, None)
    for _kind, held in sorted(desk.site.holdings.items()):
        desk.database.retrying(lambda db, held=held: held.erase(db, person, desk.now))


def test_what_reports_took_down_is_nobody_elses_to_check(open_desk: Moderators):
    said = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    case = reported(open_desk, said)
    assert waiting(open_desk, said) == ["new", "report"]
    open_desk.decide(case, "reject", reason="offensive")
    assert (open_desk.shown(said), waiting(open_desk, said)) == ("hidden", [])
    assert open_desk.town.broken() == {}


def test_what_was_refused_when_checked_has_no_reports_to_look_at(open_desk: Moderators):
    said = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    reported(open_desk, said)
    open_desk.decide(open_desk.case(said, "new").id, "reject", reason="offensive")
    assert waiting(open_desk, said) == []
    assert {report.state for report in open_desk.town.rows(Report)} == {"handled"}
    assert open_desk.town.broken() == {}


def test_a_change_behind_a_text_that_was_taken_down_waits_no_more(desk: Moderators):
    said = desk.forum.published("Ana")
    desk.forum.edit("Ana", said, "Pears do well there.")
    desk.forum.take_down(said)
    assert (desk.shown(said), waiting(desk, said)) == ("hidden", [])
    assert desk.town.broken() == {}


def test_a_refused_change_leaves_the_reports_of_the_text_before_it(desk: Moderators):
    said = desk.forum.published("Ana")
    reported(desk, said)
    desk.forum.edit("Ana", said, "Pears do well there.")
    desk.decide(desk.case(said, "edit").id, "reject", reason="spam")
    assert (desk.shown(said), waiting(desk, said)) == ("published", ["report"])


@pytest.mark.parametrize("track", ["report", "new"])
def test_undoing_brings_back_what_the_decision_closed(open_desk: Moderators, track: str):
    said = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    reported(open_desk, said)
    batch = open_desk.decide_many([open_desk.case(said, track).id], by=open_desk.mia).batch
    assert waiting(open_desk, said) == []
    assert open_desk.undo(batch, open_desk.mia).refused == []
    assert (open_desk.shown(said), sorted(waiting(open_desk, said))) == ("published", ["new", "report"])
    assert {report.state for report in open_desk.town.rows(Report)} == {"waiting"}
    assert open_desk.town.broken() == {}


def test_what_waits_again_has_no_reports_to_look_at(desk: Moderators):
    said = desk.forum.say("Ana", "Mr Gravel is a thief.")
    batch = desk.decide_many([desk.case(said).id], "publish", reason="", by=desk.mia).batch
    desk.town.clock.advance(timedelta(minutes=1))
    reported(desk, said)
    assert desk.undo(batch, desk.mia).refused == []
    assert (desk.shown(said), waiting(desk, said)) == ("pending", ["new"])
    assert desk.town.broken() == {}


def test_an_appeal_against_what_is_undone_is_settled_by_that(desk: Moderators):
    """Its author reads the decision before the letter leaves, and need not wait for it."""
    said = desk.forum.say("Ana", "Mr Gravel is a thief.")
    batch = desk.decide_many([desk.case(said).id], by=desk.mia).batch
    decision = desk.decisions()[-1].id
    desk.appeal(decision)
    assert desk.undo(batch, desk.mia).refused == []
    assert ([a.state for a in desk.town.rows(Appeal)], waiting(desk, said)) == (["moot"], ["new"])
    assert desk.town.broken() == {}


def test_undoing_brings_back_the_change_that_waited(desk: Moderators):
    said = desk.forum.published("Ana")
    case = reported(desk, said)
    desk.forum.edit("Ana", said, "Pears do well there.")
    desk.undo(desk.decide_many([case], by=desk.mia).batch, desk.mia)
    assert (desk.shown(said), desk.forum.comment(said).edit_state) == ("published", "pending")
    desk.decide(desk.case(said, "edit").id)
    assert desk.forum.read(said) == "Pears do well there."
    assert desk.town.broken() == {}


def test_what_was_restored_and_published_waits_again_once_that_is_undone(desk: Moderators):
    said = desk.forum.published("Ana")
    desk.forum.take_down(said)
    case, approved = desk.case(said).id, desk.forum.again("Ana").approved_texts
    moderated, note = desk.site.moderated, "It names nobody."
    desk.database.retrying(lambda db: service.restore(db, moderated, case, note=note, by=desk.ada, now=desk.now))
    done = desk.decide_many([desk.case(said, "resubmission").id], "publish", reason="", by=desk.mia)
    assert desk.shown(said) == "published"
    desk.undo(done.batch, desk.mia)
    assert (desk.shown(said), desk.forum.thread.said) == ("pending", 0)
    assert desk.forum.again("Ana").approved_texts == approved
    assert desk.town.broken() == {}


def test_reports_on_a_text_that_was_changed_meanwhile_are_not_decided_unread(open_desk: Moderators):
    said = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    case = reported(open_desk, said)
    seen = open_desk.revision(case)
    open_desk.forum.edit("Ana", said, "Mr Gravel is a kind man.")
    with pytest.raises(OutdatedRevision):
        open_desk.decide(case, "reject", reason="offensive", revision=seen)
    open_desk.decide(case, "dismiss")
    assert open_desk.forum.read(said) == "Mr Gravel is a kind man."


def test_nor_where_a_moderator_published_the_change(desk: Moderators):
    said = desk.forum.published("Ana")
    case = reported(desk, said)
    desk.forum.edit("Ana", said, "Pears do well there.")
    seen = desk.revision(case)
    desk.decide(desk.case(said, "edit").id)
    with pytest.raises(OutdatedRevision):
        desk.decide(case, "reject", reason="offensive", revision=seen)


def test_a_report_that_was_answered_opens_no_case_when_it_is_sent_again(open_desk: Moderators):
    said = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    open_desk.decide(reported(open_desk, said), "dismiss")
    open_desk.report(said, "Ben")
    assert waiting(open_desk, said) == ["new"]
    open_desk.report(said, "Cora")
    assert waiting(open_desk, said) == ["new", "report"]


def test_what_its_author_took_back_has_no_reports_to_look_at(open_desk: Moderators):
    said = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    reported(open_desk, said)
    open_desk.forum.withdraw("Ana", said)
    assert waiting(open_desk, said) == []
    assert [(r.state, r.handled_by_id) for r in open_desk.town.rows(Report)] == [("handled", None)]


def test_a_dismissed_report_takes_away_no_appeal(desk: Moderators):
    said = desk.forum.published("Ana")
    desk.forum.edit("Ana", said, "Pears do well there.")
    refused = desk.reject(said, "spam")
    desk.decide(reported(desk, said), "dismiss")
    assert desk.appeal(refused.id).state == "waiting"


def test_an_appeal_about_a_change_is_moot_once_the_text_before_it_goes(desk: Moderators):
    said = desk.forum.published("Ana")
    desk.forum.edit("Ana", said, "Pears do well there.")
    refused = desk.reject(said, "spam")
    desk.appeal(refused.id)
    desk.forum.take_down(said)
    assert ([a.state for a in desk.town.rows(Appeal)], waiting(desk, said)) == (["moot"], [])
    assert desk.town.broken() == {}


def test_nothing_is_appealed_against_once_its_author_took_it_back(desk: Moderators):
    said = desk.forum.say("Ana", "Call me.")
    returned = desk.decide(desk.case(said).id, "return", reason="personal-data", note="Leave the number out.")
    desk.forum.withdraw("Ana", said)
    with pytest.raises(CannotAppeal):
        desk.appeal(returned.id)
    assert waiting(desk, said) == []


def test_what_was_removed_as_illegal_leaves_nothing_on_the_desk(desk: Moderators):
    said = desk.forum.published("Ana")
    reported(desk, said)
    moderated, keys = desk.site.moderated, desk.site.keys
    about = SubjectRef("comment", said)
    case = desk.database.retrying(lambda db: illegal.report(db, moderated, keys, about, "A law", now=desk.now).case_id)
    desk.database.retrying(lambda db: illegal.propose(db, moderated, case, by=desk.mia, now=desk.now))
    desk.database.retrying(lambda db: illegal.confirm(db, moderated, case, by=desk.max, now=desk.now))
    assert (desk.shown(said), waiting(desk, said)) == ("removed", [])
    assert desk.town.broken() == {}


def test_what_max_has_open_is_not_taken_down_over_his_head(open_desk: Moderators):
    said = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    open_desk.claim(reported(open_desk, said), open_desk.max)
    with pytest.raises(HeldByAnother):
        open_desk.database.retrying(
            lambda db: service.take_down(
                db,
                open_desk.site.moderated,
                SubjectRef("comment", said),
                reason_code="spam",
                by=open_desk.mia,
                now=open_desk.now,
            )
        )
    assert open_desk.shown(said) == "published"


def test_ana_leaves_and_what_only_moderators_read_goes_with_her(desk: Moderators):
    refused = desk.forum.say("Ana", "My telephone is in here.")
    desk.appeal(desk.reject(refused, "personal-data").id, "I am Ana Smith of 4 Mill Lane.")
    public = desk.forum.published("Ana", "Apples do well there.")
    desk.forum.edit("Ana", public, "My address is in here.")
    gone = desk.forum.published("Ana", "I took this back.")
    desk.forum.withdraw("Ana", gone)
    leave(desk, "Ana")
    assert [r.body for r in desk.town.rows(CommentRevision) if r.body] == ["Apples do well there."]
    assert [(a.state, a.words) for a in desk.town.rows(Appeal)] == [("moot", "")]
    assert (waiting(desk, refused), waiting(desk, public)) == ([], ["edit"])
    desk.decide(desk.case(public).id)
    assert desk.forum.read(public) == "Apples do well there."
    assert desk.town.broken() == {}


def test_what_was_decided_about_somebody_who_left_is_not_undone(open_desk: Moderators):
    """With them went every trace of which line of the public log is about their text."""
    said = open_desk.forum.say("Ana", "Mr Gravel is a thief.")
    batch = open_desk.decide_many([open_desk.case(said).id], by=open_desk.mia).batch
    leave(open_desk, "Ana")
    undone = open_desk.undo(batch, open_desk.mia)
    assert (undone.done, [refused.why for refused in undone.refused]) == (
        0,
        ["Its author has left. Their account was erased since, so this decision stands. Nothing was changed."],
    )
    assert open_desk.town.broken() == {}
