"""Which words public texts have, and how many texts each: what a misspelt word may have been meant to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.orm import Session

from app.core.batches import Prepared
from app.search.model import KnownWord, WordPart
from app.search.rules.spelling import is_kept, parts_kept
from app.search.rules.words import words_of

A_STEP = 500
_W: Table = KnownWord.__table__  # type: ignore[assignment]
_P: Table = WordPart.__table__  # type: ignore[assignment]


def _raise(make: Any) -> Any:
    made = make(_W)
    summed = {"texts": _W.c.texts + made.excluded.texts}
    made = made.values(word=bindparam("word"), texts=bindparam("texts"))
    return made.on_conflict_do_update(index_elements=["word"], set_=summed)


def _note(make: Any) -> Any:
    return make(_P).values(part=bindparam("part"), word=bindparam("word")).on_conflict_do_nothing()


_RAISE, _NOTE = Prepared(_raise, distinct=True), Prepared(_note)


def reckon(db: Session, gone: Iterable[str], come: Iterable[str]) -> None:
    """Texts went and others came: words that no text has any more are forgotten."""
    texts = Counter(come)
    texts.subtract(Counter(gone))
    words: Counter[str] = Counter()
    for one, number in texts.items():
        if number:  # what only moved has the words that it had
            words.update(dict.fromkeys(filter(is_kept, words_of(one)), number))
    changed = sorted((word, number) for word, number in words.items() if number)
    if not changed:
        return
    new = _unknown(db, [word for word, number in changed if number > 0])
    _RAISE.run(db, [{"word": word, "texts": number} for word, number in changed])
    _NOTE.run(db, [{"part": part, "word": word} for word in new for part in sorted(parts_kept(word))])
    _forget(db, [word for word, number in changed if number < 0])


def _unknown(db: Session, words: Sequence[str]) -> list[str]:
    known: set[str] = set()
    for at in range(0, len(words), A_STEP):
        known.update(db.scalars(select(_W.c.word).where(_W.c.word.in_(words[at : at + A_STEP]))))
    return [word for word in words if word not in known]


def _forget(db: Session, words: Sequence[str]) -> None:
    for at in range(0, len(words), A_STEP):
        some = words[at : at + A_STEP]
        dead = list(db.scalars(select(_W.c.word).where(_W.c.word.in_(some), _W.c.texts <= 0)))
        if dead:
            db.execute(delete(_P).where(_P.c.word.in_(dead)))
            db.execute(delete(_W).where(_W.c.word.in_(dead)))
