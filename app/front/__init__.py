"""The roof that is not a room: home, plain pages, health, data, and staff's general pages."""

from app.front import admin, health, home, letters, letters_admin, pages

HANDLERS = [
    *home.HANDLERS,
    *pages.HANDLERS,
    *health.HANDLERS,
    *letters.HANDLERS,
    *admin.HANDLERS,
    *letters_admin.HANDLERS,
]
