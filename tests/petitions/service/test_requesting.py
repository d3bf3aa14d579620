"""Asking for a signature: everyone is answered the same, and only the letter says more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.errors import NotFound
from app.mail.service import MAILBOX_A_DAY
from petitions.model.signature import Signature, Signer
from petitions.rules.eligibility import NotOpen, PetitionClosed, PetitionRemoved
from petitions.service.acts import Requested
from tests.people import AMINA, BOB, LAURA, PEDRO, SAM, SUZIE, Person, crowd
from tests.site import Town

CONFIRM, SIGNED = "Confirm your signature", "You have already signed this petition"


def ask(town: Town, petition: int, person: Person):
    return town.perform([town.request_act(petition, person)])[0]


def test_amina_asks_and_one_letter_goes_out_and_nothing_is_counted(town: Town):
    petition = town.open_petition()
    assert ask(town, petition, AMINA) == Requested(petition)
    assert town.deliver().subjects(AMINA) == [CONFIRM]
    assert town.count(petition) == 6
    (signature,) = town.signatures(petition, AMINA)
    assert (signature.state, signature.number, signature.slot, signature.household) == ("pending", None, None, None)


def test_new_pending_and_signed_are_answered_the_same_and_only_the_letters_differ(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    town.request(petition, SUZIE)
    town.deliver()
    answers = [ask(town, petition, person) for person in (AMINA, SUZIE, SAM)]
    assert answers == [Requested(petition)] * 3
    letters = town.deliver()
    assert letters.subjects(AMINA) == [CONFIRM]
    assert letters.subjects(SUZIE) == [CONFIRM] * 2
    assert letters.subjects(SAM) == [SIGNED]
    assert "nothing you need to do" in letters.last_to(SAM).get_content()


def test_two_letters_of_a_pending_signature_hold_the_same_link(town: Town):
    petition = town.open_petition()
    town.request(petition, SAM)
    town.request(petition, SAM)
    first, second = town.deliver().to(SAM)
    assert first.get_content() == second.get_content()
    assert len(town.signatures(petition, SAM)) == 1


def test_the_sixth_request_for_a_pending_signature_brings_no_sixth_letter(town: Town):
    petition = town.open_petition()
    for _ in range(6):
        assert ask(town, petition, SAM) == Requested(petition)
    assert town.deliver().subjects(SAM) == [CONFIRM] * 5
    assert town.signatures(petition, SAM)[0].letters == 5


def test_six_requests_in_one_batch_bring_five_letters_too(town: Town):
    petition = town.open_petition()
    town.perform([town.request_act(petition, SAM) for _ in range(6)])
    assert town.deliver().subjects(SAM) == [CONFIRM] * 5
    assert len(town.signatures(petition, SAM)) == 1


def test_somebody_who_has_signed_is_not_written_to_for_ever_either(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    for _ in range(9):
        town.request(petition, SAM)
    assert town.deliver().subjects(SAM) == [SIGNED] * 4


def test_a_mailbox_gets_twenty_letters_a_day_across_the_site_and_more_the_next_day(town: Town):
    petitions = [town.open_petition() for _ in range(5)]
    for petition in petitions:
        for _ in range(5):
            assert ask(town, petition, SAM) == Requested(petition)
    sams = {s.id for p in petitions for s in town.signatures(p, SAM)}

    def letters() -> int:
        return sum(row.recipient_id in sams for row in town.queued("petitions/mail/confirm"))

    assert letters() == MAILBOX_A_DAY
    town.clock.advance(timedelta(days=1))
    assert ask(town, petitions[-1], SAM) == Requested(petitions[-1])
    assert letters() == MAILBOX_A_DAY + 1


def test_one_mailbox_has_one_cap_however_its_address_is_dressed_up(town: Town):
    petition = town.open_petition()
    dressed = [SAM.but(name=f"Sam {n}", email=f"sam+{n}@example.org") for n in "abcdefghijklmnopqrstuvwxyz"]
    town.perform([town.request_act(petition, person) for person in dressed])
    sams = {s.id for person in dressed for s in town.signatures(petition, person)}
    assert sum(row.recipient_id in sams for row in town.queued("petitions/mail/confirm")) == MAILBOX_A_DAY


def test_signing_goes_on_although_the_mailbox_is_full(town: Town):
    petition = town.open_petition()
    town.perform([town.request_act(petition, SAM.but(name=f"Sam {n}")) for n in "abcdefghijklmnopqrstuvw"])
    (last,) = town.signatures(petition, SAM.but(name="Sam w"))
    assert last.state == "pending"


@pytest.mark.parametrize("dressed", ["BobJones@googlemail.com", "bob.jones+x@gmail.com", "b.o.b.jones@gmail.com"])
def test_bob_is_the_same_person_under_each_address_that_reaches_his_mailbox(town: Town, dressed: str):
    petition = town.open_petition()
    town.sign(petition, BOB)
    town.request(petition, BOB.but(email=dressed))
    assert town.deliver().subjects(BOB) == [SIGNED]  # to the address he signed with
    assert town.letters.subjects(dressed) == []
    assert town.count(petition) == 7


def test_amina_cannot_sign_twice_with_a_dressed_up_address(town: Town):
    petition = town.open_petition()
    town.sign(petition, AMINA)
    town.request(petition, AMINA.but(email="Amina+news@Example.org", name="  AMINA   okafor"))
    assert town.count(petition) == 7
    assert town.deliver().subjects(AMINA) == [SIGNED]


def test_a_second_person_at_suzies_address_gets_a_letter_of_their_own(town: Town):
    petition = town.open_petition()
    town.sign(petition, SUZIE)
    town.request(petition, SUZIE.but(name="Sam Wong"))
    assert town.deliver().subjects(SUZIE) == [CONFIRM]


def test_a_second_person_from_another_postcode_is_told_why_not(town: Town):
    petition = town.open_petition()
    town.sign(petition, SUZIE)
    town.request(petition, SUZIE.but(name="Sam Wong", postcode="M1 1AE"))
    assert town.deliver().subjects(SUZIE) == [SIGNED]
    assert "same postcode" in town.letters.last_to(SUZIE).get_content()


def test_a_third_person_at_the_address_is_told_why_not(town: Town):
    petition = town.open_petition()
    town.sign(petition, SUZIE, SUZIE.but(name="Sam Wong"))
    town.request(petition, SUZIE.but(name="Li Wong"))
    assert "Two people have signed" in town.deliver().last_to(SUZIE).get_content()
    assert not town.signatures(petition, SUZIE.but(name="Li Wong"))


def test_strangers_cannot_keep_suzie_out_by_asking_first(town: Town):
    """Only validated signatures bind anybody."""
    petition = town.open_petition()
    town.perform([town.request_act(petition, SUZIE.but(name=f"Stranger {n}", postcode="M1 1AE")) for n in "abc"])
    town.sign(petition, SUZIE)
    assert town.count(petition) == 7


def test_sam_corrects_his_address_and_is_counted_once(town: Town):
    petition = town.open_petition()
    town.request(petition, SAM)
    (corrected,) = town.request(petition, SAM.but(email="sam2@example.org"))
    assert town.deliver().subjects("sam2@example.org") == [CONFIRM]
    town.confirm(corrected)
    assert town.count(petition) == 7


def test_pedro_signs_from_abroad_without_a_postcode(town: Town):
    petition = town.open_petition()
    town.sign(petition, PEDRO)
    assert town.signatures(petition, PEDRO)[0].country == "US"


def test_the_newest_wish_for_news_is_the_one_that_counts(town: Town):
    petition = town.open_petition()
    town.request(petition, SAM.but(notify=False))
    town.request(petition, SAM.but(notify=True))
    assert town.signatures(petition, SAM)[0].notify
    town.request(petition, SAM.but(notify=False))
    assert not town.signatures(petition, SAM)[0].notify


def test_a_stranger_who_asks_again_changes_nothing_about_a_counted_signature(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM.but(notify=False))
    town.request(petition, SAM.but(notify=True))
    assert not town.signatures(petition, SAM)[0].notify


@pytest.mark.parametrize("state", ["collecting", "in_moderation", "rejected", "closed", "hidden", "unknown"])
def test_a_petition_that_is_not_open_takes_no_request(sqlite_town: Town, state: str):
    town = sqlite_town
    petition = town.open_petition()
    if state == "unknown":
        petition = 999_999
    else:
        extra = {"hidden": ", hidden_at = :now", "rejected": ", rejection_code = 'spam'"}.get(state, "")
        town.sql(
            f"UPDATE petitions_petition SET state = '{state}'{extra}",
            **({"now": "2026-01-01"} if "now" in extra else {}),
        )
    refused = ask(town, petition, SAM)
    kinds = {"closed": PetitionClosed, "hidden": PetitionRemoved, "unknown": NotFound}
    assert isinstance(refused, kinds.get(state, NotOpen))
    assert not town.rows(Signature, Signature.petition_id == petition, Signature.state == "pending")


def test_who_signed_cannot_be_read_from_the_rows(sqlite_town: Town):
    town = sqlite_town
    one, other = town.open_petition(), town.open_petition()
    town.sign(one, LAURA)
    town.sign(other, LAURA)
    first, second = town.signatures(one, LAURA)[0], town.signatures(other, LAURA)[0]
    assert first.address_key != second.address_key
    assert first.name_key != second.name_key
    sealed = b"".join(s.sealed for s in town.rows(Signer))
    assert b"Laura" not in sealed
    assert b"laura@example.org" not in sealed
    assert b"SW1A 1AA" not in sealed
    assert b"SW1A1AA" not in sealed


def test_a_letter_waits_without_a_token_or_an_address_in_its_row(sqlite_town: Town):
    town = sqlite_town
    petition = town.open_petition()
    town.request(petition, LAURA)
    (letter,) = [row for row in town.queued("petitions/mail/confirm") if row.state == "waiting"][-1:]
    words = " ".join(str(getattr(letter, c.name)) for c in letter.__table__.columns)
    assert "laura" not in words.lower()
    assert town.keys.token("petitions.confirm", letter.recipient_id) not in words


def test_a_whole_batch_of_strangers_is_stored_at_once(town: Town):
    petition = town.open_petition()
    people = crowd(200)
    assert town.perform([town.request_act(petition, p) for p in people]) == [Requested(petition)] * 200
    assert len(town.rows(Signature, Signature.petition_id == petition, Signature.state == "pending")) == 200
