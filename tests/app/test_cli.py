"""The command: it does what it says, says in one line what it cannot, and answers with the right number."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.concurrency import get_asyncio_executor, set_asyncio_executor
from sqlalchemy import create_engine, text

from app import cli
from app.accounts.model import Account, PasswordLink
from app.core.db import Database
from app.core.security.keys import Keys
from app.core.security.passwords import Passwords
from app.departments.model import Department, Officer
from app.operation import rekeying
from petitions.service.rekeying import PetitionRekeyer
from tests import databases
from tests.fakes import FixedClock
from tests.site import Town

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended: its number, and what it said where."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def townsquare(anew: Command, sqlite_template: Path, tmp_path: Path) -> Command:
    """Runs the command in a folder with an empty database, with no settings but those given."""
    (tmp_path / "var").mkdir()
    shutil.copyfile(sqlite_template, tmp_path / "var" / "townsquare.db")
    return anew


@pytest.fixture
def anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs the command in an empty folder: the first makes its own database."""
    for name in [n for n in os.environ if n.startswith("TOWNSQUARE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    executor = get_asyncio_executor()

    def run(*words: str, typed: str = "", **settings: str) -> Ended:
        with monkeypatch.context() as here:
            for name, value in settings.items():
                here.setenv(f"TOWNSQUARE_{name.upper()}", value)
            here.setattr(sys, "argv", ["townsquare", *words])
            here.setattr(sys, "stdin", io.StringIO(typed))
            capsys.readouterr()
            code = 0
            try:
                cli.main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    yield run
    set_asyncio_executor(executor)  # a command builds a house of its own in this process


@contextmanager
def opened(path: Path = Path("var/townsquare.db")) -> Iterator[Database]:
    database = Database(f"sqlite:///{path}", pool=2)
    try:
        yield database
    finally:
        database.close()


def one_line(ended: Ended) -> str:
    """Errors are one line on standard error, never a traceback."""
    assert ended.err.startswith("townsquare: ")
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    return ended.err.removeprefix("townsquare: ").strip()


# wrong use is 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "--workers", "2"], "More than one worker needs PostgreSQL"),
        (["worker"], "a worker needs PostgreSQL"),
        (["serve", "--port", "0"], "--port"),
        (["serve", "--port", "ninety"], "--port"),
        (["dance"], "No such command 'dance'"),
        (["serve", "--dance"], "No such option"),
        (["staff", "add", "mo@example.org"], "--role"),
        (["staff", "add", "mo@example.org", "--role", "king"], "king"),
        (["staff", "add", "mo@example.org", "--role", "department-officer"], "needs --department"),
        (["staff", "add", "mo@example.org", "--role", "moderator", "--department", "parks"], "nobody else has one"),
        (["staff", "add", "mo@example.org", "--role", "department-officer", "--department", "x"], "no department 'x'"),
        (["staff", "add", "no address", "--role", "moderator"], "email:"),
        (["department", "add", "Not A Slug", "Parks"], "slug:"),
        (["department", "add", "parks", " "], "name:"),
        (["department", "add", "parks"], "NAME"),
        (["import", "uk-petitions", "nowhere.json"], "nowhere.json"),
        (["import", "swiss-petitions", "x.json"], "swiss-petitions"),
        (["restore", "nowhere.backup"], "nowhere.backup"),
        (["backup"], "FILE"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_ends_with_two_and_one_line(townsquare: Command, words: list[str], said: str):
    ended = townsquare(*words)
    assert ended.code == 2
    assert said in one_line(ended)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mode": "playful"}, "TOWNSQUARE_MODE"),
        ({"database_url": "mysql://x"}, "TOWNSQUARE_DATABASE_URL"),
        ({"mail_url": "pigeon://x"}, "TOWNSQUARE_MAIL_URL"),
        ({"time_zone": "Mars/Olympus"}, "TOWNSQUARE_TIME_ZONE"),
        ({"threads": "many"}, "TOWNSQUARE_THREADS"),
        ({"petitions_response_at": "ten"}, "TOWNSQUARE_PETITIONS_RESPONSE_AT"),
        ({"petitions_debate_at": "5"}, "TOWNSQUARE_PETITIONS_DEBATE_AT"),
        ({"petitions_postcode": "maybe"}, "TOWNSQUARE_PETITIONS_POSTCODE"),
        ({"outcomes_answer_days": "soon"}, "TOWNSQUARE_OUTCOMES_ANSWER_DAYS"),
        ({"news_window": "at night"}, "TOWNSQUARE_NEWS_WINDOW"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("command", [["verify"], ["serve", "--port", "8999"]], ids=lambda c: c[0])
def test_a_setting_that_makes_no_sense_is_named(
    townsquare: Command, settings: dict[str, str], said: str, command: list[str]
):
    ended = townsquare(*command, **settings)
    assert ended.code == 2
    assert said in one_line(ended)


def test_production_names_each_thing_it_will_not_start_with(townsquare: Command):
    ended = townsquare("serve", mode="production", rate_limits="off", staff_second_factor="off", debug="1")
    assert ended.code == 2
    line = one_line(ended)
    for name in ("SECRET_KEY", "BASE_URL", "RATE_LIMITS", "STAFF_SECOND_FACTOR", "DEBUG"):
        assert f"TOWNSQUARE_{name}" in line


# doing


def test_migrate_says_where_the_database_stands(anew: Command):
    ended = anew("migrate")
    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"The database is at schema \d{4}_\w+\.\n", ended.out)


def test_staff_gets_a_one_time_link(anew: Command):
    ended = anew("staff", "add", "Nora@Example.org", "--role", "moderator", "--name", "Nora Quist")
    assert ended.code == 0
    assert re.search(r"^Set the password .*: http://127\.0\.0\.1:8000/set-password/[\w-]{43}$", ended.out, re.M)
    with opened() as database, database.reading() as db:
        account = db.query(Account).one()
        assert (account.email, account.name, account.role) == ("nora@example.org", "Nora Quist", "moderator")
        assert account.password_hash is None
        assert db.query(PasswordLink).one().account_id == account.id


def test_a_password_may_come_from_standard_input_and_is_never_shown(townsquare: Command):
    ended = townsquare(
        "staff", "add", "nora@example.org", "--role", "administrator", "--password-stdin", typed="wool lamp river\n"
    )
    assert (ended.code, ended.out) == (0, "administrator nora@example.org added.\n")
    with opened() as database, database.reading() as db:
        assert Passwords(1).check(db.query(Account).one().password_hash, "wool lamp river")
        assert not db.query(PasswordLink).all()


@pytest.mark.parametrize("typed", ["", "\n", "short\n", "nora@example.org\n", "aaaaaaaaaaaaaaaa\n"])
def test_a_poor_password_adds_nobody(townsquare: Command, typed: str):
    words = ["staff", "add", "nora@example.org", "--role", "moderator", "--password-stdin"]
    ended = townsquare(*words, typed=typed)
    assert ended.code == 2
    assert one_line(ended).startswith("password: ")
    with opened() as database, database.reading() as db:
        assert not db.query(Account).all()


def test_nobody_is_added_twice(townsquare: Command):
    words = ["staff", "add", "nora@example.org", "--role", "moderator"]
    assert townsquare(*words).code == 0
    ended = townsquare(*words)
    assert ended.code == 2
    assert "account with this address already" in one_line(ended)


def test_an_officer_joins_a_department_that_is_there(townsquare: Command):
    assert townsquare("department", "add", "parks", "Parks and Rivers").out == "Department parks added.\n"
    assert "already" in one_line(townsquare("department", "add", "parks", "Parks"))
    officer = ["staff", "add", "imran@example.org", "--role", "department-officer", "--department", "parks"]
    assert townsquare(*officer).code == 0
    with opened() as database, database.reading() as db:
        department = db.query(Department).one()
        assert department.name == "Parks and Rivers"
        assert db.query(Officer).one().department_id == department.id


def test_an_official_may_act_for_a_department_from_the_first_day(townsquare: Command):
    townsquare("department", "add", "parks", "Parks and Rivers")
    edda = ["staff", "add", "edda@example.org", "--role", "official"]
    assert townsquare(*edda, "--department", "parks").code == 0
    assert townsquare("staff", "add", "emil@example.org", "--role", "official").code == 0, "and need not"
    with opened() as database, database.reading() as db:
        (officer,) = db.query(Officer).all()
        assert db.get_one(Account, officer.account_id).email == "edda@example.org"


def test_settings_are_shown_and_secrets_are_not(townsquare: Command):
    ended = townsquare(
        "settings",
        secret_key="a very secret key of forty characters!!!",
        database_url="postgresql://town:hush@db.example/town",
        mail_url="smtp://post:quiet@mail.example:587",
        redis_url="redis://:whisper@cache.example",
        metrics_token="silence",
        petitions_response_at="12",
    )
    assert ended.code == 0
    for secret in ("a very secret", "hush", "quiet", "whisper", "silence"):
        assert secret not in ended.out
    shown = dict(line.split("=", 1) for line in ended.out.splitlines())
    assert shown["TOWNSQUARE_DATABASE_URL"] == "postgresql://town:…@db.example/town"
    assert shown["TOWNSQUARE_PETITIONS_RESPONSE_AT"] == "12"
    assert shown["TOWNSQUARE_TIME_ZONE"] == "Europe/London"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("petitions_open_months", "0", "TOWNSQUARE_PETITIONS_OPEN_MONTHS"),
        ("home_country", "XX", "TOWNSQUARE_HOME_COUNTRY"),
    ],
)
def test_settings_that_make_no_sense_are_named(townsquare: Command, name: str, value: str, said: str):
    ended = townsquare("settings", **{name: value})
    assert ended.code == 2
    assert said in ended.err


def test_verify_ends_with_one_when_something_is_broken_and_names_it(townsquare: Command, tmp_path: Path):
    townsquare("migrate")
    fine = townsquare("verify")
    assert (fine.code, fine.err) == (0, "")
    assert len(fine.out.splitlines()) >= 20
    assert all(line.startswith("ok ") for line in fine.out.splitlines())
    with opened() as database:
        town = Town(database, tmp_path, clock=FixedClock(datetime.now(UTC)))
        petition = town.open_petition()
        town.sql("UPDATE petitions_petition SET signature_count = 7, last_number = 9")
    broken = townsquare("verify")
    assert broken.code == 1
    assert f"broken petitions: public counts are exact: petition {petition} shows 7, has 6" in broken.out
    assert re.fullmatch(r"1 of \d+ invariants are broken\.", one_line(broken))


def test_verify_notes_a_setting_that_names_no_department_and_breaks_nothing(townsquare: Command):
    townsquare("migrate")
    ended = townsquare("verify", petitions_debate_department="senat")
    assert (ended.code, ended.err) == (0, "")
    (noted,) = [line for line in ended.out.splitlines() if not line.startswith("ok ")]
    assert noted.startswith("note   TOWNSQUARE_PETITIONS_DEBATE_DEPARTMENT names senat")


def test_a_site_that_was_never_opened_is_in_order(anew: Command):
    """On SQLite every command migrates first."""
    assert anew("verify").code == 0


def test_an_import_says_what_became_of_each_record(townsquare: Command, tmp_path: Path):
    attributes = {"action": "Keep it", "state": "open", "signature_count": 3, "created_at": "2026-01-01T00:00:00Z"}
    good, bad = {"id": 1, "attributes": attributes}, {"id": 2, "attributes": attributes | {"signature_count": -1}}
    (tmp_path / "some.json").write_text(json.dumps([good, bad]))
    ended = townsquare("import", "uk-petitions", "some.json")
    assert (ended.code, ended.out) == (1, "1 created, 0 updated, 0 unchanged, 1 refused.\n")
    assert "refused record 2 (id 2): signature_count is not a whole number" in ended.err
    (tmp_path / "good.json").write_text(json.dumps({"data": good}))
    assert townsquare("import", "uk-petitions", "good.json").out == "0 created, 0 updated, 1 unchanged, 0 refused.\n"
    (tmp_path / "broken.json").write_text("{")
    broken = townsquare("import", "uk-petitions", "broken.json")
    assert broken.code == 1
    assert "not valid JSON (line 1, column 2); nothing was imported" in one_line(broken)


def test_a_backup_comes_back_into_an_empty_site(anew: Command):
    anew("department", "add", "parks", "Parks")
    assert anew("backup", "town.backup").code == 0
    ended = anew("restore", "town.backup", database_url="sqlite:///var/other.db")
    assert ended.code == 0
    with opened(Path("var/other.db")) as database, database.reading() as db:
        assert db.query(Department).one().slug == "parks"
    again = anew("restore", "town.backup", database_url="sqlite:///var/other.db")
    assert again.code == 1
    one_line(again)


def test_a_file_that_is_no_database_is_said_to_be_none(anew: Command, tmp_path: Path):
    (tmp_path / "letters.db").write_text("not a database, but long enough to be read as one\n" * 100)
    ended = anew("verify", database_url="sqlite:///letters.db")
    assert ended.code == 1
    one_line(ended)


def test_a_database_that_does_not_answer_is_said_so(townsquare: Command):
    ended = townsquare("migrate", database_url="postgresql://nobody@127.0.0.1:9/nothing")
    assert ended.code == 1
    assert "database" in one_line(ended).lower()


# PostgreSQL waits for its operator


@pytest.fixture
def bare(postgres_server: databases.Postgres) -> Iterator[str]:
    """The address of a database without any table."""
    name = postgres_server._new_name()
    postgres_server.say(f'CREATE DATABASE "{name}"')
    yield postgres_server._url(name).replace("postgresql+psycopg://", "postgresql://")
    postgres_server.say(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize(
    "words",
    [["serve", "--port", "8999"], ["worker"], ["staff", "add", "a@example.org", "--role", "moderator"], ["verify"]],
    ids=lambda words: words[0],
)
def test_on_postgresql_nothing_starts_before_the_operator_migrated(townsquare: Command, bare: str, words: list[str]):
    ended = townsquare(*words, database_url=bare)
    assert ended.code == 1
    assert "townsquare migrate" in one_line(ended)
    with create_engine(bare.replace("postgresql://", "postgresql+psycopg://")).connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0


def test_migrate_then_everything_works(townsquare: Command, bare: str):
    assert townsquare("migrate", database_url=bare).code == 0
    assert townsquare("migrate", database_url=bare).code == 0
    assert townsquare("department", "add", "parks", "Parks", database_url=bare).code == 0
    assert townsquare("verify", database_url=bare).code == 0


# as a program


def test_as_a_program_it_ends_the_same_way(tmp_path: Path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TOWNSQUARE_")} | {"PYTHONPATH": str(ROOT)}

    def run(*words: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "app", *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    refused = run("serve", "--workers", "3")
    assert refused.code == 2
    one_line(refused)
    assert run("--version").out.startswith("townsquare")
    assert run("--help").code == 0


def test_a_lost_link_is_replaced_by_a_new_one(townsquare: Command):
    first = townsquare("staff", "add", "nora@example.org", "--role", "moderator").out
    ended = townsquare("staff", "link", "Nora@example.org")
    assert ended.code == 0
    assert ended.out.strip() not in first
    assert "/set-password/" in ended.out
    unknown = townsquare("staff", "link", "nobody@example.org")
    assert unknown.code == 2
    assert "nobody@example.org" in one_line(unknown)


# another secret

OLD, FRESH = "the secret of the town, as it was before", "another secret of the town, long enough"


def test_a_new_secret_takes_everything_along(townsquare: Command, tmp_path: Path):
    townsquare("migrate")
    with opened() as database:
        town = Town(database, tmp_path, clock=FixedClock(datetime.now(UTC)), secret_key=OLD)
        town.support(town.start())
    moved = townsquare("rekey", secret_key=FRESH, old_secret_key=OLD)
    assert (moved.code, moved.err) == (0, "")
    assert "petitions: 6 moved" in moved.out
    assert "Everything stored fits the new secret" in moved.out
    again = townsquare("rekey", secret_key=FRESH, old_secret_key=OLD)
    assert (again.code, "moved to this secret before" in again.out) == (0, True)
    assert townsquare("verify", secret_key=FRESH).code == 0


def test_a_new_secret_needs_the_old_one(townsquare: Command):
    for settings in ({}, {"old_secret_key": OLD, "secret_key": OLD}):
        ended = townsquare("rekey", **settings)
        assert ended.code == 2
        assert "TOWNSQUARE_OLD_SECRET_KEY" in one_line(ended)


def test_the_wrong_old_secret_is_said_to_be_wrong(townsquare: Command, tmp_path: Path):
    townsquare("migrate")
    with opened() as database:
        town = Town(database, tmp_path, clock=FixedClock(datetime.now(UTC)), secret_key=OLD)
        town.start()
    ended = townsquare("rekey", secret_key=FRESH, old_secret_key=OLD + "!")
    assert ended.code == 1
    assert "The old secret opens nothing" in one_line(ended)


def test_no_site_starts_on_data_of_two_secrets(townsquare: Command):
    townsquare("migrate")
    with opened() as database:
        pair = Keys(OLD), Keys(FRESH)
        database.retrying(lambda db: rekeying.begin(db, {"petitions": PetitionRekeyer()}, *pair, datetime.now(UTC)))
    ended = townsquare("serve", "--port", "8999", secret_key=FRESH)
    assert ended.code == 1
    assert "half way" in one_line(ended)
