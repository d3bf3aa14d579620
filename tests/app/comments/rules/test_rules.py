"""Length, rank, depth and first states: what people are told, checked without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.comments.policy import CommentsPolicy
from app.comments.rules.lifecycle import CommentState, Mode, first_state
from app.comments.rules.ranking import LAST, lower_bound, rank
from app.comments.rules.texts import MOST_BYTES, MOST_CHARACTERS, likeness, read_body, read_stance
from app.comments.rules.threads import (
    Answered,
    CannotReply,
    CommentUnknown,
    ReplyElsewhere,
    TooDeep,
    TooFast,
    refusal_to_reply,
)
from app.core.errors import BadField

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"


def test_four_thousand_characters_and_not_one_more():
    assert len(read_body("a" * MOST_CHARACTERS)) == MOST_CHARACTERS
    with pytest.raises(BadField, match="it has 4,001"):
        read_body("a" * (MOST_CHARACTERS + 1))


def test_letters_of_every_script_fit_whole():
    assert read_body("語" * MOST_CHARACTERS)
    assert read_body("\N{GRINNING FACE}" * MOST_CHARACTERS).encode().__len__() == MOST_BYTES
    assert read_body("e\u0301" * MOST_CHARACTERS) == "é" * MOST_CHARACTERS


def test_families_fit_up_to_the_ceiling_of_bytes_and_are_never_cut():
    assert read_body(FAMILY * 640) == FAMILY * 640
    with pytest.raises(
        BadField, match="Your comment has 641 characters, but takes up 16,025 bytes; at most 16,000 fit"
    ):
        read_body(FAMILY * 641)


@pytest.mark.parametrize("nothing", ["", "  \n ", "\u200b\u2060", "\u3164"])
def test_nothing_to_see_is_no_comment(nothing: str):
    with pytest.raises(BadField, match="Write your comment"):
        read_body(nothing)


@given(st.text(max_size=300))
def test_reading_a_comment_again_changes_nothing(text: str):
    try:
        body = read_body(text)
    except BadField:
        return
    assert read_body(body) == body


def test_the_same_words_are_known_in_another_dress():
    assert likeness("Café  now") == likeness("CAFE now")
    assert likeness("Café now") != likeness("Café never")


def test_a_stance_is_one_of_three():
    assert read_stance("for") == "for"
    with pytest.raises(BadField):
        read_stance("maybe")


def test_sixty_of_eighty_before_two_of_two():
    assert lower_bound(60, 20) == pytest.approx(0.6453, abs=0.0005)
    assert lower_bound(2, 0) == pytest.approx(0.3424, abs=0.0005)
    assert lower_bound(0, 0) == 0
    assert rank(60, 20, counts=False) == LAST < rank(0, 1_000, counts=True)


@given(st.integers(0, 5_000), st.integers(0, 5_000))
def test_the_bound_is_a_share_and_never_above_what_was_seen(ups: int, downs: int):
    bound = lower_bound(ups, downs)
    assert 0 <= bound <= (ups / (ups + downs) if ups + downs else 0)
    assert lower_bound(ups + 1, downs) >= bound - 1e-12
    assert lower_bound(ups, downs + 1) <= bound + 1e-12


@pytest.mark.parametrize(
    ("mode", "is_new", "is_held", "state"),
    [
        (Mode.AFTER, False, False, CommentState.PUBLISHED),
        (Mode.AFTER, True, False, CommentState.PENDING),
        (Mode.AFTER, False, True, CommentState.HELD),
        (Mode.BEFORE, False, False, CommentState.PENDING),
        (Mode.BEFORE, True, True, CommentState.HELD),
    ],
)
def test_what_waits(mode: Mode, is_new: bool, is_held: bool, state: CommentState):
    assert first_state(mode, is_new=is_new, is_held=is_held) is state


def test_why_a_reply_is_refused():
    public = Answered(thread_id=1, depth=1, state="published")
    assert refusal_to_reply(public, 1, "/") is None
    assert isinstance(refusal_to_reply(None, 1, "/"), CommentUnknown)
    assert isinstance(refusal_to_reply(public, 2, "/"), ReplyElsewhere)
    assert isinstance(refusal_to_reply(public._replace(depth=3), 1, "/"), TooDeep)
    for state in set(CommentState) - {CommentState.PUBLISHED}:
        assert isinstance(refusal_to_reply(public._replace(state=state), 1, "/"), CannotReply)


@pytest.mark.parametrize(("seconds", "said"), [(1, "1 second."), (59, "59 seconds."), (3_000, "50 minutes.")])
def test_a_clear_time(seconds: int, said: str):
    assert TooFast(retry_after=seconds).sentence.endswith(said)


def test_a_deployments_numbers_are_checked():
    assert list(CommentsPolicy.from_settings({"languages": "cy, en"}).language_names.values()) == ["Cymraeg", "English"]
    for name, text in (("say_a_minute", "0"), ("languages", "en,klingonese")):
        with pytest.raises(ValueError, match=f"TOWNSQUARE_COMMENTS_{name.upper()}"):
            CommentsPolicy.from_settings({name: text})
