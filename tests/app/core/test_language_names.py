"""Languages are called what their speakers call them."""

from __future__ import annotations

import pytest
from babel import Locale, UnknownLocaleError

from app.core.language_names import OWN_NAMES, own_name


def test_the_names_that_are_kept_are_those_of_the_common_locale_data():
    assert {code: str(Locale.parse(code).get_display_name(code)) for code in OWN_NAMES} == OWN_NAMES


def test_any_other_language_has_its_name_too_and_an_unknown_one_is_refused():
    assert (own_name("cs"), own_name("pt-BR")) == ("čeština", "português (Brasil)")
    with pytest.raises(UnknownLocaleError):
        own_name("xx")
