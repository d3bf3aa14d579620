"""The pages of desks and of the committee."""

from app.outcomes.web import answering, cards, inbox, matter

HANDLERS = [*inbox.HANDLERS, *matter.HANDLERS, *answering.HANDLERS, *cards.HANDLERS]
