"""Pages about areas."""

from app.areas.web import admin, local

HANDLERS = [*local.HANDLERS, *admin.HANDLERS]
