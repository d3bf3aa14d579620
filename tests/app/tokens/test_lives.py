"""Tokens are issued by administrators, told of, and end: revoked, dissolved, erased, rotated, expired."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.holding import Person
from app.audit.model import AuditEntry
from app.core.errors import Invalid, NotFound
from app.departments import service as departments
from app.operation import breach
from app.tokens.holding import TokenHolding
from app.tokens.model import Token
from app.tokens.policy import TokensPolicy
from app.tokens.rules import texts
from app.tokens.rules.refusals import TokenExpired, TokenRevoked, TokenUnknown
from app.tokens.rules.scopes import Scope
from app.tokens.service import ending
from app.tokens.service.issuing import Dissolved
from app.tokens.service.using import look
from tests.app.outcomes.matters import Matters
from tests.app.tokens.programs import Programs
from tests.site import ADMINISTRATOR, Town


@pytest.fixture
def programs(town: Town) -> Programs:
    return Programs(Matters(town))


def recorded(programs: Programs, act: str) -> list[AuditEntry]:
    return programs.town.rows(AuditEntry, AuditEntry.act == act)


def test_a_token_is_stored_by_its_digest_alone_and_is_on_record(programs: Programs) -> None:
    number, text = programs.issue([Scope.READ], name="Case system")
    token = programs.of(number)
    assert token.digest == texts.digest(text)
    assert text.startswith(token.prefix)
    assert text not in str(vars(token))
    [entry] = recorded(programs, "tokens.issue")
    assert (entry.actor_id, entry.facts["scopes"], entry.facts["days"]) == (programs.ada, ["referrals:read"], 90)
    found = look(programs.town.database, text, programs.town.now)
    assert (found.id, found.department_id, found.name) == (number, token.department_id, "Case system")
    assert programs.town.broken() == {}


def test_the_departments_officers_are_told_that_it_was_issued(programs: Programs) -> None:
    number, _text = programs.issue([Scope.READ, Scope.RELEASE, Scope.WRITE], name="Case system")
    [letter] = programs.matters.letters()
    assert letter.startswith("A program can act for your department: An administrator issued a token")
    assert "“Case system”" in letter
    assert "- Publish answers" in letter
    assert f"/desk/tokens/{number}" in letter


def test_nobody_is_told_of_a_token_that_has_ended_meanwhile(programs: Programs) -> None:
    number, _text = programs.issue()
    programs.revoke(number)
    assert programs.matters.letters() == []


def test_a_name_is_one_programs_until_its_token_has_ended(programs: Programs) -> None:
    """Who presses twice gets one token."""
    number, _text = programs.issue(name="Case system")
    with pytest.raises(Invalid) as refused:
        programs.issue(name="CASE SYSTEM")
    assert [e.field for e in refused.value.errors] == ["name"]
    programs.issue(name="Case system", department="roads")
    programs.revoke(number)
    programs.issue(name="Case system")


def test_a_department_has_so_many_tokens_and_no_more(programs: Programs) -> None:
    for _each in range(TokensPolicy.most):
        programs.issue()
    with pytest.raises(Invalid, match="invalid"):
        programs.issue()


def test_a_revoked_token_opens_nothing_and_the_reason_is_on_record(programs: Programs) -> None:
    number, text = programs.issue()
    programs.revoke(number)
    programs.revoke(number)
    with pytest.raises(TokenRevoked):
        look(programs.town.database, text, programs.town.now)
    [entry] = recorded(programs, "tokens.end")
    assert (entry.facts["why"], entry.facts["reason"]) == ("revoked", "It was in a log.")


def test_no_department_revokes_anothers_token(programs: Programs) -> None:
    number, text = programs.issue()
    programs.town.department("roads")
    with pytest.raises(NotFound):
        programs.revoke(number, department="roads")
    assert look(programs.town.database, text, programs.town.now)


def test_it_expires_at_the_instant_that_was_said(programs: Programs) -> None:
    _number, text = programs.issue(days=30)
    database, ends = programs.town.database, programs.town.now + timedelta(days=30)
    assert look(database, text, ends - timedelta(microseconds=1))
    with pytest.raises(TokenExpired):
        look(database, text, ends)


def test_a_token_of_nobodys_is_unknown(programs: Programs) -> None:
    for text in (texts.new_text(), "", "tsq_short"):
        with pytest.raises(TokenUnknown):
            look(programs.town.database, text, programs.town.now)


def test_a_department_that_was_dissolved_has_none_and_gets_none(programs: Programs) -> None:
    """Even where only the department's row says so."""
    town = programs.town
    number, text = programs.issue(department="roads")
    roads = programs.matters.department("roads").id
    said = {"reason": "Merged", "by": programs.ada, "now": town.now}
    programs.matters.do(lambda db: departments.dissolve(db, roads, **said))
    with pytest.raises(TokenRevoked):
        look(town.database, text, town.now)
    assert list(town.broken()) == ["tokens: no token outlives its department"]
    programs.matters.do(lambda db: ending.end_of_department(db, roads, by=programs.ada, now=town.now))
    assert (programs.of(number).ended_why, town.broken()) == ("dissolved", {})
    with pytest.raises(Dissolved):
        programs.issue(department="roads")
    programs.matters.do(lambda db: departments.bring_back(db, roads, **said))
    with pytest.raises(TokenRevoked):
        look(town.database, text, town.now)


def test_whoever_issued_one_and_is_erased_takes_it_along(programs: Programs) -> None:
    number, text = programs.issue()
    holding, person = TokenHolding(), Person(programs.ada, None)
    with programs.town.database.reading() as db:
        assert holding.export(db, person)["tokens_issued"][0]["name"] == "Case system 1"
        assert holding.export(db, Person(programs.matters.imran, None)) == {}
        assert holding.sections(db, person, programs.town.now) == ()
    programs.matters.do(lambda db: holding.erase(db, person, programs.town.now))
    token = programs.of(number)
    assert (token.ended_why, token.created_by_id) == ("erased", None)
    with pytest.raises(TokenRevoked):
        look(programs.town.database, text, programs.town.now)
    assert programs.town.broken() == {}


def test_with_the_keys_every_token_ends(programs: Programs) -> None:
    town = programs.town
    numbers = [programs.issue()[0], programs.issue(department="roads")[0]]
    programs.matters.do(
        lambda db: breach.rotate_keys(
            db, town.keys, town.site.at_rotation, reason="A drill", by=programs.ada, now=town.now
        )
    )
    assert [programs.of(number).ended_why for number in numbers] == ["rotated", "rotated"]
    assert len(recorded(programs, "tokens.end")) == 2
    assert town.broken() == {}


def test_before_a_token_expires_its_officers_and_its_issuer_are_told_once(programs: Programs) -> None:
    town = programs.town
    soon, _text = programs.issue(days=30, name="Old case system")
    programs.issue(days=90)
    town.deliver()
    town.clock.advance(timedelta(days=15))
    town.work()
    assert not any("expires soon" in letter for letter in programs.matters.letters())
    town.clock.advance(timedelta(days=2))
    town.work()
    town.work()
    told = [letter for letter in programs.matters.letters() if "expires soon" in letter]
    assert len(told) == 1
    assert "“Old case system”" in told[0]
    assert f"/desk/tokens/{soon}" in told[0]
    [to_ada] = [letter for letter in programs.matters.letters(ADMINISTRATOR) if "expires soon" in letter]
    assert f"/admin/departments/{programs.of(soon).department_id}/tokens/{soon}" in to_ada


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("tokens expire within a year", "UPDATE tokens_token SET created_at = '2020-01-01' WHERE id = :id"),
        ("tokens have scopes that are known", "UPDATE tokens_token SET scopes = '[\"all:write\"]' WHERE id = :id"),
        (
            "tokens have scopes that are known",
            "UPDATE tokens_token SET scopes = '[\"answers:release\"]' WHERE id = :id",
        ),
        ("tokens are issued and ended on record", "UPDATE tokens_token SET id = id + 1000 WHERE id = :id"),
        (
            "tokens are issued and ended on record",
            "UPDATE tokens_token SET ended_at = created_at, ended_why = 'revoked' WHERE id = :id",
        ),
    ],
)
def test_verify_says_what_is_wrong_with_a_token(programs: Programs, line: str, wrong: str) -> None:
    number, _text = programs.issue()
    assert programs.town.broken() == {}
    programs.town.sql(wrong, id=number)
    assert list(programs.town.broken()) == [f"tokens: {line}"]


def test_a_living_token_is_one_that_has_not_ended(sqlite_town: Town) -> None:
    programs = Programs(Matters(sqlite_town))
    number, _text = programs.issue(days=30)
    token, now = programs.of(number), sqlite_town.now
    assert token.is_living(now)
    assert not token.is_living(now + timedelta(days=30))
    programs.revoke(number)
    assert not programs.of(number).is_living(now)
    assert sqlite_town.rows(Token)
