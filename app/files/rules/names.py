"""What a file is called: the name it was sent with, made harmless, with the ending of what it is."""

from __future__ import annotations

import re

from app.core.text.plain import is_blank, tidy_line
from app.files.rules.kinds import KINDS, Kind
from app.files.rules.refusals import Reason, Unfit

MOST_CHARACTERS = 120
#: what a path, a shell or some system's file names give a meaning to
_NOT_IN_NAMES = re.compile(r'[<>:"|?*/\\%;`$&]+')
#: what looks like an ending; "Report v1.2" has none
_ENDING = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,7})$")
_OPENS_ITSELF = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)


def name_for(sent: str, kind: Kind) -> str:
    """The name to keep; raises :class:`Unfit` where its ending says that the file is something else."""
    name = tidy_name(sent)
    endings = KINDS[kind].endings
    found = _ENDING.search(name)
    if found is None:
        return f"{_cut(name or 'document', 1 + len(endings[0]))}.{endings[0]}"
    ending = found[1].lower()
    if ending not in endings:
        raise Unfit(Reason.ENDING, ending=ending, kind=str(KINDS[kind].name))
    stem = name[: found.start()].rstrip(" .")
    return f"{_cut(stem or 'document', 1 + len(ending))}.{ending}"


def tidy_name(sent: str) -> str:
    """The last part of a path, on one line: nothing hidden, nothing that turns the reading direction."""
    last = re.split(r"[/\\]", sent.replace("\0", ""))[-1]
    name = _NOT_IN_NAMES.sub(" ", tidy_line(last))
    name = " ".join(name.split()).strip(" .")
    name = _OPENS_ITSELF.sub(r"\1-", name)
    return "" if is_blank(name) else name


def ending_of(sent: str) -> str:
    found = _ENDING.search(tidy_name(sent))
    return found[1].lower() if found else ""


def _cut(stem: str, room: int) -> str:
    return stem[: MOST_CHARACTERS - room].rstrip(" .")
