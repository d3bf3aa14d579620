"""Maureen's second factor: asked for before any staff page, each code once, and a way back when it is lost."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete

from app.accounts import service
from app.accounts.model import Account, RecoveryCode
from app.accounts.service import factor
from app.audit.model import AuditEntry
from app.core.errors import Conflict
from app.core.security.sessions import SignedIn
from tests.app.accounts.desk import STEP, Phone, account_of, give_code, give_password, key_in, set_up, with_factor
from tests.site import PASSWORD, RunningSite, fields_of

TAGS = "/moderation/tags"


def test_no_staff_page_opens_before_the_factor_is_set_up(strict: RunningSite):
    strict.town.staff("nora@example.org", "moderator")
    with strict.client() as nora:
        assert give_password(nora, "nora@example.org").status_code == 303
        for path in (TAGS, "/moderation/signatures"):
            assert nora.get(path).headers["location"] == "/account/factor"
        assert nora.post("/moderation/signatures", data={"q": "x"}).headers["location"] == "/account/factor"
        assert nora.get("/admin").status_code == 404, "what is not hers does not exist, factor or not"
        page = nora.get("/account/factor")
        assert "data:image/svg+xml" in page.text
        set_up(strict, nora)
        assert nora.get(TAGS).status_code == 200


def test_from_then_on_the_password_alone_opens_nothing(strict: RunningSite):
    with with_factor(strict, "olga@example.org") as (_, phone), strict.client() as elsewhere:
        answer = give_password(elsewhere, "olga@example.org")
        assert answer.headers["location"] == "/sign-in/code"
        assert "townsquare" not in {c.name for c in elsewhere.cookies.jar}
        assert elsewhere.get(TAGS).status_code == 404
        assert elsewhere.get("/sign-in/code").status_code == 200
        answer = give_code(elsewhere, phone.next_code())
        assert (answer.status_code, answer.headers["location"]) == (303, "/moderation")
        assert elsewhere.get(TAGS).status_code == 200


def test_a_letter_alone_sets_up_no_factor(strict: RunningSite):
    """Who merely reads her mailbox gets no office by it; the link waits for nobody else either."""
    strict.town.staff("lena@example.org", "moderator")
    with strict.client() as thief:
        thief.post("/sign-in/link", data={"email": "lena@example.org"})
        link = strict.town.deliver().link("lena@example.org", "Sign in")
        answer = thief.post(link)
        assert (answer.status_code, "Sign in with your password" in answer.text) == (403, True)
        assert thief.get("/account/factor").status_code == 404
        assert thief.post(link).status_code == 403


def test_with_a_factor_a_letter_stands_for_the_password(strict: RunningSite):
    with with_factor(strict, "mona@example.org") as (_, phone), strict.client() as elsewhere:
        elsewhere.post("/sign-in/link", data={"email": "mona@example.org"})
        link = strict.town.deliver().link("mona@example.org", "Sign in")
        assert elsewhere.post(link).headers["location"] == "/sign-in/code"
        assert give_code(elsewhere, phone.next_code()).status_code == 303
        assert elsewhere.get(TAGS).status_code == 200


def test_a_code_that_somebody_read_over_her_shoulder_is_worth_nothing(strict: RunningSite):
    with with_factor(strict, "paula@example.org") as (_, phone), strict.client() as hers, strict.client() as thief:
        for client in (hers, thief):
            give_password(client, "paula@example.org")
        code = phone.next_code()
        assert give_code(hers, code).status_code == 303
        refused = give_code(thief, code)
        assert (refused.status_code, "it was used" in refused.text) == (422, True)
        strict.town.clock.advance(-STEP)
        earlier = phone.code
        strict.town.clock.advance(STEP)
        assert give_code(thief, earlier).status_code == 422, "nor is an earlier one that was never used"


def test_one_code_sent_twice_at_once_signs_in_once(strict: RunningSite):
    with with_factor(strict, "quin@example.org") as (_, phone), ThreadPoolExecutor(2) as at_once:
        code = phone.next_code()
        with strict.client() as one, strict.client() as other:
            for client in (one, other):
                give_password(client, "quin@example.org")
            answers = list(at_once.map(lambda client: give_code(client, code).status_code, (one, other)))
    assert answers.count(303) == 1, answers


def test_each_recovery_code_works_once_and_is_told_to_her(strict: RunningSite):
    with with_factor(strict, "rosa@example.org") as (_, phone):
        assert len(set(phone.recovery)) == 10
        with strict.client() as elsewhere:
            give_password(elsewhere, "rosa@example.org")
            assert give_code(elsewhere, phone.recovery[0].upper().replace("-", " ")).status_code == 303
            assert elsewhere.get(TAGS).status_code == 200
        with strict.client() as again:
            give_password(again, "rosa@example.org")
            assert give_code(again, phone.recovery[0]).status_code == 422
            assert give_code(again, phone.recovery[1]).status_code == 303
        letter = strict.town.deliver().to("rosa@example.org")[-1]
        assert "A recovery code of your account was used" in str(letter["Subject"])
        assert "8 are left" in letter.get_content()


def test_recovery_codes_are_stored_as_digests_and_shown_once(strict: RunningSite):
    with with_factor(strict, "sina@example.org") as (sina, phone):
        account = account_of(strict, "sina@example.org")
        kept = strict.town.rows(RecoveryCode, RecoveryCode.account_id == account.id)
        assert len(kept) == 10
        assert not any(code.replace("-", "").encode() in row.id for row in kept for code in phone.recovery)
        assert phone.secret.encode() not in (account.totp_sealed or b"")
        assert phone.recovery[0] not in sina.get("/account/factor").text


def test_new_recovery_codes_make_the_old_ones_void(strict: RunningSite):
    with with_factor(strict, "tess@example.org") as (tess, phone), strict.client() as elsewhere:
        page = tess.post("/account/factor/codes")
        assert page.status_code == 200
        give_password(elsewhere, "tess@example.org")
        assert give_code(elsewhere, phone.recovery[0]).status_code == 422


def test_she_moves_to_another_telephone_and_the_old_one_is_worth_nothing(strict: RunningSite):
    with with_factor(strict, "tora@example.org") as (tora, old), strict.client() as elsewhere:
        new = set_up(strict, tora, "/account/factor/change")
        assert new.secret != old.secret
        give_password(elsewhere, "tora@example.org")
        assert give_code(elsewhere, old.next_code()).status_code == 422
        assert give_code(elsewhere, old.recovery[0]).status_code == 422
        assert give_code(elsewhere, new.next_code()).status_code == 303
        assert tora.post("/account/factor/codes").status_code == 200
    letters = [m.get_content() for m in strict.town.deliver().to("tora@example.org")]
    assert ["was set up" in letters[0], "another device" in letters[1], "new recovery codes" in letters[-1]] == [
        True
    ] * 3


def test_somebody_elses_recovery_code_opens_nothing(strict: RunningSite):
    ursa, vera = with_factor(strict, "ursa@example.org"), with_factor(strict, "vera@example.org")
    with ursa as (_, phone), vera, strict.client() as thief:
        give_password(thief, "vera@example.org")
        assert give_code(thief, phone.recovery[0]).status_code == 422


@pytest.mark.parametrize("code", ["", "wrong", "abc", "9" * 5_000, "'; --", "\0", "１２３４５６"])
def test_odd_codes_are_refused_in_words(sqlite_strict: RunningSite, code: str):
    address = f"odd{abs(hash(code))}@example.org"
    with with_factor(sqlite_strict, address) as (_, phone), sqlite_strict.client() as client:
        give_password(client, address)
        page = give_code(client, phone.wrong_code if code == "wrong" else code)
        assert (page.status_code, "<title>Error: " in page.text) == (422, True)


def test_a_new_password_by_link_still_needs_the_code(strict: RunningSite):
    town = strict.town
    with with_factor(strict, "wilma@example.org") as (_, phone), strict.client() as thief:
        with town.database.writing() as db:
            token = service.password_link(db, db.get_one(Account, account_of(strict, "wilma@example.org").id), town.now)
        fresh = {"password": "wool lamp river", "again": "wool lamp river"}
        assert thief.post(f"/set-password/{token}", data=fresh).status_code == 303
        answer = give_password(thief, "wilma@example.org", "wool lamp river")
        assert answer.headers["location"] == "/sign-in/code"
        assert thief.get(TAGS).status_code == 404
        assert give_code(thief, phone.next_code()).status_code == 303


def test_the_way_between_password_and_code_ends_after_ten_minutes_and_with_the_password(strict: RunningSite):
    town = strict.town
    with with_factor(strict, "xenia@example.org") as (_, phone), strict.client() as late, strict.client() as other:
        give_password(late, "xenia@example.org")
        town.clock.advance(20 * STEP)
        assert late.get("/sign-in/code").headers["location"] == "/sign-in"
        assert give_code(late, phone.code).headers["location"] == "/sign-in"
        give_password(other, "xenia@example.org")
        account = account_of(strict, "xenia@example.org").id
        with town.database.writing() as db:
            service.set_password(
                db, db.get_one(Account, account), "wool lamp river", strict.house.passwords, now=town.now
            )
        assert give_code(other, phone.next_code()).headers["location"] == "/sign-in"


def test_a_half_way_cookie_of_another_account_or_hand_is_nobodys(sqlite_strict: RunningSite):
    with with_factor(sqlite_strict, "yara@example.org") as (_, phone), sqlite_strict.client() as client:
        for text in ("", "x", "ä", "AQ==", "A" * 3_000):
            headers = {b"cookie": b"townsquare-half-way=" + text.encode()}
            answer = client.post("/sign-in/code", data={"code": phone.code}, headers=headers)
            assert answer.headers["location"] == "/sign-in"


def test_a_wrong_first_code_changes_nothing_and_the_picture_stays(strict: RunningSite):
    strict.town.staff("zoe@example.org", "moderator")
    with strict.client() as zoe:
        give_password(zoe, "zoe@example.org")
        shown = zoe.get("/account/factor").text
        offer, phone = fields_of(shown)["offer"], Phone(strict, key_in(shown))
        page = zoe.post("/account/factor/change", data={"offer": offer, "code": phone.wrong_code})
        assert page.status_code == 422
        assert fields_of(page.text)["offer"] == offer
        assert not account_of(strict, "zoe@example.org").has_factor
        assert zoe.post("/account/factor/change", data={"offer": "x" * 200, "code": "0"}).status_code == 409


def test_an_offer_made_to_another_account_is_refused(sqlite_strict: RunningSite):
    """Otherwise whoever scans one picture could have a victim confirm it."""
    for name in ("ann", "ben"):
        sqlite_strict.town.staff(f"{name}@example.org", "moderator")
    with sqlite_strict.client() as ann, sqlite_strict.client() as ben:
        give_password(ann, "ann@example.org")
        give_password(ben, "ben@example.org")
        offer = fields_of(ann.get("/account/factor").text)["offer"]
        assert ben.post("/account/factor/change", data={"offer": offer, "code": "000000"}).status_code == 409


def test_setting_up_ends_every_other_session_and_is_told_by_letter(strict: RunningSite):
    strict.town.staff("cleo@example.org", "moderator")
    with strict.client() as here, strict.client() as there:
        for client in (here, there):
            give_password(client, "cleo@example.org")
        before = here.cookies["townsquare"]
        set_up(strict, here)
        assert here.cookies["townsquare"] != before
        assert here.get(TAGS).status_code == 200
        assert there.get("/account/sessions").headers["location"].startswith("/sign-in")
    assert strict.town.deliver().subjects("cleo@example.org")[-1] == "Your second factor was changed"
    assert strict.town.rows(AuditEntry, AuditEntry.act == "accounts.factor")


def test_an_administrator_resets_a_lost_factor_and_everyone_hears_of_it(strict: RunningSite):
    town, by = strict.town, strict.town.staff("boss@example.org", "administrator")
    with with_factor(strict, "dora@example.org") as (dora, phone):
        account = account_of(strict, "dora@example.org").id
        town.database.retrying(lambda db: factor.reset(db, account, by=by, now=town.now))
        assert dora.get(TAGS).status_code == 404
        with strict.client() as again:
            give_password(again, "dora@example.org")
            assert again.get(TAGS).headers["location"] == "/account/factor"
            assert set_up(strict, again).secret != phone.secret
        assert not town.rows(RecoveryCode, RecoveryCode.id == hashlib.sha256(phone.recovery[0].encode()).digest())
    [entry] = town.rows(AuditEntry, AuditEntry.act == "accounts.factor-reset", AuditEntry.subject_id == account)
    assert entry.actor_id == by
    assert "Your second factor was changed" in town.deliver().subjects("dora@example.org")


def test_nobody_resets_their_own_factor(strict: RunningSite):
    town = strict.town
    me = town.staff("chief@example.org", "administrator")
    with pytest.raises(Conflict):
        town.database.retrying(lambda db: factor.reset(db, me, by=me, now=town.now))


def test_a_session_from_before_the_factor_was_asked_for_opens_no_staff_page(strict: RunningSite):
    """A row that does not say that a second factor was given counts as one without."""
    with with_factor(strict, "edna@example.org") as (edna, _):
        digest = hashlib.sha256(edna.cookies["townsquare"].encode()).digest()
        with strict.town.database.writing() as db:
            db.get_one(SignedIn, digest).strong = False
        assert edna.get(TAGS).headers["location"].startswith("/confirm-it-is-you")


def test_where_no_factor_is_required_staff_who_have_one_are_asked_all_the_same(site: RunningSite):
    site.town.staff("fina@example.org", "moderator")
    with site.signed_in("fina@example.org") as fina, site.client() as elsewhere:
        phone = set_up(site, fina)
        assert give_password(elsewhere, "fina@example.org").headers["location"] == "/sign-in/code"
        assert give_code(elsewhere, phone.next_code()).status_code == 303
    with site.town.database.writing() as db:
        db.execute(delete(SignedIn).where(SignedIn.holder_id == site.town.staff("fina@example.org", "moderator")))


def test_a_wrong_password_leads_to_no_page_for_codes(strict: RunningSite):
    strict.town.staff("gina@example.org", "moderator")
    with strict.client() as client:
        assert give_password(client, "gina@example.org", PASSWORD + "!").status_code == 422
        assert client.get("/sign-in/code").headers["location"] == "/sign-in"
