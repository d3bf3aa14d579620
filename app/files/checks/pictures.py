"""Pictures are made anew from their pixels: nothing else that was in the file goes on.

Gone with it are where and with what a photo was taken, thumbnails of what was cut away, colour profiles, and
whatever somebody hid in or behind the picture.
"""

from __future__ import annotations

import struct
import tempfile
import threading
import warnings
from pathlib import Path
from typing import IO, Any

from PIL import Image, ImageOps

from app.core.errors import Unavailable
from app.files.rules.kinds import Kind
from app.files.rules.refusals import Reason, Unfit

MOST_PIXELS = 30_000_000
#: each takes up to 240 MB while it is worked on
_ONE_AT_A_TIME = threading.Lock()
#: threads that may wait for it: the others have pages to render
_WAITING = threading.BoundedSemaphore(4)
_FORMATS = {Kind.PNG: "PNG", Kind.JPEG: "JPEG", Kind.WEBP: "WEBP"}
_SAVED: dict[Kind, dict[str, Any]] = {
    Kind.PNG: {},
    Kind.JPEG: {"quality": 90},
    Kind.WEBP: {"quality": 90},
}
_MODES = {
    Kind.PNG: ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    Kind.JPEG: ("L", "RGB"),
    Kind.WEBP: ("RGB", "RGBA"),
}
_FAULTS = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, OverflowError)


def made_anew(file: IO[bytes], kind: Kind, workshop: Path | None = None) -> IO[bytes]:
    """The picture in a temporary file; raises :class:`Unfit`, or :class:`Unavailable` while others send theirs."""
    if not _WAITING.acquire(blocking=False):
        raise Unavailable(retry_after=10)
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings(action="ignore"):
            return _saved(_read(file, kind), kind, workshop)
    finally:
        _WAITING.release()


def _saved(bare: Image.Image, kind: Kind, workshop: Path | None) -> IO[bytes]:
    made = tempfile.TemporaryFile(dir=workshop)  # noqa: SIM115  whoever keeps it closes it
    bare.save(made, format=_FORMATS[kind], **_SAVED[kind])
    return made


def _read(file: IO[bytes], kind: Kind) -> Image.Image:
    try:
        return _bare(file, kind)
    except (Image.DecompressionBombError, MemoryError) as wrong:
        raise Unfit(Reason.PIXELS) from wrong
    except _FAULTS as wrong:
        raise Unfit(Reason.DAMAGED) from wrong


def _bare(file: IO[bytes], kind: Kind) -> Image.Image:
    """Its pixels, upright, and nothing else."""
    with Image.open(file, formats=[_FORMATS[kind]]) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise Unfit(Reason.PIXELS)
        if kind is not Kind.JPEG and getattr(picture, "n_frames", 1) > 1:  # phones put a second view into a JPEG
            raise Unfit(Reason.MOVING)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    if upright.mode not in _MODES[kind]:
        see_through = kind is not Kind.JPEG and upright.has_transparency_data
        upright = upright.convert("RGBA" if see_through else "RGB")
    clear = upright.info.get("transparency") if kind is Kind.PNG else None
    upright.info = {} if clear is None else {"transparency": clear}
    return upright
