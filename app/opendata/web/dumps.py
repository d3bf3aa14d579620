"""Files of dumps: as they are, whole or in part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO

from litestar import Response, get
from litestar.concurrency import get_asyncio_executor
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.web.page import public
from app.opendata.jobs import KEY
from app.opendata.metadata import csvw
from app.opendata.rules.ranges import OutOfRange, Part, read_range
from app.opendata.shelf import MANIFEST, STEP, DumpFile, Manifest
from app.opendata.web.asked import ANYWHERE, Asking, offer

LATEST = "latest"


@get("/data/dumps/{dump:str}/{name:str}", name="opendata.dump-file", guards=[anyone], sync_to_thread=True)
def dump_file(
    request: Asking, dump: FromPath[str], name: FromPath[str]
) -> Response[bytes] | Response[None] | Stream | Redirect:
    """One file of one dump. ``latest`` leads to the newest; a dump never changes, so a download can be taken up again."""
    shelf = offer(request).shelf
    manifest = shelf.newest() if dump == LATEST else shelf.manifest(dump)
    if manifest is None:
        raise NotFound
    if name == MANIFEST and dump != LATEST:
        return _manifest(request, manifest)
    file = manifest.file(name)
    if file is None and name != MANIFEST:
        raise NotFound
    if dump == LATEST:
        headers = {**ANYWHERE, "cache-control": "public, max-age=60"}
        return Redirect(f"/data/dumps/{manifest.name}/{name}", status_code=307, headers=headers)
    assert file is not None
    return _file(request, manifest, file)


def _manifest(request: Asking, manifest: Manifest) -> Response[bytes]:
    with offer(request).shelf.open(manifest.name, MANIFEST) as content:
        return public(content.read(), "application/json", keys=(KEY,), headers=ANYWHERE)


def _file(request: Asking, manifest: Manifest, file: DumpFile) -> Response[bytes] | Stream:
    headers = _headers(manifest, file)
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    try:
        part = _part(request, headers["etag"], file.size)
    except OutOfRange:
        headers |= {"content-range": f"bytes */{file.size}"}
        return Response(b"", status_code=416, headers=headers, media_type=file.media_type)
    try:
        content = offer(request).shelf.open(manifest.name, file.name)
    except FileNotFoundError as gone:
        raise NotFound from gone
    wanted = part or Part(0, file.size)
    headers["content-length"] = str(wanted.length)
    if part is not None:
        headers["content-range"] = f"bytes {part.start}-{part.start + part.length - 1}/{file.size}"
    status = 200 if part is None else 206
    return Stream(_steps(content, wanted), status_code=status, headers=headers, media_type=file.media_type)


def _part(request: Asking, etag: str, size: int) -> Part | None:
    """What of an older file is taken up again is no part of this one."""
    if request.headers.get("if-range", etag) != etag:
        return None
    return read_range(request.headers.get("range", ""), size)


def _headers(manifest: Manifest, file: DumpFile) -> dict[str, str]:
    links = [f'<{manifest.licence}>; rel="license"']
    if file.name.endswith(".csv"):
        links.append(f'<{file.name}{csvw.SUFFIX}>; rel="describedby"; type="{csvw.MEDIA_TYPE}"')
    return {
        **ANYWHERE,
        "link": ", ".join(links),
        "accept-ranges": "bytes",
        "content-disposition": f'attachment; filename="{file.name}"',
        "cache-control": "public, max-age=86400, immutable",
        "etag": f'"{file.digest[:40]}"',
    }


async def _steps(content: IO[bytes], part: Part) -> AsyncIterator[bytes]:
    """A step at a time; whoever reads slowly holds an open file and nothing else."""
    loop, left = asyncio.get_running_loop(), part.length
    with content:
        content.seek(part.start)
        while left and (some := await loop.run_in_executor(get_asyncio_executor(), content.read, min(STEP, left))):
            left -= len(some)
            yield some


HANDLERS = [dump_file]
