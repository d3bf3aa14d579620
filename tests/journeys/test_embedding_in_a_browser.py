"""A petition on the page of a newspaper, and of somebody who means no good, in Chromium."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape, unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page

from app.core.db import Database
from tests.journeys.browsing import chromium
from tests.people import crowd
from tests.site import RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def elsewhere(pages: dict[str, str]) -> Iterator[str]:
    """Another site, by path; its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def code_of(site: RunningSite, petition: int) -> str:
    """The line that the petition's page gives to whoever wants to show it."""
    with site.client() as reader:
        page = reader.get(f"/petitions/{petition}").text
    return unescape(re.findall(r'id="embed-code"[^>]*>([^<]*)</textarea>', page)[0])


def framed(*addresses: str) -> str:
    return "".join(f'<iframe src="{escape(address)}"></iframe>' for address in addresses)


def heard(page: Page) -> list[str]:
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "favicon" not in message.text + str(message.location):
            said.append(message.text)

    page.on("console", hear)
    return said


def test_a_newspaper_shows_the_count_and_a_hostile_page_gets_nothing(sqlite_database: Database, tmp_path: Path):
    with RunningSite(sqlite_database, tmp_path) as site, chromium() as browser:
        petition = site.town.open_petition(action="Light the quay by night")
        site.town.sign(petition, *crowd(5, "quay"))
        doors = [
            f"{site.base}{path}"
            for path in (f"/petitions/{petition}/sign", "/sign-in", f"/petitions/{petition}", "/data")
        ]
        pages = {"/news": f"<h1>News</h1>{code_of(site, petition)}", "/trap": framed(*doors)}
        with elsewhere(pages) as other:
            context = browser.new_context()
            page = context.new_page()
            errors = heard(page)
            page.goto(f"{other}/news")
            shown = page.frame_locator("iframe")
            assert shown.locator("h1").inner_text() == "Light the quay by night"
            assert shown.locator(".figure").inner_text() == "11 signatures"
            colour = shown.locator("main").evaluate("e => getComputedStyle(e).borderTopWidth")
            assert (colour, errors, context.cookies()) == ("5px", [], [])
            with context.expect_page() as opened:
                shown.get_by_role("link", name="Sign this petition").click()
            opened.value.wait_for_load_state()
            assert opened.value.url == f"{site.base}/petitions/{petition}"
            assert page.url == f"{other}/news", "the newspaper's page stays where it is"
            errors.clear()
            page.goto(f"{other}/trap")
            page.wait_for_load_state("networkidle")
            assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"] * len(doors)
            assert all("frame-ancestors" in said or "X-Frame-Options" in said for said in errors)
            assert len(errors) >= len(doors)


def test_data_for_search_engines_troubles_no_policy(sqlite_database: Database, tmp_path: Path):
    with RunningSite(sqlite_database, tmp_path) as site, chromium() as browser:
        petition = site.town.open_petition()
        page = browser.new_page()
        errors = heard(page)
        page.goto(f"{site.base}/petitions/{petition}")
        said = page.locator('script[type="application/ld+json"]').evaluate("e => JSON.parse(e.textContent)['@type']")
        assert (said, errors) == ("CreativeWork", [])
