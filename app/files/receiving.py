"""Forms with files, at the edge: the ``posted`` dependency of handlers that take them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from app.core.errors import TooLarge
from app.core.i18n import _
from app.core.text.sizes import in_words
from app.core.web.edge import Answered, in_worker
from app.core.web.forms import NotAForm, Sent, read_form, without_proof
from app.core.web.multipart import MOST_FILES, Most, Reading, is_multipart, read_parts
from app.core.web.stopped import answer
from app.files.cabinet import Cabinet
from app.files.upload import Upload


class FileTooLarge(TooLarge):
    """``size`` in words."""

    code = "file-too-large"
    title = _("The file is too large")
    message = _("A file must be at most {size}. Nothing was stored.")


class Posted(Sent):
    """The words of a form, and the files that were chosen."""

    def __init__(self, pairs: list[tuple[str, str]], uploads: list[Upload]) -> None:
        super().__init__(pairs)
        self._uploads = uploads

    def upload(self, field: str) -> Upload | None:
        """The file of this field; None where none was chosen."""
        return next(iter(self.uploads(field)), None)

    def uploads(self, field: str) -> list[Upload]:
        """All files of a field that takes several."""
        return [upload for upload in self._uploads if upload.field == field]


async def provide_posted(request: Request[Any, Any, Any]) -> Posted:
    """Either encoding: a page that sends a form on, such as the one that asks for the password, has no files.

    It reads the body itself, so the limit of ordinary forms holds for everything else that reads this route's.
    """
    settings, cabinet = request.app.state.settings, request.app.state.site.cabinet
    if not is_multipart(request.scope["headers"]):
        return Posted(read_form(await request.body()).pairs, [])
    most = Most(settings.form_max_bytes, cabinet.most, MOST_FILES)
    reading = await read_parts(request.scope, request.receive, most, cabinet.open_temporary)
    if not all(sent.whole for sent in reading.files):
        raise Answered(await in_worker(_too_large, request, reading))
    return Posted(without_proof(reading.pairs), _uploads(cabinet, reading))


def _uploads(cabinet: Cabinet, reading: Reading) -> list[Upload]:
    found = []
    for sent in reading.files:
        if sent.file is None:
            raise NotAForm
        found.append(Upload(cabinet, sent.field, sent.name, sent.file, sent.size))
    return found


def _too_large(request: Request[Any, Any, Any], reading: Reading) -> Response[bytes]:
    """A page that gives back what was typed; the file has to be another one."""
    state = request.app.state
    refusal = FileTooLarge(size=in_words(state.site.cabinet.most))
    typed = without_proof(reading.pairs)
    kind, page = answer(state.house.errors, refusal, request.scope, typed, without_file=True)
    return Response(page, status_code=refusal.status, media_type=kind, headers={"cache-control": "no-store"})
