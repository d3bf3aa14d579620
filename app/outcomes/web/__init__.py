"""The pages of desks and of the committee."""

from app.outcomes.web import answering, cards, figures, inbox, matter, practice, routes, searching, templates

HANDLERS = [*inbox.HANDLERS, *matter.HANDLERS, *answering.HANDLERS]
HANDLERS += [*cards.HANDLERS, *searching.HANDLERS, *figures.HANDLERS, *templates.HANDLERS, *practice.HANDLERS]
HANDLERS += routes.HANDLERS
