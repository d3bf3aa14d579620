"""Somebody with a browser that has no scripts: reads pages, fills in what is there, presses buttons."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import httpx

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_FORM = re.compile(r'<form action="([^"]+)"')


class Visitor:
    """Follows redirects by hand, so that each answer can be looked at."""

    def __init__(self, base: str) -> None:
        self.http = httpx.Client(base_url=base, headers={"Origin": base}, timeout=30)
        self.at = ""
        self.page: httpx.Response

    def open(self, path: str) -> httpx.Response:
        self.page = self.http.get(path)
        while self.page.status_code in (302, 303):
            path = self.page.headers["location"]
            self.page = self.http.get(path)
        self.at = path
        return self.page

    def fill(self, fields: Mapping[str, Any] | None = None, *, files: Any = None, form: int = 0) -> httpx.Response:
        """Send the page's form with its hidden fields; what comes back is the page that it leads to."""
        sent = self.post(fields, files=files, form=form)
        if sent.status_code == 303:
            return self.open(sent.headers["location"])
        self.page = sent
        return sent

    def post(self, fields: Mapping[str, Any] | None = None, *, files: Any = None, form: int = 0) -> httpx.Response:
        """The bare answer."""
        action = html.unescape(self.forms[form])
        body = {html.unescape(n): html.unescape(v) for n, v in _HIDDEN.findall(self.main)} | dict(fields or {})
        return self.http.post(action, data=body, files=files)

    @property
    def main(self) -> str:
        text = self.page.text
        return text[text.index("<main") :] if "<main" in text else text

    @property
    def forms(self) -> list[str]:
        """Where each leads; what asks how it was is another matter."""
        return [action for action in _FORM.findall(self.main) if not action.startswith("/satisfaction/")]

    @property
    def words(self) -> str:
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.main)))


#: what ``verify`` must not say of a site that tests share: others leave responses there that no roll explains
OF_RESPONSES = {
    "Responses to consultations are counted exactly",
    "Responses to consultations have all their versions",
    "Nothing is published of a response without consent",
}
#: what the last page of every response asks
ABOUT = {"name": "Ana Almeida", "email": "ana@example.org", "consent": "anonymous", "news": "yes"}


def begin(base: str, consultation: int, **choices: str) -> Visitor:
    """On the first page of the questionnaire."""
    visitor = Visitor(base)
    visitor.open(f"/consultations/{consultation}/answer")
    visitor.fill({"way": "pages", "as": "person"} | choices)
    return visitor


def answer_all(visitor: Visitor, why: str = "It is too dear.", **about: str) -> Visitor:
    """From the first page to the check page of the bridge's questionnaire."""
    visitor.fill({"q2": "12"})
    visitor.fill({"q2": "12", "q3": why})
    visitor.fill({"q5": ["14", "other"], "q5_other": "On horseback", "q6": "4", "q7": ""})
    visitor.fill(ABOUT | about)
    return visitor
