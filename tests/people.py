"""The people of these tests, and what they would type into a form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from app.core.people.addresses import Address, read_address


@dataclass(frozen=True)
class Person:
    """Somebody who starts or signs petitions. ``postcode`` is as it is stored."""

    name: str
    email: str
    postcode: str = "N1 1TY"
    country: str = "GB"
    notify: bool = True

    @property
    def address(self) -> Address:
        return read_address(self.email)

    def but(self, **other: Any) -> Person:
        return replace(self, **other)

    def form(self, **other: str) -> dict[str, str]:
        """The fields of the sign form as a browser sends them: an unticked box is not there."""
        fields = {"name": self.name, "email": self.email, "country": self.country, "postcode": self.postcode}
        boxes = {"notify": "true"} if self.notify else {}
        return fields | boxes | {"eligible": "true", "privacy": "1"} | other

    def json(self, **other: Any) -> dict[str, Any]:
        """The body of the API's call."""
        fields: dict[str, Any] = {"name": self.name, "email": self.email, "country": self.country}
        fields |= {"postcode": self.postcode, "notify": self.notify, "eligible": True, "privacy": "1"}
        return fields | other


ANNA = Person("Anna Example", "anna@example.org")
SAM = Person("Sam Wong", "sam@example.org")
SUZIE = Person("Suzie Wong", "suzie@example.org")
LAURA = Person("Laura Palmer", "laura@example.org", postcode="SW1A 1AA")
CHARLIE = Person("Charlie Brown", "charlie@example.org", postcode="M1 1AE")
AMINA = Person("Amina Okafor", "amina@example.org", postcode="CF10 1AA")
BOB = Person("Bob Jones", "bob.jones@gmail.com")
PEDRO = Person("Pedro Alvarez", "pedro@example.com", postcode="", country="US")

_ONES = ("", "ann", "bert", "cleo", "dan", "eve", "finn", "gus", "hal", "ida")


def crowd(count: int, prefix: str = "supporter") -> list[Person]:
    """Different people, each with an address of their own."""
    return list(_people(count, prefix))


def _people(count: int, prefix: str) -> Iterator[Person]:
    for number in range(1, count + 1):
        words = " ".join(_ONES[int(digit)] or "zoe" for digit in str(number))
        yield Person(f"{prefix} {words}".title(), f"{prefix}.{number}@example.org")
