"""Captions: numbered lines of what is said. Staff correct a line; what it said before is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.text.graphemes import grapheme_count
from app.core.text.plain import is_blank, tidy_line
from townhall.model import Caption, CaptionText
from townhall.rules.commands import NoSuchThing, SessionEnded
from townhall.rules.lifecycle import HallState
from townhall.rules.operations import WriteCaption
from townhall.service.commanding import Work


def write(work: Work, d: WriteCaption) -> Mapping[str, Any]:
    """``caption.write``: ``{"line", "rev"}``. A partial line is read and not kept; after the end lines are corrected."""
    text = read_line(d.text, work.means.policy.caption_most)
    if d.partial:
        return {"partial": True}
    if d.line is not None:
        return _correct(work, d.line, text)
    if work.hall.state != HallState.LIVE:
        raise SessionEnded
    work.hall.captions_numbered += 1
    began = work.hall.started_at or work.now
    line = Caption(
        hall_id=work.hall.id,
        number=work.hall.captions_numbered,
        text=text,
        second=max(0, int((work.now - began).total_seconds())),
        rev=1,
        at=work.now,
        by_id=work.account_id,
    )
    work.db.add(line)
    work.happened("caption.line", line.number, rev=1)
    return {"line": line.number, "rev": 1}


def read_line(text: str, most: int) -> str:
    """One line as it is stored; raises Invalid."""
    line = tidy_line(text)
    if is_blank(line):
        raise Invalid([FieldError("text", _("Write what was said."))])
    if grapheme_count(line) > most:
        raise Invalid([FieldError("text", str(_("Keep a line to {most} characters.")).format(most=most))])
    return line


def _correct(work: Work, number: int, text: str) -> Mapping[str, Any]:
    """Whoever corrects it answers for it: it is not said to be a program's any more."""
    line = work.db.get(Caption, (work.hall.id, number))
    if line is None:
        raise NoSuchThing
    if line.text != text:
        before = {"hall_id": work.hall.id, "number": number, "rev": line.rev, "text": line.text}
        work.db.add(CaptionText(**before, at=line.at, by_id=line.by_id))
        line.text, line.rev, line.automatic = text, line.rev + 1, False
        line.at, line.by_id = work.now, work.account_id
        work.happened("caption.line", number, rev=line.rev)
    return {"line": number, "rev": line.rev}
