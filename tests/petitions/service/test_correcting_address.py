"""A mistyped address is corrected on the page after signing: the new one gets a letter, the old request lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.core.security.keys import Keys
from petitions.forms import PersonFields
from petitions.model.signature import Signer
from petitions.service.acts import Requested
from petitions.web.correcting_address import SentRequest, cookie, read_cookie
from tests.fakes import FixedClock
from tests.people import AMINA, SAM
from tests.site import Town

SAM2 = SAM.but(email="sam2@example.org")


def corrected(town: Town, petition: int, first: int, person=SAM2):
    act = town.request_act(petition, person)
    act.replaces = first
    assert town.perform([act]) == [Requested(petition)]
    return act.id


def test_sam_corrects_his_address_and_only_the_right_one_counts(town: Town):
    petition = town.open_petition()
    (first,) = town.request(petition, SAM)
    second = corrected(town, petition, first)
    assert town.deliver().subjects(SAM2) == ["Confirm your signature"]
    assert town.signature(first).state == "withdrawn"
    assert town.rows(Signer, Signer.signature_id == first) == []
    before = town.count(petition)
    (refused,) = town.confirm(first)
    assert refused.code == "signature-withdrawn"
    town.confirm(second)
    assert town.count(petition) == before + 1
    assert town.broken() == {}


def test_a_letter_to_the_wrong_address_that_had_not_left_never_leaves(town: Town):
    petition = town.open_petition()
    (first,) = town.request(petition, SAM)
    corrected(town, petition, first)
    assert town.deliver().subjects(SAM) == []


def test_a_correction_never_ends_a_signature_that_counts(town: Town):
    petition = town.open_petition()
    (first,) = town.sign(petition, SAM)
    corrected(town, petition, first)
    assert town.signature(first).state == "validated"
    assert town.broken() == {}


def test_a_correction_that_is_refused_leaves_the_first_request_as_it_is(town: Town):
    petition = town.open_petition()
    (first,) = town.request(petition, SAM)
    town.clock.advance(timedelta(days=400))
    act = town.request_act(petition, SAM2)
    act.replaces = first
    (refused,) = town.perform([act])
    assert refused.code == "petition-closed"
    assert town.signature(first).state == "pending"


def sent(person=AMINA, **changes) -> SentRequest:
    fields = PersonFields(person.name, person.address, person.country, person.postcode, True, "1")
    return replace(SentRequest(7, 3, fields, sponsor=False, at=NOW), **changes)


NOW = FixedClock().now()
KEYS = Keys("k" * 40)


def value(of: SentRequest) -> str:
    return cookie(KEYS, of, secure=True).decode().split(";")[0].partition("=")[2]


def test_what_amina_sent_comes_back_from_her_browser_word_for_word():
    assert read_cookie(KEYS, value(sent()), 3, NOW + timedelta(minutes=59)) == sent()


def test_nothing_else_is_taken_for_it():
    assert read_cookie(KEYS, value(sent()), 4, NOW) is None, "another petition"
    assert read_cookie(KEYS, value(sent()), 3, NOW + timedelta(hours=1)) is None, "too late"
    assert read_cookie(Keys("x" * 40), value(sent()), 3, NOW) is None, "another site's"
    for broken in ("", "é", "AAAA", value(sent())[:-8], value(sent())[::-1]):
        assert read_cookie(KEYS, broken, 3, NOW) is None


def test_the_cookie_is_bound_to_the_host_and_no_script_reads_it():
    text = cookie(KEYS, sent(), secure=True).decode()
    assert text.startswith("__Host-townsquare-sent=")
    assert all(part in text for part in ("; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "Max-Age=3600"))
    assert AMINA.email not in text
