"""Ana, Ben and others say things to each other, and are refused with words that say why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.comments.rules.threads import (
    CannotReply,
    CommentUnknown,
    DiscussionClosed,
    DiscussionUnknown,
    ReplyElsewhere,
    SaidAlready,
    TooDeep,
)
from app.comments.service import checking
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation.model import Case
from app.moderation.rules.standards import Verdict
from tests.app.comments.forum import Forum


def test_what_ana_says_is_public_at_once_where_comments_are_checked_afterwards(forum: Forum):
    said = forum.say("Ana")
    assert forum.comment(said).state == "published"
    assert forum.read(said) == "Apples do well there."
    assert forum.thread.said == 1
    [case] = forum.town.rows(Case, Case.subject_kind == "comment")
    assert (case.subject_id, case.state, case.origin) == (said, "waiting", "new")
    assert (case.author_id, case.excerpt) == (forum.person("Ana").id, "Apples do well there.")
    assert forum.broken() == {}


def test_a_new_account_waits_whatever_the_mode(forum: Forum):
    forum.person("Nia", new=True)
    said = forum.say("Nia")
    assert forum.comment(said).state == "pending"
    assert (forum.read(said), forum.thread.said) == (None, 0)
    forum.decide(said)
    assert forum.read(said) == "Apples do well there."
    assert (forum.thread.said, forum.again("Nia").approved_texts) == (1, 1)
    forum.people["Nia"] = forum.again("Nia")
    assert forum.comment(forum.say("Nia", "And pears.")).state == "published"
    assert forum.broken() == {}


def test_everyone_waits_where_comments_are_checked_before(careful: Forum):
    said = careful.say("Ana")
    assert careful.comment(said).state == "pending"
    careful.decide(said, Verdict.REJECT, reason="spam")
    assert (careful.comment(said).state, careful.read(said), careful.thread.said) == ("rejected", None, 0)
    assert careful.broken() == {}


def test_a_signal_holds_a_text_and_never_refuses_it(forum: Forum):
    forum.person("Nia", new=True)
    said = forum.say("Nia", "Look at https://shop.example/offers today")
    assert forum.comment(said).state == "held"
    [case] = forum.town.rows(Case, Case.subject_id == said, Case.subject_kind == "comment")
    assert "new-with-links" in [signal["code"] for signal in case.signals or ()]


def test_where_signals_fail_a_person_looks_first(forum: Forum, monkeypatch: pytest.MonkeyPatch):
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("out of order")

    assert forum.petition, "opened before anything fails"
    monkeypatch.setattr(checking.signals, "look", broken)
    said = forum.say("Ana")
    assert forum.comment(said).state == "held"
    assert forum.town.rows(Case, Case.subject_kind == "comment", Case.subject_id == said)


def test_replies_go_three_deep_and_count_upwards(forum: Forum):
    top = forum.say("Ana")
    second = forum.say("Ben", "They need a fence.", to=top)
    third = forum.say("Ana", "A hedge would do.", to=second)
    with pytest.raises(TooDeep):
        forum.say("Ben", "Hedges take years.", to=third)
    assert [forum.comment(c).depth for c in (top, second, third)] == [1, 2, 3]
    assert [forum.comment(c).replies for c in (top, second, third)] == [2, 1, 0]
    assert forum.thread.said == 3
    assert forum.broken() == {}


def test_nobody_answers_what_is_elsewhere_hidden_or_not_there(forum: Forum):
    here = forum.say("Ana")
    other = SubjectRef("petition", forum.town.open_petition(action="Plant fruit trees along the path"))
    with pytest.raises(ReplyElsewhere):
        forum.say("Ben", to=here, about=other)
    with pytest.raises(CommentUnknown):
        forum.say("Ben", to=0)
    forum.take_down(here)
    with pytest.raises(CannotReply):
        forum.say("Ben", "No.", to=here)
    assert forum.thread.said == 0
    assert forum.broken() == {}


def test_ana_is_asked_when_she_says_the_same_again_and_ben_is_not(forum: Forum):
    first = forum.say("Ana", "Apples do well there.")
    with pytest.raises(SaidAlready) as refused:
        forum.say("Ana", "  APPLES do   well there. ")
    assert refused.value.link[0] == f"/comments/{first}"
    assert forum.comment(forum.say("Ben", "Apples do well there.")).state == "published"
    assert forum.thread.said == 2
    forum.withdraw("Ana", first)
    assert forum.say("Ana", "Apples do well there.") != first


def test_the_discussion_closes_with_its_petition(forum: Forum):
    said = forum.say("Ana")
    closes_at = forum.town.petition(forum.petition).closes_at
    assert closes_at is not None
    forum.town.clock.set(closes_at)
    with pytest.raises(DiscussionClosed):  # by the clock, before any job has noted it
        forum.say("Ben")
    with pytest.raises(DiscussionClosed):
        forum.vote("Ben", said, 1)
    with pytest.raises(DiscussionClosed):
        forum.edit("Ana", said, "Pears do well there.")
    forum.town.work()
    assert (forum.thread.closed_at, forum.thread.closed_because) == (closes_at, "subject")
    assert forum.read(said) == "Apples do well there."
    forum.withdraw("Ana", said)  # what is mine I can take back at any time
    assert forum.thread.said == 0


def test_a_moderator_ends_a_discussion_and_begins_it_again(forum: Forum):
    forum.say("Ana")
    forum.close()
    with pytest.raises(DiscussionClosed):
        forum.say("Ben")
    forum.mode("before")
    assert forum.comment(forum.say("Ben")).state == "pending"
    assert forum.thread.mode == "before"


def test_no_other_act_changes_the_mode(forum: Forum):
    forum.mode("before")
    said = forum.published("Ana")
    forum.decide(forum.say("Ben", "No.", to=said))
    forum.town.correct(forum.petition, background="People work on Saturdays, too.")
    forum.take_down(said)
    assert forum.thread.mode == "before"


def test_without_the_setting_there_is_no_discussion_until_a_moderator_opens_one(forum: Forum, tmp_path):
    from tests.app.comments.forum import forum_on

    quiet = forum_on(forum.town.database, tmp_path, "off")
    with pytest.raises(DiscussionUnknown):
        quiet.say("Ana")
    quiet.mode("after")
    quiet.say("Ana")
    assert quiet.thread.said == 1


def test_nothing_is_said_about_a_petition_that_nobody_may_read(forum: Forum):
    waiting = forum.town.start(action="Plant fruit trees along the path")
    with pytest.raises(DiscussionUnknown):
        forum.say("Ana", about=SubjectRef("petition", waiting))
    with pytest.raises(DiscussionUnknown):
        forum.say("Ana", about=SubjectRef("budget", 1))


def test_ana_is_told_of_an_answer_once_it_is_public_and_never_of_her_own(careful: Forum):
    top = careful.published("Ana")
    own = careful.published("Ana", "I forgot the pears.", to=top)
    reply = careful.say("Ben", "They need a fence.", to=top)
    assert careful.town.rows(Letter, Letter.template == "comments/mail/replied") == []
    careful.decide(reply)
    careful.town.deliver()
    letter = careful.town.letters.last_to("ana@example.org")
    assert letter["Subject"] == "Somebody answered your comment"
    assert f"/comments/{reply}" in letter.get_content()
    assert careful.town.letters.to("ben@example.org") == [] or own
    assert [row.facts for row in careful.town.rows(Letter, Letter.template == "comments/mail/replied")] == [
        {"comment": reply}
    ]


def test_the_letter_is_dropped_where_the_answer_is_gone_before_it_leaves(forum: Forum):
    reply = forum.say("Ben", "They need a fence.", to=forum.say("Ana"))
    forum.withdraw("Ben", reply)
    forum.town.deliver()
    assert "Somebody answered your comment" not in forum.town.letters.subjects("ana@example.org")


def test_words_taken_back_are_deleted_after_thirty_days(forum: Forum):
    said = forum.say("Ana")
    forum.withdraw("Ana", said)
    forum.town.work()
    assert forum.texts(said) == ["Apples do well there."]
    forum.town.clock.advance(timedelta(days=31))
    forum.town.work()
    assert forum.texts(said) == [""]
    assert forum.broken() == {}
