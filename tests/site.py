"""A town in a test: its site on a database, a clock to turn, a folder of letters, and people who act.

:class:`Town` acts through the services, as the handlers do; :class:`RunningSite` is the whole house
on a real server, with a :class:`Town` beside it for what a test needs to be true before it begins.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from litestar.concurrency import get_asyncio_executor, set_asyncio_executor
from sqlalchemy import func, inspect, select, text

from app.accounts import service as accounts
from app.accounts.model import Account
from app.core import append_only
from app.core.clock import Clock
from app.core.db import Base, Database, Gate
from app.core.errors import Refusal
from app.core.jobs import MOST_STEPS, Job, JobRunner
from app.core.security.keys import Keys
from app.core.security.passwords import Passwords
from app.core.settings import Settings
from app.core.subject import SubjectRef
from app.core.web.assets import Assets
from app.core.web.page import Pages
from app.departments import service as departments
from app.departments.model import Department
from app.departments.queries import of_officer
from app.floors import load_rooms
from app.mail.model import Letter
from app.mail.postman import Postman
from app.mail.render import Renderer
from app.mail.transport import FileTransport, Transport
from app.main import STATIC, House
from app.moderation import service as moderation
from app.moderation.model import Case, Revision
from app.moderation.rules.standards import Verdict
from app.outcomes import service as outcomes
from app.outcomes.model import Referral
from app.outcomes.rules.answers import read_answer
from app.site import Site
from app.verify import check
from consultations.queries import questionnaires
from petitions.identity import CREATOR, identity_keys
from petitions.mails import CONFIRM, NOT_ME, SPONSOR, WITHDRAW
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.rules.texts import Texts
from petitions.service import authoring, correcting, drafting
from petitions.service.acts import Confirmed, SignatureConfirmation, SignatureRequest
from tests import databases
from tests.fakes import FixedClock
from tests.people import ANNA, Person, crowd

T = TypeVar("T")
PASSWORD = "three random words"
MODERATOR, OFFICER, ADMINISTRATOR = "maureen@example.org", "imran@example.org", "ada@example.org"
TEXTS = {
    "action": "Open the town library on Sundays",
    "background": "People work on Saturdays.",
    "additional_details": "Four hours would do.",
}
FIGURES = "performance: keep figures"
LINK = re.compile(r"https?://[^/\s]+(/\S+)")


def settings_for(database: Database, folder: Path, **policy: Any) -> Settings:
    """As a deployment would have them; names without their prefix, such as ``petitions_response_at=10``."""
    given = {"mail_url": f"file://{folder / 'mail'}", "files_folder": folder / "files", "database_url": database.url}
    given |= {"opendata_dump_at": "never"} | policy  # a dump in each town would take longer than most of what is tested
    return Settings.from_environment({f"TOWNSQUARE_{name.upper()}": str(value) for name, value in given.items()})


class Letters:
    """The letters of a folder, in the order they were queued."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[tuple[str, int], EmailMessage] = {}

    @property
    def all(self) -> list[EmailMessage]:
        files = sorted(self.folder.glob("*.eml"), key=lambda f: int(f.stem)) if self.folder.is_dir() else []
        return [self._opened(file) for file in files]

    def _opened(self, file: Path) -> EmailMessage:
        """Each letter is taken apart once, however often a test looks through all of them."""
        written = (file.name, file.stat().st_mtime_ns)
        if written not in self._read:
            self._read[written] = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)  # type: ignore[assignment]
        return self._read[written]

    def to(self, person: Person | str) -> list[EmailMessage]:
        address = person if isinstance(person, str) else person.email
        return [m for m in self.all if str(m["To"]).lower() == address.lower()]

    def subjects(self, person: Person | str) -> list[str]:
        return [str(m["Subject"]) for m in self.to(person)]

    def last_to(self, person: Person | str) -> EmailMessage:
        return self.to(person)[-1]

    def link(self, person: Person | str, subject: str = "") -> str:
        """The path of the first link in the newest letter with this subject."""
        found = [m for m in self.to(person) if subject in str(m["Subject"])]
        assert found, f"no letter {subject!r} to {person}: {self.subjects(person)}"
        return path_in(found[-1])


def path_in(letter: EmailMessage) -> str:
    found = LINK.search(letter.get_content())
    assert found, f"no link in {letter.get_content()}"
    return found[1]


class Town:
    """A site's people and staff, acting through the services."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        clock: FixedClock | None = None,
        transport: Transport | None = None,
        **policy: Any,
    ) -> None:
        self.settings = settings_for(database, folder, **policy)
        self.clock = clock or FixedClock()
        self.keys = Keys(self.settings.secret_key)
        self.site = Site(settings=self.settings, keys=self.keys, clock=self.clock)
        load_rooms(self.site)
        self.database = database
        database.listeners = self.site.listeners
        renderer = _renderer(self.settings)
        self.transport = transport or FileTransport(self.settings.mail_folder)
        self.postman = Postman(
            database, self.site.letters, renderer, self.transport, self.clock, self.keys, self.site.tally
        )
        self.runner = JobRunner(database, self.site.jobs, self.clock)
        self._begin()

    @classmethod
    def of(cls, house: House) -> Town:
        """The town of a house that is there already."""
        town = cls.__new__(cls)
        town.settings, town.clock, town.keys = house.settings, house.clock, house.keys  # type: ignore[assignment]
        town.site, town.database, town.postman, town.runner = house.site, house.database, house.postman, house.jobs
        town.transport = house.postman.transport
        town._begin()
        return town

    def _begin(self) -> None:
        self.policy = PetitionPolicy.from_settings(self.settings.section("petitions"))
        self.letters = Letters(self.settings.mail_folder)
        self.performer = self.site.performers[SignatureRequest]
        self._staff: dict[tuple[str, str], int] = {}

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # citizens

    def start(self, person: Person = ANNA, **texts: str) -> int:
        """A petition that waits for its first supporter."""
        draft = drafting.Draft(
            **{**TEXTS, **texts},
            creator_name=person.name,
            address=person.address,
            country=person.country,
            postcode=person.postcode,
            notify=person.notify,
            privacy="1",
            submission_id=f"{person.name}{time.monotonic_ns()}"[-40:].replace(" ", "-"),
        )
        return self.database.retrying(lambda db: drafting.start(db, self.keys, self.policy, draft, self.now).id)

    def perform(self, acts: Sequence[Any]) -> list[Any]:
        """One batch, as the intake performs it; refusals are answers."""
        return self.database.retrying(lambda db: list(self.performer.perform(db, list(acts), self.now)))

    def request_act(self, petition: int, person: Person, *, sponsor: bool = False) -> SignatureRequest:
        return SignatureRequest(
            at=self.now,
            petition_id=petition,
            name=person.name,
            address=person.address,
            country=person.country,
            postcode=person.postcode,
            notify=person.notify,
            privacy="1",
            sponsor=sponsor,
        )

    def request(self, petition: int, *people: Person, sponsor: bool = False) -> list[int]:
        """Each sends the form; answers the ids of their requests."""
        acts = [self.request_act(petition, p, sponsor=sponsor) for p in people]
        for answer in self.perform(acts):
            if isinstance(answer, Refusal):
                raise answer
        return [a.id for a in acts]

    def confirm(self, *signatures: int) -> list[Any]:
        """Each opens the letter's link and presses the button, in one batch; refusals are answers."""
        return self.perform([SignatureConfirmation(at=self.now, signature_id=s) for s in signatures])

    def sign(self, petition: int, *people: Person, sponsor: bool = False) -> list[int]:
        """Each sends the form and confirms; answers the ids of their signatures."""
        ids = self.request(petition, *people, sponsor=sponsor)
        for answer in self.confirm(*ids):
            assert isinstance(answer, Confirmed), answer
        return ids

    def support(self, petition: int, count: int | None = None) -> list[int]:
        """Supporters sign by the secret link: as many as are needed, unless told otherwise."""
        return self.sign(petition, *crowd(count or self.policy.sponsors_needed, "sponsor"), sponsor=True)

    # staff

    def moderator(self) -> int:
        return self.staff(MODERATOR, "moderator")

    def officer(self, department: str = "parks") -> int:
        self.department(department)
        address = OFFICER if department == "parks" else f"officer.{department}@example.org"
        return self.staff(address, "department-officer", department)

    def staff(self, address: str, role: str, department: str = "") -> int:
        """The id of this account, which is made when it is first asked for."""
        if (address, department) not in self._staff:
            found = self.database.retrying(lambda db: self._account(db, address, role, department))
            self._staff[address, department] = found
        return self._staff[address, department]

    def _account(self, db: Any, address: str, role: str, department: str) -> int:
        if (known := db.scalar(select(Account.id).where(Account.email == address))) is not None:
            at = of_officer(db, known)
            assert department in ("", at and at.slug), f"{address} is of {at and at.slug}: give yours another name"
            return int(known)
        name = address.partition("@")[0].replace(".", " ").title()
        account = accounts.add_staff(db, address, role, name, by=None, now=self.now)
        account.password_hash = _hashed()
        if department:
            found = db.scalars(select(Department).where(Department.slug == department)).one()
            departments.appoint(db, account.id, found, by=None, now=self.now)
        return account.id

    def department(self, slug: str = "parks") -> None:
        def found(db: Any) -> None:
            if db.scalar(select(Department.id).where(Department.slug == slug)) is None:
                departments.found(db, slug, slug.replace("-", " ").title(), by=None, now=self.now)

        self.database.retrying(found)

    def decide(
        self,
        petition: int,
        verdict: Verdict = Verdict.PUBLISH,
        *,
        reason: str = "",
        note: str = "",
        department: str = "parks",
        survivor: str = "",
    ) -> None:
        """The moderator decides the petition's waiting case."""
        self.department(department)
        by = self.moderator()
        with self.database.reading() as db:
            case = db.scalars(
                select(Case.id).where(Case.subject_id == petition, Case.subject_kind == "petition").order_by(Case.id)
            ).all()[-1]
            revision = db.scalar(select(func.max(Revision.id)).where(Revision.case_id == case)) or 0
        self.database.retrying(
            lambda db: moderation.decide(
                db,
                self.site.moderated,
                case,
                revision_id=revision,
                verdict=verdict,
                reason_code=reason,
                note=note,
                extras={"department": department, "survivor": survivor},
                by=by,
                now=self.now,
            )
        )

    def take_down(self, petition: int, reason: str = "libellous", *, note: str = "", survivor: str = "") -> None:
        """The moderator takes a published petition down."""
        by, subject, extras = self.moderator(), SubjectRef("petition", petition), {"survivor": survivor}
        self.database.retrying(
            lambda db: moderation.take_down(
                db, self.site.moderated, subject, reason_code=reason, note=note, extras=extras, by=by, now=self.now
            )
        )

    def restore(self, petition: int, note: str = "The figure was right after all.") -> None:
        """An administrator has it judged again."""
        by = self.staff(ADMINISTRATOR, "administrator")
        case = self.rows(Case, Case.subject_id == petition, Case.subject_kind == "petition")[-1].id
        self.database.retrying(
            lambda db: moderation.restore(db, self.site.moderated, case, note=note, by=by, now=self.now)
        )

    def resubmit(self, petition: int, **texts: str) -> None:
        """The creator changes a rejected text and sends it in again."""
        words = Texts(**{**TEXTS, **texts})
        self.database.retrying(lambda db: authoring.resubmit(db, self.policy, petition, words, self.now))

    def withdraw_petition(self, petition: int) -> None:
        """The creator takes the petition back."""
        announcing = self.site.dependencies["announcing"]
        self.database.retrying(lambda db: authoring.withdraw(db, announcing, petition, self.now))

    def correct(self, petition: int, note: str = "A slip.", *, after: int = 1, **texts: str) -> None:
        """The moderator corrects the published text."""
        by, words, announcing = self.moderator(), Texts(**{**TEXTS, **texts}), self.site.dependencies["announcing"]
        self.database.retrying(
            lambda db: correcting.correct(
                db, announcing, petition, words, note, after_version=after, by=by, now=self.now
            )
        )

    def open_petition(self, person: Person = ANNA, **texts: str) -> int:
        """Started, supported by as many as are needed, published."""
        petition = self.start(person, **texts)
        self.support(petition)
        self.decide(petition)
        return petition

    def answer(
        self,
        petition: int,
        summary: str = "We will open on Sundays from May.",
        *,
        after: int = 0,
        tell: bool | None = None,
    ) -> int:
        """The department answers the petition's referral; answers the answer's id."""
        by = self.officer()
        referral = self.referrals(petition)[0]
        words = read_answer("will-do", summary, "From May.\n\nStaff are hired.")

        def give(db: Any) -> int:
            self.site.locks["petition"](db, petition)
            department = referral.department_id or 0
            given = outcomes.answer(
                db, referral.id, department, words, after_version=after, by=by, now=self.now, tell=tell
            )
            return given.id

        return self.database.retrying(give)

    # what is so

    def petition(self, petition: int) -> Petition:
        with self.database.reading() as db:
            return db.get_one(Petition, petition)

    def count(self, petition: int) -> int:
        return self.petition(petition).signature_count

    def signature(self, signature: int) -> Signature:
        with self.database.reading() as db:
            return db.get_one(Signature, signature)

    def signatures(self, petition: int, person: Person | None = None) -> list[Signature]:
        """All of a petition, or those under a person's name and address; oldest first."""
        wanted = select(Signature).where(Signature.petition_id == petition).order_by(Signature.id)
        if person is not None:
            salt = self.petition(petition).salt or b""
            ids = identity_keys(self.keys, salt, person.address.canonical, person.name, person.postcode)
            wanted = wanted.where(Signature.address_key == ids.address, Signature.name_key == ids.name)
        with self.database.reading() as db:
            return list(db.scalars(wanted))

    def referrals(self, petition: int) -> list[Referral]:
        with self.database.reading() as db:
            return list(
                db.scalars(
                    select(Referral)
                    .where(Referral.subject_kind == "petition", Referral.subject_id == petition)
                    .order_by(Referral.id)
                )
            )

    def rows(self, table: type, *conditions: Any) -> list[Any]:
        """In the order of their keys: PostgreSQL promises none by itself."""
        keys = inspect(table).primary_key
        with self.database.reading() as db:
            return list(db.scalars(select(table).where(*conditions).order_by(*keys)))

    def queued(self, template: str) -> list[Letter]:
        return self.rows(Letter, Letter.template == template)

    def sql(self, statement: str, **values: Any) -> None:
        """Change the data behind the services' back."""
        with self.database.writing() as db:
            db.execute(text(statement), values)

    def broken(self, now: datetime | None = None) -> dict[str, list[str]]:
        """What verify finds wrong, by the line that says it."""
        return {name: faults for name, faults in check(self.site, self.database, now or self.now) if faults}

    # what happens by itself

    def deliver(self) -> Letters:
        """The postman takes out everything that is due."""
        self.postman.drain()
        return self.letters

    def work(self) -> None:
        """Every job of the clock runs once, but for one that no test of another matter looks at: it takes the figures
        of a whole year together, and so a third of the time of all. There is no second process to take turns with, and
        nobody waits at the gate: none takes out a lease or pauses, and what fails fails the test."""
        for job in self.site.jobs:
            if job.name != FIGURES:
                self._finished(job)

    def index(self) -> None:
        """The search has caught up with everything that was marked."""
        self._finished(next(job for job in self.site.jobs if job.name == "search: catch up"))

    def _finished(self, job: Job) -> None:
        for _step in range(MOST_STEPS):
            if not self.database.retrying(lambda db: job.act(db, self.now)):
                return

    # links

    def confirm_link(self, signature: int) -> str:
        return f"/signatures/confirm/{self.keys.token(CONFIRM, signature)}"

    def not_me_link(self, signature: int) -> str:
        return f"/signatures/not-me/{self.keys.token(NOT_ME, signature)}"

    def withdraw_link(self, signature: int) -> str:
        return f"/signatures/withdraw/{self.keys.token(WITHDRAW, signature)}"

    def creator_link(self, petition: int) -> str:
        return f"/petitions/mine/{self.keys.token(CREATOR, petition)}"

    def sponsor_link(self, petition: int) -> str:
        return f"/sponsor/{self.keys.token(SPONSOR, petition)}"


class _Server(uvicorn.Server):
    """Ends as uvicorn does, at once: that one looks and waits a tenth of a second at each of its steps."""

    def end(self) -> None:
        self.should_exit = True
        self.loop.call_soon_threadsafe(self.told.set)

    async def main_loop(self) -> None:
        self.loop, self.told = asyncio.get_running_loop(), asyncio.Event()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self.told.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0.001)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wait_tasks_to_complete(), self.config.timeout_graceful_shutdown)
        await self.lifespan.shutdown()


class RunningSite:
    """The whole house on a free port of this machine, in a thread. Letters leave when a test says so,
    unless it runs with ``jobs``."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        clock: Clock | None = None,
        jobs: bool = False,
        **policy: Any,
    ) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        settings = settings_for(database, folder, base_url=self.base, **policy)
        self.clock = clock or FixedClock(datetime.now(UTC))
        # beside this thread, where a browser's driver may have a loop running
        self.house = _beside(lambda: House(settings, clock=self.clock, jobs=jobs, database=database))
        self.town = Town.of(self.house)
        config = uvicorn.Config(
            self.house.asgi,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            ws_max_size=16_384,
            ws_per_message_deflate=False,
        )
        self.server = _Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)

    def __enter__(self) -> RunningSite:
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started:
            assert self.thread.is_alive(), "the server ended at once"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_fault: object) -> None:
        self.house._let_everybody_go()  # as the signal does that ends a process
        self.server.end()
        self.thread.join(20)
        if get_asyncio_executor() is self.house.pool:
            _beside(lambda: set_asyncio_executor(None))  # others of this process go on with their loop's own
        self.house.close()
        self.socket.close()

    def client(self) -> httpx.Client:
        """A visitor's browser without scripts: says where it comes from, follows nothing by itself."""
        return httpx.Client(base_url=self.base, headers={"Origin": self.base}, timeout=30)

    @contextmanager
    def signed_in(self, address: str) -> Iterator[httpx.Client]:
        """A member of staff at their desk."""
        with self.client() as client:
            answer = client.post("/sign-in", data={"email": address, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            yield client


def fields_of(page: str) -> Mapping[str, str]:
    """What a page's hidden and text fields hold, by name."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = value[1] if value else ""
    return found


def another(token: str) -> str:
    """The same but for its last letter, whatever that was."""
    return token[:-1] + ("y" if token.endswith("x") else "x")


def _beside(act: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act).result()


_made: dict[str, Any] = {}


def _assets() -> Assets:
    """Read once: a town has the same files as the next."""
    if "assets" not in _made:
        _made["assets"] = Assets(STATIC)
    return _made["assets"]


def _renderer(settings: Settings) -> Renderer:
    """Templates are compiled once for all towns of one address."""
    if (name := f"renderer {settings.base_url}") not in _made:
        made, pages = Renderer(settings), Pages(settings, _assets())
        filters = pages.jinja.filters.items()
        made.add_filters(**{word: act for word, act in filters if word not in made.jinja.filters})
        _made[name] = made
    return _made[name]


def _hashed() -> str:
    if "hash" not in _made:
        _made["hash"] = Passwords(1).hash(PASSWORD)
    return _made["hash"]


class Ground:
    """A database that many towns stand on, one after another; each finds it as the first did."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tables = Base.metadata.sorted_tables
        #: names those that hold anything
        self._held = text(" UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT 1 FROM {t})" for t in self.tables))
        with database.reading() as db:
            self.rows = {t.name: [dict(r._mapping) for r in db.execute(select(t))] for t in self.tables}

    def town(self, folder: Path) -> Town:
        self.clear()
        return Town(self.database, folder, petitions_response_at=10, petitions_debate_at=20)

    def anew(self) -> Database:
        """The database as if it were new: empty, its numbers begin at 1, and nobody listens."""
        self.database.listeners, self.database.gate = {}, Gate()
        self.database.on_touched.clear()
        self.database.postmen.clear()
        self.clear()
        return self.database

    def clear(self) -> None:
        questionnaires.forget()
        with self.database.writing() as db:
            held = set(db.scalars(self._held))
            with append_only.lifted(db) if held.intersection(append_only.GUARDED) else nullcontext():
                for table in reversed(self.tables):
                    if table.name in held:
                        db.execute(text(f"DELETE FROM {table}"))
                db.execute(text("DELETE FROM search_stale"))  # taking rows away has marked them
            for table in self.tables:
                if self.rows[table.name]:
                    db.execute(table.insert(), self.rows[table.name])
            if not self.database.is_sqlite:
                db.execute(RESTARTED)


#: sequences begin anew; in SQLite numbers do so by themselves where a table is empty
RESTARTED = text("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence")


@pytest.fixture(scope="session")
def sqlite_ground(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with databases.sqlite_copy(sqlite_template, tmp_path_factory.mktemp("ground")) as database:
        yield Ground(database)


@pytest.fixture(scope="session")
def postgres_ground(postgres_server: databases.Postgres) -> Iterator[Ground]:
    with postgres_server.copy() as database:
        yield Ground(database)


@pytest.fixture(params=["sqlite", "postgres"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Town:
    """Empty, on each kind of database; an answer is due at 10 signatures, a debate at 20."""
    ground: Ground = request.getfixturevalue(f"{request.param}_ground")
    return ground.town(tmp_path)


@pytest.fixture
def sqlite_town(sqlite_ground: Ground, tmp_path: Path) -> Town:
    """For what no database can make different."""
    return sqlite_ground.town(tmp_path)


@pytest.fixture(scope="session")
def sqlite_site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("site")
    with databases.sqlite_copy(sqlite_template, folder) as database, _running(database, folder) as site:
        yield site


@pytest.fixture(scope="session")
def postgres_site(
    postgres_server: databases.Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSite]:
    with postgres_server.copy() as database, _running(database, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest) -> RunningSite:
    """A running house on each kind of database, shared by many tests: look only at what is your own."""
    found: RunningSite = request.getfixturevalue(f"{request.param}_site")
    without_letters(found.town)
    return found


def without_letters(town: Town) -> None:
    """Nobody has a letter, not even one on its way: what other tests caused is neither delivered nor counted."""
    town.sql("UPDATE mail_letter SET state = 'cancelled', settled_at = created_at WHERE state = 'waiting'")
    town.sql("DELETE FROM mail_mailbox_day")
    for letter in town.settings.mail_folder.glob("*.eml"):
        letter.unlink()


def _running(database: Database, folder: Path) -> RunningSite:
    site = RunningSite(database, folder, page_cache="off", petitions_response_at=10, petitions_debate_at=20)
    site.house.watch.every = 10  # no other process changes anything here
    return site
