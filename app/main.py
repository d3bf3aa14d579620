"""The composition root: rooms are loaded by name, and everything is put together once."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import AsyncGenerator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from copy import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

from litestar import Litestar, Router
from litestar.concurrency import set_asyncio_executor
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Contact, License
from sqlalchemy.orm import Session

from app import __version__
from app.accounts import service as accounts
from app.accounts.guards import provide_account
from app.accounts.rules.roles import Power
from app.accounts.web import signing_in
from app.core import freshness, idempotency
from app.core.clock import Clock, SystemClock
from app.core.db import Database
from app.core.i18n import _
from app.core.idempotency import InFlight
from app.core.intake import Intake
from app.core.jobs import Job, JobRunner
from app.core.security import sessions
from app.core.security.keys import Keys
from app.core.security.limits import Limits
from app.core.security.passwords import Passwords
from app.core.settings import BadSettings, Settings
from app.core.web.assets import Assets
from app.core.web.edge import begin, db_provider, ends_reading, note_status
from app.core.web.error_pages import ErrorPages
from app.core.web.forms import provide_form
from app.core.web.page import Pages
from app.core.web.page_cache import PageCache
from app.core.web.shell import Shell
from app.front import HANDLERS as FRONT
from app.front.notices import Notices
from app.mail import service as mail
from app.mail import suppression
from app.mail.postman import Postman, free_claims
from app.mail.render import Renderer
from app.mail.transport import transport_for
from app.moderation.web import desk as moderation_desk
from app.moderation.web import holidays, reasons, reports
from app.outcomes.web import desk as outcomes_desk
from app.site import Site, StaffPage

STATIC = Path(__file__).resolve().parent / "static"


def load_rooms(site: Site) -> None:
    """Have each room that the settings name install itself beside what is the house's own; :class:`BadSettings` where its numbers make no sense."""
    site.recipients["account"] = accounts.address_of
    for name in site.settings.rooms:
        room = importlib.import_module(f"{name}.room")
        try:
            room.install(site)
        except ValueError as wrong:
            raise BadSettings([str(wrong)]) from wrong


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
        self.site.staff_pages[:0] = _staff_pages()
        self.database = database or Database(settings.database_url, pool=settings.threads + 8)
        self.database.listeners = self.site.listeners
        self.assets = Assets(STATIC)
        self.pages = Pages(settings, self.assets)
        self.pages.jinja.globals["banner"] = " ".join(self.site.banners)
        self.notices = Notices(self.database, self.site.notices, self.clock)
        self.errors = ErrorPages(self.pages, lambda: self.notices.said)
        self.pages.jinja.globals["notices"] = self.notices.now
        self.pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="page")
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
        self.limits = Limits(on=settings.rate_limits == "on", redis_url=settings.redis_url)
        self.passwords = Passwords(settings.password_threads)
        self.postman = self._postman()
        self.jobs = JobRunner(self.database, [*_house_jobs(), *self.site.jobs], self.clock)
        self.router = self._router()
        self.cache = PageCache(
            self.router,  # type: ignore[arg-type]
            read_versions=self._versions,
            pool=self.upkeep,
            on=settings.page_cache == "on",
        )
        self.cache.before_rendering_anew.append(self.notices.forget)
        self.database.on_touched.append(self.cache.touched)
        self.asgi = Shell(self.cache, settings, self.assets, self.errors)

    def _postman(self) -> Postman:
        renderer = Renderer(self.settings)
        renderer.add_filters(
            date=self.pages.say_date, datetime=self.pages.say_instant, last_day=self.pages.say_last_day
        )
        transport = transport_for(self.settings.mail_url)
        postman = Postman(self.database, self.site.letters, renderer, transport, self.clock, self.keys)
        self.database.postmen.append(postman.wake)
        return postman

    def _router(self) -> Litestar:
        set_asyncio_executor(self.pool)
        moderation = [*moderation_desk.HANDLERS, *reports.HANDLERS, *holidays.HANDLERS, *reasons.HANDLERS]
        handlers = [*FRONT, *signing_in.HANDLERS, *moderation, *outcomes_desk.HANDLERS]
        return Litestar(
            # Litestar 2.25 wraps a sync handler twice when another method of its path is registered
            # later; inside one router every path is registered once. Registering changes a handler,
            # and a process may build more than one house: hence the copies.
            route_handlers=[
                Router("/", route_handlers=[ends_reading(copy(h)) for h in (*handlers, *self.site.routers)])
            ],
            dependencies={
                "db": Provide(db_provider(self.database, self.closers)),
                "form": Provide(provide_form),
                "account": Provide(provide_account),
                **{name: _constant(value) for name, value in self.site.dependencies.items()},
            },
            exception_handlers=self.errors.handlers(),
            before_request=begin,
            after_request=note_status,
            request_max_body_size=self.settings.form_max_bytes,
            lifespan=[self._living],
            openapi_config=_openapi(self.settings),
            state=State(self._state()),
            debug=False,
            include_in_schema=False,  # the API says of itself that it belongs there
            logging_config=None,
        )

    def _state(self) -> dict[str, Any]:
        return {
            "house": self,
            "site": self.site,
            "settings": self.settings,
            "database": self.database,
            "clock": self.clock,
            "keyring": self.keys,  # State has a method named keys
            "pages": self.pages,
            "intake": self.intake,
            "limits": self.limits,
            "passwords": self.passwords,
            "in_flight": InFlight(),
            "exports": self.exports,
            "moderation_promise_days": self.site.promising.days,
        }

    @asynccontextmanager
    async def _living(self, _app: Litestar) -> AsyncGenerator[None, None]:
        self.intake.start()
        threads = self._start_workers() if self.runs_jobs else []
        refresher = asyncio.create_task(self.cache.refresh_forever())
        try:
            yield
        finally:
            refresher.cancel()
            with suppress(asyncio.CancelledError):
                await refresher
            await asyncio.get_running_loop().run_in_executor(self.upkeep, self._stop, threads)

    def _start_workers(self) -> list[threading.Thread]:
        if self.database.is_sqlite:
            free_claims(self.database)
        return start_workers(self.postman, self.jobs)

    def _stop(self, threads: list[threading.Thread]) -> None:
        self.intake.close()
        self.postman.stop()
        self.jobs.stop()
        for thread in threads:
            thread.join(10)

    def close(self) -> None:
        """Give everything back; for tests and commands."""
        self.intake.close(1)
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.closers.shutdown(wait=False)
        self.upkeep.shutdown(wait=False, cancel_futures=True)
        self.exports.shutdown(wait=False, cancel_futures=True)
        self.database.close()

    def _versions(self, keys: Iterable[str]) -> Mapping[str, int]:
        with self.database.reading() as db:
            return freshness.versions(db, keys)


def start_workers(postman: Postman, jobs: JobRunner) -> list[threading.Thread]:
    """The postman's and the clock's threads."""
    threads = [
        threading.Thread(target=postman.work, name="postman", daemon=True),
        threading.Thread(target=jobs.work, name="jobs", daemon=True),
    ]
    for thread in threads:
        thread.start()
    return threads


def create_app(settings: Settings | None = None, *, jobs: bool = True, clock: Clock | None = None) -> Shell:
    """The ASGI application of one deployment."""
    return House(settings or Settings.from_environment(), jobs=jobs, clock=clock).asgi


def _staff_pages() -> list[StaffPage]:
    return [
        StaffPage(
            "/moderation/reports",
            _("Reports by readers"),
            _("What readers say breaks a rule."),
            Power.JUDGE,
        ),
        StaffPage(
            "/admin/holidays",
            _("Holidays"),
            _("Days on which nobody moderates; the promised time grows by them."),
            Power.ADMINISTER,
        ),
        StaffPage(
            "/admin/reasons",
            _("Reasons for rejecting"),
            _("The standards that moderators judge by: added, retired, brought back."),
            Power.ADMINISTER,
        ),
        StaffPage(
            "/admin/suppression",
            _("Addresses that get no letters"),
            _("Mailboxes that are gone, and people who want no more letters."),
            Power.ADMINISTER,
        ),
    ]


def _house_jobs() -> list[Job]:
    def forget(db: Session, now: Any) -> int:
        idempotency.forget_old(db, now)
        mail.forget_old(db, now)
        suppression.forget_old(db, now)
        sessions.forget_ended(db, now)
        return 0

    return [Job("forget what has had its time", forget, timedelta(hours=1))]


def _constant(value: Any) -> Provide:
    def give() -> Any:
        return value

    return Provide(give, sync_to_thread=False, use_cache=True)


def _openapi(settings: Settings) -> OpenAPIConfig:
    return OpenAPIConfig(
        title=settings.site_name,
        version=__version__,
        description="Read and start petitions, sign and confirm. Errors are RFC 9457 problems.",
        contact=Contact(email=settings.contact_email) if "@" in settings.contact_email else None,
        license=License(name="MIT", identifier="MIT"),
        path="/schema-is-served-at-openapi.json",
        render_plugins=[JsonRenderPlugin()],  # without one, Litestar shows browsers that load foreign scripts
        use_handler_docstrings=True,
    )
