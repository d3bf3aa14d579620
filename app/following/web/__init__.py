"""The pages of following."""

from app.following.web import asking, managing, stopping

HANDLERS = [*asking.HANDLERS, *stopping.HANDLERS, *managing.HANDLERS]
