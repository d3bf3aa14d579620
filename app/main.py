"""The composition root: rooms are loaded by name, and everything is put together once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.concurrency import get_asyncio_executor, set_asyncio_executor
from litestar.datastructures import State
from sqlalchemy.orm import Session

from app.accounts import drafts, links
from app.accounts.cookies import cookie_name
from app.accounts.guards import check_acts, provide_account, provide_signed
from app.accounts.proving import Prover
from app.accounts.service import attempts, devices
from app.accounts.unlisted import note_unlisted
from app.core import freshness, idempotency
from app.core.clock import Clock, SystemClock
from app.core.db import Database
from app.core.idempotency import InFlight
from app.core.intake import Intake
from app.core.jobs import Job, JobRunner
from app.core.live import Glance, Hub, before_the_end
from app.core.security import sessions
from app.core.security.keys import Keys
from app.core.security.limits import Limits
from app.core.security.passwords import Passwords
from app.core.settings import Settings
from app.core.switches import Switch, Switches
from app.core.text import sizes
from app.core.watch import Watch
from app.core.web import stopped
from app.core.web.assets import Assets
from app.core.web.bodies import StrictRequest
from app.core.web.doors import Doors, Given, constant, own
from app.core.web.doorstep import Doorstep
from app.core.web.edge import READERS, Answered, answered, db_provider, finishes_in_its_thread, note_status
from app.core.web.error_pages import ErrorPages
from app.core.web.forms import provide_form
from app.core.web.openapi import described
from app.core.web.page import Pages
from app.core.web.page_cache import PageCache
from app.core.web.shell import Shell, proven_by_token
from app.core.web.turnstile import Turnstile
from app.departments import queries as departments
from app.files.receiving import provide_posted
from app.floors import load_rooms
from app.front import staff_pages
from app.front.notices import Notices
from app.handlers import OF_THE_HOUSE
from app.mail import service as mail
from app.mail import suppression
from app.mail.postman import Postman, free_claims
from app.mail.render import Renderer
from app.mail.transport import transport_for
from app.operation import banners, switching
from app.operation.breach import turn_to_newest
from app.site import Site, Worker

STATIC = Path(__file__).resolve().parent / "static"


class House:
    """One running deployment: the site, its database, intake, postman and clock."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        jobs: bool = True,
        database: Database | None = None,
    ) -> None:
        self.settings, self.runs_jobs = settings, jobs
        self.clock = clock or SystemClock()
        self.keys = Keys(settings.secret_key)
        self.site = Site(settings=settings, keys=self.keys, clock=self.clock)
        load_rooms(self.site)
        self.site.staff_pages[:0] = staff_pages.of_the_house(self.site)
        self.database = database or Database(settings.database_url, pool=settings.threads + 8)
        self.database.listeners = self.site.listeners
        self.assets = Assets(STATIC)
        self.pages = Pages(settings, self.assets)
        self.pages.jinja.globals["opens"] = lambda account, act: self.site.permissions.opens(account.role, act)
        self.pages.jinja.globals["staff_idle_seconds"] = int(
            (sessions.STAFF.idle - sessions.SEEN_EVERY).total_seconds()
        )
        self.pages.jinja.globals["file_help"] = self.site.cabinet.help
        offer = self.site.dependencies["open_data"]
        self.pages.jinja.globals.update(embed_code=offer.embed_code, embed_link=offer.embed_link)
        self.pages.jinja.filters["file_size"] = sizes.in_words
        self.pages.jinja.globals["banner"] = " ".join(self.site.banners)
        self.switches = Switches()
        self.watch = Watch(
            self.database,
            [partial(turn_to_newest, self.keys), partial(switching.remember, self.switches)],
        )
        self.notices = Notices(self.database, self.site.notices, self.clock)
        self.errors = ErrorPages(self.pages, lambda: self.notices.said)
        self.pages.jinja.globals["notices"] = self.notices.now
        self.pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="page")
        self.turnstile = Turnstile(1 if self.database.is_sqlite else 2)  # one waits for PostgreSQL, the other works
        self.readers = ThreadPoolExecutor(READERS, thread_name_prefix="page-reader")
        self.closers = ThreadPoolExecutor(4, thread_name_prefix="close")
        self.upkeep = ThreadPoolExecutor(2, thread_name_prefix="upkeep")
        self.exports = ThreadPoolExecutor(2, thread_name_prefix="export")
        self.intake = Intake(
            self.database,
            self.site.performers,
            self.clock,
            batch=settings.intake_batch,
            wait=settings.intake_wait_ms / 1000,
            backlog=settings.intake_backlog_seconds,
        )
        self.intake.shut = partial(self.switches.refusal, Switch.READ_ONLY)
        self.limits = Limits(on=settings.rate_limits == "on", redis_url=settings.redis_url)
        self.passwords = Passwords(settings.password_threads)
        self.doorstep = Doorstep(settings.password_threads, standing=60, patience=5.0)
        self.prover = Prover(self.database, self.keys, self.passwords, slows=settings.rate_limits == "on")
        self.postman = self._postman()
        self.jobs = JobRunner(self.database, [*_house_jobs(), *self.site.jobs], self.clock)
        self.workers = [make(self.database) for make in self.site.workers]
        self.router = self._router()
        check_acts(self.router.routes, self.site.permissions)
        self.cache = PageCache(
            self.router,  # type: ignore[arg-type]
            read_versions=self._versions,
            pool=self.upkeep,
            on=settings.page_cache == "on",
            count=self.site.tally.add_marked,
        )
        self.cache.before_rendering_anew.append(self.notices.forget)
        self.database.on_touched.append(self.cache.touched)
        self.hub = Hub(self._glance, self.upkeep)
        self.database.on_touched += [self.hub.hear, self.site.desk_figures.hear, self.site.inbox_numbers.hear]
        self.database.on_touched += [companion.hear for companion in self.site.companions]
        door = stopped.ReadOnlyDoor(
            self.cache, self.switches, self.errors, most=settings.form_max_bytes, a_file=settings.files_most_bytes
        )
        self.asgi = Shell(door, settings, self.assets, self.errors, proven_by_token(self.router.routes))

    def _postman(self) -> Postman:
        renderer = Renderer(self.settings)
        renderer.add_filters(
            date=self.pages.say_date, datetime=self.pages.say_instant, last_day=self.pages.say_last_day
        )
        transport = transport_for(self.settings.mail_url)
        postman = Postman(self.database, self.site.letters, renderer, transport, self.clock, self.keys, self.site.tally)
        self.database.postmen.append(postman.wake)
        return postman

    def _router(self) -> Litestar:
        set_asyncio_executor(self.pool)
        return Litestar(
            route_handlers=[
                Doors(finishes_in_its_thread(own(h), self.turnstile) for h in (*OF_THE_HOUSE, *self.site.routers))
            ],
            dependencies={
                "db": Given(db_provider(self.database, self.closers)),
                "form": Given(provide_form),
                "posted": Given(provide_posted),
                "account": Given(provide_account),
                "signed": Given(provide_signed),
                **{name: constant(value) for name, value in self.site.dependencies.items()},
            },
            exception_handlers={**self.errors.handlers(), Answered: answered},
            before_request=stopped.begin,
            after_request=note_status,
            after_exception=[note_unlisted],
            request_class=StrictRequest,
            request_max_body_size=self.settings.form_max_bytes,
            lifespan=[self._living],
            openapi_config=described(self.settings, cookie_name(secure=self.settings.secure)),
            state=State(self._state()),
            debug=False,
            include_in_schema=False,  # the API says of itself that it belongs there
            logging_config=None,
        )

    def _state(self) -> dict[str, Any]:
        return {
            "house": self,
            "site": self.site,
            "permissions": self.site.permissions,
            "settings": self.settings,
            "database": self.database,
            "clock": self.clock,
            "keyring": self.keys,  # State has a method named keys
            "pages": self.pages,
            "intake": self.intake,
            "limits": self.limits,
            "passwords": self.passwords,
            "prover": self.prover,
            "doorstep": self.doorstep,
            "switches": self.switches,
            "reserved_names": self._reserved_names,
            "in_flight": InFlight(),
            "exports": self.exports,
            "moderation_promise_days": self.site.promising.days,
        }

    @asynccontextmanager
    async def _living(self, _app: Litestar) -> AsyncGenerator[None, None]:
        await asyncio.get_running_loop().run_in_executor(self.upkeep, self.watch.look)
        self.intake.start()
        threads = [self.start_watching(), *(self._start_workers() if self.runs_jobs else [])]
        refreshers = [asyncio.create_task(one.refresh_forever()) for one in (self.cache, self.hub)]
        refreshers += [asyncio.create_task(companion.live(self)) for companion in self.site.companions]
        try:
            with before_the_end(self._let_everybody_go):
                yield
        finally:
            for refresher in refreshers:
                refresher.cancel()
                with suppress(asyncio.CancelledError):
                    await refresher
            await asyncio.get_running_loop().run_in_executor(self.upkeep, self._stop, threads)

    def _let_everybody_go(self) -> None:
        self.hub.close()
        for companion in self.site.companions:
            companion.close()

    def start_watching(self) -> threading.Thread:
        """The thread that learns what other processes have switched."""
        thread = threading.Thread(target=self.watch.work, name="watch", daemon=True)
        thread.start()
        return thread

    def _start_workers(self) -> list[threading.Thread]:
        if self.database.is_sqlite:
            free_claims(self.database)
            for worker in self.workers:
                worker.start_alone()
        return start_workers(self.postman, self.jobs, self.workers)

    def _stop(self, threads: list[threading.Thread]) -> None:
        self.watch.stop()
        self.intake.close()
        self.postman.stop()
        self.jobs.stop()
        for worker in self.workers:
            worker.stop()
        for thread in threads:
            thread.join(10)

    def close(self) -> None:
        """Give everything back; for tests and commands."""
        self.intake.close(1)
        if get_asyncio_executor() is self.pool:
            with suppress(RuntimeError):  # within a running loop it cannot be set
                set_asyncio_executor(None)
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.readers.shutdown(wait=False, cancel_futures=True)
        self.closers.shutdown(wait=False)
        self.upkeep.shutdown(wait=False, cancel_futures=True)
        self.exports.shutdown(wait=False, cancel_futures=True)
        self.database.close()

    def _reserved_names(self, db: Session) -> list[str]:
        """What no member may be called."""
        return [self.settings.site_name, *(department.name for department in departments.active(db))]

    def _glance(self, topics: frozenset[str], ids: frozenset[bytes]) -> Glance:
        with self.database.reading() as db:
            return Glance(freshness.versions(db, topics), sessions.alive(db, ids, self.clock.now()))

    def _versions(self, keys: Iterable[str]) -> Mapping[str, int]:
        with self.database.reading() as db:
            return freshness.versions(db, keys)


def start_workers(postman: Postman, jobs: JobRunner, others: Iterable[Worker]) -> list[threading.Thread]:
    """The postman's and the clock's threads, and those of other workers."""
    threads = [
        threading.Thread(target=postman.work, name="postman", daemon=True),
        threading.Thread(target=jobs.work, name="jobs", daemon=True),
        *(threading.Thread(target=one.work, name=one.name, daemon=True) for one in others),
    ]
    for thread in threads:
        thread.start()
    return threads


def create_app(settings: Settings | None = None, *, jobs: bool = True, clock: Clock | None = None) -> Shell:
    """The ASGI application of one deployment."""
    return House(settings or Settings.from_environment(), jobs=jobs, clock=clock).asgi


def _house_jobs() -> list[Job]:
    def forget(db: Session, now: Any) -> int:
        idempotency.forget_old(db, now)
        mail.forget_old(db, now)
        suppression.forget_old(db, now)
        sessions.forget_ended(db, now)
        links.forget_old(db, now)
        drafts.forget_old(db, now)
        attempts.forget_old(db, now)
        devices.forget_old(db, now)
        return 0

    return [
        Job("forget what has had its time", forget, timedelta(hours=1)),
        Job("notices begin and end", banners.tell_pages, timedelta(seconds=5)),
    ]
