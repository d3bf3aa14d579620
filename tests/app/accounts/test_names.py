"""Names that nobody may be shown under, in whichever alphabet they are written."""

from __future__ import annotations

import pytest

from app.accounts.rules.names import check_organisation, check_shown_name, mixes_alphabets, skeleton
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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Mia Moderat0r", "Moderat0r"),
        ("Ministry of Anything", "Ministry of"),
        ("Town  Square", "Town  Square"),
        ("Ministry of Transport - Press", "Ministry of Transport"),
        ("Parks and Libraries News", "Parks and Libraries"),
    ],
)
def test_mia_is_told_which_words_are_kept_for_an_office(name: str, words: str):
    with pytest.raises(BadField, match=f"“{words}” is kept for those who hold an office here"):
        check_shown_name(name, TAKEN)


@pytest.mark.parametrize("name", ["Moderator", "The Аdmin", "A d m i n", "Town Square", "Name withheld"])
def test_no_organisation_is_called_like_a_role_here(name: str):
    with pytest.raises(BadField, match="Use the organisation's own name"):
        check_organisation(name)


@pytest.mark.parametrize(
    "name", ["Council for British Archaeology", "Official Charts Company", "Office for Students", "Mod Club", "Łódź"]
)
def test_organisations_keep_names_that_begin_like_an_office(name: str):
    assert check_organisation(name) == name


def test_one_word_of_two_alphabets_misleads():
    assert mixes_alphabets("Pаul")  # Cyrillic а
    assert not mixes_alphabets("Paul Петренко")


def test_the_skeleton_is_what_one_sees_at_a_glance():
    assert skeleton("ÀDMÍN") == skeleton("аdmin") == "admin"
