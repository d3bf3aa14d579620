"""Each line of ``verify``: the data is spoilt behind the services' back, and exactly that line says so."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from app.core.db import Database, abandon, sqlite_module
from app.core.subject import SubjectRef
from app.departments.queries import by_slug
from app.files import service as files
from app.files.upload import Upload
from app.moderation.rules.standards import Verdict
from app.outcomes.model import Referral
from app.outcomes.rules.answers import Addressed
from app.outcomes.rules.commitments import Progress, Promise, Update
from app.outcomes.service import committing, drafting, feedback, steering
from app.outcomes.service.drafting import Typed
from app.verify import HOUSE
from tests.app.comments.forum import Forum
from tests.app.following.readers import Readers
from tests.app.performance.seen import LINES as OF_FIGURES
from tests.app.search.test_indexing import LINES as OF_SEARCH
from tests.app.seen import LINES as OF_WHAT_IS_OPEN
from tests.consultations.spoilt import SPOILT as CONSULTATIONS_SPOILT
from tests.people import AMINA, CHARLIE, LAURA, SAM, SUZIE
from tests.site import Town
from tests.townhall.seen import LINES as OF_HALLS

OPEN = "(SELECT min(id) FROM petitions_petition WHERE state = 'open')"
LETTER = "(SELECT min(id) FROM mail_letter WHERE recipient_kind = 'petitions.signature')"
NEWS = "(SELECT min(id) FROM mail_letter WHERE once LIKE 'petition-news:%')"
ZERO = {"sqlite": "zeroblob(16)", "postgres": "'\\x00000000000000000000000000000000'::bytea"}

#: (line of verify, what spoils it, what the line names)
SPOILT = [
    ("audit: the chain is unbroken", "UPDATE audit_entry SET act = 'nothing' WHERE id = 2", "at entry 2"),
    ("audit: the chain is unbroken", "DELETE FROM audit_entry WHERE id = 3", "at entry"),
    (
        "audit: the chain is unbroken",
        "DELETE FROM audit_entry WHERE id = (SELECT max(id) FROM audit_entry)",
        "newest entries are missing",
    ),
    (
        "comments: discussions count the comments that everyone can read",
        "UPDATE comments_thread SET said = said + 1",
        "shows 4, has 3",
    ),
    ("comments: comments count their replies", "UPDATE comments_comment SET replies = 0 WHERE depth = 1", "has 2"),
    ("comments: comments count their votes", "DELETE FROM comments_vote", "shows 1, has 0"),
    (
        "comments: comments count their votes",
        "UPDATE comments_comment SET best = 0.9 WHERE depth = 1",
        "has the rank 0.9",
    ),
    (
        "comments: replies stand where they belong",
        "UPDATE comments_comment SET branch_id = id + 1 WHERE depth = 2",
        "comment",
    ),
    (
        "comments: nobody votes on their own comment",
        "UPDATE comments_vote SET account_id = (SELECT author_id FROM comments_comment WHERE depth = 1)",
        "comment",
    ),
    (
        "comments: cases about comments can be decided",
        "UPDATE moderation_case SET origin = 'appeal' WHERE subject_kind = 'comment' AND state = 'waiting'",
        "case",
    ),
    (
        "comments: what is shown of a comment was published",
        "UPDATE comments_revision SET published_at = NULL",
        "comment",
    ),
    ("files: every file's bytes are there", "UPDATE files_file SET digest = {zero}", "its bytes are missing"),
    ("files: every file's bytes are there", "UPDATE files_file SET size = 1", "its bytes are not what was kept"),
    (
        "files: what is handed out is what was checked",
        "UPDATE files_file SET media_type = 'application/pdf'",
        "is no application/pdf",
    ),
    ("files: every file belongs to something", "UPDATE files_file SET subject_kind = 'bath'", "no room knows a 'bath'"),
    (
        "following: digests go to confirmed mailboxes",
        "UPDATE following_follow SET confirmed_at = NULL;"
        "UPDATE following_follower SET confirmed_at = NULL, digest_since = created_at, digest_until = created_at",
        "follower",
    ),
    (
        "following: follows have a confirmed follower",
        "UPDATE following_follower SET confirmed_at = NULL",
        "follow",
    ),
    (
        "following: happenings bear the tag of their subject",
        "DELETE FROM following_happening_tag WHERE kind = 'petition'",
        "happening",
    ),
    (
        "following: tags point at happenings",
        "UPDATE following_happening SET at = :yesterday",
        "department of happening",
    ),
    (
        "following: sealed addresses open and fit their mailbox",
        "UPDATE following_follower SET sealed = mailbox",
        "cannot be opened",
    ),
    (
        "mail: letters move",
        f"UPDATE mail_letter SET state = 'waiting', due_at = :yesterday WHERE id = {LETTER}",
        "more than a day",
    ),
    (
        "moderation: decisions settle their cases",
        "UPDATE moderation_case SET state = 'closed' WHERE state = 'decided'",
        "case",
    ),
    (
        "moderation: decisions settle their cases",
        "UPDATE petitions_petition SET state = 'withdrawn' WHERE state = 'in_moderation';"
        "UPDATE moderation_case SET state = 'decided' WHERE state = 'waiting'",
        "case",
    ),
    (
        "moderation: the log is unbroken",
        "UPDATE moderation_log_head SET lines = lines + 1",
        "its newest lines are missing",
    ),
    (
        "moderation: the log says what was decided",
        "UPDATE moderation_log_beside SET subject_id = subject_id + 1 WHERE log_id = 1",
        "line 1",
    ),
    (
        "moderation: the log says what was decided",
        "UPDATE moderation_log_beside SET decision_id = NULL WHERE log_id = 1",
        "decisions without a line",
    ),
    (
        "moderation: published figures recompute",
        "DELETE FROM moderation_log_beside; UPDATE moderation_decision SET verdict = 'dismiss' WHERE verdict = 'publish'",
        "publish: the log has 2, the decisions 0",
    ),
    (
        "moderation: appeals are heard by others",
        "INSERT INTO moderation_appeal (decision_id, case_id, words, state, at, heard_by_id, answer)"
        " SELECT id, case_id, 'Why?', 'upheld', at, by_id, '' FROM moderation_decision WHERE verdict = 'reject'",
        "appeal",
    ),
    ("outcomes: answers are in order", "UPDATE outcomes_answer SET version = 3", "referral"),
    (
        "outcomes: answers are in order",
        "UPDATE outcomes_referral SET state = 'received', answered_at = NULL, took = NULL WHERE state = 'answered'",
        "referral",
    ),
    ("outcomes: times are kept", "UPDATE outcomes_referral SET took = NULL WHERE state = 'answered'", "referral"),
    (
        "outcomes: what is owed has a department",
        "UPDATE departments_department SET dissolved_at = :yesterday WHERE slug = 'buses'",
        "referral",
    ),
    (
        "outcomes: what is owed has a department",
        "UPDATE outcomes_referral SET state = 'closed', closed_at = :yesterday, closed_why = 'dropped' WHERE state = 'received';"
        "UPDATE outcomes_answer_draft SET waits_since = NULL;"
        "UPDATE departments_department SET dissolved_at = :yesterday WHERE slug = 'parks'",
        "promise",
    ),
    (
        "outcomes: matters are where they were handed",
        "UPDATE outcomes_handing SET to_id = from_id WHERE move = 'not-ours'",
        "referral",
    ),
    (
        "outcomes: matters are where they were handed",
        "UPDATE outcomes_handing SET from_id = to_id WHERE move = 'not-ours'",
        "referral",
    ),
    (
        "outcomes: due days are on record",
        "UPDATE outcomes_due_change SET kind = 'returned', after_at = :yesterday",
        "referral",
    ),
    (
        "outcomes: nothing waits where nothing is owed",
        "UPDATE outcomes_referral SET state = 'closed', closed_at = :yesterday, closed_why = 'dropped' WHERE state = 'received'",
        "referral",
    ),
    (
        "outcomes: promises stand where their updates say",
        "UPDATE outcomes_commitment SET updates = 5",
        "promise",
    ),
    (
        "outcomes: promises stand where their updates say",
        "UPDATE outcomes_commitment SET progress = 'planned'",
        "promise",
    ),
    (
        "outcomes: promises are of their matter",
        "UPDATE outcomes_commitment SET subject_id = subject_id + 1",
        "promise",
    ),
    ("outcomes: feedback adds up", "UPDATE outcomes_feedback_count SET people = people + 1", "referral"),
    (
        "outcomes: what is made up has no public",
        "INSERT INTO outcomes_feedback_given SELECT id, 7 FROM outcomes_referral WHERE state = 'received';"
        "INSERT INTO outcomes_feedback_count SELECT id, 'no', 1 FROM outcomes_referral WHERE state = 'received';"
        "UPDATE outcomes_referral SET sandbox = true WHERE state = 'received'",
        "referral",
    ),
    (
        "petitions: public counts are exact",
        f"UPDATE petitions_petition SET signature_count = signature_count + 1, last_number = 99 WHERE id = {OPEN}",
        "shows 11, has 10",
    ),
    (
        "petitions: public counts are exact",
        f"UPDATE petitions_petition SET imported_count = 1 WHERE id = {OPEN}",
        "shows 10, has 11",
    ),
    (
        "petitions: countries add up",
        f"UPDATE petitions_country_count SET validated = validated + 1 WHERE petition_id = {OPEN}",
        "GB: 11 of 10",
    ),
    ("petitions: countries add up", f"DELETE FROM petitions_country_count WHERE petition_id = {OPEN}", "GB: 0 of 10"),
    (
        "petitions: history adds up",
        f"UPDATE petitions_hour_count SET validated = validated - 1 WHERE petition_id = {OPEN}",
        "petition",
    ),
    (
        "petitions: numbers were given out",
        f"UPDATE petitions_signature SET number = 900 WHERE petition_id = {OPEN} AND number = 10",
        "petition",
    ),
    (
        "petitions: creators are number 1",
        f"UPDATE petitions_petition SET creator_signature_id = creator_signature_id + 1 WHERE id = {OPEN}",
        "petition",
    ),
    (
        "petitions: crossings are recorded",
        "DELETE FROM petitions_crossing WHERE threshold = 'response';"
        "UPDATE petitions_petition SET response_reached_at = NULL",
        "above its response threshold",
    ),
    (
        "petitions: crossings are served",
        "UPDATE petitions_crossing SET served_at = NULL, reached_at = :yesterday WHERE threshold = 'response';"
        "UPDATE petitions_petition SET response_reached_at = NULL",
        "is unserved",
    ),
    (
        "petitions: what was reached has its crossing",
        f"UPDATE petitions_petition SET response_reached_at = NULL WHERE id = {OPEN}",
        "response",
    ),
    (
        "petitions: what was reached has its crossing",
        f"UPDATE petitions_petition SET debate_reached_at = :yesterday WHERE id = {OPEN}",
        "debate",
    ),
    (
        "petitions: held signatures have a block",
        "UPDATE petitions_signature SET state = 'held', held_by = 4242 WHERE state = 'pending' AND kind <> 'creator'",
        "signature",
    ),
    (
        "petitions: ends fit their signatures",
        "UPDATE petitions_signature SET ended_at = :yesterday WHERE state = 'pending'",
        "signature",
    ),
    (
        "petitions: debates are shown",
        f"UPDATE petitions_petition SET debate_state = 'scheduled' WHERE id = {OPEN}",
        "petition",
    ),
    ("petitions: crossings are served", "UPDATE outcomes_referral SET episode = 7", "has no duty"),
    (
        "petitions: crossings are served",
        f"UPDATE moderation_case SET subject_id = 4242 WHERE subject_id = {OPEN}",
        "the moderation crossing",
    ),
    (
        "petitions: states fit their dates",
        f"UPDATE petitions_petition SET closes_at = NULL WHERE id = {OPEN}",
        "is open",
    ),
    (
        "petitions: states fit their dates",
        "UPDATE petitions_petition SET rejected_at = NULL WHERE state = 'rejected'",
        "is rejected",
    ),
    (
        "petitions: those in moderation have a case",
        "UPDATE moderation_case SET state = 'closed' WHERE state = 'waiting'",
        "petition",
    ),
    (
        "petitions: texts are as published",
        f"UPDATE petitions_petition SET background = 'Something else.' WHERE id = {OPEN}",
        "petition",
    ),
    ("petitions: texts are as published", "UPDATE petitions_text_version SET digest = {zero}", "petition"),
    (
        "petitions: signers are sealed",
        "DELETE FROM petitions_signer WHERE signature_id = (SELECT min(id) FROM petitions_signature"
        f" WHERE petition_id = {OPEN} AND kind = 'public')",
        "1 without their sealed words",
    ),
    (
        "petitions: households are lived in",
        f"INSERT INTO petitions_household (petition_id, address_key, postcode_key) VALUES ({OPEN}, {{zero}}, {{zero}})",
        "petition",
    ),
    ("petitions: answers are shown", "UPDATE petitions_petition SET answered_at = NULL", "petition"),
    (
        "petitions: answers are shown",
        "UPDATE petitions_petition SET answered_at = :yesterday WHERE state = 'rejected'",
        "petition",
    ),
    ("petitions: news reaches its signers", f"DELETE FROM mail_letter WHERE id = {NEWS}", "8 of 9"),
    (
        "petitions: letters have recipients",
        f"UPDATE mail_letter SET state = 'waiting', recipient_id = 42 WHERE id = {LETTER}",
        "letter",
    ),
]
REFERENCES = "database: pages and references are sound"


def lived_in(town: Town) -> Town:
    """Something of everything: answered, waiting for a moderator, rejected, gathering."""
    answered = town.open_petition()
    town.sign(answered, SAM, SUZIE, LAURA.but(notify=False), CHARLIE)
    town.answer(answered)
    town.support(town.start())
    rejected = town.start(AMINA)
    town.support(rejected)
    town.decide(rejected, Verdict.REJECT, reason="no-action")
    town.request(town.start(SUZIE), LAURA, sponsor=True)
    _discuss(town)
    _owe(town, answered)
    Readers(town).follow(AMINA, "petition", answered)
    _attach(town)
    town.work()
    town.deliver()
    assert town.broken() == {}
    return town


def _discuss(town: Town) -> None:
    """Three deep, with a vote."""
    forum = Forum(town)
    forum.mode("after")
    top = forum.say("Ana")
    reply = forum.say("Ben", "Pears do better.", to=top)
    forum.say("Cleo", "Plums do best.", to=reply)
    forum.vote("Ben", top, 1)


def _owe(town: Town, petition: int) -> None:
    """A promise under way that somebody spoke of; a question handed on, put off, its answer waiting for a colleague."""
    imran, subject = town.officer(), SubjectRef("petition", petition)
    wendy = town.officer("buses")
    answered, late = town.referrals(petition)[0], town.now + timedelta(days=60)
    promise = Promise("Hire staff", "Head of Libraries", late.date())
    with town.database.reading() as db:
        parks, buses = by_slug(db, "parks"), by_slug(db, "buses")
    assert parks is not None and buses is not None

    def owe(db: Session) -> None:
        said = {"by": imran, "now": town.now}
        made = committing.make(db, subject, parks.id, promise, referral=db.get(Referral, answered.id), **said)
        under_way = Update(Progress.UNDER_WAY, "Two of four hired.")
        committing.report_progress(db, made.id, parks.id, under_way, after=0, **said)
        feedback.say(db, answered.id, 1, Addressed.PARTLY, town.now)
        asked = town.site.referring.refer(db, subject, cause="question", lead_id=parks.id, now=town.now)
        steering.not_ours(db, asked.id, parks.id, buses, "It is about a bus.", **said)
        steering.extend(db, asked.id, buses.id, late, "The timetable changes.", by=wendy, now=town.now)
        drafting.save(db, asked.id, buses.id, Typed(), revision=0, after_version=0, by=wendy, now=town.now)
        drafting.hand_in(db, asked.id, buses.id, revision=1, by=wendy, now=town.now)

    town.database.retrying(owe)


def _attach(town: Town) -> None:
    """A document beside something that a room knows."""
    town.site.file_owners["notice-board"] = lambda _db, _id: True
    upload, board = Upload.of(town.site.cabinet, "trees.csv", b"tree,street\noak,Elm\n"), SubjectRef("notice-board", 1)
    town.database.retrying(lambda db: files.keep(db, upload, board, title="Our trees", by=None, now=town.now))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def northmere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Each test spoils it in a transaction that is never stored."""
    return lived_in(request.getfixturevalue(f"{request.param}_ground").town(tmp_path_factory.mktemp("northmere")))


@pytest.mark.parametrize(("line", "statement", "named"), SPOILT)
def test_what_is_spoilt_is_named_by_its_line_alone(northmere: Town, line: str, statement: str, named: str):
    town, kind = northmere, "sqlite" if northmere.database.is_sqlite else "postgres"
    yesterday = town.now - timedelta(days=2)
    values = {"yesterday": str(yesterday.replace(tzinfo=None)) if kind == "sqlite" else yesterday}
    db = town.database.session(writes=True)
    try:
        for part in statement.replace("{zero}", ZERO[kind]).split(";"):
            db.execute(text(part), {k: v for k, v in values.items() if f":{k}" in part})
        found = {i.name: list(i.broken(db, town.now)) for i in [*HOUSE, *town.site.invariants]}
    finally:
        abandon(db)
    assert [name for name, faults in found.items() if faults] == [line]
    assert named in " ".join(found[line])


def test_a_reference_to_nothing_is_named(sqlite_database: Database, tmp_path: Path):
    """PostgreSQL keeps its references itself."""
    town = lived_in(Town(sqlite_database, tmp_path, petitions_response_at=10, petitions_debate_at=20))
    with closing(sqlite_module().connect(make_url(town.database.url).database)) as behind:
        behind.execute("DELETE FROM accounts_account WHERE role = 'moderator'")
        behind.commit()
    found = town.broken()
    assert list(found) == [REFERENCES]
    assert "accounts_account" in found[REFERENCES][0]


def test_a_damaged_page_is_named(sqlite_database: Database, tmp_path: Path):
    town = lived_in(Town(sqlite_database, tmp_path, petitions_response_at=10, petitions_debate_at=20))
    with closing(sqlite_module().connect(make_url(town.database.url).database)) as behind:
        behind.execute("PRAGMA writable_schema = ON")
        behind.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'mail_letter')"
            " WHERE name = 'ix_mail_letter_dead'"
        )
        behind.commit()
    town.database.engine.dispose()
    assert REFERENCES in town.broken()


def test_every_line_of_verify_has_been_seen_to_break(sqlite_town: Town):
    assert {i.name for i in [*HOUSE, *sqlite_town.site.invariants]} == {
        line for line, *_rest in [*SPOILT, *CONSULTATIONS_SPOILT]
    } | {REFERENCES, *OF_HALLS, *OF_FIGURES, *OF_SEARCH, *OF_WHAT_IS_OPEN}


def test_an_empty_site_is_in_order(town: Town):
    assert town.broken() == {}
