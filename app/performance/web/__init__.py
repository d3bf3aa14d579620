"""Pages of figures, the question how it was, and the administrators' reports."""

from app.performance.web import asking, page, reports

HANDLERS = [*asking.HANDLERS, *page.HANDLERS, *reports.HANDLERS]
