"""Forms of questionnaires: longer than other forms, with files where a question asks for one."""

from __future__ import annotations

from typing import Any

from litestar import Request

from app.core.i18n import _
from app.core.text.sizes import in_words
from app.core.web.edge import read_body
from app.core.web.forms import NotAForm, read_form, without_proof
from app.core.web.multipart import MOST_FILES, Most, is_multipart, read_parts
from app.files.receiving import Posted
from app.files.upload import Upload
from consultations.forms import MOST_FIELDS
from consultations.policy import ConsultationPolicy


class PostedAnswers(Posted):
    """``too_large``: what is wrong, by field, with files that were cut off; the words beside them are whole."""

    def __init__(self, pairs: list[tuple[str, str]], uploads: list[Upload], too_large: dict[str, str]) -> None:
        super().__init__(pairs, uploads)
        self.too_large = too_large

    @property
    def files(self) -> list[Upload]:
        return self._uploads


async def provide_answers(request: Request[Any, Any, Any]) -> PostedAnswers:
    """The ``sent`` dependency: everything has a limit, and is refused before anything is done with it."""
    policy: ConsultationPolicy = request.app.state.site.dependencies["consulting"]
    most_text = 3 * policy.response_bytes  # as forms encode what is not ASCII
    if not is_multipart(request.scope["headers"]):
        return PostedAnswers(read_form(await read_body(request, most_text), most=MOST_FIELDS).pairs, [], {})
    cabinet = request.app.state.site.cabinet
    a_file = min(cabinet.most, policy.file_bytes)
    most = Most(most_text, a_file, MOST_FILES, MOST_FIELDS)
    reading = await read_parts(request.scope, request.receive, most, cabinet.open_temporary)
    uploads, too_large = [], {}
    for sent in reading.files:
        if sent.file is None:
            raise NotAForm
        if not sent.whole:
            too_large[sent.field] = str(_("The file must be at most {size}")).format(size=in_words(a_file))
            continue
        uploads.append(Upload(cabinet, sent.field, sent.name, sent.file, sent.size))
    return PostedAnswers(without_proof(reading.pairs), uploads, too_large)
