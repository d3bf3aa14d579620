"""The pages of desks and of the committee."""

from app.outcomes.web import answering, inbox, matter, promises, routing, steering

HANDLERS = [
    *inbox.HANDLERS,
    *matter.HANDLERS,
    *answering.HANDLERS,
    *promises.HANDLERS,
    *routing.HANDLERS,
    *steering.HANDLERS,
]
