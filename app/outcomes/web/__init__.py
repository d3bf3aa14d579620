"""The pages of desks and of the committee."""

from app.outcomes.web import (
    answering,
    cards,
    documents,
    figures,
    inbox,
    matter,
    practice,
    promises,
    routes,
    routing,
    searching,
    steering,
    templates,
)

HANDLERS = [
    *inbox.HANDLERS,
    *cards.HANDLERS,
    *searching.HANDLERS,
    *figures.HANDLERS,
    *templates.HANDLERS,
    *practice.HANDLERS,
    *matter.HANDLERS,
    *answering.HANDLERS,
    *documents.HANDLERS,
    *promises.HANDLERS,
    *routing.HANDLERS,
    *steering.HANDLERS,
    *routes.HANDLERS,
]
