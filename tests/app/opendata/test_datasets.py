"""What the tables say of a town, on both databases; and what they say of nobody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.opendata.rules.cells import csv_value
from app.outcomes.service import practising
from petitions.queries.areas import where_signed
from tests.app.opendata.lively import ASKED, FORMULA, Lively, lively
from tests.app.outcomes.matters import Matters
from tests.site import MODERATOR, OFFICER, Town


@pytest.fixture
def there(town: Town) -> Lively:
    return lively(town)


def one(rows: Iterable[dict[str, Any]], **values: Any) -> dict[str, Any]:
    (found,) = [row for row in rows if all(row[name] == value for name, value in values.items())]
    return found


def test_the_tables_of_a_lively_town(there: Lively):
    petitions_are_those_that_were_published(there)
    signatures_add_up(there)
    few_people_of_a_country_are_withheld(there)
    areas_are_those_of_the_map(there)
    answers_and_debates_stand_beside(there)
    what_departments_owe_is_there(there)
    consultations_show_what_may_be_known(there)
    halls_show_what_was_asked_and_chosen(there)
    the_house_says_who_answers_and_how_was_judged(there)
    whatever_the_batch_the_rows_are_the_same(there)
    nobody_is_in_any_of_them(there)


def petitions_are_those_that_were_published(there: Lively) -> None:
    rows, made = there.rows("petitions"), there.petitions
    assert {row["id"] for row in rows} >= {made["open"], made["answered"], made["withdrawn"]}
    assert not {row["id"] for row in rows} & {made["hidden"], made["waiting"], made["rejected"]}
    found = one(rows, id=made["open"])
    assert (found["action"], found["state"], found["signature_count"]) == (FORMULA, "open", 17)
    assert (found["department"], found["topics"]) == ("parks", "")
    assert "creator_name" not in found
    refused = one(there.rows("rejected-petitions"), id=made["rejected"])
    assert (refused["rejection_code"], refused["rejection_details"]) == ("no-action", "-- say who --")
    assert len(there.rows("rejected-petitions")) == 1


def signatures_add_up(there: Lively) -> None:
    mine = there.petitions["open"]
    hours = [row for row in there.rows("signatures-by-hour") if row["petition"] == mine]
    days = [row for row in there.rows("signatures-by-day") if row["petition"] == mine]
    assert [row["signatures"] for row in hours] == [15, 2]
    assert [row["signatures"] for row in days] == [15, 2]
    assert [row["day"] for row in days] == [row["hour"].astimezone(there.offer.zone).date() for row in hours]
    hidden = there.petitions["hidden"]
    assert not [row for row in there.rows("signatures-by-hour") if row["petition"] == hidden]


def few_people_of_a_country_are_withheld(there: Lively) -> None:
    rows = [row for row in there.rows("signatures-by-country") if row["petition"] == there.petitions["open"]]
    counts = {row["country"]: row["signatures"] for row in rows}
    assert counts == {"GB": 8, "FR": None, "IE": None, "MT": None}, "two and one are three: a third goes with them"
    assert [row["withheld"] for row in rows] == [row["signatures"] is None for row in rows]


def areas_are_those_of_the_map(there: Lively) -> None:
    town, mine = there.town, there.petitions["open"]
    with town.database.reading() as db:
        on_map = where_signed(db, town.site.dependencies["areas"].now(db), mine).areas
    rows = [row for row in there.rows("signatures-by-area") if row["petition"] == mine]
    assert [(row["area"], row["name"], row["signatures"]) for row in rows] == [("N1", "Northmere", 12)]
    assert [(area.code, area.name, area.signatures) for area in on_map] == [("N1", "Northmere", 12)]
    assert rows[0]["per_thousand"] is None


def answers_and_debates_stand_beside(there: Lively) -> None:
    given = one(there.rows("petition-responses"), petition=there.petitions["answered"])
    assert (given["referral"], given["version"], given["department"]) == (there.referral, 1, "parks")
    assert (given["grade"], given["summary"]) == ("will-do", "We will open on Sundays from May.")
    told = one(there.rows("petition-debates"), petition=there.petitions["answered"])
    assert (told["state"], told["debated_on"]) == ("scheduled", date(2026, 9, 1))


def what_departments_owe_is_there(there: Lively) -> None:
    duty = one(there.rows("referrals"), referral=there.referral)
    assert (duty["subject"], duty["people"], duty["state"]) == ("Light the quay by night", 20, "answered")
    assert one(there.rows("answers"), referral=there.referral)["version"] == 1
    promise = one(there.rows("commitments"), commitment=there.promise)
    assert (promise["promise"], promise["due_on"], promise["progress"]) == (
        "Mend the roof",
        date(2026, 12, 1),
        "under-way",
    )
    note = one(there.rows("commitment-progress"), commitment=there.promise)
    assert (note["number"], note["note"], note["progress"]) == (1, "Slates are ordered.", "under-way")


def consultations_show_what_may_be_known(there: Lively) -> None:
    rows = there.rows("consultations")
    assert one(rows, id=there.consultation)["phase"] == "closed"
    assert one(rows, title="Still open")["responses"] is None, "nobody is to know before it closes"
    figures = there.rows("consultation-figures")
    assert [(row["line"], row["row"], row["people"], row["answered"]) for row in figures] == [
        (1, "Yes", 40, 44),
        (2, "No", None, 44),
    ]


def halls_show_what_was_asked_and_chosen(there: Lively) -> None:
    assert one(there.rows("townhalls"), id=there.hall)["venue"] == "Ward 4 library"
    (asked,) = there.rows("townhall-questions")
    assert (asked["question"], asked["text"], asked["votes"]) == (there.question, ASKED, 4)
    chosen = there.rows("townhall-polls")
    assert [(row["poll"], row["option"], row["chosen"], row["percent"]) for row in chosen] == [
        (there.poll, "Repair it", 6, Decimal("66.7")),
        (there.poll, "Replace it", 3, Decimal("33.3")),
    ]


def the_house_says_who_answers_and_how_was_judged(there: Lively) -> None:
    assert one(there.rows("departments"), department="parks")["name"] == "Parks"
    decided = there.rows("moderation-decisions")
    assert one(decided, decision="reject", rule="no-action")["decisions"] == 1
    assert one(decided, decision="publish", rule="none")["decisions"] == 5


def whatever_the_batch_the_rows_are_the_same(there: Lively) -> None:
    for dataset in there.offer.datasets:
        whole = there.rows(dataset.key)
        assert there.rows(dataset.key, 1) == whole, dataset.key
        keys = [tuple(row[name] for name in dataset.keyed_by) for row in whole]
        assert len(set(keys)) == len(keys), dataset.key


def nobody_is_in_any_of_them(there: Lively) -> None:
    """Whoever started, signed, asked, judged or wrote."""
    people = ("Henrietta", "hidden.example", "Gil Gomez", "Maureen", "Imran", "@example.org", MODERATOR, OFFICER)
    for dataset in there.offer.datasets:
        words = "\n".join(str(csv_value(value)) for row in there.rows(dataset.key) for value in row.values())
        assert [name for name in people if name in words] == [], dataset.key


def test_what_is_made_up_to_practise_with_is_in_no_table(sqlite_town: Town):
    parks = Matters(sqlite_town).department().id
    sqlite_town.database.retrying(lambda db: practising.begin(db, sqlite_town.site.calendar, parks, sqlite_town.now))
    offer = sqlite_town.site.dependencies["open_data"]
    with sqlite_town.database.reading() as db:
        for key in ("referrals", "answers", "commitments", "commitment-progress"):
            assert list(offer.dataset(key).rows(db, offer.at(sqlite_town.now), None, 100).rows) == []


def test_an_empty_site_has_empty_tables(sqlite_town: Town):
    offer = sqlite_town.site.dependencies["open_data"]
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with sqlite_town.database.reading() as db:
        assert all(not d.rows(db, offer.at(now), None, 100).rows for d in offer.datasets)
        assert set(offer.since(db, now).values()) == {None}
