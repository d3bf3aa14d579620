"""What everybody sees of outcomes."""

from app.outcomes.web import calendar, commitments, departments_public, feedback, feeds, public

HANDLERS = [
    *public.HANDLERS,
    *feeds.HANDLERS,
    *departments_public.HANDLERS,
    *commitments.HANDLERS,
    *feedback.HANDLERS,
    *calendar.HANDLERS,
]
