"""Numbers as people write them, and the one way in which each is kept and compared."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from app.core.errors import BadField
from app.core.i18n import _

MOST_SIGNS, MOST_DECIMALS, MOST = 40, 40, Decimal(10) ** 15


def read_number(text: str) -> Decimal:
    """Nearer to 0 than :data:`MOST`; raises :class:`BadField`. ``1e-9999`` is short to write, and long to keep."""
    words = text.strip().replace("\u2212", "-")
    try:
        number = Decimal(words)
    except InvalidOperation:
        number = Decimal("NaN")
    exponent = number.as_tuple().exponent
    is_plain = isinstance(exponent, int) and exponent >= -MOST_DECIMALS  # a word where it is no finite number
    if "_" in words or len(words) > MOST_SIGNS or not is_plain or abs(number) >= MOST:
        raise BadField(_("Enter a number, like 12 or 12.5"))
    return number


def plain(number: Decimal) -> str:
    """Each number has one: ``12.50`` is ``12.5``, and ``-0`` is ``0``. Nothing is rounded."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if number else "0"
