"""Initiatives and comments of a Decidim arrive as they stood there, once, and start nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.comments.model import Comment, CommentRevision, Thread
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation import service as moderation
from app.outcomes.model import Answer, Referral
from petitions.importing.decidim.bringing import Line, Place, Report, bring
from petitions.importing.decidim.files import Contents, Row, read_files, read_table
from petitions.importing.decidim.initiatives import How
from petitions.model.petition import Crossing, Petition
from petitions.rules.eligibility import is_signable
from tests.site import RunningSite, Town

SAMPLE = sorted((Path(__file__).parent / "sample").glob("*.csv"))
HOW = How(("en",), ZoneInfo("Europe/Madrid"))


def taken(town: Town, contents: Contents | None = None, how: How = HOW, *, dry: bool = False) -> Report:
    place = Place(town.database, town.policy, town.site.discussed, town.now, dry)
    return bring(place, contents or read_files(SAMPLE), how, lambda _done: None)


def outcomes(report: Report) -> dict[str, int]:
    found = ("created", "updated", "unchanged", "left out", "refused")
    return {outcome: report.count(outcome) for outcome in found if report.count(outcome)}


def petition_of(town: Town, number: str) -> Petition:
    (found,) = town.rows(Petition, Petition.source_id == number)
    return found


def comment_of(town: Town, number: str) -> Comment:
    (found,) = town.rows(Comment, Comment.source_id == number)
    return found


def body_of(town: Town, number: str) -> str:
    comment = comment_of(town, number)
    (text,) = town.rows(
        CommentRevision, CommentRevision.comment_id == comment.id, CommentRevision.number == comment.shown_revision
    )
    return text.body


def test_everything_arrives_as_it_stood(town: Town):
    report = taken(town)
    assert outcomes(report) == {"created": 9, "left out": 2}
    ladder = petition_of(town, "12")
    assert ladder.action == "Give the old weir a fish ladder"
    assert ladder.background == "Eels and trout stop at the weir below the mill."
    assert ladder.additional_details == (
        "A ladder of eleven pools would let them pass:\n\n- it needs no pump\n- children can watch"
    )
    assert (ladder.state, ladder.signature_count, ladder.imported_count) == ("closed", 1204, 1204)
    assert ladder.opened_at == datetime(2024, 5, 20, 8, tzinfo=UTC)
    assert ladder.closes_at == datetime(2024, 9, 20, 22, tzinfo=UTC), "the midnight after, in Madrid"
    assert ladder.source_facts == {
        "decidim_state": "accepted",
        "scope": "Lower town",
        "type": "Citizens' initiative",
        "area": "River and water",
        "source_url": "https://decide.riu.example/initiatives/i-12",
    }
    assert ladder.creator_name is None
    assert town.broken() == {}


def test_an_answer_arrives_as_an_answered_referral_and_nothing_is_owed(town: Town):
    taken(town)
    (referral,) = town.rows(Referral)
    assert (referral.state, referral.imported, referral.due_at) == ("answered", True, None)
    (answer,) = town.rows(Answer)
    assert answer.summary == "The ladder will be built."
    assert answer.details.startswith("Eleven pools, before the next autumn.")
    assert answer.details.endswith("https://decide.riu.example/news/ladder")
    assert answer.at == datetime(2024, 11, 18, 11, 30, tzinfo=UTC)


def test_no_letter_leaves_no_threshold_is_crossed_no_clock_starts(town: Town):
    taken(town)
    town.work()
    assert town.rows(Letter) == []
    assert town.rows(Crossing) == []
    assert [r for r in town.rows(Referral) if r.state != "answered"] == []


def test_comments_stand_beneath_what_they_answer_without_an_account(town: Town):
    taken(town)
    eels, boats, lock, gate, deep = (comment_of(town, n) for n in ("101", "102", "105", "103", "104"))
    assert (eels.author_id, eels.source, eels.source_name) == (None, "decidim", "")
    assert (eels.stance, boats.stance, lock.stance) == ("for", "against", None)
    assert (lock.parent_id, gate.parent_id, gate.depth) == (boats.id, lock.id, 3)
    assert (deep.parent_id, deep.depth) == (lock.id, 3), "threads end here at the third step"
    assert body_of(town, "102") == "And the boats?"
    assert body_of(town, "104") == "- and who cleans them?"
    assert eels.published_at == datetime(2024, 5, 21, 10, tzinfo=UTC)
    (thread,) = town.rows(Thread, Thread.subject_id == petition_of(town, "12").id)
    assert (thread.said, thread.fors, thread.againsts) == (5, 1, 1)
    assert town.rows(Letter) == []


def test_the_same_files_again_change_nothing(town: Town):
    taken(town)
    assert outcomes(taken(town)) == {"unchanged": 9, "left out": 2}
    assert len(town.rows(Answer)) == 1


def test_a_dry_run_says_the_same_and_stores_nothing(town: Town):
    assert outcomes(taken(town, dry=True)) == {"created": 9, "left out": 2}
    assert (town.rows(Petition), town.rows(Comment)) == ([], [])
    taken(town)
    assert outcomes(taken(town, dry=True)) == {"unchanged": 9, "left out": 2}


def test_what_the_source_changed_is_brought_up_to_date(town: Town):
    taken(town)
    contents = read_files(SAMPLE)
    changed = Contents(
        [with_cells(row, signatures="1300") if row.number == 2 else row for row in contents.initiatives],
        [with_cells(row, body="I saw eels there in 1989.") if row.get("id") == "101" else row for row in contents.comments],
        (),
    )  # fmt: skip
    assert outcomes(taken(town, changed)) == {"updated": 2, "unchanged": 7, "left out": 2}
    assert petition_of(town, "12").signature_count == 1300
    assert body_of(town, "101") == "I saw eels there in 1989."
    assert town.broken() == {}


def with_cells(row: Row, **cells: str) -> Row:
    return Row(row.file, row.number, {**row.cells, **cells})


def test_rejected_there_is_closed_here_for_nobody_judged_its_text(sqlite_town: Town):
    taken(sqlite_town)
    assert petition_of(sqlite_town, "15").state == "closed"


def test_one_whose_time_is_not_over_can_be_signed_on(sqlite_town: Town):
    taken(sqlite_town)
    sums = petition_of(sqlite_town, "31")
    assert is_signable(sums.state, sums.closes_at, datetime(2026, 12, 1, tzinfo=UTC))
    assert not is_signable(sums.state, sums.closes_at, datetime(2027, 5, 1, tzinfo=UTC))
    assert sums.action == "=SUM(1)+1 is two: teach sums in the market hall"


def test_the_language_asked_for_comes_first_and_any_other_before_none(sqlite_town: Town):
    taken(sqlite_town, how=How(("ca", "en"), HOW.zone))
    assert petition_of(sqlite_town, "12").action == "Una escala per als peixos"
    assert petition_of(sqlite_town, "15").action == "Bancs a l'ombra a la plaça del Mercat"
    assert petition_of(sqlite_town, "31").action.startswith("=SUM")


def test_names_are_kept_where_one_asks_for_them(sqlite_town: Town):
    taken(sqlite_town, how=How(("en",), HOW.zone, names=True))
    assert petition_of(sqlite_town, "12").creator_name == "Núria Vall"
    assert comment_of(sqlite_town, "102").source_name == "Jan Soler"


def test_two_decidims_do_not_mix(sqlite_town: Town):
    taken(sqlite_town, how=How(("en",), HOW.zone, "riu"))
    taken(sqlite_town, how=How(("en",), HOW.zone, "mar"))
    assert {p.source_id for p in sqlite_town.rows(Petition)} == {
        f"{town}:{number}" for town in ("riu", "mar") for number in (12, 15, 31)
    }


def test_a_comment_that_moderators_took_down_stays_so(sqlite_town: Town):
    town = sqlite_town
    taken(town)
    eels = comment_of(town, "101")
    town.sql("UPDATE comments_comment SET state = 'hidden' WHERE id = :id", id=eels.id)
    contents = read_files(SAMPLE)
    spoken = [with_cells(row, body="Again and louder.") for row in contents.comments if row.get("id") == "101"]
    assert outcomes(taken(town, Contents([], spoken, ()))) == {"unchanged": 1}


GOOD = {
    "id": "7", "title/en": "A ford", "description/en": "<p>Wide.</p>", "state": "published", "signatures": "3",
    "created_at": "2026-01-02 10:00:00 UTC", "published_at": "2026-01-05 10:00:00 UTC",
}  # fmt: skip


def initiative(**cells: str) -> Row:
    return Row("initiatives.csv", 2, GOOD | {name.replace("__", "/"): text for name, text in cells.items()})


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"title__en": " "}, "title is missing"),
        ({"title__en": "x" * 201}, "title is longer than 200 characters"),
        ({"description__en": "x" * 20_001}, "description is longer than 20,000 characters"),
        ({"state": "dancing"}, "state 'dancing' is none that Decidim has"),
        ({"signatures": "-1"}, "signatures is not a whole number"),
        ({"signatures": "٣"}, "signatures is not a whole number"),
        ({"signatures": "9" * 30}, "signatures is not a whole number"),
        ({"created_at": "yesterday"}, "created_at is not a date"),
        ({"published_at": "0001-01-01 00:00:00 +1400"}, "published_at is"),
        ({"created_at": "1492-10-12 00:00:00 UTC"}, "created_at is in no plausible year"),
        ({"id": "", "reference": "none"}, "it has no id"),
        ({"id": "x", "url": "https://x.example/initiatives/i-x"}, "it has no id"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_with_its_number_and_reason(
    sqlite_town: Town, cells: dict[str, str], reason: str
):
    report = taken(sqlite_town, Contents([initiative(**cells), initiative(id="8")], [], ()))
    assert outcomes(report) == {"created": 1, "refused": 1}
    assert reason in report.lines[0].reason
    assert report.lines[0].row == 2


SAID = {
    "id": "9", "created_at": "2026-01-06 10:00:00 UTC", "body": "Yes.", "locale": "en", "author/name": "Jo", "alignment": "0",
    "depth": "0", "commentable_id": "7", "commentable_type": "Decidim::Initiative", "root_commentable_url": "",
}  # fmt: skip


def comments(*changes: dict[str, str]) -> list[Row]:
    return [Row("comments.csv", number, SAID | cells) for number, cells in enumerate(changes, start=2)]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"body": "<p> </p>"}, "body: Write your comment."),
        ({"body": "x" * 5_000}, "body: Keep your comment to 4,000 characters"),
        ({"id": "nine"}, "id is not a number"),
        ({"created_at": ""}, "created_at is missing"),
        ({"commentable_id": "70"}, "initiative 70 is not here"),
        (
            {"commentable_type": "Decidim::Comments::Comment", "commentable_id": "88",
             "root_commentable_url": "https://x.example/initiatives/i-7"},
            "comment 88, which it answers, is not here",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dry", [False, True])
def test_a_comment_that_cannot_be_taken_is_refused(sqlite_town: Town, cells: dict[str, str], reason: str, dry: bool):
    report = taken(sqlite_town, Contents([initiative()], comments(cells), ()), dry=dry)
    assert outcomes(report) == {"created": 1, "refused": 1}
    assert reason in report.lines[1].reason


def test_one_number_is_one_row(sqlite_town: Town):
    report = taken(sqlite_town, Contents([initiative(), initiative()], comments({}, {}), ()))
    assert outcomes(report) == {"created": 2, "refused": 2}


@pytest.fixture
def shown(sqlite_site: RunningSite) -> Sequence[Line]:
    return taken(sqlite_site.town, how=How(("en",), HOW.zone, "shown")).lines


def test_their_pages_say_where_it_comes_from(sqlite_site: RunningSite, shown: Sequence[Line]):
    town = sqlite_site.town
    ladder = petition_of(town, "shown:12")
    with httpx.Client(base_url=sqlite_site.base) as visitor:
        page = visitor.get(f"/petitions/{ladder.id}").text
        assert "decide.riu.example/initiatives/i-12" in page
        assert "1,204 signatures were counted there." in page
        talk = visitor.get(f"/petitions/{ladder.id}/discussion").text
        assert "I saw eels there in 1988." in talk
        assert "Name withheld" in talk
        assert "from Decidim" in talk
        data = visitor.get(f"/api/v1/discussions/petition/{ladder.id}").json()
        assert {c["author"] for c in data["comments"]} == {"Name withheld"}


def test_a_moderator_can_take_an_imported_comment_down(sqlite_town: Town):
    town = sqlite_town
    taken(town)
    boats = comment_of(town, "102")
    by, subject = town.moderator(), SubjectRef("comment", boats.id)
    town.database.retrying(
        lambda db: moderation.take_down(db, town.site.moderated, subject, reason_code="offensive", by=by, now=town.now)
    )
    assert comment_of(town, "102").state == "hidden"
    assert town.rows(Letter) == []
    assert town.broken() == {}


def test_verify_sees_an_imported_comment_that_got_an_account(sqlite_town: Town):
    taken(sqlite_town)
    eels, by = comment_of(sqlite_town, "101"), sqlite_town.moderator()
    sqlite_town.sql("UPDATE comments_comment SET author_id = :by WHERE id = :id", by=by, id=eels.id)
    assert sqlite_town.broken() == {"comments: imported comments have no account": [f"comment {eels.id}"]}


def test_a_table_may_use_commas_and_json():
    text = 'id,title,description,state,signatures,created_at\n5,"{""ca"": ""Gual"", ""en"": ""A ford""}",x,open,1,2026-01-01\n'
    kind, rows = read_table("initiatives.csv", text.encode())
    assert kind == "initiatives"
    assert [row.number for row in rows] == [2]
