"""The pages of tokens: of administrators, and of a department's own officers."""

from app.tokens.web import department, mine

HANDLERS = [*department.HANDLERS, *mine.HANDLERS]
