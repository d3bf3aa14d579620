"""Filling the demo: staff, citizens with an account, departments and their holidays here, everything else by the rooms themselves."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, inspect, select, update
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.core.db import Database
from app.core.freshness import touch, versions
from app.core.security.passwords import Passwords
from app.core.settings import Settings
from app.departments import service as departments
from app.departments.queries import by_slug
from app.mail.model import Letter, LetterState
from app.moderation import holidays
from app.site import Site
from app.tokens.policy import TokensPolicy
from app.tokens.rules.wishes import read_wish
from app.tokens.service import ending, issuing

#: printed by the demo; its accounts exist nowhere else
FILLED = "demo-filled"
PASSWORD = "northmere-demo-only"


def fill(site: Site, database: Database, passwords: Passwords, say: Callable[[str], None]) -> bool:
    """Fill an empty demo; a filled one stays as it is. Answers whether it filled."""
    with database.reading() as db:
        if versions(db, [FILLED]):
            return False
    say("Filling the demo …")
    now = site.clock.now()
    founded = now - timedelta(days=500)
    database.retrying(lambda db: _accounts(db, passwords, founded))
    for contribute in site.demos:
        contribute(site, database, now)
    today = site.promising.today(now)
    database.retrying(lambda db: _name_holidays(db, today, now))
    database.retrying(lambda db: _issue_tokens(db, now))
    database.retrying(_letters_have_left)
    say("The demo is filled.")
    return True


def is_half_filled(settings: Settings) -> bool:
    """Somebody stopped the filling half way: it has to begin again."""
    if not settings.is_sqlite or not Path(_path(settings)).exists():
        return False
    database = Database(settings.database_url, pool=1)
    try:
        if not inspect(database.engine).has_table(Account.__tablename__):
            return False
        with database.reading() as db:
            return bool(db.scalar(select(func.count()).select_from(Account))) and not versions(db, [FILLED])
    finally:
        database.close()


def forget(settings: Settings) -> None:
    """Throw the demo's own database, letters and files away; refuses anything outside ``var/demo``."""
    path = _path(settings)
    if not settings.is_sqlite or path.parent != Path("var/demo"):
        raise ValueError("--reset throws away var/demo only; this demo uses another database")
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    for folder in ("mail", "files", "dumps"):
        shutil.rmtree(path.parent / folder, ignore_errors=True)


def _path(settings: Settings) -> Path:
    """``sqlite:///relative`` and ``sqlite:////absolute``."""
    return Path(urlsplit(settings.database_url).path.removeprefix("/") or ".")


def account_lines() -> Iterable[str]:
    """``role email password``, one line an account."""
    for entry in [*_people(), *_citizens()]:
        yield f"{entry.get('role', Role.CITIZEN)} {entry['email']} {PASSWORD}"


def _people() -> list[dict[str, Any]]:
    content = tomllib.loads(_content())
    of_departments = [
        {"name": o["name"], "email": o["email"], "role": role.value, "department": d["slug"]}
        for office, role in (("officer", Role.OFFICER), ("official", Role.OFFICIAL))
        for d in content["department"]
        for o in d.get(office, ())
    ]
    return [*content["staff"], *of_departments]


def _citizens() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(_content())["citizen"]
    return found


def _content() -> str:
    return resources.files("app").joinpath("demo_people.toml").read_text(encoding="utf-8")


def _accounts(db: Session, passwords: Passwords, now: datetime) -> None:
    content = tomllib.loads(_content())
    founded = {d["slug"]: departments.found(db, d["slug"], d["name"], by=None, now=now) for d in content["department"]}
    hashed = passwords.hash(PASSWORD)
    for entry in _people():
        account = accounts.add_staff(db, entry["email"], entry["role"], entry["name"], by=None, now=now)
        account.password_hash = hashed
        if slug := entry.get("department"):
            departments.appoint(db, account.id, founded[slug], by=None, now=now)
    for entry in _citizens():
        db.add(_citizen(entry, hashed, now))
    db.flush()


def _citizen(entry: dict[str, Any], hashed: str, now: datetime) -> Account:
    return Account(
        email=entry["email"],
        name=entry["name"],
        name_withheld=entry.get("name_withheld", False),
        role=Role.CITIZEN,
        password_hash=hashed,
        approved_texts=entry.get("published", 0),
        created_at=now,
        email_confirmed_at=now,
    )


def _name_holidays(db: Session, today: date, now: datetime) -> None:
    """Days without moderators, one of them soon."""
    administrator = accounts.staff_account(db, Role.ADMINISTRATOR)
    assert administrator is not None
    for entry in tomllib.loads(_content())["holiday"]:
        first = today + timedelta(days=entry["days_ahead"])
        last = first + timedelta(days=entry["days"] - 1)
        holidays.add(db, entry["name"], first, last, by=administrator.id, now=now)


def _issue_tokens(db: Session, now: datetime) -> None:
    """Programs that act for departments. Nobody has kept what they show: it was on a page that nobody saw."""
    administrator = accounts.staff_account(db, Role.ADMINISTRATOR)
    assert administrator is not None
    for entry in tomllib.loads(_content())["program"]:
        department = by_slug(db, entry["department"])
        assert department is not None
        wish = read_wish(entry["name"], entry["scopes"], str(entry["days"]), most_days=365)
        at = now - timedelta(days=entry["days_ago"])
        token, _text = issuing.issue(db, department.id, wish, TokensPolicy(), by=administrator.id, now=at)
        if reason := entry.get("revoked"):
            ending.revoke(db, token.id, department.id, reason=reason, by=administrator.id, now=at + timedelta(days=3))


def _letters_have_left(db: Session) -> None:
    """What the demo's past would have sent is gone; only what a visitor causes shows at /dev/mail."""
    db.execute(
        update(Letter)
        .where(Letter.state == LetterState.WAITING)
        .values(state=LetterState.SENT, attempts=1, settled_at=Letter.created_at)
    )
    touch(db, FILLED)
