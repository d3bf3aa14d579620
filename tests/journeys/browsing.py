"""A real browser for the journeys: where it is, how it is started, and what is looked at on each page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import resources
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

expect.set_options(timeout=20_000)  # milliseconds: a machine may be busy, and what comes at once waits for none
#: the first that is there; the shell draws pages and no window around them, for a third of the work
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: all but contrast, and how each thing that says something is drawn: its own colours and letters, and what is beneath
AXE = """async (tags) => {
  const beneath = new Map([[null, ""]]), kinds = window.kindsOfText = new Map();
  const under = (e) => {
    if (!beneath.has(e)) {
      const s = getComputedStyle(e), paints = [s.backgroundColor, s.backgroundImage, s.opacity, s.mixBlendMode].join();
      const placed = s.position === "static" ? "" : s.position + " " + e.className;
      const own = paints === "rgba(0, 0, 0, 0),none,1,normal" && !placed ? "" : "/" + paints + placed;
      beneath.set(e, under(e.parentElement) + own);
    }
    return beneath.get(e);
  };
  for (const e of document.body.querySelectorAll("*")) {
    const says = e.matches("input, select, textarea, button")
      || [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (!says || !e.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const s = getComputedStyle(e), off = (e.control || e).matches(":disabled, [aria-disabled=true]");
    const kind = [e.localName, off, s.color, s.fontSize, s.fontWeight, s.textShadow, under(e)].join();
    if (!kinds.has(kind)) kinds.set(kind, e);
  }
  const rules = {"color-contrast": {enabled: false}}, resultTypes = ["violations"];
  const looked = {runOnly: {type: "tag", values: tags}, rules, resultTypes, preload: false, iframes: false};
  return [(await axe.run(document, looked)).violations, [...kinds.keys()]];
}"""
CONTRAST = """async (kinds) => {
  const include = kinds.map((kind) => window.kindsOfText.get(kind)).filter((e) => e.isConnected);
  const looked = {runOnly: ["color-contrast"], resultTypes: ["violations"], preload: false, iframes: false};
  return include.length ? (await axe.run({include}, looked)).violations : [];
}"""
#: bytes as they travel
BUDGETS = {"document": 20_000, "stylesheet": 20_000, "script": 25_000}
MOST_REQUESTS = 6


def missing(what: str) -> None:
    """Skipped by name, with the reason; where everything must be there, failed."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)


def _once_it_is_there(read: Callable[..., str]) -> Callable[..., str]:
    """A click comes back when the next page begins: what is read of a whole page waits until all of it is there."""

    @wraps(read)
    def waiting(page: Page, *wanted: object, **how: object) -> str:
        page.wait_for_load_state("domcontentloaded")
        return read(page, *wanted, **how)

    return waiting


for name in ("title", "inner_text"):
    setattr(Page, name, _once_it_is_there(getattr(Page, name)))


@contextmanager
def chromium() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        missing(f"no Chromium here (looked for {', '.join(NAMES)})")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


class Eyes:
    """Looks at every kind of page once: what axe finds serious, and where its parts came from."""

    def __init__(self, base: str, *, axe: bool) -> None:
        self.host, self.axe = urlsplit(base).netloc, axe_source() if axe else ""
        self.seen: set[str] = set()
        self.foreign: set[str] = set()
        self.faults: list[str] = []
        #: the ways of drawing text that were looked at
        self.drawn: set[str] = set()

    def watch(self, page: Page) -> Page:
        page.on("request", self._asked)
        page.on("pageerror", lambda fault: self.faults.append(f"{page.url}: {fault}"))
        page.on("console", lambda said: self._heard(page, said))
        return page

    def look(self, page: Page) -> None:
        """Once a kind of page: addresses that differ by a number or a token are one."""
        kind = re.sub(r"/(\d+|[\w-]{32})(?=/|$)", "/…", urlsplit(page.url).path) + " " + page.title().split(":")[0]
        if not self.axe or kind in self.seen:
            return
        self.seen.add(kind)
        page.evaluate(self.axe)
        self.run_axe(page)

    def run_axe(self, page: Page) -> None:
        """Where its script is. Nothing is reported but what is wrong, and no style sheet is fetched again.

        Contrast is most of axe's work and the same wherever text is drawn alike: each way is looked at once.
        """
        wrong, kinds = page.evaluate(AXE, TAGS)
        if new := [kind for kind in kinds if kind not in self.drawn]:
            wrong += page.evaluate(CONTRAST, new)
            self.drawn.update(new)
        for violation in wrong:
            if violation["impact"] in ("serious", "critical"):
                targets = [node["target"] for node in violation["nodes"][:3]]
                self.faults.append(f"{page.url}: {violation['id']} at {targets}: {violation['help']}")

    def _heard(self, page: Page, said: ConsoleMessage) -> None:
        """Chromium also reports each form that came back with its faults."""
        if said.type == "error" and "status of 422" not in said.text:
            self.faults.append(f"{page.url}: {said.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc not in (self.host, "") and not request.url.startswith("data:"):
            self.foreign.add(request.url)


def axe_source() -> str:
    """The script of axe-core that the package brings along."""
    try:
        return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        missing("no axe-core here: install axe-playwright-python")
    return ""
