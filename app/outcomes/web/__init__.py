"""The pages of desks and of the committee."""

from app.outcomes.web import answering, cards, inbox, matter, searching

HANDLERS = [*inbox.HANDLERS, *matter.HANDLERS, *answering.HANDLERS]
HANDLERS += [*cards.HANDLERS, *searching.HANDLERS]
