"""The doors of discussions."""

from app.comments.api import routes
from app.comments.web import own, reading, reporting, running, saying, voting

HANDLERS = [
    *saying.HANDLERS,
    *reading.HANDLERS,
    *voting.HANDLERS,
    *own.HANDLERS,
    *reporting.HANDLERS,
    *running.HANDLERS,
    *routes.HANDLERS,
]
