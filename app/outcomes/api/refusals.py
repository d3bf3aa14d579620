"""Refusals that tell a program what came first, so that it need not ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from app.core.i18n import _
from app.outcomes.service.answering import AnswerChanged
from app.outcomes.service.committing import ProgressChanged
from app.outcomes.service.drafting import DraftChanged


class AnsweredMeanwhile(AnswerChanged):
    """``answer``: the newest version, as the API shows it."""

    message = _(
        "Your text was not stored. Read the answer that was given; to correct it, send yours with its version as "
        "seen_version."
    )

    @property
    def shows(self) -> Mapping[str, Any]:
        return {"answer": msgspec.to_builtins(self.values["answer"])}


class DraftedMeanwhile(DraftChanged):
    """``draft``: what stands, as the API shows it; None where it is gone."""

    title = _("Somebody else's draft stands here")
    message = _(
        "Your text was not stored. Read the draft; to write over it, send yours with its revision as seen_draft."
    )

    @property
    def shows(self) -> Mapping[str, Any]:
        return {"draft": msgspec.to_builtins(self.values["draft"])}


class ProgressedMeanwhile(ProgressChanged):
    """``commitment``: as it stands, as the API shows it."""

    message = _("Your note was not stored. Read what was noted first; then send yours with its number of updates.")

    @property
    def shows(self) -> Mapping[str, Any]:
        return {"promise": msgspec.to_builtins(self.values["promise"])}
