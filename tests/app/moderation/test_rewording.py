"""A rule is worded anew: a new version of the standards, and whoever was judged by the old words keeps them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from app.audit.model import AuditEntry
from app.core import freshness
from app.core.errors import Invalid, NotFound
from app.core.subject import SubjectRef
from app.moderation import queries, reasons
from app.moderation.model import Decision, Reason
from app.moderation.rules.standards import BY_CODE, STANDARDS_VERSION, Verdict
from app.moderation.waiting import STANDARDS
from tests.site import ADMINISTRATOR, RunningSite, Town

NEW = ("Says nothing to do", "Say who should do what.")


def reword(
    town: Town, code: str = "no-action", title: str = NEW[0], rule: str = NEW[1], *, hides: bool = False
) -> None:
    ada = town.staff(ADMINISTRATOR, "administrator")
    town.database.retrying(
        lambda db: reasons.reword_reason(db, code, title, rule, hides=hides, why="Clearer", by=ada, now=town.now)
    )


def words(town: Town) -> dict[str, str]:
    with town.database.reading() as db:
        return {r.code: r.title for r in queries.reasons(db)}


def test_every_rule_is_carried_into_the_new_version(town: Town) -> None:
    before = words(town)
    reword(town)
    assert words(town) == before | {"no-action": NEW[0]}
    with town.database.reading() as db:
        assert queries.standards_version(db) == 2
        assert [r.place for r in queries.reasons(db)] == sorted(r.place for r in queries.reasons(db))
    assert len(town.rows(Reason)) == 2 * len(BY_CODE)


def test_what_was_decided_keeps_the_words_it_had(town: Town) -> None:
    """On the petition's page, too; what is rejected next gets the new ones."""
    old, new = town.start(), town.start()
    for petition in (old, new):
        town.support(petition)
    town.decide(old, Verdict.REJECT, reason="no-action")
    reword(town)
    town.decide(new, Verdict.REJECT, reason="no-action")
    assert [d.standards_version for d in town.rows(Decision)] == [1, 2]
    with town.database.reading() as db:
        given = [queries.reason_given(db, SubjectRef("petition", p), "no-action") for p in (old, new)]
        assert [r.title for r in given if r] == [str(BY_CODE["no-action"].title), NEW[0]]
        assert queries.uses_of_reasons(db)["no-action"] == 2


def test_a_retired_rule_stays_retired(town: Town) -> None:
    ada = town.staff(ADMINISTRATOR, "administrator")
    town.database.retrying(lambda db: reasons.retire_reason(db, "advert", by=ada, now=town.now))
    reword(town)
    assert "advert" not in words(town)
    town.database.retrying(lambda db: reasons.bring_back_reason(db, "advert", by=ada, now=town.now))
    assert "advert" in words(town)


def test_rules_of_ones_own_are_added_to_the_newest_version(town: Town) -> None:
    ada = town.staff(ADMINISTRATOR, "administrator")
    reword(town)
    town.database.retrying(
        lambda db: reasons.add_reason(db, "off-topic", "Off topic", "Not ours.", hides=False, by=ada, now=town.now)
    )
    assert words(town)["off-topic"] == "Off topic"
    reword(town, "off-topic", "Beside the point", "Not ours.")
    assert words(town)["off-topic"] == "Beside the point"


def test_the_same_words_are_no_new_version(town: Town) -> None:
    rule = BY_CODE["no-action"]
    reword(town, "no-action", str(rule.title), str(rule.rule))
    with town.database.reading() as db:
        assert queries.standards_version(db) == 1
    assert town.rows(AuditEntry, AuditEntry.act == "moderation.reason-reword") == []


@pytest.mark.parametrize(("title", "rule"), [("", "Rule"), ("Title", " "), ("t" * 121, "Rule"), ("Title", "r" * 501)])
def test_words_that_say_nothing_or_too_much_change_nothing(sqlite_town: Town, title: str, rule: str) -> None:
    with pytest.raises(Invalid):
        reword(sqlite_town, "no-action", title, rule)
    with sqlite_town.database.reading() as db:
        assert queries.standards_version(db) == 1


def test_a_rule_that_does_not_exist_cannot_be_reworded(sqlite_town: Town) -> None:
    with pytest.raises(NotFound):
        reword(sqlite_town, "nothing")


@pytest.fixture
def as_worded(site: RunningSite) -> Iterator[None]:
    """The standards are as they were afterwards."""
    yield
    with site.town.database.writing() as db:
        db.execute(delete(Reason).where(Reason.standards_version > STANDARDS_VERSION))
        freshness.touch(db, STANDARDS)


def test_ada_sees_what_changes_before_it_does(site: RunningSite, as_worded: None) -> None:
    site.town.staff(ADMINISTRATOR, "administrator")
    sent = {"title": "An <advert>", "rule": "It sells something.", "hides": "no", "reason": "Clearer"}
    with site.signed_in(ADMINISTRATOR) as ada, site.client() as visitor:
        assert 'href="/admin/reasons/advert"' in ada.get("/admin/reasons").text
        assert "Word it anew" in ada.get("/admin/reasons/advert").text
        shown = ada.post("/admin/reasons/advert/words", data=sent)
        assert "An &lt;advert&gt;" in shown.text
        assert str(BY_CODE["advert"].title) in shown.text
        assert "An &lt;advert&gt;" not in visitor.get("/standards").text
        assert "Word it anew" in ada.post("/admin/reasons/advert/words", data=sent | {"step": "edit"}).text
        for wrong in ({"title": ""}, {"rule": "r" * 501}, {"hides": "maybe"}, {"reason": ""}):
            assert ada.post("/admin/reasons/advert/words", data=sent | wrong | {"step": "sure"}).status_code == 422
        assert ada.post("/admin/reasons/advert/words", data=sent | {"step": "sure"}).status_code == 303
        assert "An &lt;advert&gt;" in visitor.get("/standards").text
        assert ada.get("/admin/reasons/nothing").status_code == 404
        assert visitor.get("/admin/reasons/advert").status_code == 404


def test_the_list_of_words_is_kept_by_ada(site: RunningSite) -> None:
    site.town.staff(ADMINISTRATOR, "administrator")
    with site.signed_in(ADMINISTRATOR) as ada:
        assert ada.post("/admin/words", data={"word": "Schl\u00fcsseldienst <b>"}).status_code == 303
        assert "schlusseldienst &lt;b&gt;" in ada.get("/admin/words").text
        for wrong in ("", " ", "w" * 81):
            assert ada.post("/admin/words", data={"word": wrong}).status_code == 422
        remove = ada.get("/admin/words").text.partition('action="/admin/words/')[2].partition("/")[0]
        assert ada.post(f"/admin/words/{remove}/remove").status_code == 303
        assert ada.post(f"/admin/words/{remove}/remove").status_code == 404
        assert "schlusseldienst" not in ada.get("/admin/words").text
