"""Pages: templates rendered to bytes inside the worker thread, never on the event loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from jinja2 import Environment, FileSystemLoader, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from litestar import Response
from litestar.response import Redirect
from markupsafe import Markup, escape

from app.core.i18n import gettext_now, ngettext_now
from app.core.settings import Settings
from app.core.text.sanitise import SafeHtml, to_html
from app.core.web.assets import BODY_SCRIPT, Assets
from app.core.web.linked_data import island
from app.core.web.packing import Fixed
from app.core.web.page_cache import MARK, mark
from app.core.web.phrases import said
from app.core.web.stencils.fragments import Fragments
from app.core.web.stencils.frames import Frames, Listed
from app.core.web.stencils.rows import filled

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
HTML = "text/html"


class _Template(Template):
    """All templates have the environment's globals and no others: what one takes from another is made once.

    Jinja asks at each import of each page whether some global of the importer is missing there: some thirty
    names for each of ten imports.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        if self._module is None:
            self._module = self.make_module()
        return self._module


class _Context(Context):
    """Jinja asks at each call, a hundred on a page, four times what the called one wants to be given: a tenth of the
    time that a page takes. Plain functions of ours want nothing, and macros always the same."""

    def call(self, called: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        kind = type(called)
        if kind is Macro:
            args = (self.eval_ctx, *args)
        elif kind not in _PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, **kwargs)
        if kwargs:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
        return called(*args, **kwargs)


_PLAIN = (FunctionType, MethodType)


def _shown(value: Any) -> str:
    """As a page may hold it. Most of what templates show is markup already, or a number."""
    kind = type(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int else escape(value)


class _Generator(CodeGenerator):
    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.shown(")


class _Environment(Environment):
    template_class, context_class, code_generator_class = _Template, _Context, _Generator
    shown = staticmethod(_shown)


class _Templates(FileSystemLoader):
    """Where templates may change while the site runs, it looks once a second: a page is made of ten files."""

    def __init__(self, forget: Callable[[], None]) -> None:
        """``forget`` is called where one has changed."""
        super().__init__(TEMPLATES)
        self._forget = forget

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, is_up_to_date = super().get_source(environment, template)
        asked_at = time.monotonic()

        def is_still_good() -> bool:
            nonlocal asked_at
            if time.monotonic() - asked_at < 1:
                return True
            is_good = is_up_to_date()
            if is_good:
                asked_at = time.monotonic()
            else:  # said again to whoever loads it anew
                self._forget()
            return is_good

        return source, path, is_still_good


class Pages:
    """One Jinja environment and what every page is given."""

    def __init__(self, settings: Settings, assets: Assets, *, undefined: type | None = None) -> None:
        self.settings, self.assets = settings, assets
        options = {"undefined": undefined} if undefined else {}
        self._fragments = Fragments()
        self._frames = Frames(self._fragments.each)
        self._looked_at = 0.0
        self.jinja = _Environment(
            loader=_Templates(self.forget),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            auto_reload=settings.mode == "development",
            **options,  # type: ignore[arg-type]
        )
        self.jinja.install_gettext_callables(gettext_now, ngettext_now, newstyle=True)  # type: ignore[attr-defined]
        self.jinja.globals.update(
            gettext=said,
            _=said,
            asset=assets.url,
            site_name=settings.site_name,
            base_url=settings.base_url,
            lang="en",
            rooms=list(settings.rooms),
            body_script=BODY_SCRIPT,
            dev_mail=settings.shows_letters,
            banner=None,
            opens=_shut,
            staff_idle_seconds=0,  # until the house knows better
            notices=tuple,  # nothing to say, until the house knows better
            error_prefix=False,
            contact_email=settings.contact_email,
            to_html=_shown_html,
            island=island,
            once=self._fragments.once,
            once_each=self._fragments.each,
            alike=self._fragments.alike,
            filled=filled,
        )
        self.jinja.filters.update(
            date=self.say_date,
            iso_day=self.iso_day,
            datetime=self.say_instant,
            last_day=self.say_last_day,
            month=self.say_month,
            number=number,
            day_count=day_count,
        )

    def say_date(self, value: datetime | date) -> str:
        """ "21 November 2026", in the deployment's zone."""
        return _day_in_words(self._day(value))

    def iso_day(self, value: datetime | date) -> str:
        """The same day for machines, "2026-11-21"."""
        return self._day(value).isoformat()

    def _day(self, value: datetime | date) -> date:
        return value.astimezone(self.settings.zone).date() if isinstance(value, datetime) else value

    def say_month(self, day: date) -> str:
        """ "November 2026", of any day in it."""
        return format_date(day, "MMMM y", locale="en_GB")

    def say_last_day(self, closes_at: datetime) -> str:
        """The day that ends at this instant: what closes at midnight was open until the day before."""
        return self.say_date(closes_at - timedelta(microseconds=1))

    def say_instant(self, value: datetime) -> str:
        """ "21 November 2026, 4:05 pm GMT", in the deployment's zone."""
        return say_instant(value, self.settings.zone)

    def text(self, template: str, **values: Any) -> str:
        return _printable(self.jinja.get_template(template).render(**values))

    def render(self, template: str, **values: Any) -> bytes:
        return self.text(template, **values).encode()

    def framed(
        self, template: str, key: tuple[Hashable, ...] | None, entries: Listed, own: Mapping[str, str], **values: Any
    ) -> bytes:
        """A page whose ``entries`` and ``own`` words alone are this reader's: see :class:`Frames`. ``key`` holds all of
        the ``values`` that are not always the same; None where nobody else's page is like it."""
        if key is not None:
            self._look_for_changes()
            notices: Iterable[str] = self.jinja.globals["notices"]()  # type: ignore[operator]
            key = (template, *((text, getattr(text, "level", None)) for text in notices), *key)
        filled = self._frames.filled(key, lambda holes: self.text(template, **values, **holes), entries, own)
        return _printable(filled).encode()

    def forget(self) -> None:
        """What templates made before."""
        self._fragments.forget()
        self._frames.forget()

    def _look_for_changes(self) -> None:
        """Where templates may change, once a second: a page that is not rendered looks at none of its files."""
        if not self.jinja.auto_reload or time.monotonic() - self._looked_at < 1 or self.jinja.cache is None:
            return
        self._looked_at = time.monotonic()
        if not all(template.is_up_to_date for template in self.jinja.cache.values()):
            self.forget()

    def personal(self, template: str, *, status: int = 200, **values: Any) -> Response[bytes]:
        """A page for one reader: never stored by anyone."""
        values.setdefault("error_prefix", status == 422)
        return personal(self.render(template, **values), status)

    def public(
        self,
        template: str,
        *,
        keys: Iterable[str],
        status: int = 200,
        good_until: datetime | None = None,
        fresh_for: float = 3600.0,
        tallied: str = "",
        fixed: Fixed | None = None,
        **values: Any,
    ) -> Response[bytes]:
        """A page that is the same for everyone; see :func:`public`. It may show a ``fixed`` part."""
        body = self.render(template, **values)
        if fixed is not None:
            body = fixed.within(body)
        return public(body, HTML, keys=keys, status=status, good_until=good_until, fresh_for=fresh_for, tallied=tallied)


def _printable(text: str) -> str:
    """A zero character that somebody sent stands in no page, as in no text that is stored: browsers would make a
    sign of it, and send that with the form the next time."""
    return text.replace("\0", "") if "\0" in text else text


def personal(body: bytes, status: int = 200) -> Response[bytes]:
    """A page for one reader that is rendered already."""
    return Response(body, status_code=status, media_type=HTML, headers={"cache-control": "no-store"})


def public(
    body: bytes,
    media_type: str,
    *,
    keys: Iterable[str],
    status: int = 200,
    good_until: datetime | None = None,
    fresh_for: float = 3600.0,
    headers: Mapping[str, str] | None = None,
    tallied: str = "",
) -> Response[bytes]:
    """An answer that is the same for everyone until a key is touched, ``good_until`` passes, or
    ``fresh_for`` seconds are over. ``tallied``: a step of a journey, as ``journey:step``, that whoever gets it makes."""
    until = good_until.timestamp() if good_until else None
    marked = mark(("site", *keys), good_until=until, fresh_for=fresh_for, tallied=tallied)
    return Response(body, status_code=status, media_type=media_type, headers={MARK.decode(): marked, **(headers or {})})


def see_other(path: str) -> Redirect:
    """After a POST: look there. Only paths of our own."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError("redirects stay on this site")
    return Redirect(path, status_code=303, headers={"cache-control": "no-store"})


class SeeOther:
    """The same as :func:`see_other` for the hottest routes: an ASGI answer that is ready to send."""

    status_code = 303

    def __init__(self, path: str, cookie: bytes = b"") -> None:
        """``cookie``: the value of a ``Set-Cookie`` header."""
        headers = [
            (b"location", path.encode("ascii")),
            (b"cache-control", b"no-store"),
            (b"content-length", b"0"),
        ]
        if cookie:
            headers.append((b"set-cookie", cookie))
        self._start = {"type": "http.response.start", "status": 303, "headers": headers}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send(self._start)
        await send({"type": "http.response.body", "body": b""})


def say_instant(value: datetime, zone: ZoneInfo) -> str:
    """ "21 November 2026, 4:05 pm GMT"."""
    local = value.astimezone(zone)
    clock = format_time(local, "h:mm a", locale="en_GB").replace("\u202f", " ")
    return f"{_day_in_words(local.date())}, {clock} {local.tzname()}"


@lru_cache(maxsize=4_096)
def _day_in_words(day: date) -> str:
    return format_date(day, "d MMMM y", locale="en_GB")


@lru_cache(maxsize=2_048)
def _shown_html(source: str, *, formatting: bool) -> SafeHtml:
    """Sanitised once for each text: a published text does not change, and two parsers are slow."""
    return to_html(source, formatting=formatting)


def _shut(_account: object, _act: str) -> bool:
    """No door opens until the house says which do."""
    return False


def number(value: int) -> str:
    """ "1,023"."""
    return f"{value:,}"


def day_count(then: datetime, now: datetime) -> int:
    """Whole days from ``now`` to ``then``, at least 0, counting a started day."""
    return max(0, -(-int((then - now).total_seconds()) // 86_400))
