"""The public log: nobody changes it, anybody can check it, and every figure is worked out from it."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import exc, text

from app.accounts.holding import Person
from app.core import append_only
from app.core.people.addresses import read_address
from app.moderation import figures, log
from app.moderation.holding import ModerationHolding
from app.moderation.log import UNDO
from app.moderation.model import Beside, Case, LogHead, LogLine
from app.moderation.rules.standards import Verdict
from app.moderation.web.log import HEIGHT, WIDTH, bars
from tests.app.moderation.moderators import Moderators
from tests.site import RunningSite, Town

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize("statement", ["UPDATE moderation_log SET verdict = 'publish'", "DELETE FROM moderation_log"])
def test_the_database_itself_refuses_to_change_a_line(town: Town, statement: str):
    town.open_petition()
    with pytest.raises(exc.DBAPIError, match="append-only"):
        town.sql(statement)
    assert len(town.rows(LogLine)) == 1
    if not town.database.is_sqlite:
        with pytest.raises(exc.DBAPIError, match="append-only"):
            town.sql("TRUNCATE moderation_log CASCADE")


def test_a_line_says_what_was_decided_and_names_nobody(desk: Moderators):
    said = desk.forum.say("Ana", "Mr Gravel lives at 4 Elm Road.")
    case = desk.case(said).id
    desk.town.clock.advance(timedelta(hours=3))
    desk.claim(case, desk.mia)
    desk.town.clock.advance(timedelta(seconds=90))
    desk.decide(case, "reject", reason="personal-data", note="Leave out the address.", by=desk.mia)
    (line,) = desk.lines()
    assert (line.verdict, line.reason_code, line.standards_version, line.origin) == ("hide", "personal-data", 1, "new")
    assert (line.seconds_waited, line.seconds_open) == (3 * 3600 + 90, 90)
    (beside,) = desk.town.rows(Beside, Beside.log_id == line.id)
    assert log.salted(beside.salt, f"comment:{said}") == line.subject_digest
    assert log.salted(beside.salt, f"account:{desk.mia}") == line.moderator_digest
    everything = repr({c.name: getattr(line, c.name) for c in LogLine.__table__.columns})
    assert not [w for w in ("Gravel", "Mia", "Ana", "address.") if w in everything]


def test_each_spoilt_line_is_found(desk: Moderators):
    for name in ("Ana", "Ben", "Cora"):
        desk.reject(desk.forum.say(name, f"{name} sells carpets."))
    assert desk.town.broken() == {}
    line = desk.lines()[1].id

    def spoil(statement: str) -> None:
        with desk.database.writing() as db, append_only.lifted(db):
            db.execute(text(statement))

    unbroken, said, recompute = (
        f"moderation: {name}"
        for name in ("the log is unbroken", "the log says what was decided", "published figures recompute")
    )
    spoil(f"UPDATE moderation_log SET verdict = 'publish', reason_code = NULL WHERE id = {line}")
    broken = desk.town.broken()
    assert broken[unbroken] == [f"at line {line}"]
    assert broken[said] == [f"line {line}"]
    assert "publish: the log has 2, the decisions 1" in broken[recompute]
    spoil(f"UPDATE moderation_log SET verdict = 'reject', reason_code = 'spam' WHERE id = {line}")
    assert desk.town.broken() == {}
    spoil(f"DELETE FROM moderation_log_beside WHERE log_id = {line + 1}")
    spoil(f"DELETE FROM moderation_log WHERE id = {line + 1}")
    assert desk.town.broken()[unbroken] == ["its newest lines are missing"]


def test_what_stands_beside_a_line_is_erased_and_the_chain_holds(desk: Moderators):
    said = desk.forum.say("Ana", "Mr Gravel lives at 4 Elm Road.")
    desk.reject(said, "personal-data")
    before = figures_of(desk)
    ana = desk.forum.person("Ana")
    person = Person(ana.id, read_address(ana.email or ""))
    desk.database.retrying(lambda db: ModerationHolding().erase(db, person, desk.now))
    (case,) = desk.town.rows(Case, Case.id == desk.case(said).id)
    assert (case.author_id, case.excerpt) == (None, "")
    assert desk.town.rows(Beside, Beside.subject_kind == "comment") == []
    assert figures_of(desk) == before
    assert desk.town.broken() == {}


def test_ana_downloads_what_was_decided_and_nothing_internal(desk: Moderators):
    said = desk.forum.say("Ana", "Mr Gravel lives at 4 Elm Road.")
    decision = desk.decide(
        desk.case(said).id, "reject", reason="personal-data", note="Leave it out.", internal="Known to us."
    )
    desk.appeal(decision.id, "He agreed to it.")
    ana = desk.forum.person("Ana")
    with desk.database.reading() as db:
        given_out = json.dumps(ModerationHolding().export(db, Person(ana.id, None)))
        (section,) = ModerationHolding().sections(db, Person(ana.id, None), desk.now)
    assert "Leave it out." in given_out
    assert "He agreed to it." in given_out
    assert "Known to us." not in given_out
    assert [row.standing for row in section.rows] == ["Waiting to be heard"]


def figures_of(desk: Moderators, month: str = "") -> figures.Figures:
    with desk.database.reading() as db:
        return figures.figures(db, LONDON, figures.read_month(month, LONDON))


def test_figures_count_what_stands(desk: Moderators):
    waits = [timedelta(minutes=m) for m in (10, 20, 30, 40, 600)]
    opened = figures_of(desk).times
    assert opened is None
    for number, wait in enumerate(waits):
        said = desk.forum.say(f"Person {number}", f"Number {number} of the texts.")
        desk.town.clock.advance(wait)
        desk.reject(said, "advert" if number else "irrelevant")
    done = desk.decide_many([desk.case(desk.forum.say("Ben", "Buy carpets.")).id], by=desk.mia)
    desk.undo(done.batch, desk.mia)
    decisions = [d for d in desk.decisions() if d.reason_code == "advert"]
    desk.decide(desk.appeal(decisions[0].id).case_id, "uphold", by=desk.max, note="No.")
    desk.decide(desk.appeal(decisions[1].id).case_id, "overturn", by=desk.max, note="Yes.")
    found = figures_of(desk)
    assert found.times is not None
    petition = 1  # published at once, in the fixture's first minute
    assert found.times.count == len(waits) + petition
    assert (found.times.median, found.times.ninetieth) == (20 * 60, 600 * 60)
    assert [(r.code, r.count) for r in found.reasons] == [("advert", 4), ("irrelevant", 1)]
    assert (found.upheld, found.overturned, found.share_upheld, found.undone) == (1, 1, 50, 1)
    assert UNDO not in found.verdicts
    assert sum(count for _day, count in found.history) == len(waits) + petition + 2


def test_a_month_is_the_deployment_s_own(town: Town):
    town.clock.set(town.now.replace(year=2026, month=6, day=30, hour=22, minute=30))
    town.decide(_waiting(town), Verdict.REJECT, reason="spam")
    town.clock.advance(timedelta(hours=1))
    town.decide(_waiting(town), Verdict.REJECT, reason="advert")
    with town.database.reading() as db:
        assert figures.months(db, LONDON) == ["2026-07", "2026-06"]
        june, july = (figures.figures(db, LONDON, figures.read_month(m, LONDON)) for m in ("2026-06", "2026-07"))
    assert [r.code for r in june.reasons] == ["spam"]
    assert [r.code for r in july.reasons] == ["advert"]
    assert [f"{day}" for day, _count in july.history] == ["2026-07-01"]


def test_a_month_without_decisions_keeps_its_place_in_the_chart(town: Town):
    town.clock.set(town.now.replace(year=2026, month=6, day=10))
    town.decide(_waiting(town), Verdict.REJECT, reason="spam")
    town.clock.set(town.now.replace(month=8))
    town.decide(_waiting(town), Verdict.REJECT, reason="spam")
    with town.database.reading() as db:
        found = figures.figures(db, LONDON)
    assert [(f"{day}", count) for day, count in found.history] == [
        ("2026-06-01", 1),
        ("2026-07-01", 0),
        ("2026-08-01", 1),
    ]


def _waiting(town: Town) -> int:
    petition = town.start()
    town.support(petition)
    return petition


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-00", "26-01", "2026-1", "2026-01-01", "٢٠٢٦-٠١"])
def test_nothing_else_is_a_month(month: str):
    assert figures.read_month(month, LONDON) is None


@given(st.lists(st.integers(0, 10**6), max_size=70))
def test_the_chart_stays_in_its_frame(counts: list[int]):
    drawn = bars([(None, count) for count in counts])  # type: ignore[misc]
    assert all(b.x >= 0 and b.x + b.width <= WIDTH + 0.1 and b.y >= 0 and b.y + b.height <= HEIGHT + 0.1 for b in drawn)
    assert len(drawn) == len(counts)


def test_the_page_shows_figures_beside_their_chart_and_the_lines_prove_them(site: RunningSite):
    town = site.town
    town.decide(_waiting(town), Verdict.REJECT, reason="no-action")
    town.open_petition()
    with site.client() as visitor:
        page = visitor.get("/standards/log")
        words = html.unescape(page.text)
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
        assert "No clear action" in words
        assert "<svg" in words
        assert "Decisions by kind" in words
        month = f"{town.now.astimezone(LONDON):%Y-%m}"
        assert "No clear action" in html.unescape(visitor.get(f"/standards/log?month={month}").text)
        assert "Nothing was decided in this month." in html.unescape(visitor.get("/standards/log?month=2020-01").text)
        assert visitor.get("/standards/log?month=next").status_code == 404
        assert "/standards/log" in visitor.get("/standards").text
        sheet = visitor.get("/standards/log.csv")
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert len(rows) == town.rows(LogHead)[0].lines
    previous = "0" * 64
    for row in rows:
        assert row["previous_digest"] == previous
        assert hashlib.sha256(bytes.fromhex(previous) + _said(row)).hexdigest() == row["digest"]
        previous = row["digest"]


def _said(row: dict[str, str]) -> bytes:
    """A line of the sheet as the documented digest takes it: anybody can work it out."""

    def number(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    at = datetime.fromisoformat(row["at"])
    micros = round(at.timestamp() * 1_000_000)
    said = [
        number("line"),
        micros,
        row["kind"],
        number("case"),
        row["subject_digest"],
        row["decision"],
        row["rule"] or None,
        number("standards_version"),
        row["origin"],
        number("seconds_waited"),
        number("seconds_open"),
        number("about_line"),
        row["moderator_digest"],
    ]
    return json.dumps(said, separators=(",", ":")).encode()
