"""The administrators' pages about webhooks."""

from app.webhooks.web import deliveries, endpoints

HANDLERS = [*endpoints.HANDLERS, *deliveries.HANDLERS]
