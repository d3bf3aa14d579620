"""The search as a page, as data, and for staff."""

from app.search.web import api, finding, opensearch, staff

HANDLERS = [*finding.HANDLERS, *api.HANDLERS, *opensearch.HANDLERS, *staff.HANDLERS]
