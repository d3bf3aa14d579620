"""Letters to many: what they tell of, and what they and their readers are called."""

from __future__ import annotations

#: kinds of news
EXTENDED, WITHDRAWN, FEEDBACK, OUTCOME = "extended", "withdrawn", "feedback", "outcome"
#: kinds of recipients
RESPONSE, DRAFT = "consultations.response", "consultations.draft"
TEMPLATES = {
    EXTENDED: "consultations/mail/extended",
    WITHDRAWN: "consultations/mail/withdrawn",
    FEEDBACK: "consultations/mail/feedback",
    OUTCOME: "consultations/mail/outcome",
}
#: purposes of links. One-click, as RFC 8058 has it: works without a page, a cookie or a session
UNSUBSCRIBE = "consultations.unsubscribe"
#: held by letters about an outcome: their readers say once whether it answers what they said
ASKED = "consultations.asked"
