"""A draft text as clauses: how a pasted text is read, and what of a clause can be quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy, tidy_line

MOST_CLAUSES, MOST_CLAUSE, MOST_HEADING, MOST_NUMBER = 1_000, 20_000, 200, 12

_HEADING = re.compile(r"#{1,6}\s*(?=\S)")
_NUMBER = re.compile(
    r"(?:§\s*|article\s+|clause\s+)?(\d{1,3}(?:\.\d{1,3})+[a-z]?|\d{1,3}[a-z]?(?=[.):]))[.):]?\s+", re.I
)


class Block(msgspec.Struct, frozen=True):
    """One clause of a text. Lines of ``body`` are its paragraphs; ``number`` is what readers see, and may be empty."""

    heading: str
    body: str
    number: str = ""

    @property
    def text(self) -> str:
        """Everything of it that can be quoted."""
        return f"{self.heading}\n{self.body}" if self.heading else self.body


def read_text(text: str) -> tuple[Block, ...]:
    """Blocks parted by blank lines; a line that begins with # is the heading of what follows. BadField says where."""
    blocks: list[Block] = []
    heading = ""
    for chunk in tidy(text).split("\n\n"):
        lines = chunk.split("\n")
        while lines and (mark := _HEADING.match(lines[0])):
            if heading:
                raise BadField(_no_text_under(heading))
            heading = tidy_line(lines.pop(0)[mark.end() :])
        if body := "\n".join(line.strip() for line in lines if line.strip()):
            blocks.append(_block(len(blocks) + 1, heading, body))
            heading = ""
    if heading:
        raise BadField(_no_text_under(heading))
    _check_whole(blocks)
    return _numbered(blocks)


def written(blocks: Sequence[Block]) -> str:
    """The same text as an official types it; reading it again gives the same blocks."""
    explicit = any(b.number != str(at) or _would_be_numbered(b) for at, b in enumerate(blocks, 1))
    return "\n\n".join(_written(b, explicit) for b in blocks)


def _written(block: Block, explicit: bool) -> str:
    number = f"{block.number}. " if explicit and block.number else ""
    return f"# {block.heading}\n{number}{block.body}" if block.heading else f"{number}{block.body}"


def _would_be_numbered(block: Block) -> bool:
    return _number_of(block.heading, block.body)[0] != ""


def _block(place: int, heading: str, body: str) -> Block:
    if length(heading) > MOST_HEADING:
        raise BadField(
            _("Clause {place}: keep its heading to {most} characters.").format(place=place, most=MOST_HEADING)
        )
    number, heading, body = _number_of(heading, body)
    if length(body) > MOST_CLAUSE:
        raise BadField(
            _("Clause {place} is too long: keep it to {most} characters, or part it by a blank line.").format(
                place=place, most=f"{MOST_CLAUSE:,}"
            )
        )
    return Block(heading, body, number)


def _number_of(heading: str, body: str) -> tuple[str, str, str]:
    """The number that its author gave it, taken off the heading or the text."""
    if (found := _NUMBER.match(body)) and body[found.end() :].strip():
        return found[1][:MOST_NUMBER], heading, body[found.end() :]
    if heading and (found := _NUMBER.match(f"{heading} ")) and heading[found.end() :].strip():
        return found[1][:MOST_NUMBER], heading[found.end() :], body
    return "", heading, body


def _numbered(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Where its author numbered nothing, clauses are counted."""
    if any(b.number for b in blocks):
        return tuple(blocks)
    return tuple(msgspec.structs.replace(b, number=str(at)) for at, b in enumerate(blocks, 1))


def _check_whole(blocks: Sequence[Block]) -> None:
    if not blocks:
        raise BadField(str(_("Paste or write the text: one clause, a blank line, the next clause.")))
    if len(blocks) > MOST_CLAUSES:
        raise BadField(
            _("This text has {count} clauses; at most {most} fit. Make a second text of the rest.").format(
                count=f"{len(blocks):,}", most=f"{MOST_CLAUSES:,}"
            )
        )


def _no_text_under(heading: str) -> str:
    return _("The heading “{heading}” has no text under it. Write the clause in the lines below it.").format(
        heading=heading[:60]
    )


def passages(block: Block) -> list[str]:
    """What a reader may choose to quote: its sentences, and each paragraph that has several."""
    found: list[str] = []
    for paragraph in block.body.split("\n"):
        sentences = [s for s in re.split(r"(?<=[.!?;:])\s+(?=\S)", paragraph.strip()) if not is_blank(s)]
        found += sentences
        if len(sentences) > 1:
            found.append(paragraph.strip())
    return list(dict.fromkeys(found))


def clause_name(number: str, heading: str) -> str:
    """How a clause is called: "Clause 3: Exemptions"."""
    if number and heading:
        return _("Clause {number}: {heading}").format(number=number, heading=heading)
    return _("Clause {number}").format(number=number) if number else heading or str(_("A clause without a number"))
