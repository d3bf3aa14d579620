"""What a receipt says later: which findings its points were counted in, what was answered, how to check the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.core.i18n import _
from consultations.model import Response
from consultations.queries.counted import WhatCame, counted_in
from consultations.service.roll import newest_roll


class Section(NamedTuple):
    """One more part of a receipt: lines, and links of (href, words)."""

    title: str
    lines: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()


def what_came(db: Session, response: Response) -> Sequence[Section]:
    """Nothing before "you said" is public; never more than people coded."""
    came = counted_in(db, response.id)
    return [_findings(response.consultation_id, came)] if came is not None else []


def on_the_roll(db: Session, response: Response) -> Sequence[Section]:
    if newest_roll(db, response.consultation_id) is None:
        return []
    words = _("After closing, the digests of all responses that count were published. Yours stands above: look for it.")
    return [
        Section(str(_("Was it counted?")), [str(words)], [(_page(response, "roll"), str(_("The list of digests")))])
    ]


def _findings(consultation_id: int, came: WhatCame) -> Section:
    links = [(f"/consultations/{consultation_id}/findings", str(_("What people said, and what was done")))]
    if not came.findings:
        line = _(
            "What people said is published. No finding names a point of yours; your response was read and counted."
        )
        return Section(str(_("What became of your points")), [str(line)], links)
    lines = [
        _("Your points were counted in {mine} of {all} findings:").format(mine=len(came.findings), all=came.of),
    ]
    for counted in came.findings:
        lines.append(f"“{counted.finding.title}”")
        if counted.answer:
            lines.append(_("What the department says to that: {answer}").format(answer=counted.answer))
    return Section(str(_("What became of your points")), lines, links)


def _page(response: Response, name: str) -> str:
    return f"/consultations/{response.consultation_id}/{name}"
