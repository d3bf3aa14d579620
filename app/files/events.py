"""Facts about files that rooms may hear."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.subject import SubjectRef


@dataclass(frozen=True)
class FileSettled:
    """The scanner has looked at a file that had waited: its subject's pages show it from now on, or why not."""

    file_id: int
    owner: SubjectRef
    is_clean: bool
