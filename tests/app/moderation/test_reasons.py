"""The reasons that decisions name: administrators add, retire and bring back; what was used is never deleted."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from app.audit.model import AuditEntry
from app.moderation import reasons
from app.moderation.model import Case, Reason
from app.moderation.rules.standards import STANDARDS, Verdict
from tests.site import ADMINISTRATOR, MODERATOR, RunningSite, Town

OFF_TOPIC = {"code": "off-topic", "title": "Off topic", "rule": "It is about something else.", "hides": "no"}


@pytest.fixture
def ada(site: RunningSite) -> Iterator[int]:
    """The administrator; the standards are as they were afterwards."""
    yield site.town.staff(ADMINISTRATOR, "administrator")
    with site.town.database.writing() as db:
        db.execute(delete(Reason).where(Reason.code.not_in([rule.code for rule in STANDARDS])))
        for reason in db.query(Reason):
            reason.retired_at = None


def reason_of(town: Town, code: str) -> Reason | None:
    return next(iter(town.rows(Reason, Reason.code == code)), None)


def test_ada_adds_a_reason_that_everyone_reads_and_moderators_use(site: RunningSite, ada: int):
    petition = site.town.start()
    site.town.support(petition)
    with site.signed_in(ADMINISTRATOR) as admin, site.client() as visitor:
        assert "Off topic" not in visitor.get("/standards").text
        assert admin.post("/admin/reasons", data=OFF_TOPIC).status_code == 303
        assert "It is about something else." in html.unescape(admin.get("/admin/reasons").text)
        assert "It is about something else." in html.unescape(visitor.get("/standards").text)
    site.town.decide(petition, Verdict.REJECT, reason="off-topic")
    assert "It is about something else." in site.town.deliver().last_to("anna@example.org").get_content()
    (entry,) = site.town.rows(AuditEntry, AuditEntry.act == "moderation.reason-add")
    assert (entry.actor_id, entry.facts) == (ada, {"code": "off-topic"})
    try:
        with site.signed_in(ADMINISTRATOR) as admin:
            refused = admin.post("/admin/reasons/off-topic", data={"act": "delete"})
            assert refused.status_code == 409
            assert "name it, 1 in all" in html.unescape(refused.text)
            assert admin.post("/admin/reasons/off-topic", data={"act": "retire"}).status_code == 303
        assert reason_of(site.town, "off-topic") is not None
    finally:
        site.town.sql("UPDATE moderation_decision SET reason_code = 'spam' WHERE reason_code = 'off-topic'")


def test_a_reason_in_use_is_retired_and_brought_back(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as admin, site.client() as visitor:
        assert admin.post("/admin/reasons/advert", data={"act": "delete"}).status_code == 409
        assert admin.post("/admin/reasons/advert", data={"act": "retire"}).status_code == 303
        assert 'id="advert"' not in visitor.get("/standards").text
        assert "Bring it back" in admin.get("/admin/reasons").text
        assert admin.post("/admin/reasons/advert", data={"act": "bring-back"}).status_code == 303
        assert 'id="advert"' in visitor.get("/standards").text


def test_an_own_reason_that_nobody_used_can_be_deleted(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as admin:
        admin.post("/admin/reasons", data=OFF_TOPIC)
        assert admin.post("/admin/reasons/off-topic", data={"act": "delete"}).status_code == 303
        assert admin.post("/admin/reasons/off-topic", data={"act": "delete"}).status_code == 404
    assert reason_of(site.town, "off-topic") is None


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"code": ""}, ["code"]),
        ({"code": "Off Topic"}, ["code"]),
        ({"code": "x" * 41}, ["code"]),
        ({"code": "spam"}, ["code"]),
        ({"title": " \u200b "}, ["title"]),
        ({"title": "t" * 121, "rule": "r" * 501}, ["title", "rule"]),
        ({"hides": ""}, ["hides"]),
    ],
)
def test_a_reason_that_makes_no_sense_is_not_added(
    site: RunningSite, ada: int, fields: dict[str, str], faults: list[str]
):
    with site.signed_in(ADMINISTRATOR) as admin:
        page = admin.post("/admin/reasons", data=OFF_TOPIC | fields)
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert all(f'href="#{field}"' in page.text for field in faults)
    assert reason_of(site.town, "off-topic") is None


def test_the_reasons_are_for_administrators_alone(site: RunningSite, ada: int):
    site.town.moderator()
    with site.signed_in(MODERATOR) as moderator:
        assert moderator.get("/admin/reasons").status_code == 404
        assert moderator.post("/admin/reasons/spam", data={"act": "retire"}).status_code == 404
    assert reason_of(site.town, "spam").retired_at is None  # type: ignore[union-attr]


def test_one_reason_always_stays_in_force(town: Town):
    by = town.staff(ADMINISTRATOR, "administrator")
    codes = [rule.code for rule in STANDARDS]
    for code in codes[:-1]:
        town.database.retrying(lambda db, c=code: reasons.retire_reason(db, c, by=by, now=town.now))
    with pytest.raises(reasons.LastReason):
        town.database.retrying(lambda db: reasons.retire_reason(db, codes[-1], by=by, now=town.now))
    town.database.retrying(lambda db: reasons.retire_reason(db, codes[0], by=by, now=town.now))
    assert [r.code for r in town.rows(Reason, Reason.retired_at.is_(None))] == [codes[-1]]


def test_a_reason_that_reports_name_is_in_use(town: Town):
    by = town.staff(ADMINISTRATOR, "administrator")
    town.database.retrying(
        lambda db: reasons.add_reason(db, "off-topic", "Off topic", "Elsewhere.", hides=False, by=by, now=town.now)
    )
    town.sql(
        "INSERT INTO moderation_report (subject_kind, subject_id, reason_code, words, at, state)"
        " VALUES ('petition', 1, 'off-topic', '', '2026-01-01 00:00:00+00:00', 'waiting')"
    )
    with pytest.raises(reasons.ReasonInUse):
        town.database.retrying(lambda db: reasons.delete_reason(db, "off-topic", by=by, now=town.now))
    assert not town.rows(Case)
