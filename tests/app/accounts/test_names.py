"""Names that nobody may be shown under, in whichever alphabet they are written."""

from __future__ import annotations

import pytest

from app.accounts.rules.names import check_shown_name, mixes_alphabets, skeleton
from app.core.errors import BadField

TAKEN = ("Town Square", "Ministry of Transport", "Parks and Libraries")


@pytest.mark.parametrize(
    "name",
    [
        "Administrator",
        "ADMIN",
        "Аdmin",  # Cyrillic А
        "Аԁmіn",
        "Adm1n",
        "Administrator Mia",
        "The Moderator",
        "Moderat0r",
        "Ministry of Transport",
        "Ministry of Anything",
        "parks and libraries",
        "Pаrks and Libraries",  # Cyrillic а
        "Town  Square",
        "Name withheld",
        "Former participant",
        "The Admin",
        "A d m i n",
        "M.O.D.E.R.A.T.O.R",
        "𝐀𝐝𝐦𝐢𝐧",
        "Ⓜⓞⓓⓔⓡⓐⓣⓞⓡ",
        "M0der@tor",
        "adm!n",
        "admın",  # without its dot
        "Official Ana",
        "Town Square Team",
        "Ministry of Transport - Press",
    ],
)
def test_an_office_is_not_a_name(name: str):
    with pytest.raises(BadField):
        check_shown_name(name, TAKEN)


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "Nguyễn Văn An",
        "Олена Петренко",
        "Αλέξης",
        "O'Neill",
        "Admira Moderata",
        "Ben Council-Jones",
        "李小龍",
        "Ad Min Jansen",
        "Parks Townsend",
        "Modesta",
        "J. R. R.",
    ],
)
def test_people_keep_their_names(name: str):
    assert check_shown_name(name, TAKEN) == name


def test_one_word_of_two_alphabets_misleads():
    assert mixes_alphabets("Pаul")  # Cyrillic а
    assert not mixes_alphabets("Paul Петренко")


def test_the_skeleton_is_what_one_sees_at_a_glance():
    assert skeleton("ÀDMÍN") == skeleton("аdmin") == "admin"
