"""The pages of desks and of the committee."""

from app.outcomes.web import answering, cards, documents, inbox, matter, promises, routing, searching, steering

HANDLERS = [
    *inbox.HANDLERS,
    *cards.HANDLERS,
    *searching.HANDLERS,
    *matter.HANDLERS,
    *answering.HANDLERS,
    *documents.HANDLERS,
    *promises.HANDLERS,
    *routing.HANDLERS,
    *steering.HANDLERS,
]
