"""Each dataset as it is now: a table, its metadata, JSON lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Stream

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.text.sheet import CSV
from app.core.web.page import public
from app.opendata.contribution import At, Dataset, Some
from app.opendata.jobs import KEY
from app.opendata.metadata import csvw
from app.opendata.offer import OpenData
from app.opendata.service import writing
from app.opendata.web.asked import ANYWHERE, Asking, offer

A_STEP = 1_000


@get("/data/{name:str}", name="opendata.table", guards=[anyone], sync_to_thread=True)
def table(request: Asking, name: FromPath[str]) -> Response[bytes] | Stream:
    """``petitions.csv``, ``petitions.csv-metadata.json``, ``petitions.jsonl``."""
    found = offer(request)
    key, _dot, ending = name.partition(".")
    dataset = found.dataset(key)
    if dataset is None:
        raise NotFound
    if ending == f"csv{csvw.SUFFIX}":
        body = writing.metadata(dataset, found.publisher)
        return public(body, csvw.MEDIA_TYPE, keys=(KEY,), headers=ANYWHERE)
    form = _FORMS.get(ending)
    if form is None:
        raise NotFound
    at = found.at(request.app.state.clock.now())
    headers = _headers(found, dataset, name, ending)
    return Stream(_steps(request.app.state, dataset, form, at), media_type=form.media_type, headers=headers)


class _Form(NamedTuple):
    media_type: str
    head: Callable[[Dataset], bytes]
    lines: Callable[[Dataset, Any], bytes]


_FORMS = {
    "csv": _Form(CSV, writing.csv_head, lambda _dataset, rows: writing.csv_lines(rows)),
    "jsonl": _Form(writing.JSON_LINES, lambda _dataset: b"", writing.json_lines),
}


def _headers(found: OpenData, dataset: Dataset, name: str, ending: str) -> dict[str, str]:
    links = [f'<{found.publisher.licence}>; rel="license"']
    if ending == "csv":
        links.append(f'</data/{name}{csvw.SUFFIX}>; rel="describedby"; type="{csvw.MEDIA_TYPE}"')
    return {
        **ANYWHERE,
        "link": ", ".join(links),
        "content-disposition": f'attachment; filename="{dataset.key}.{ending}"',
        "cache-control": "public, max-age=60",
    }


async def _steps(state: Any, dataset: Dataset, form: _Form, at: At) -> AsyncIterator[bytes]:
    """A batch at a time, each in a session of its own: a slow reader holds nothing but a connection."""
    loop = asyncio.get_running_loop()
    if head := form.head(dataset):
        yield head
    cursor = None
    while True:
        body, cursor = await loop.run_in_executor(state.exports, _step, state, dataset, form, at, cursor)
        if body:
            yield body
        if cursor is None:
            return


def _step(state: Any, dataset: Dataset, form: _Form, at: At, cursor: Any) -> tuple[bytes, Any]:
    with state.database.reading() as db:
        some: Some = dataset.rows(db, at, cursor, A_STEP)
    return form.lines(dataset, some.rows), some.cursor


HANDLERS = [table]
