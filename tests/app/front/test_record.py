"""The record of acts, as administrators read it."""

from __future__ import annotations

from app.front.admin_audit import facts_in_words


def test_facts_are_said_in_words_and_what_says_nothing_is_left_out():
    facts = {"verdict": "publish", "reason": None, "topics": {"added": [5, 7], "removed": []}, "on": False, "note": ""}
    assert facts_in_words(facts) == [("on", "False"), ("topics, added", "5, 7"), ("verdict", "publish")]
