"""The doors of trails."""

from app.trails.web import linking, public

HANDLERS = [*public.HANDLERS, *linking.HANDLERS]
