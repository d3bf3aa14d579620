"""What the page of each subject shows of its story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Request
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.trails.web.reading import read_story


def part_of(
    request: Request[Any, Any, Any], db: Session, subject: SubjectRef, now: datetime
) -> Mapping[str, Any] | None:
    """Values for ``trails/part.html``, and the further ``keys`` of the page; None where nothing is linked."""
    story = read_story(request.app.state.site.stories, db, subject, now)
    if story is None:
        return None
    if len(story.chapters) < 2:
        return {"keys": story.keys} if len(story.keys) > 1 else None
    return {"story": story, "chapter": story.chapters[subject], "keys": story.keys}
