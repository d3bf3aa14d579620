"""Readers say what breaks a rule; Maureen looks at it, marks it handled, and can undo that."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.audit.model import AuditEntry
from app.core.errors import BadField, NotFound
from app.core.subject import SubjectRef
from app.moderation import reporting
from app.moderation.model import Report
from tests.site import Town

LIBRARY, WEIR, BENCH = (SubjectRef("petition", n) for n in (41, 42, 43))


def report(town: Town, subject: SubjectRef, reason: str = "offensive", words: str = "", submission: str = "") -> int:
    return town.database.retrying(
        lambda db: reporting.report(db, subject, reason, words, submission=submission, now=town.now).id
    )


def handle(town: Town, subject: SubjectRef, up_to: int) -> int:
    by = town.moderator()
    return town.database.retrying(lambda db: reporting.handle(db, subject, up_to=up_to, by=by, now=town.now))


def undo(town: Town, report_id: int) -> int:
    by = town.moderator()
    return town.database.retrying(lambda db: reporting.wait_again(db, report_id, by=by, now=town.now))


def waiting(town: Town, **asked) -> list[tuple[int, int]]:
    """Subject and how many wait, as the desk lists them."""
    with town.database.reading() as db:
        rows, total = reporting.reported(db, **asked)
    assert total >= len(rows)
    return [(row.subject.id, row.count) for row in rows]


def test_reports_gather_by_subject_with_counts_by_rule(town: Town):
    for reason in ("spam", "offensive", "offensive"):
        report(town, LIBRARY, reason, words=f"Because of {reason}.")
        town.clock.advance(timedelta(minutes=1))
    report(town, WEIR, "advert")
    with town.database.reading() as db:
        (library, weir), total = reporting.reported(db)
        assert reporting.count_waiting(db) == 4
    assert total == 2
    assert (library.subject, library.count, list(library.reasons.items())) == (
        LIBRARY,
        3,
        [("offensive", 2), ("spam", 1)],
    )
    assert [r.words for r in library.words] == ["Because of offensive.", "Because of offensive.", "Because of spam."]
    assert (weir.count, list(weir.words)) == (1, [])


def test_most_reported_or_newest_first_as_asked(town: Town):
    for subject in (LIBRARY, LIBRARY, WEIR, BENCH, BENCH):
        report(town, subject)
        town.clock.advance(timedelta(minutes=1))
    report(town, WEIR)
    assert waiting(town) == [(42, 2), (43, 2), (41, 2)]
    report(town, LIBRARY)
    assert waiting(town) == [(41, 3), (42, 2), (43, 2)]
    town.clock.advance(timedelta(minutes=1))
    report(town, BENCH)
    report(town, BENCH)
    assert waiting(town) == [(43, 4), (41, 3), (42, 2)]
    report(town, SubjectRef("petition", 44))
    town.clock.advance(timedelta(minutes=1))
    report(town, WEIR)
    assert [subject for subject, _count in waiting(town, sort="newest")] == [42, 43, 44, 41]
    assert waiting(town, offset=1, most=1) == [(42, 3)]
    assert waiting(town, about=WEIR) == [(42, 3)]


def test_the_same_form_sent_fifty_times_is_one_report(town: Town):
    with ThreadPoolExecutor(8) as at_once:
        ids = list(at_once.map(lambda _n: report(town, LIBRARY, submission="a-random-id-of-the-form"), range(50)))
    assert len(set(ids)) == 1
    assert len(town.rows(Report)) == 1
    report(town, LIBRARY, submission="another-form-altogether")
    report(town, LIBRARY, submission="too short")
    report(town, LIBRARY, submission="")
    assert len(town.rows(Report)) == 4


def test_maureen_marks_what_she_saw_and_what_came_since_still_waits(town: Town):
    seen = [report(town, LIBRARY) for _ in range(3)]
    report(town, WEIR)
    late = report(town, LIBRARY, "spam")
    assert handle(town, LIBRARY, up_to=seen[-1]) == 3
    assert sorted(waiting(town)) == [(41, 1), (42, 1)]
    assert [r.state for r in town.rows(Report, Report.id == late)] == ["waiting"]
    (done,) = town.rows(Report, Report.id == seen[0])
    assert (done.state, done.handled_at, done.handled_by_id) == ("handled", town.now, town.moderator())
    assert handle(town, LIBRARY, up_to=seen[-1]) == 0, "already"
    (entry,) = town.rows(AuditEntry, AuditEntry.act == "moderation.reports.handle")
    assert (entry.actor_id, entry.facts) == (town.moderator(), {"reports": 3, "newest": seen[-1]})


def test_undoing_brings_back_what_was_marked_together(town: Town):
    earlier = report(town, LIBRARY)
    handle(town, LIBRARY, up_to=earlier)
    town.clock.advance(timedelta(hours=1))
    later = [report(town, LIBRARY), report(town, LIBRARY)]
    handle(town, LIBRARY, up_to=later[-1])
    with town.database.reading() as db:
        assert [(h.count, h.newest) for h in reporting.handled_lately(db, town.now)] == [(2, later[-1]), (1, earlier)]
    assert undo(town, later[-1]) == 2
    assert waiting(town) == [(41, 2)]
    assert undo(town, later[-1]) == 0, "undone already"
    assert [e.facts["reports"] for e in town.rows(AuditEntry, AuditEntry.act == "moderation.reports.undo")] == [2]
    with pytest.raises(NotFound):
        undo(town, 999_999)
    with town.database.reading() as db:
        assert reporting.count_about(db, LIBRARY) == 2
        assert reporting.count_ever(db, LIBRARY) == 3
    assert town.broken() == {}


@pytest.mark.parametrize("code", ["", "dislike", "offensive\0", "o" * 4_000])
def test_only_a_rule_in_force_can_be_named(town: Town, code: str):
    with town.database.reading() as db, pytest.raises(BadField):
        reporting.read_reason(db, code)


def test_words_are_tidied_and_never_cut():
    assert reporting.read_words(" It names\r\nmy neighbour.\u200b ") == "It names\nmy neighbour."
    assert reporting.read_words("w" * 500) == "w" * 500
    with pytest.raises(BadField):
        reporting.read_words("w" * 501)
