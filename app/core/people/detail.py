"""What is wrong with a detail a person gave, in words a form can show beside the field."""

from __future__ import annotations


class BadDetail(ValueError):
    """A detail that cannot be used. ``message`` is translated when it is shown.

    Neither holds what the person typed: refusals reach logs, and details of people must not.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)
