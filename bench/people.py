"""The people of a storm: every one with an address of their own, names and postcodes as mixed as a country's."""

from collections.abc import Iterator
from itertools import count

from bench.wire import post_form

FIRST = (
    "Amina",
    "Boris",
    "Carys",
    "Dafydd",
    "Eilidh",
    "Farah",
    "Grace",
    "Hamish",
    "Ioana",
    "Joël",
    "Krzysztof",
    "Łucja",
)
LAST = ("Ahmed", "Brown", "Campbell", "Davies", "Evans", "Fernández", "Green", "O'Hara", "Jones", "Kaur", "Ó Briain")
AREAS = ("SW1A", "M1", "B33", "CR2", "DN55", "EH1", "CF10", "BT7", "LS6", "N1", "G12", "PL4", "YO31")
INWARD = "ABDEFGHJLNPQRSTUWXYZ"
MAIL_HOSTS = ("example.org", "example.com", "example.net", "mail.example.org", "post.example.com")


def email(number: int) -> str:
    return f"person.{number}@{MAIL_HOSTS[number % len(MAIL_HOSTS)]}"


def postcode(number: int) -> str:
    letters = INWARD[number % len(INWARD)] + INWARD[number // 7 % len(INWARD)]
    return f"{AREAS[number % len(AREAS)]} {number // 3 % 10}{letters}"


def signature(number: int) -> dict[str, str]:
    """The fields of one person's signature form; a third of them want to hear what comes of it."""
    fields = {
        "name": f"{FIRST[number % len(FIRST)]} {LAST[number // 5 % len(LAST)]}",
        "email": email(number),
        "country": "GB",
        "postcode": postcode(number),
        "eligible": "yes",
        "privacy": "1",
    }
    return fields | ({"notify": "yes"} if number % 3 == 0 else {})


class Crowd:
    """Hands out people nobody has met before, so that no address comes twice in a run."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def emails_and_posts(self, host: str, petition: int, size: int) -> tuple[list[str], list[bytes]]:
        """Addresses of `size` new people, and their signature forms as request bytes."""
        path = f"/petitions/{petition}/sign"
        numbers = [next(self._numbers) for _ in range(size)]
        return [email(n) for n in numbers], [post_form(path, host, signature(n)) for n in numbers]


def confirmation(host: str, token: str) -> bytes:
    """The press of the button behind a mailed link."""
    return post_form(f"/signatures/confirm/{token}", host, {})
