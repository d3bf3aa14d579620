"""Handing files out: always to be saved, never to be shown in a page of this site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO, Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.concurrency import get_asyncio_executor
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.core.i18n import _
from app.core.web.edge import OPEN_TO_ANYONE
from app.files.model import FileState, StoredFile
from app.files.queries import file_called
from app.files.store import NotThere

STEP = 262_144
#: as long as public pages: what is taken down is gone with them
PUBLIC = "public, max-age=10"
PRIVATE = "private, no-cache"
#: even where somebody makes a browser show it, it is nobody: no scripts, no forms, no cookies of ours
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


class BeingChecked(Conflict):
    """The file has yet to be looked at by the scanner."""

    code = "file-being-checked"
    title = _("The file is still being checked")
    message = _("It can be opened once the check is done. Try again in a few minutes.")


# open to anyone: whether there is anything for them depends on the file; accounts stand above this floor
@get("/files/{file_id:int}/{name:str}", name="files.file", opt=OPEN_TO_ANYONE, sync_to_thread=True)
def file(
    request: Request[Any, Any, Any], db: NamedDependency[Session], file_id: FromPath[int], name: FromPath[str]
) -> Response[Any]:
    """A file whose owner is public now and which is clean; everything else is not there."""
    row = file_called(db, file_id, name)
    if row is None or not row.is_clean:
        raise NotFound
    is_public = request.app.state.site.file_owners.get(row.subject_kind)
    if is_public is None or not is_public(db, row.subject_id):
        raise NotFound
    return answer_with(request, row, cache_control=PUBLIC)


def answer_with(request: Request[Any, Any, Any], row: StoredFile, *, cache_control: str = PRIVATE) -> Response[Any]:
    """The file, for a page of its owner that has looked who is asking; :class:`BeingChecked` while it waits."""
    if row.state == FileState.QUARANTINED:
        raise BeingChecked
    if not row.is_clean:
        raise NotFound
    headers = _headers(row, cache_control)
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=row.media_type)
    try:
        content = request.app.state.site.cabinet.store.open(row.digest)
    except NotThere as missing:
        raise NotFound from missing
    return Stream(_steps(content), headers=headers | {"content-length": str(row.size)}, media_type=row.media_type)


def _headers(row: StoredFile, cache_control: str) -> dict[str, str]:
    ending = row.name.rpartition(".")[2]
    return {
        "content-disposition": f"attachment; filename=\"file-{row.id}.{ending}\"; filename*=UTF-8''{quote(row.name)}",
        "content-security-policy": SANDBOX,
        "x-content-type-options": "nosniff",
        "cache-control": cache_control,
        "etag": f'"{row.digest.hex()[:40]}"',
        "x-robots-tag": "noindex",
    }


async def _steps(content: IO[bytes]) -> AsyncIterator[bytes]:
    """A step at a time from a thread of the pages; whoever reads slowly holds an open file and nothing else."""
    loop = asyncio.get_running_loop()
    with content:
        while some := await loop.run_in_executor(get_asyncio_executor(), content.read, STEP):
            yield some


HANDLERS = [file]
