"""Departments' programs read matters and answer them; everyone's programs read what came of them."""

from app.outcomes.api import answering, matters, progressing, public

HANDLERS = [*matters.HANDLERS, *answering.HANDLERS, *progressing.HANDLERS, *public.HANDLERS]
