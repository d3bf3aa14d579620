"""The pages of desks and of the committee."""

from app.outcomes.web import answering, cards, inbox, matter, promises, routing, searching, steering

HANDLERS = [
    *inbox.HANDLERS,
    *cards.HANDLERS,
    *searching.HANDLERS,
    *matter.HANDLERS,
    *answering.HANDLERS,
    *promises.HANDLERS,
    *routing.HANDLERS,
    *steering.HANDLERS,
]
