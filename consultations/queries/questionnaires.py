"""What a consultation asks: published versions, which never change, and what its editors write at."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from consultations.model import Consultation, StoredQuestionnaire
from consultations.rules.easy import EasyText, EasyTexts, in_plain_words
from consultations.rules.questionnaire import Questionnaire

_EASY = msgspec.json.Decoder(dict[int, EasyText])
_DOCUMENT = msgspec.json.Decoder(Questionnaire)
_FRESH = "consultations.fresh_questionnaires"


class Asked(NamedTuple):
    """One version, parsed."""

    questionnaire: Questionnaire
    easy: EasyTexts
    plain: Questionnaire


class Remembered:
    """Published versions, parsed once in this process for each database; those asked for longest ago go first."""

    MOST = 256

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: WeakKeyDictionary[Any, OrderedDict[tuple[int, int], Asked]] = WeakKeyDictionary()

    def get(self, place: Any, key: tuple[int, int]) -> Asked | None:
        with self._lock:
            kept = self._kept.get(place)
            if kept is None or key not in kept:
                return None
            kept.move_to_end(key)
            return kept[key]

    def put(self, place: Any, key: tuple[int, int], asked: Asked) -> None:
        with self._lock:
            kept = self._kept.setdefault(place, OrderedDict())
            kept[key] = asked
            while len(kept) > self.MOST:
                kept.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


_REMEMBERED = Remembered()


def forget() -> None:
    """For whoever empties a database and begins its numbers anew."""
    _REMEMBERED.forget()


def questionnaire(db: Session, consultation_id: int, version: int) -> Questionnaire:
    """A published version; an empty one for version 0, where none was published. :class:`NotFound` for any other."""
    return asked(db, consultation_id, version).questionnaire if version else Questionnaire()


def easy_texts(db: Session, consultation_id: int, version: int) -> EasyTexts:
    """The plain words that were published with a version, by number of question and page."""
    return asked(db, consultation_id, version).easy if version else {}


def plain_questionnaire(db: Session, consultation_id: int, version: int) -> Questionnaire:
    """A published version in plain words, with the same numbers; its own words where there are no plain ones."""
    return asked(db, consultation_id, version).plain if version else Questionnaire()


def asked(db: Session, consultation_id: int, version: int) -> Asked:
    """Everything of one published version."""
    key, place = (consultation_id, version), _place(db)
    if (kept := _REMEMBERED.get(place, key)) is not None:
        return kept
    found = _parsed(_row(db, consultation_id, version))
    if key not in db.info.get(_FRESH, ()):
        _REMEMBERED.put(place, key, found)
    return found


def is_fresh(db: Session, consultation_id: int, version: int) -> None:
    """This transaction writes this version: it may still come to nothing, so nobody remembers it before its end."""
    db.info.setdefault(_FRESH, set()).add((consultation_id, version))


def working(db: Session, consultation_id: int) -> Questionnaire:
    """What its editors write at; empty before the first question."""
    row = stored(db, consultation_id)
    return parse(row) if row is not None else Questionnaire()


def working_easy(db: Session, consultation_id: int) -> EasyTexts:
    row = stored(db, consultation_id)
    return _EASY.decode(row.easy) if row is not None else {}


def stored(db: Session, consultation_id: int, version: int = 0) -> StoredQuestionnaire | None:
    """The row itself: of the working copy, unless told otherwise."""
    return db.get(StoredQuestionnaire, (consultation_id, version))


def parse(row: StoredQuestionnaire) -> Questionnaire:
    return _DOCUMENT.decode(row.document)


def parse_easy(row: StoredQuestionnaire) -> EasyTexts:
    return _EASY.decode(row.easy)


def versions(db: Session, consultation_id: int) -> list[StoredQuestionnaire]:
    """What was published, the first version first."""
    mine = select(StoredQuestionnaire).where(
        StoredQuestionnaire.consultation_id == consultation_id, StoredQuestionnaire.version > 0
    )
    return list(db.scalars(mine.order_by(StoredQuestionnaire.version)))


def differs_from_published(db: Session, consultation: Consultation) -> bool:
    """Whether editors changed anything since the newest version, plain words included."""
    row = stored(db, consultation.id)
    if row is None or not consultation.questionnaire_version:
        return False
    newest = asked(db, consultation.id, consultation.questionnaire_version)
    return (parse(row).pages, parse_easy(row)) != (newest.questionnaire.pages, newest.easy)


def _row(db: Session, consultation_id: int, version: int) -> StoredQuestionnaire:
    row = stored(db, consultation_id, version)
    if row is None or version < 1:
        raise NotFound
    return row


def _parsed(row: StoredQuestionnaire) -> Asked:
    found, easy = parse(row), parse_easy(row)
    return Asked(found, easy, in_plain_words(found, easy))


def _place(db: Session) -> Any:
    """The database, whichever of its kinds of session asks."""
    return db.get_bind().pool  # type: ignore[union-attr]
