"""What accounts do, by subject: staffing, passwords, signing in, the second factor, devices, attempts."""

from app.accounts.service.passwords import (
    LINK_LIVES,
    LinkUsed,
    account_of_link,
    check_password,
    new_password_link,
    password_link,
    set_password,
)
from app.accounts.service.staffing import add_staff, address_of, staff_account

__all__ = [
    "LINK_LIVES",
    "LinkUsed",
    "account_of_link",
    "add_staff",
    "address_of",
    "check_password",
    "new_password_link",
    "password_link",
    "set_password",
    "staff_account",
]
