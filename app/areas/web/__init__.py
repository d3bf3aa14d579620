"""Pages about areas."""

from app.areas.web import admin, bringing, local

HANDLERS = [*local.HANDLERS, *admin.HANDLERS, *bringing.HANDLERS]
