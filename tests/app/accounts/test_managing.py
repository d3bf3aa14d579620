"""Staff accounts in an administrator's hands: nobody locks everybody out, and what is taken away is gone at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.accounts.model import Account, PasswordLink
from app.accounts.service import account_of_link, inviting, managing
from app.accounts.service.managing import LastAdministrator, Yourself
from app.audit.model import AuditEntry
from app.core.errors import Invalid, NotFound, Refusal
from app.core.security import sessions
from app.departments import queries as departments
from app.departments import service as appointing
from app.departments.model import Department
from tests.site import ADMINISTRATOR, MODERATOR, Town, path_in

OTHER = "otto@example.org"


def do(town: Town, act, account: int, *values, by: int) -> None:
    town.database.retrying(lambda db: act(db, account, *values, reason="A drill", by=by, now=town.now))


def row(town: Town, account: int) -> Account:
    with town.database.reading() as db:
        return db.get_one(Account, account)


def open_sessions(town: Town, account: int) -> int:
    with town.database.reading() as db:
        return len(sessions.of_holder(db, account, town.now))


def test_a_disabled_account_loses_its_sessions_and_links_at_once(town: Town) -> None:
    ada, maureen = town.staff(ADMINISTRATOR, "administrator"), town.moderator()
    town.database.retrying(lambda db: sessions.begin(db, maureen, sessions.STAFF, town.now))
    town.database.retrying(
        lambda db: inviting.invite(db, town.keys, db.get_one(Account, maureen), by=ada, now=town.now)
    )
    do(town, managing.disable, maureen, by=ada)
    assert row(town, maureen).disabled_at == town.now
    assert open_sessions(town, maureen) == 0
    with town.database.reading() as db:
        assert db.scalars(select(PasswordLink)).all() == []
    assert town.deliver().to(MODERATOR) == [], "the letter that waited would open nothing"
    do(town, managing.enable, maureen, by=ada)
    assert row(town, maureen).disabled_at is None


def test_another_role_ends_the_sessions_with_the_old_one(town: Town) -> None:
    ada, maureen = town.staff(ADMINISTRATOR, "administrator"), town.moderator()
    town.database.retrying(lambda db: sessions.begin(db, maureen, sessions.STAFF, town.now))
    do(town, managing.change_role, maureen, "administrator", by=ada)
    assert (row(town, maureen).role, open_sessions(town, maureen)) == ("administrator", 0)


@pytest.mark.parametrize("act", [managing.disable, lambda *a, **k: managing.change_role(*a, "moderator", **k)])
def test_nobody_shuts_themselves_out(sqlite_town: Town, act) -> None:
    ada = sqlite_town.staff(ADMINISTRATOR, "administrator")
    sqlite_town.staff(OTHER, "administrator")
    with pytest.raises(Yourself):
        do(sqlite_town, act, ada, by=ada)


def test_the_last_administrator_stays(town: Town) -> None:
    """A colleague whose own rights are about to go cannot take the last other one's."""
    ada, maureen = town.staff(ADMINISTRATOR, "administrator"), town.moderator()
    with pytest.raises(LastAdministrator):
        do(town, managing.disable, ada, by=maureen)
    with pytest.raises(LastAdministrator):
        do(town, managing.change_role, ada, "official", by=maureen)
    assert row(town, ada).disabled_at is None


def test_an_administrator_who_was_only_invited_is_no_reason_to_let_the_last_one_go(sqlite_town: Town) -> None:
    ada, otto = sqlite_town.staff(ADMINISTRATOR, "administrator"), sqlite_town.staff(OTHER, "administrator")
    sqlite_town.sql("UPDATE accounts_account SET password_hash = NULL WHERE id = :a", a=otto)
    with pytest.raises(LastAdministrator):
        do(sqlite_town, managing.disable, ada, by=otto)


def test_two_who_shut_each_other_out_at_once_do_not_both_succeed(town: Town) -> None:
    ada, otto = town.staff(ADMINISTRATOR, "administrator"), town.staff(OTHER, "administrator")

    def shut(pair: tuple[int, int]) -> bool:
        try:
            do(town, managing.disable, pair[0], by=pair[1])
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(shut, [(ada, otto), (otto, ada)]))
    assert sorted(done) == [False, True]


def test_citizens_are_nobodys_staff(sqlite_town: Town) -> None:
    ada, maureen = sqlite_town.staff(ADMINISTRATOR, "administrator"), sqlite_town.moderator()
    sqlite_town.sql("UPDATE accounts_account SET role = 'citizen' WHERE id = :a", a=maureen)
    for act in (managing.disable, managing.enable):
        with pytest.raises(NotFound):
            do(sqlite_town, act, maureen, by=ada)
    with pytest.raises(NotFound):
        do(sqlite_town, managing.change_name, 99, "Nobody", by=ada)


@pytest.mark.parametrize("role", ["", "citizen", "king", "administrator ", "\0"])
def test_only_roles_of_staff_can_be_given(sqlite_town: Town, role: str) -> None:
    ada, maureen = sqlite_town.staff(ADMINISTRATOR, "administrator"), sqlite_town.moderator()
    with pytest.raises(Invalid):
        do(sqlite_town, managing.change_role, maureen, role, by=ada)


def test_what_was_done_is_on_record_without_a_name(town: Town) -> None:
    ada, maureen = town.staff(ADMINISTRATOR, "administrator"), town.moderator()
    do(town, managing.change_name, maureen, "Maureen Mint", by=ada)
    do(town, managing.change_name, maureen, "Maureen Mint", by=ada)
    do(town, managing.change_role, maureen, "official", by=ada)
    with town.database.reading() as db:
        acts = db.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject_kind == "account", AuditEntry.subject_id == maureen, AuditEntry.actor_id == ada)
            .order_by(AuditEntry.id)
        ).all()
    assert [(e.act, e.facts) for e in acts] == [
        ("accounts.rename", {"reason": "A drill"}),
        ("accounts.role", {"reason": "A drill", "was": "moderator", "role": "official"}),
    ]


def test_an_officer_belongs_to_a_department_and_others_to_none(town: Town) -> None:
    ada, imran = town.staff(ADMINISTRATOR, "administrator"), town.officer()
    town.department("libraries")

    def change(role: str, slug: str = "") -> None:
        def act(db) -> None:
            office = db.scalar(select(Department).where(Department.slug == slug))
            appointing.change_role(db, imran, role, office, reason="A drill", by=ada, now=town.now)

        town.database.retrying(act)

    change("department-officer", "libraries")
    with town.database.reading() as db:
        assert departments.of_officer(db, imran).slug == "libraries"
    with pytest.raises(Invalid):
        change("department-officer")
    change("moderator")
    with town.database.reading() as db:
        assert departments.of_officer(db, imran) is None


def test_an_invitation_opens_the_page_to_set_a_password(town: Town) -> None:
    ada, maureen = town.staff(ADMINISTRATOR, "administrator"), town.moderator()

    def invite(db) -> None:
        inviting.invite(db, town.keys, db.get_one(Account, maureen), by=ada, now=town.now)

    town.database.retrying(invite)
    town.database.retrying(invite)
    first, second = (path_in(letter).rpartition("/")[2] for letter in town.deliver().to(MODERATOR))
    with town.database.reading() as db:
        assert account_of_link(db, second, town.now).id == maureen
        with pytest.raises(Refusal):
            account_of_link(db, first, town.now)
        assert second not in str([dict(r._mapping) for r in db.execute(select(PasswordLink))])
