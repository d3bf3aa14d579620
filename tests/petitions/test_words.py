"""Words that many petitions have: what is remembered of them, what is gathered beforehand, and titles' own index."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from petitions.model.petition import Petition
from petitions.queries import beforehand, finding, similar, words
from petitions.queries.beforehand import Beforehand
from petitions.queries.figures import ListFigures
from petitions.queries.finding import Search
from petitions.queries.words import CommonWords
from tests.petitions.test_finding import found, publish
from tests.site import Town


def page(town: Town, figures: ListFigures, q: str) -> list[int]:
    with town.database.reading() as db:
        ids, _total = figures.page(db, Search(q=q), town.now, offset=0, most=25)
    return sorted(ids)


def change(town: Town, petition: int, **columns: Any) -> None:
    with town.database.writing() as db:
        for name, value in columns.items():
            setattr(db.get_one(Petition, petition), name, value)


def test_two_words_meet_from_what_is_remembered_of_each(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(finding, "FEW", 1)
    both = publish(town, *({"action": f"Feed the owl {n}"} for n in range(3)))
    publish(town, {"action": "Feed the badger"}, {"action": "Count the owl"})
    figures = ListFigures()
    assert (len(page(town, figures, "feed")), len(page(town, figures, "OWL"))) == (4, 4)
    publish(town, *({"action": f"Feed the owl {n} again"} for n in range(3)))
    assert page(town, figures, "owl feed") == both  # the database would have found six
    figures.forget()
    assert len(page(town, figures, "owl feed")) == 6


def test_a_word_is_known_however_it_is_typed(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(finding, "FEW", 1)
    before = publish(town, *({"action": f"Feed the owl {n}"} for n in range(3)))
    figures = ListFigures()
    assert page(town, figures, "Owl") == before
    publish(town, {"action": "Feed the owl as well"})
    assert page(town, figures, "owl") == before


@pytest.fixture
def busy_town(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Few petitions are many here: twenty about owls, and one about a badger."""
    monkeypatch.setattr(beforehand, "TINY", 10)
    monkeypatch.setattr(finding, "FEW", 2)
    publish(town, *({"action": f"Feed owl {n}", "background": "Dusk."} for n in range(20)))
    publish(town, {"action": "Feed the badger"})
    return town


def test_who_has_a_common_word_is_gathered_before_anybody_searches(busy_town: Town):
    town, figures = busy_town, ListFigures()
    steps = list(Beforehand(figures.common).round(town.database))
    assert len(steps) >= 4  # texts, and each of three words by itself
    known = page(town, figures, "owl")
    publish(town, {"action": "Feed owl too"}, {"action": "Feed the badger too"})
    assert page(town, figures, "owl") == page(town, figures, "dusk owl") == known
    assert len(page(town, figures, "badger")) == 2  # few have it, so it is asked for each time
    assert list(Beforehand(figures.common).round(town.database))[2:] == []  # what is fresh is not gathered again


def test_few_who_have_remembered_words_beside_others_are_found_and_newer_ones_with_them(busy_town: Town):
    town, figures = busy_town, ListFigures()
    (tame,) = publish(town, {"action": "Feed tame owl"})
    publish(town, {"action": "Paint the gate"})
    list(Beforehand(figures.common).round(town.database))
    assert page(town, figures, "owl tame") == page(town, figures, "feed tame owl") == [tame]
    (newer,) = publish(town, {"action": "Feed another tame owl"})
    assert page(town, figures, "owl tame") == page(town, figures, "feed tame owl") == [tame, newer]
    assert page(town, figures, "owl gate") == page(town, figures, "owl nothing") == []


def test_few_who_have_only_remembered_words_are_found_and_newer_ones_with_them(busy_town: Town):
    town, figures = busy_town, ListFigures()
    publish(town, *({"action": f"Count bats {n}"} for n in range(5)))
    (both,) = publish(town, {"action": "Count bats and feed owl"})
    publish(town, {"action": "Count bats at last"})
    list(Beforehand(figures.common).round(town.database))
    assert page(town, figures, "bats owl") == [both]
    (newer,) = publish(town, {"action": "Owl for bats"})
    assert page(town, figures, "bats owl") == [both, newer]
    change(town, both, state="hidden")
    assert page(town, figures, "bats owl") == [newer]


def test_a_word_that_the_index_leaves_out_does_not_hide_what_is_remembered_of_others(busy_town: Town):
    town, figures = busy_town, ListFigures()
    publish(town, *({"action": f"Feed the owl at night {n}"} for n in range(4)))
    list(Beforehand(figures.common).round(town.database))
    before = [page(town, figures, q) for q in ("owl", "the owl", "the")]
    publish(town, {"action": "Feed the owl too"})
    assert [page(town, figures, q) for q in ("owl", "the owl", "the")] == before
    assert len(before[1]) == (24 if not town.database.is_sqlite else 4)


def test_what_was_hidden_or_withdrawn_since_words_were_gathered_is_not_shown(busy_town: Town):
    town, figures = busy_town, ListFigures()
    (hidden,) = publish(town, {"action": "Hunt every owl", "state": "hidden"})
    list(Beforehand(figures.common).round(town.database))
    before = page(town, figures, "owl")
    assert hidden not in before
    change(town, before[0], state="hidden")
    change(town, before[1], state="withdrawn", withdrawn_at=town.now)
    assert page(town, figures, "owl") == before[2:]


def test_where_petitions_are_few_nothing_is_gathered(town: Town):
    publish(town, *({"action": f"Feed owl {n}"} for n in range(3)))
    assert list(Beforehand(CommonWords(300.0)).round(town.database)) == []


def test_what_is_remembered_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(words, "MOST_COMMON", 1_000)
    common = CommonWords(300.0)
    for n in range(40):
        common.keep(f"word{n % 20}", 1 << 799)  # 100 bytes and one
    assert common.bytes == 9 * 101
    assert [n for n in range(20) if common.lasts(f"word{n}", 0)] == list(range(11, 20))
    assert common.is_full


def test_the_index_of_titles_follows_an_edited_and_a_deleted_petition(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(similar, "RARE", 0)  # every word is common now, so titles alone are looked into
    text = {"background": "The weathervane and the sundial are both broken."}
    (petition,) = publish(town, {"action": "Mend the weathervane", **text})
    assert found(town, "Weathervane") == ["Mend the weathervane"]
    change(town, petition, action="Mend the sundial")
    assert (found(town, "Weathervane"), found(town, "Sundial")) == ([], ["Mend the sundial"])
    with town.database.writing() as db:
        db.delete(db.scalars(select(Petition)).one())
    (other,) = publish(town, {"action": "Paint the gate", **text})
    assert (found(town, "Sundial"), found(town, "Gate")) == ([], ["Paint the gate"])
    assert other
