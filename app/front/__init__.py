"""The roof that is not a room: home, plain pages, health, data, and staff's general pages."""

from app.front import (
    admin,
    admin_audit,
    admin_banners,
    admin_departments,
    admin_staff,
    admin_switches,
    admin_words,
    health,
    home,
    letters,
    letters_admin,
    pages,
)

HANDLERS = [
    *home.HANDLERS,
    *pages.HANDLERS,
    *health.HANDLERS,
    *letters.HANDLERS,
    *admin.HANDLERS,
    *admin_staff.HANDLERS,
    *admin_departments.HANDLERS,
    *admin_banners.HANDLERS,
    *admin_switches.HANDLERS,
    *admin_words.HANDLERS,
    *admin_audit.HANDLERS,
    *letters_admin.HANDLERS,
]
