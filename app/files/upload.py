"""A file that somebody sends, from the form until it is kept."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Self

from app.core.errors import FieldError, Invalid, Unavailable
from app.core.i18n import _
from app.core.text.sizes import in_words
from app.files import checks
from app.files.cabinet import Cabinet
from app.files.checks import Checked
from app.files.rules import kinds
from app.files.rules.kinds import Kind
from app.files.rules.refusals import Unfit

log = logging.getLogger("townsquare.files")


@dataclass
class Upload:
    """``field`` is the form's, ``name`` as it was sent; the bytes are in a temporary file."""

    cabinet: Cabinet
    field: str
    name: str
    file: IO[bytes]
    size: int
    _checked: dict[frozenset[Kind], Checked] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, cabinet: Cabinet, name: str, content: bytes | IO[bytes], *, field: str = "file") -> Self:
        """For what comes from elsewhere than a form: an import, a demo."""
        file = cabinet.open_temporary()
        shutil.copyfileobj(BytesIO(content) if isinstance(content, bytes) else content, file)
        return cls(cabinet, field, name, file, file.tell())

    def check(self, wanted: frozenset[Kind] = kinds.ALL) -> Checked:
        """What it is, fit to be kept; raises :class:`Invalid`, which names the field. It takes up to a second:
        do it together with the other fields, before anything is locked. A second time is for free."""
        if wanted not in self._checked:
            self._checked[wanted] = self._look(wanted)
        return self._checked[wanted]

    def _look(self, wanted: frozenset[Kind]) -> Checked:
        if self.size > self.cabinet.most:
            words = _("The file must be at most {size}.").format(size=in_words(self.cabinet.most))
            raise Invalid([FieldError(self.field, words)])
        try:
            return checks.check(self.file, self.name, wanted, self.cabinet.workshop)
        except Unfit as wrong:
            log.info("a file of %d bytes was not taken: %s", self.size, wrong.reason)
            raise Invalid([FieldError(self.field, wrong.advice(tables=wanted <= kinds.SHEETS))]) from wrong
        except OSError as full:  # no room for a picture made anew
            raise Unavailable(retry_after=60) from full
