"""A small room for the tests of the house: people write into a guestbook, at the edge or through the intake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import current_thread
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
)
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.db import Base, Database, after_commit
from app.core.errors import Conflict, NotFound
from app.core.freshness import touch
from app.core.ids import new_id
from app.core.intake import Act
from app.core.security.limits import Allowance
from app.core.web.edge import shows
from app.core.web.forms import Sent, read_form
from app.core.web.page import public, see_other
from app.site import Site

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NOBODY = 99
TABLES = MetaData()
HOST = Table("guestbook_host", TABLES, Column("id", Integer, primary_key=True))
ENTRY = Table(
    "guestbook_entry",
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(40), nullable=False),
    #: checked when the transaction commits, not before
    Column("host", Integer, ForeignKey("guestbook_host.id", deferrable=True, initially="DEFERRED")),
    CheckConstraint("name <> 'Poison' AND length(name) <= 40"),
)


class NotWelcome(Conflict):
    """The guestbook does not want this guest; nothing is wrong with the others."""

    code = "not-welcome"


@dataclass(frozen=True)
class Written:
    """What a guest is answered."""

    name: str


@dataclass(slots=True, kw_only=True)
class Entry(Act):
    """A guest writes their name. ``host`` 99 is nobody, which only the commit finds out."""

    name: str
    host: int | None = None

    def encoded(self, answer: Any) -> tuple[int, bytes]:
        return 201, msgspec.json.encode({"written": answer.name})


class Guestbook:
    """Performs entries, and remembers in which batches they came."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.look_ups: list[list[str]] = []
        self.renderings = 0
        #: what happens inside the transaction before anything is written
        self.before: Callable[[Session, Sequence[Entry]], None] = lambda _db, _acts: None
        #: and before a look-up
        self.before_look_up: Callable[[], None] = lambda: None

    def perform(self, db: Session, acts: Sequence[Entry], now: datetime) -> Sequence[Any]:
        self.batches.append([a.name for a in acts])
        self.before(db, acts)
        welcome = [a for a in acts if a.name != "Mallory"]
        if welcome:
            db.execute(insert(ENTRY), [{"id": a.id, "name": a.name, "host": a.host} for a in welcome])
        return [NotWelcome() if a.name == "Mallory" else Written(a.name) for a in acts]

    def performed(self, db: Session, acts: Sequence[Entry]) -> Mapping[int, Any]:
        self.look_ups.append([a.name for a in acts])
        self.before_look_up()
        rows = db.execute(select(ENTRY.c.id, ENTRY.c.name).where(ENTRY.c.id.in_([a.id for a in acts])))
        return {row.id: Written(row.name) for row in rows}


def entry(name: str, **other: Any) -> Entry:
    return Entry(at=NOON, name=name, **other)


def names(database: Database) -> list[str]:
    """Everybody in the book, in the order of the alphabet."""
    with database.reading() as db:
        return sorted(db.scalars(select(ENTRY.c.name)))


@contextmanager
def tables(database: Database) -> Iterator[None]:
    """The room's tables, and one host."""
    with database.engine.begin() as connection:
        TABLES.create_all(connection)
        connection.execute(insert(HOST).values(id=1))
    try:
        yield
    finally:
        with database.engine.begin() as connection:
            TABLES.drop_all(connection)


def empty(database: Database) -> None:
    """As it was before a test: nobody in the book, and nothing in the house's own tables."""
    with database.engine.begin() as connection:
        for table in (ENTRY, *(t for t in Base.metadata.sorted_tables if t.name.startswith("core_"))):
            connection.execute(delete(table))


@get("/guestbook", name="guestbook.read", guards=[anyone], sync_to_thread=True)
def read(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """The same for everyone."""
    book_of(request).renderings += 1
    shown = "\n".join(sorted(db.scalars(select(ENTRY.c.name)))) + "\n" + "A guestbook of this house. " * 60
    return public(shown.encode(), "text/plain", keys=("guestbook",))


@shows("/guestbook/by/{name:str}", name="guestbook.by")
def by(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """Shown in one go: which thread did it, and what ``name`` asks for."""
    if (name := request.path_params["name"]) == "nobody":
        raise NotFound
    if name == "careless":
        db.execute(insert(ENTRY).values(id=new_id(), name=name))
    answer = public(f"{current_thread().name}\n{'Written by é. ' * 100}".encode(), "text/plain", keys=("guestbook",))
    if name == "baker":
        answer.set_cookie("reader", name)
    return answer


@get("/guestbook/mine", name="guestbook.mine", guards=[anyone], sync_to_thread=True)
def mine(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What the house knows of the reader."""
    book_of(request).renderings += 1
    return _json(request)


@get("/guestbook/baked", name="guestbook.baked", guards=[anyone], sync_to_thread=True)
def baked(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A mistake: says it is for everyone, and gives the reader a cookie."""
    book_of(request).renderings += 1
    answer = public(b"for everyone", "text/plain", keys=("guestbook",))
    answer.set_cookie("reader", str(book_of(request).renderings))
    return answer


@get("/guestbook/careless", name="guestbook.careless", guards=[anyone], sync_to_thread=True)
def careless(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """A mistake: writes, and does not say so."""
    db.execute(insert(ENTRY).values(id=new_id(), name="Careless"))
    return Response(b"thank you", media_type="text/plain")


@post("/guestbook", name="guestbook.write", guards=[anyone], sync_to_thread=True, status_code=303, writes=True)
def write(request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]) -> Response[Any]:
    """``answer`` is the status to answer with, or how to fail; ``host`` 99 fails at the commit."""
    db.execute(insert(ENTRY).values(id=new_id(), name=form["name"], host=_number(form.get("host"))))
    touch(db, "guestbook")
    match form.get("answer", "303"):
        case "303":
            return see_other("/guestbook/thank-you")
        case "refuse":
            raise Conflict
        case "teapot":
            raise HTTPException(status_code=418)
        case "fault":
            raise ZeroDivisionError("no page shows this")
        case "shaky":
            after_commit(db, _shake)
            return see_other("/guestbook/thank-you")
        case status:
            return Response(b"thank you", status_code=int(status), media_type="text/plain")


@post("/guestbook/quick", name="guestbook.quick", guards=[anyone], status_code=303)
async def quick(request: Request[Any, Any, Any]) -> Response[Any]:
    form = read_form(await request.body())
    await request.app.state.intake.submit(entry(form["name"], host=_number(form.get("host"))))
    return see_other("/guestbook/thank-you")


@post("/guestbook/limited", name="guestbook.limited", guards=[anyone], sync_to_thread=True, writes=True)
def limited(
    request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]
) -> Response[bytes]:
    client = request.client.host if request.client else ""
    request.app.state.limits.spend(Allowance(most=2, an_hour=50), client, "guestbook")
    db.execute(insert(ENTRY).values(id=new_id(), name=form["name"]))
    return Response(b"thank you", media_type="text/plain")


@post("/guestbook/mine", name="guestbook.mine.post", guards=[anyone], sync_to_thread=True, status_code=200)
def changed(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _json(request)


@post("/api/v1/guestbook", name="guestbook.api", guards=[anyone], sync_to_thread=True, status_code=201, writes=True)
def api(request: Request[Any, Any, Any], db: NamedDependency[Session], form: NamedDependency[Sent]) -> Response[bytes]:
    db.execute(insert(ENTRY).values(id=new_id(), name=form["name"], host=_number(form.get("host"))))
    return Response(b'{"thank":"you"}', media_type="application/json", status_code=201)


def book_of(request: Request[Any, Any, Any]) -> Guestbook:
    return request.app.state.site.performers[Entry]


def _json(request: Request[Any, Any, Any]) -> Response[bytes]:
    facts = {"cookies": dict(request.cookies), "cookieless": bool(request.scope.get("cookieless"))}
    return Response(msgspec.json.encode(facts), media_type="application/json", headers={"cache-control": "no-store"})


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _shake() -> None:
    raise ZeroDivisionError("told after the commit, and fell over")


HANDLERS: Iterable[Any] = (read, by, mine, baked, careless, write, quick, limited, changed, api)


def install(site: Site) -> None:
    site.performers[Entry] = Guestbook()
    site.routers += HANDLERS
