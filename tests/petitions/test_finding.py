"""Finding petitions: the list in all its orders, words in it, and what is like a new request."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from petitions.model.petition import MinuteCount, Petition
from petitions.model.sorting import PetitionTopic, Topic
from petitions.queries import finding
from petitions.queries.figures import ListFigures
from petitions.queries.finding import SORTS, STATES, Search
from petitions.queries.similar import similar
from tests.site import Town

SET = tomllib.loads((Path(__file__).parent / "paraphrases.toml").read_text(encoding="utf-8"))
RECALL = 0.8


def publish(town: Town, *petitions: dict[str, Any]) -> list[int]:
    """Open petitions with these columns, one after another, as if they had been published an hour ago."""
    ids = []
    with town.database.writing() as db:
        for given in petitions:
            count = given.get("signature_count", 6)
            plain = {"state": "open", "background": "", "additional_details": "", "last_number": count}
            at = town.now - timedelta(hours=1)
            times = {"created_at": at, "opened_at": at, "updated_at": at, "closes_at": town.now + timedelta(days=90)}
            bounds = {"sponsors_needed": 5, "sponsors_most": 20, "response_threshold": 10, "debate_threshold": 20}
            made = Petition(**{"signature_count": count} | plain | times | bounds | given)
            db.add(made)
            db.flush()
            ids.append(made.id)
    return ids


def found(town: Town, action: str, most: int = 5) -> list[str]:
    with town.database.reading() as db:
        return [p.action for p in similar(db, action, most=most, now=town.now)]


# what is like a new request


@pytest.fixture
def full_town(town: Town) -> Town:
    """All petitions of the set are open."""
    rows = [*SET["petition"], *SET["distractor"]]
    publish(town, *({"action": p["action"], "background": p["background"]} for p in rows))
    return town


def recall(town: Town, entries: Sequence[dict[str, str]]) -> float:
    hits = [e["action"] in found(town, e["paraphrase"]) for e in entries]
    missed = [e["paraphrase"] for e, hit in zip(entries, hits, strict=True) if not hit]
    print(f"recall {sum(hits)}/{len(hits)}; missed: {missed}")
    return sum(hits) / len(hits)


@pytest.mark.parametrize("written", ["before", "after"])
def test_a_request_in_other_words_finds_the_petition_that_is_there(full_town: Town, written: str):
    entries = [p for p in SET["petition"] if p["written"] == written]
    assert len(entries) == 20
    assert recall(full_town, entries) >= RECALL


def test_what_is_not_the_same_is_not_offered(full_town: Town):
    for action in ("Rename the moon", "zzzz qqqq", "…", "\u200b", "the of and", "🦉" * 20, "x" * 80):
        assert found(full_town, action) == [], action


def test_a_misspelt_word_finds_what_was_meant(full_town: Town):
    assert found(full_town, "Defibrilators")[:1] == ["Put a defibrillator in every secondary school"]
    assert "Allow swimming in the reservoir" in found(full_town, "swimmming")


def test_other_forms_of_a_word_are_the_same_word(full_town: Town):
    assert "Reopen the public toilets in the market square" in found(full_town, "Public toilet, reopening")
    assert "Ban disposable vapes" in found(full_town, "VAPE")


def test_open_petitions_stand_first_and_no_rejected_or_hidden_one_is_shown(town: Town):
    words = {"background": "The branch is closed on four days."}
    publish(
        town,
        {"action": "Library hours must stay", "state": "closed", "signature_count": 900, **words},
        {"action": "Do not cut library hours", "signature_count": 1_023, **words},
        {"action": "Keep library hours", "signature_count": 835, **words},
        {
            "action": "Library hours now",
            "state": "rejected",
            "opened_at": None,
            "rejection_code": "irrelevant",
            **words,
        },
        {"action": "Library hours for ever", "state": "hidden", **words},
        {"action": "Library hours at night", "state": "in_moderation", "opened_at": None, **words},
        {"action": "Library hours in peace", "state": "withdrawn", **words},
        {"action": "Library hours over", "closes_at": town.now - timedelta(seconds=1), **words},
    )
    shown = found(town, "library hours", most=10)
    assert shown[:2] == ["Do not cut library hours", "Keep library hours"]
    assert sorted(shown[2:]) == ["Library hours in peace", "Library hours must stay", "Library hours over"]


@pytest.mark.parametrize("action", ['"quoted" AND (NOT', "a* OR b:c", "100% % _", "o'clock; --", "\\", "{action} : x"])
def test_signs_are_no_operators(town: Town, action: str):
    publish(town, {"action": f"Mend the clock {action}"})
    assert found(town, f"Mend the clock {action}") == [f"Mend the clock {action}"]


# the list


@pytest.fixture
def mixed_town(town: Town) -> Town:
    """Sixty petitions in every state, many of them alike in all that the list is ordered by."""
    at, given = town.now, []
    for n in range(60):
        state = ("open", "open", "closed", "rejected", "withdrawn")[n % 5]
        reached = at - timedelta(days=2) if n % 4 == 0 else None
        outcome = (None, "scheduled", "outcome", "not_held")[n // 5 % 4]
        given.append(
            {
                "action": f"Petition {n} about owls" if n % 2 else f"Petition {n} about Käuze",
                "state": state,
                "signature_count": 100 + n // 7,
                "opened_at": None if state == "rejected" else at - timedelta(days=n // 9),
                "closes_at": None if state == "rejected" else at + timedelta(days=n // 8 - 1, hours=1),
                "rejection_code": "irrelevant" if state == "rejected" else None,
                "response_reached_at": reached,
                "answered_at": reached if n % 8 == 0 else None,
                "debate_reached_at": reached,
                "debate_state": outcome if reached else None,
                "source": "elsewhere" if n % 11 == 0 else None,
                "source_id": str(n) if n % 11 == 0 else None,
            }
        )
    ids = publish(town, *given)
    with town.database.writing() as db:
        db.add(topic := Topic(slug="animals", name="Animals"))
        db.flush()
        db.add_all(PetitionTopic(petition_id=i, topic_id=topic.id) for i in ids[::3])
        minutes = [
            {"minute": at - timedelta(minutes=m), "petition_id": i, "validated": 1 + i % 3}
            for m in (0, 30, 59, 60, 90)
            for i in ids[m % 4 :: 7]
        ]
        db.execute(insert(MinuteCount), minutes)
    return town


def shown(town: Town, search: Search) -> list[Petition]:
    """Every petition that the list's pages show, seven a page."""
    with town.database.reading() as db:
        rows, total = finding.listed(db, search, offset=0, most=7, now=town.now)
        pages = list(rows)
        for offset in range(7, total + 7, 7):
            pages += finding.listed(db, search, offset=offset, most=7, now=town.now)[0]
        assert len(pages) == total
        return pages


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("state", STATES)
def test_the_pages_of_every_list_show_each_petition_once_and_in_order(mixed_town: Town, state: str, sort: str):
    town = mixed_town
    with town.database.reading() as db:
        animals = finding.topic_id(db, "animals")
        everything = db.query(Petition).all()
        topical = {t.petition_id for t in db.query(PetitionTopic)}
    for q in ("", "owls", "kauze"):
        for topic_id in (None, animals):
            pages = shown(town, Search(q=q, state=state, sort=sort, topic_id=topic_id))
            wanted = [p for p in everything if belongs(p, state, town) and (topic_id is None or p.id in topical)]
            wanted = [p for p in wanted if not q or q in p.action.lower().replace("ä", "a")]
            assert [p.id for p in pages] == [p.id for p in in_order(wanted, state, sort, town)]


@pytest.mark.parametrize("state", STATES)
def test_far_down_what_does_not_trend_stands_as_it_does_near(
    mixed_town: Town, state: str, monkeypatch: pytest.MonkeyPatch
):
    town = mixed_town
    with town.database.reading() as db:
        animals = finding.topic_id(db, "animals")
    searches = [Search(q, state, "trending", topic_id=topic) for q in ("", "owls") for topic in (None, animals)]
    for few in (1_000, 0):
        monkeypatch.setattr(finding, "FEW", few)
        near = [[p.id for p in shown(town, search)] for search in searches]
        with monkeypatch.context() as far:
            far.setattr(finding, "FAR", 0)
            assert [[p.id for p in shown(town, search)] for search in searches] == near


def belongs(p: Petition, state: str, town: Town) -> bool:
    """What each filter shows, in plain words."""
    over = p.state == "open" and p.source is None and p.closes_at <= town.now
    owed, told = p.state in ("open", "closed", "withdrawn"), p.debate_state in ("outcome", "not_held")
    return {
        "open": p.state == "open" and not over,
        "closed": p.state == "closed" or over,
        "rejected": p.state == "rejected",
        "awaiting_response": owed and p.response_reached_at is not None and p.answered_at is None,
        "with_response": owed and p.answered_at is not None,
        "awaiting_debate": owed and p.debate_reached_at is not None and not told,
        "with_debate_outcome": owed and told,
        "all": True,
    }[state]


def in_order(petitions: list[Petition], state: str, sort: str, town: Town) -> list[Petition]:
    with town.database.reading() as db:
        rising = list(finding.rising_now(db, town.now))
    orders = {
        "popular": lambda p: (-p.signature_count, -p.id),
        "recent": lambda p: (p.opened_at is None, -(p.opened_at or town.now).timestamp(), -p.id),
        "closing": lambda p: (p.closes_at is None, p.closes_at or town.now, p.id if p.closes_at else -p.id),
        "trending": lambda p: (rising.index(p.id), 0) if p.id in rising else (len(rising), -p.signature_count, -p.id),
    }
    if sort == "recent" and state in ("rejected", "all"):
        orders["recent"] = lambda p: (-p.created_at.timestamp(), -p.id)
    return sorted(petitions, key=orders[sort])


def test_what_gained_most_in_the_last_hour_trends(mixed_town: Town):
    town = mixed_town
    with town.database.reading() as db:
        rising = finding.rising_now(db, town.now)
        gained = {}
        for row in db.query(MinuteCount):
            if row.minute > town.now - timedelta(minutes=60):
                gained[row.petition_id] = gained.get(row.petition_id, 0) + row.validated
    assert list(rising) == sorted(gained, key=lambda i: (-gained[i], -i))


def test_minutes_that_have_had_their_time_are_cleared_and_no_others(mixed_town: Town):
    town = mixed_town
    town.clock.advance(timedelta(minutes=61))
    town.work()
    kept = {row.minute for row in town.rows(MinuteCount)}
    assert kept == {town.now - timedelta(minutes=61 + m) for m in (0, 30)} | {town.now - timedelta(minutes=120)}


def test_a_common_word_is_searched_in_the_lists_order(town: Town, monkeypatch: pytest.MonkeyPatch):
    ids = publish(town, *({"action": f"Feed owl {n}", "signature_count": 6 + n % 5} for n in range(40)))
    few = [p.id for p in shown(town, Search(q="owl"))]
    monkeypatch.setattr(finding, "FEW", 10)
    assert [p.id for p in shown(town, Search(q="owl"))] == few
    assert sorted(few) == ids


@pytest.mark.parametrize("state", STATES)
def test_totals_count_what_all_pages_show_however_common_a_word_is(
    mixed_town: Town, state: str, monkeypatch: pytest.MonkeyPatch
):
    town, figures = mixed_town, ListFigures()
    monkeypatch.setattr(finding, "FEW", 0)
    with town.database.reading() as db:
        animals = finding.topic_id(db, "animals")
        for q, topic_id in product(("", "owls", "kauze"), (None, animals)):
            search = Search(q=q, state=state, topic_id=topic_id)
            _first, total = figures.page(db, search, town.now, offset=0, most=1)
            assert (q, total) == (q, len(shown(town, search)))


def test_who_is_newer_than_what_is_remembered_of_a_common_word_comes_a_minute_later(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(finding, "FEW", 1)
    before = publish(town, *({"action": f"Feed owl {n}"} for n in range(3)))
    search, figures = Search(q="owl"), ListFigures()
    with town.database.reading() as db:
        assert figures.page(db, search, town.now, offset=0, most=2)[1] == 3
    publish(town, *({"action": f"Feed owl {n}"} for n in range(20)))
    with town.database.reading() as db:
        ids, total = figures.page(db, search, town.now, offset=0, most=25)
        assert (sorted(ids), total) == (before, 3)
        figures.forget()
        assert figures.page(db, search, town.now, offset=0, most=25)[1] == 23


def test_the_beginning_of_a_word_finds_it_where_the_word_itself_is_nowhere(town: Town):
    publish(town, {"action": "Open the bus station"}, {"action": "Keep the busker"})
    assert [p.action for p in shown(town, Search(q="bus"))] == ["Open the bus station"]
    assert [p.action for p in shown(town, Search(q="busk"))] == ["Keep the busker"]


def test_remembered_figures_are_never_below_what_is_shown(mixed_town: Town):
    town, figures = mixed_town, ListFigures()
    with town.database.reading() as db:
        before = figures.counts(db, town.now)["open"]
    publish(town, *({"action": f"New {n}"} for n in range(30)))
    with town.database.reading() as db:
        assert figures.counts(db, town.now)["open"] == before
        ids, total = figures.page(db, Search(), town.now, offset=25, most=25)
        assert len(ids) == 25
        assert total >= 50
        last = (before + 30 - 1) // 25 * 25
        ids, total = figures.page(db, Search(), town.now, offset=last, most=25)
        assert total == before + 30 == last + len(ids)
        figures.forget()
        assert figures.counts(db, town.now)["open"] == before + 30


def test_a_petition_leaves_the_open_list_the_moment_it_closes(town: Town):
    (petition,) = publish(town, {"action": "Stay open", "closes_at": town.now + timedelta(seconds=2)})
    figures = ListFigures()
    with town.database.reading() as db:
        assert figures.page(db, Search(), town.now, offset=0, most=25) == ([petition], 1)
        assert figures.next_closing(db, town.now) == town.now + timedelta(seconds=2)
        town.clock.advance(timedelta(seconds=2))
        assert figures.page(db, Search(), town.now, offset=0, most=25) == ([], 0)
        assert figures.page(db, Search(state="closed"), town.now, offset=0, most=25) == ([petition], 1)
