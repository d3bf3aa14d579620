"""A published text changes only in the open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.audit.model import AuditEntry
from app.core.errors import Invalid, Refusal
from petitions import queries
from petitions.model.petition import TextVersion
from petitions.queries.finding import matching
from petitions.rules.texts import text_digest
from petitions.service.correcting import NotCorrectable, TextChanged
from tests.people import ANNA, LAURA, SAM
from tests.site import TEXTS, Town

NEWS = "A petition you signed was corrected"


@pytest.fixture
def published(town: Town) -> int:
    petition = town.open_petition()
    town.sign(petition, SAM, LAURA.but(notify=False))
    town.deliver()
    return petition


def test_a_correction_is_a_new_version_that_search_finds(town: Town, published: int):
    town.correct(published, "It was the museum that was meant.", action="Open the town museum on Sundays")
    petition = town.petition(published)
    assert (petition.action, petition.text_version) == ("Open the town museum on Sundays", 2)
    with town.database.reading() as db:
        first, second = queries.versions(db, published)
        assert list(db.scalars(matching(db, ["museum"]))) == [published]
        assert list(db.scalars(matching(db, ["library"]))) == []
    assert (first.action, first.note) == (TEXTS["action"], "")
    assert (second.note, second.by_id) == ("It was the museum that was meant.", town.moderator())
    assert (
        second.digest == petition.text_digest == text_digest(second.action, second.background, "Four hours would do.")
    )
    (entry,) = town.rows(AuditEntry, AuditEntry.act == "petitions.correct")
    assert (entry.actor_id, entry.facts) == (town.moderator(), {"version": 2})
    assert town.broken() == {}


def test_signers_who_asked_for_news_are_told_and_the_creator_once(town: Town, published: int):
    town.correct(published, "A wrong figure.", background="People work on Saturdays, all of them.")
    town.work()
    letters = town.deliver()
    assert letters.subjects(SAM)[-1] == NEWS
    assert NEWS not in letters.subjects(LAURA)
    assert letters.subjects(ANNA)[-1] == "The text of your petition was corrected"
    assert NEWS not in letters.subjects(ANNA)
    letter = letters.last_to(SAM)
    assert "A wrong figure." in letter.get_content()
    assert f"/petitions/{published}/versions" in letter.get_content()
    assert letter["List-Unsubscribe"]
    assert town.broken() == {}


def test_a_second_correction_takes_the_place_of_news_that_has_not_left(town: Town, published: int):
    town.correct(published, background="Once.")
    town.correct(published, "Better.", after=2, background="Twice.")
    town.work()
    letters = [m for m in town.deliver().to(SAM) if m["Subject"] == NEWS]
    assert len(letters) == 1
    assert "Better." in letters[0].get_content()


@pytest.mark.parametrize(
    ("note", "texts", "field"),
    [
        ("A slip.", {}, "action"),
        ("", {"background": "Other words."}, "note"),
        (" \u200b\n", {"background": "Other words."}, "note"),
        ("n" * 501, {"background": "Other words."}, "note"),
    ],
)
def test_a_correction_needs_a_change_and_a_reason(sqlite_town: Town, note: str, texts: dict[str, str], field: str):
    petition = sqlite_town.open_petition()
    with pytest.raises(Invalid) as refused:
        sqlite_town.correct(petition, note, **texts)
    assert [e.field for e in refused.value.errors] == [field]
    assert sqlite_town.petition(petition).text_version == 1


def test_whoever_read_an_older_version_has_to_read_the_newer_one_first(town: Town, published: int):
    town.correct(published, background="The first who came.")
    with pytest.raises(TextChanged):
        town.correct(published, after=1, background="The second.")
    assert town.petition(published).background == "The first who came."


def test_of_many_corrections_at_once_one_is_stored(town: Town, published: int):
    town.moderator()

    def correct(number: int) -> str:
        try:
            town.correct(published, background=f"By number {number}.")
        except Refusal as refused:
            return refused.code
        return "stored"

    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(correct, range(4)))
    assert sorted(answers) == ["stored", "text-changed", "text-changed", "text-changed"]
    assert [v.version for v in town.rows(TextVersion, TextVersion.petition_id == published)] == [1, 2]
    assert town.broken() == {}


def test_what_is_not_public_is_not_corrected(town: Town, published: int):
    waiting = town.start()
    town.support(waiting)
    with pytest.raises(NotCorrectable):
        town.correct(waiting, after=0, background="Other words.")
    town.take_down(published, "advert")
    with pytest.raises(NotCorrectable):
        town.correct(published, background="Other words.")


def test_an_import_keeps_the_words_it_came_with_as_its_first_version(town: Town, published: int):
    town.sql("DELETE FROM petitions_text_version")
    town.sql("UPDATE petitions_petition SET text_version = 0, source = 'elsewhere', source_id = '7'")
    town.correct(published, after=0, background="Other words.")
    with town.database.reading() as db:
        first, second = queries.versions(db, published)
    assert (first.version, first.background, first.at) == (1, TEXTS["background"], town.petition(published).opened_at)
    assert (second.version, second.background) == (2, "Other words.")
    assert town.broken() == {}
