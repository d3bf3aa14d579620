"""The site's secret changes: every signer opens with the new one, and whoever signed is known again; also after a break."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.model import Account
from app.accounts.rekeying import bound_to
from app.core.security.keys import CannotUnseal, Keys
from app.mail import suppression
from app.operation import rekeying
from app.operation.model import Rekeying
from app.operation.rekeying import OtherSecrets, WrongOldSecret
from petitions.identity import open_signer
from petitions.model.petition import Petition
from petitions.model.signature import Household, Signature, Signer
from petitions.service import rekeying as petitions_rekeying
from tests.people import BOB, LAURA, SAM, SUZIE
from tests.site import MODERATOR, Town

NEW = "another secret of the town, long enough for anybody"
TWIN = SUZIE.but(email=SAM.email)


@pytest.fixture
def signed(town: Town) -> tuple[Town, int]:
    """Anna's petition with five supporters, two of whom share an address, and one more who asked only."""
    petition = town.start()
    town.sign(petition, SAM, TWIN, LAURA, BOB, sponsor=True)
    town.request(petition, SUZIE, sponsor=True)
    return town, petition


def run(town: Town, old: str | None = None, new: str = NEW) -> list[str]:
    said: list[str] = []
    keys = Keys(old or town.settings.secret_key)
    faults = rekeying.run(town.database, town.site.rekeyers, keys, Keys(new), town.clock, said.append)
    town.said = said  # type: ignore[attr-defined]
    return faults


def opened(town: Town, keys: Keys) -> list[str]:
    """The names behind every signature, by these keys."""
    with town.database.reading() as db:
        rows = db.execute(select(Signature, Signer.sealed).join(Signer, Signer.signature_id == Signature.id))
        return sorted(open_signer(keys, s.petition_id, s.address_key, sealed)["name"] for s, sealed in rows)


def test_every_signer_opens_with_the_new_secret_and_no_longer_with_the_old(signed: tuple[Town, int]) -> None:
    town, _petition = signed
    names = opened(town, town.keys)
    assert len(names) == 6
    assert run(town) == []
    assert opened(town, Keys(NEW)) == names
    with pytest.raises(CannotUnseal):
        opened(town, town.keys)


def test_nothing_that_verify_looks_at_is_broken(signed: tuple[Town, int]) -> None:
    town, petition = signed
    before = (town.petition(petition).signature_count, len(town.rows(Household)))
    run(town)
    assert town.broken() == {}
    assert (town.petition(petition).signature_count, len(town.rows(Household))) == before


def test_who_signed_is_known_again(signed: tuple[Town, int], tmp_path) -> None:
    """The same person under the new secret is the same: nobody counts twice."""
    town, petition = signed
    run(town)
    after = Town(town.database, tmp_path, clock=town.clock, secret_key=NEW)
    assert len(after.signatures(petition, SAM)) == 1
    count = after.count(petition)
    with pytest.raises(AssertionError):  # the answer says that it was counted already
        after.sign(petition, SAM, sponsor=True)
    assert after.count(petition) == count


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_run_that_was_broken_off_goes_on_where_it_was(
    signed: tuple[Town, int], steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows move two by two; the machine stops after some steps, in the middle of a household."""
    town, _petition = signed
    monkeypatch.setattr(petitions_rekeying, "A_STEP", 2)
    names, left = opened(town, town.keys), steps
    whole = petitions_rekeying.PetitionRekeyer.step

    def stops(self, db, old, new, after):
        nonlocal left
        left -= 1
        done = whole(self, db, old, new, after)
        if left < 0:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(petitions_rekeying.PetitionRekeyer, "step", stops)
    with pytest.raises(KeyboardInterrupt):
        run(town)
    with town.database.reading() as db:
        assert rekeying.is_unfinished(db)
    monkeypatch.setattr(petitions_rekeying.PetitionRekeyer, "step", whole)
    assert run(town) == []
    assert opened(town, Keys(NEW)) == names
    assert town.broken() == {}
    assert {r.name: r.rows for r in town.rows(Rekeying)}["petitions"] == 6


def test_a_second_run_changes_nothing(signed: tuple[Town, int]) -> None:
    town, _petition = signed
    run(town)
    sealed = [s.sealed for s in town.rows(Signer)]
    assert run(town) == []
    assert town.said == ["Everything had been moved to this secret before."]
    assert [s.sealed for s in town.rows(Signer)] == sealed


def test_a_half_way_run_refuses_another_pair_of_secrets(signed: tuple[Town, int]) -> None:
    town, _petition = signed
    town.database.retrying(lambda db: rekeying.begin(db, town.site.rekeyers, town.keys, Keys(NEW), town.now))
    with pytest.raises(OtherSecrets):
        run(town, new=NEW + "!")


def test_the_wrong_old_secret_changes_nothing(signed: tuple[Town, int]) -> None:
    town, _petition = signed
    names = opened(town, town.keys)
    with pytest.raises(WrongOldSecret):
        run(town, old="nobody's secret, but a long one all the same")
    assert opened(town, town.keys) == names


def test_the_secret_can_change_again(signed: tuple[Town, int]) -> None:
    town, _petition = signed
    names = opened(town, town.keys)
    run(town)
    assert run(town, old=NEW, new=NEW + "!") == []
    assert opened(town, Keys(NEW + "!")) == names


def test_whom_nobody_knows_any_more_stays_as_it_is(signed: tuple[Town, int]) -> None:
    """Erased signers have left no words, and their petition no salt."""
    town, petition = signed
    town.sql("DELETE FROM petitions_signer")
    town.sql("UPDATE petitions_petition SET salt = NULL WHERE id = :p", p=petition)
    keys = [s.address_key for s in town.rows(Signature)]
    assert run(town) == []
    assert [s.address_key for s in town.rows(Signature)] == keys


def test_a_row_that_opens_with_neither_secret_is_named(signed: tuple[Town, int]) -> None:
    town, _petition = signed
    broken = town.rows(Signer)[2].signature_id
    town.sql("UPDATE petitions_signer SET sealed = :s WHERE signature_id = :i", s=b"\1" + b"x" * 60, i=broken)
    assert run(town) == [f"petitions: the signer of signature {broken} cannot be opened"]


def test_addresses_that_get_no_letters_and_second_factors_move_too(town: Town) -> None:
    maureen = town.moderator()
    town.database.retrying(lambda db: suppression.stop_by_hand(db, town.keys, BOB.address, "He asked", town.now))
    town.database.retrying(lambda db: suppression.note_hard(db, town.keys, "Omar+x@gmail.com", "5.1.1", town.now))

    def factor(db) -> None:
        account = db.get_one(Account, maureen)
        account.totp_sealed = town.keys.seal({"secret": "ABC"}, bound_to(account))

    town.database.retrying(factor)
    assert run(town) == []
    new = Keys(NEW)
    with town.database.reading() as db:
        assert suppression.is_silenced(db, new, BOB.email, 0)
        assert suppression.is_silenced(db, new, "omar+x@gmail.com", 0)
        assert not suppression.is_silenced(db, new, "omar@gmail.com", 0)
        account = db.scalars(select(Account).where(Account.email == MODERATOR)).one()
        assert new.unseal(account.totp_sealed, bound_to(account)) == {"secret": "ABC"}
        assert db.scalars(select(Petition)).all() == []
