"""Whether a response that arrives, is confirmed or is changed at an instant is taken, and why not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.core.errors import Conflict, Forbidden, Gone, NotFound, Refusal
from app.core.i18n import _
from consultations.rules.lifecycle import EditorialState, Phase, phase_of
from consultations.rules.responses import Consent, ResponseState, may_become


class ConsultationNotOpen(Conflict):
    code = "consultation-not-open"
    title = _("This consultation is not open")
    message = _("It takes no responses at the moment. Nothing was counted.")
    way_on = ("/consultations/{consultation}", _("Read the consultation"))


class ConsultationClosed(ConsultationNotOpen):
    code = "consultation-closed"
    title = _("This consultation has closed")
    message = _("Your response came after it closed, so it was not counted. Nothing was stored.")


class TooLateToChange(Conflict):
    code = "too-late-to-change"
    title = _("Responses can no longer be changed or withdrawn")
    message = _(
        "The consultation takes no more responses and no changes, so yours counts as it is. You can still ask on its "
        "receipt that it is not published."
    )
    way_on = ("/consultations/{consultation}", _("Read the consultation"))


class LatePassOver(Gone):
    code = "late-pass-over"
    title = _("This link no longer admits a response")
    message = _("It was used, its time is over, or the department took it back. Nothing was counted.")
    way_on = ("/consultations/{consultation}", _("Read the consultation"))


class ResponseLinkUnknown(NotFound):
    code = "response-link-unknown"
    title = _("We do not know this link")
    message = _("Check that you copied all of it from the letter. If that does not help, send your response again.")
    way_on = ("/consultations", _("Find the consultation"))


class ResponseLinkExpired(Gone):
    code = "response-link-expired"
    title = _("This link has expired")
    message = _("It worked for {days} days, so your response was not counted. Send it again to get a new link.")
    way_on = ("/consultations/{consultation}", _("Go to the consultation"))


class ResponseEnded(Gone):
    code = "response-ended"
    title = _("This response is not counted")
    message = _("It was withdrawn or left out, so this link no longer does anything.")
    way_on = ("/consultations/{consultation}", _("Read the consultation"))


class ReceiptStopped(Gone):
    code = "receipt-stopped"
    title = _("This link has been stopped")
    message = _("Somebody who had it asked for that. Your response is as it was.")
    way_on = ("/contact", _("Contact us"))


class QuestionsChanged(Conflict):
    code = "questions-changed"
    title = _("The questions have changed")
    message = _("The department changed what it asks while you were writing. Look at your answers and send them again.")
    way_on = ("/consultations/{consultation}", _("Go to the consultation"))


class OnlyTheLead(Forbidden):
    code = "only-the-lead"
    title = _("Only the lead can send this response")
    message = _("Your answers are saved. Tell whoever gave you the link that they are ready.")
    way_on = ("/consultations/{consultation}", _("Read the consultation"))


class ConsentWeaker(Conflict):
    code = "consent-weaker"
    title = _("Your wish about publishing can only be made stricter")
    message = _("You asked for more privacy before. Nothing was changed.")
    way_on = ("/consultations/{consultation}", _("Read the consultation"))


def admits(late_pass: Any, consultation_id: int, at: datetime) -> bool:
    """Whether a pass lets a response in that comes at this instant. ``late_pass`` may be None."""
    return (
        late_pass is not None
        and late_pass.consultation_id == consultation_id
        and late_pass.revoked_at is None
        and late_pass.used_at is None
        and at < late_pass.until
    )


def refusal_to_send(consultation: Any, late_pass: Any, at: datetime) -> Refusal | None:
    """Why a response that arrived ``at`` is not taken, or None."""
    if consultation is None or consultation.state not in (EditorialState.PUBLISHED, EditorialState.WITHDRAWN):
        return NotFound()
    if consultation.state == EditorialState.WITHDRAWN:
        return ConsultationNotOpen(consultation=consultation.id)
    phase = phase_of(consultation, at)
    if phase is Phase.OPEN:
        return None
    if phase is Phase.UPCOMING:
        return ConsultationNotOpen(consultation=consultation.id)
    if late_pass is None:
        return ConsultationClosed(consultation=consultation.id)
    return None if admits(late_pass, consultation.id, at) else LatePassOver(consultation=consultation.id)


def may_withdraw(consultation: Any, late_pass: Any, at: datetime) -> bool:
    """Whether what counts may be taken back: as long as one may respond, or for whoever was admitted late, until then."""
    in_its_time = late_pass is not None and at < late_pass.until
    return in_its_time or refusal_to_send(consultation, None, at) is None


def is_late(consultation: Any, at: datetime) -> bool:
    """Whether it needed a pass."""
    return bool(consultation.closes_at is not None and at >= consultation.closes_at)


def refusal_to_confirm(
    response: Any, consultation: Any, late_pass: Any, at: datetime, confirm_days: int
) -> Refusal | None:
    """Why a link opened ``at`` does not count a pending response, or None. What was sent in time is confirmed after
    closing, too, but not once the consultation was withdrawn. ``late_pass``: what it was admitted by, or None."""
    if response.state != ResponseState.PENDING:
        return ResponseEnded(consultation=consultation.id)
    if at >= response.asked_at + timedelta(days=confirm_days):
        return ResponseLinkExpired(consultation=consultation.id, days=confirm_days)
    if consultation.state != EditorialState.PUBLISHED:
        return ConsultationNotOpen(consultation=consultation.id)
    if response.late_pass_id is not None and (late_pass is None or late_pass.used_at or late_pass.revoked_at):
        return LatePassOver(consultation=consultation.id)
    return None


def stricter(given: str, wanted: str) -> Consent:
    """Of two wishes about one response the one that publishes less."""
    one, other = Consent(given), Consent(wanted)
    return other if may_become(one, other) else one
