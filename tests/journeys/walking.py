"""The walk over every page, in every state it can be in: axe finds nothing serious, nothing is wider than a small phone,
nothing comes from elsewhere, and the console stays silent."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

from tests.journeys.browsing import Eyes, chromium
from tests.journeys.claiming import Part, never_shown, not_visited
from tests.site import RunningSite

PHONE = {"width": 320, "height": 640}


class Visit(NamedTuple):
    """Somebody opens a page, or sends ``fields`` there, and is answered with ``status``."""

    path: str
    status: int = 200
    fields: Mapping[str, str] | None = None
    #: what can be read on it, where one address has many faces
    sees: str = ""


class Walk:
    """One browser, a phone's width, everybody in turn; each finding names its visit."""

    def __init__(self, site: RunningSite, page: Page, eyes: Eyes) -> None:
        self.site, self.page, self.eyes = site, eyes.watch(page), eyes
        self.found: list[str] = []
        #: paths that were answered with their page
        self.been: set[str] = set()

    def visitor(self, visits: Iterable[Visit]) -> None:
        """By somebody who is not signed in."""
        self._leave()
        self.go("visitor", visits)

    def member(self, address: str, visits: Iterable[Visit]) -> None:
        """By whoever has this address, with a password of three random words."""
        self._leave()
        sign_in(self.page.context, self.site, address)
        self.go(address.partition("@")[0], visits)

    def findings(self, part: Part) -> list[str]:
        """What was wrong anywhere, and what this part should have seen and did not."""
        elsewhere = [f"something comes from {address}" for address in sorted(self.eyes.foreign)]
        unseen = [f"nobody visited {route}" for route in not_visited(self.site.house, part, self.been)]
        unshown = [f"nobody was shown {template}" for template in never_shown(self.site.house, part)]
        return self.found + elsewhere + unseen + unshown

    def go(self, who: str, visits: Iterable[Visit]) -> None:
        """By whoever the browser is signed in as."""
        for visit in visits:
            name = f"{who} {'GET' if visit.fields is None else 'POST'} {visit.path[:60]}"
            known = len(self.eyes.faults)
            status = self._open(visit) if visit.fields is None else self._send(visit)
            if status == 200:
                self.been.add(urlsplit(self.page.url).path)
            self.eyes.run_axe(self.page)
            said = [f for f in self.eyes.faults[known:] if f"status of {visit.status}" not in f]
            self.found += [f"{name}: {fault.partition(': ')[2]}" for fault in said]
            self.found += [f"{name}: {fault}" for fault in self._faults(visit, status)]

    def _leave(self) -> None:
        """The page first: one that follows along would ask on with a cookie that is gone."""
        self.page.goto("about:blank")
        self.page.context.clear_cookies()

    def _open(self, visit: Visit) -> int:
        answer = self.page.goto(self.site.base + visit.path)
        assert answer is not None
        return answer.status

    def _send(self, visit: Visit) -> int:
        """A form on the page that is open, as a browser without scripts would send it."""
        if not self.page.url.startswith(self.site.base):
            self.page.goto(self.site.base + "/contact")
        with self.page.expect_navigation() as gone:
            self.page.evaluate(SEND, [visit.path, dict(visit.fields or {})])
        return gone.value.status if gone.value else 0

    def _faults(self, visit: Visit, status: int) -> Iterator[str]:
        page = self.page.evaluate(LOOK)
        if status != visit.status:
            yield f"answered {status}, not {visit.status}"
        if page["wide"] > PHONE["width"]:
            yield f"is {page['wide']} pixels wide: {self.page.evaluate(WIDEST)}"
        if page["twice"]:
            yield f"has several elements called {page['twice']}"
        if visit.sees not in page["words"] + html.unescape(page["markup"]):
            yield f"does not say {visit.sees!r}"
        if page["heads"] != 1:
            yield f"has {page['heads']} main headings"
        if visit.status == 422 and not page["title"].startswith("Error: "):
            yield f"is titled {page['title']!r} in spite of its faults"


SEND = """([path, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""
#: asked at once: each question of its own costs a way to the browser and back
LOOK = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  return {
    wide: document.documentElement.scrollWidth,
    twice: ids.filter((id, at) => ids.indexOf(id) !== at).slice(0, 3).join(", "),
    words: document.body.innerText,
    markup: document.documentElement.outerHTML,
    heads: document.querySelectorAll("h1").length,
    title: document.title,
  };
}"""
WIDEST = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > 321).slice(0, 3)
  .map((e) => e.tagName.toLowerCase() + "." + e.className).join(", ")"""


def sign_in(context: BrowserContext, site: RunningSite, address: str) -> None:
    with site.signed_in(address) as client:
        given = [{"name": c.name, "value": c.value or "", "url": site.base} for c in client.cookies.jar]
    context.add_cookies(given)  # type: ignore[arg-type]


@contextmanager
def walk_over(site: RunningSite) -> Iterator[Walk]:
    with chromium() as browser:
        context, eyes = browser.new_context(viewport=PHONE), Eyes(site.base, axe=True)  # type: ignore[arg-type]
        context.add_init_script(eyes.axe)  # every page is looked at: it is handed over once
        yield Walk(site, context.new_page(), eyes)
