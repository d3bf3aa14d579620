"""Withdrawing, changing, deciding and undoing: what becomes of a comment, its replies, votes and figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.holding import Person
from app.comments.model import Comment, Vote
from app.comments.queries import threads
from app.comments.rules.ranking import LAST
from app.comments.rules.threads import CannotChange, ChangedMeanwhile, NotYours
from app.comments.service.judging import CannotUndo
from app.comments.web.shown import Titles, entries
from app.core.errors import NotFound
from app.moderation.contribution import Settlement
from app.moderation.model import Case, Decision
from app.moderation.refusals import OutdatedRevision, OwnText
from app.moderation.rules.standards import Verdict
from tests.app.comments.forum import Forum


def test_ana_withdraws_a_comment_with_twelve_replies(forum: Forum):
    top = forum.published("Ana")
    forum.published("Cora", "Plums?")
    replies = [forum.published("Ben", f"Reply number {n}.", to=top) for n in range(12)]
    forum.vote("Ben", top, 1)
    order = [row.id for row in forum.page().rows]
    forum.withdraw("Ana", top)
    found = forum.comment(top)
    assert (found.state, forum.read(top), found.best) == ("withdrawn", None, LAST)
    assert [row.id for row in forum.page().rows] == order
    with forum.town.database.reading() as db:
        page = threads.one(db, top)
        assert page is not None
        assert page.replies == len(replies) == 12
    assert forum.thread.said == 13
    assert [row.id for row in forum.page("best").rows if row.depth == 1][-1] == top
    assert forum.broken() == {}


def test_withdrawing_a_reply_lowers_every_figure_by_one(forum: Forum):
    top = forum.say("Ana")
    middle = forum.say("Ben", "They need a fence.", to=top)
    last = forum.say("Cora", "A hedge.", to=middle)
    forum.withdraw("Ben", middle)
    assert [forum.comment(c).replies for c in (top, middle, last)] == [1, 1, 0]
    assert forum.thread.said == 2
    forum.withdraw("Ben", middle)
    assert forum.thread.said == 2
    assert forum.broken() == {}


def test_a_case_about_words_that_were_taken_back_is_closed(careful: Forum):
    said = careful.say("Ana")
    careful.withdraw("Ana", said)
    [case] = careful.town.rows(Case, Case.subject_kind == "comment", Case.subject_id == said)
    assert case.state == "closed"


def test_nobody_else_changes_or_withdraws_what_ana_said(forum: Forum):
    said = forum.say("Ana")
    with pytest.raises(NotYours):
        forum.edit("Ben", said, "No.")
    with pytest.raises(NotYours):
        forum.withdraw("Ben", said)
    forum.take_down(said)
    with pytest.raises(CannotChange):
        forum.edit("Ana", said, "Pears.")
    with pytest.raises(CannotChange):
        forum.withdraw("Ana", said)


def test_the_approved_text_stays_public_until_the_new_one_passes(careful: Forum):
    said = careful.published("Ana", "Apples do well there.")
    careful.vote("Ben", said, 1)
    reply = careful.published("Ben", "Which kind?", to=said)
    careful.edit("Ana", said, "Apples and pears do well there.")
    assert careful.read(said) == "Apples do well there."
    assert (careful.comment(said).state, careful.comment(said).edit_state) == ("published", "pending")
    careful.decide(said)
    found = careful.comment(said)
    assert careful.read(said) == "Apples and pears do well there."
    assert (found.edit_state, found.edited_at is not None, found.ups) == (None, True, 1)
    with careful.town.database.reading() as db:
        assert [t.body for t in threads.public_revisions(db, said)] == [
            "Apples do well there.",
            "Apples and pears do well there.",
        ]
        rows = [threads.one(db, said), threads.one(db, reply)]
        shown = entries(db, Titles(), rows, may_act=True)
    assert [entry.earlier for entry in shown] == [0, 1]
    assert careful.broken() == {}


def test_a_change_that_is_refused_leaves_the_text_before_it(careful: Forum):
    said = careful.published("Ana")
    careful.edit("Ana", said, "Buy my apples.")
    careful.decide(said, Verdict.REJECT, reason="advert")
    found = careful.comment(said)
    assert (found.state, found.edit_state, careful.read(said)) == ("published", "rejected", "Apples do well there.")
    assert careful.thread.said == 1
    assert careful.broken() == {}


def test_a_change_is_public_at_once_where_comments_are_checked_afterwards(forum: Forum):
    said = forum.say("Ana")
    forum.edit("Ana", said, "Pears do well there.")
    assert forum.read(said) == "Pears do well there."
    assert forum.comment(said).edited_at is not None
    assert forum.thread.said == 1


def test_a_returned_text_comes_back_changed_and_linked_to_the_first_case(careful: Forum):
    said = careful.say("Ana", "Ring 0151 496 0123 for apples.")
    careful.decide(said, Verdict.RETURN, reason="personal-data", note="Leave the number out.")
    assert (careful.comment(said).state, careful.read(said)) == ("returned", None)
    careful.edit("Ana", said, "Ask me for apples.")
    assert careful.comment(said).state == "pending"
    first, second = careful.town.rows(Case, Case.subject_kind == "comment", Case.subject_id == said)
    assert (second.origin, second.previous_case_id) == ("resubmission", first.id)
    careful.decide(said)
    assert careful.read(said) == "Ask me for apples."
    assert careful.broken() == {}


def test_a_decision_on_an_outdated_text_is_refused(careful: Forum):
    from app.moderation import service as moderation
    from app.moderation.model import Revision

    said = careful.say("Ana")
    [revision] = careful.town.rows(
        Revision, Revision.case_id.in_(select(Case.id).where(Case.subject_kind == "comment"))
    )
    careful.edit("Ana", said, "Pears do well there.")
    with pytest.raises(OutdatedRevision):
        careful.town.database.retrying(
            lambda db: moderation.decide(
                db,
                careful.town.site.moderated,
                revision.case_id,
                revision_id=revision.id,
                verdict=Verdict.PUBLISH,
                by=careful.town.moderator(),
                now=careful.town.now,
            )
        )
    assert careful.read(said) is None


def test_two_tabs_cannot_overwrite_each_other(forum: Forum):
    said = forum.say("Ana")
    forum.edit("Ana", said, "Pears do well there.", after=1)
    with pytest.raises(ChangedMeanwhile):
        forum.edit("Ana", said, "Plums do well there.", after=1)
    forum.edit("Ana", said, "Pears do well there.", after=1)  # the same words: a second click
    assert forum.texts(said) == ["Apples do well there.", "Pears do well there."]


def test_nobody_judges_their_own_comment(forum: Forum):
    moderator = forum.town.moderator()
    with forum.town.database.reading() as db:
        from app.accounts.model import Account

        forum.people["Maureen"] = db.get_one(Account, moderator)
    said = forum.say("Maureen")
    with pytest.raises(OwnText):
        forum.decide(said)


def settlement(forum: Forum, decision: int) -> Settlement:
    with forum.town.database.reading() as db:
        return Settlement(db.get_one(Decision, decision))


def undo(forum: Forum, comment: int, decision: int) -> None:
    by, done = forum.town.moderator(), settlement(forum, decision)
    kind = forum.town.site.moderated["comment"]
    forum.town.database.retrying(lambda db: kind.unsettle(db, comment, done, by=by, now=forum.town.now))


def test_a_publication_that_is_undone_waits_again(careful: Forum):
    said = careful.say("Ana")
    decision = careful.decide(said)
    careful.town.clock.advance(timedelta(minutes=5))
    undo(careful, said, decision)
    found = careful.comment(said)
    assert (found.state, found.published_at, careful.read(said)) == ("pending", None, None)
    assert (careful.thread.said, careful.again("Ana").approved_texts) == (0, 1)
    assert careful.broken() == {}


def test_a_publication_that_was_answered_cannot_be_undone(careful: Forum):
    said = careful.say("Ana")
    decision = careful.decide(said)
    careful.say("Ben", "Which kind?", to=said)
    with pytest.raises(CannotUndo):
        undo(careful, said, decision)


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.RETURN])
def test_a_refusal_that_is_undone_is_as_it_was(forum: Forum, verdict: Verdict):
    said = forum.say("Ana")
    decision = forum.decide(said, verdict, reason="advert", note="Leave the shop out.")
    assert forum.thread.said == 0
    undo(forum, said, decision)
    assert (forum.comment(said).state, forum.thread.said) == ("published", 1)
    assert forum.broken() == {}


def test_a_change_that_was_published_goes_back_to_the_text_before(careful: Forum):
    said = careful.published("Ana")
    careful.edit("Ana", said, "Pears do well there.")
    decision = careful.decide(said)
    undo(careful, said, decision)
    assert (careful.read(said), careful.comment(said).edit_state) == ("Apples do well there.", "pending")
    assert careful.comment(said).edited_at is None
    assert careful.broken() == {}


def test_reports_hide_for_the_moment_and_a_moderator_shows_it_again(forum: Forum):
    said, kind, now = forum.say("Ana"), forum.town.site.moderated["comment"], forum.town.now
    assert forum.town.database.retrying(lambda db: kind.hide_provisionally(db, said, now))
    assert (forum.comment(said).state, forum.read(said), forum.thread.said) == ("provisional", None, 0)
    assert forum.broken() == {}
    forum.town.database.retrying(lambda db: kind.show_again(db, said, by=1, now=now))
    assert (forum.read(said), forum.thread.said) == ("Apples do well there.", 1)
    assert forum.broken() == {}


def test_what_was_illegal_leaves_a_placeholder_and_no_words(forum: Forum):
    said, kind, now = forum.say("Ana"), forum.town.site.moderated["comment"], forum.town.now
    decision = forum.decide(said)
    with forum.town.database.reading() as db:
        assert "Apples do well there." in kind.evidence(db, said).values()
    done = settlement(forum, decision)
    forum.town.database.retrying(lambda db: kind.remove(db, said, done, by=1, now=now))
    assert (forum.comment(said).state, forum.texts(said), forum.thread.said) == ("removed", [""], 0)
    assert [row.id for row in forum.page().rows] == [said]
    assert forum.broken() == {}


def test_what_was_rejected_is_judged_again_and_an_appeal_publishes(careful: Forum):
    said, kind, now = careful.say("Ana"), careful.town.site.moderated["comment"], careful.town.now
    done = settlement(careful, careful.decide(said, Verdict.REJECT, reason="offensive"))
    careful.town.database.retrying(lambda db: kind.restore(db, said, done, by=1, now=now))
    assert careful.comment(said).state == "pending"
    careful.town.sql("UPDATE comments_comment SET state = 'hidden'")
    careful.town.database.retrying(lambda db: kind.overturn(db, said, done, by=1, now=now))
    assert (careful.read(said), careful.thread.said) == ("Apples do well there.", 1)
    assert careful.broken() == {}


def test_erasing_ana_leaves_her_words_without_a_name_and_every_total(forum: Forum):
    said = forum.say("Ana")
    reply = forum.say("Ben", "Which kind?", to=said)
    forum.vote("Ana", reply, 1)
    forum.mode("before")
    waiting = forum.say("Ana", "And pears.")
    held = forum.town.site.holdings["comments"]
    person = Person(forum.person("Ana").id, None)
    with forum.town.database.reading() as db:
        assert [row.id for row in held.sections(db, person, forum.town.now)[0].rows] == [waiting, said]
        export = held.export(db, person)
    assert [c["texts"][0]["text"] for c in export["comments"]] == ["Apples do well there.", "And pears."]
    assert [v["comment"] for v in export["votes on comments"]] == [reply]
    forum.town.database.retrying(lambda db: held.erase(db, person, forum.town.now))
    assert (forum.comment(said).author_id, forum.read(said)) == (None, "Apples do well there.")
    assert (forum.texts(waiting), forum.comment(waiting).state) == ([""], "withdrawn")
    assert (forum.thread.said, forum.comment(reply).ups) == (2, 1)
    assert forum.town.rows(Comment, Comment.author_id == person.account_id) == []
    assert forum.town.rows(Vote, Vote.comment_id == reply)[0].value == 1
    assert forum.broken() == {}


def test_the_account_page_withdraws_only_ones_own(forum: Forum):
    said, held = forum.say("Ana"), forum.town.site.holdings["comments"]
    ben = Person(forum.person("Ben").id, None)
    with pytest.raises(NotFound):
        forum.town.database.retrying(lambda db: held.act(db, ben, "comment", said, "withdraw", forum.town.now))
    ana = Person(forum.person("Ana").id, None)
    forum.town.database.retrying(lambda db: held.act(db, ana, "comment", said, "withdraw", forum.town.now))
    assert forum.comment(said).state == "withdrawn"
