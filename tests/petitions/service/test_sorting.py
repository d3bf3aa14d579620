"""Topics, notes and tags: what staff set for a petition, one newer save at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.audit.model import AuditEntry
from app.core.errors import BadField, Invalid, NotFound
from app.core.freshness import versions
from petitions.importing import import_records
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.model.sorting import PetitionTopic, Tag, Topic
from petitions.policy import PetitionPolicy
from petitions.queries import sorting as queries
from petitions.rules.sorting import Sorting, read_public_note, read_reason, read_tags, read_topic, slug_of
from petitions.service import closing, erasing, sorting
from tests.people import SAM, crowd
from tests.site import ADMINISTRATOR, Town

EMPTY = Sorting().digest


@pytest.fixture
def petition(town: Town) -> int:
    return town.open_petition()


def topic(town: Town, name: str) -> int:
    by = town.staff(ADMINISTRATOR, "administrator")
    return town.database.retrying(lambda db: sorting.add_topic(db, name, by=by, now=town.now).id)


def change_topic(town: Town, act, *args) -> None:
    by = town.staff(ADMINISTRATOR, "administrator")
    town.database.retrying(lambda db: act(db, *args, by=by, now=town.now))


def sort(town: Town, petition: int, wanted: Sorting, seen: str = EMPTY) -> None:
    by = town.moderator()
    town.database.retrying(lambda db: sorting.sort(db, petition, wanted, seen=seen, by=by, now=town.now))


def stands(town: Town, petition: int) -> Sorting:
    with town.database.reading() as db:
        return queries.sorting_of(db, db.get_one(Petition, petition))


def page_version(town: Town, key: str) -> int:
    with town.database.reading() as db:
        return versions(db, [key]).get(key, 0)


def record(topics: object, number: int = 4711) -> dict:
    attributes = {
        "action": "Keep the library open",
        "background": "We read.",
        "state": "open",
        "signature_count": 835,
        "created_at": "2026-01-02T03:04:05.678Z",
        "opened_at": "2026-01-09T00:00:00.000Z",
        "topics": topics,
    }
    return {"type": "petition", "id": number, "attributes": attributes}


def bring(town: Town, *records: dict):
    return import_records(town.database, list(records), town.policy, town.now)


# one petition


def test_maureen_sets_everything_at_once_and_it_is_on_record(town: Town, petition: int):
    libraries, buses = topic(town, "Libraries"), topic(town, "Buses")
    wanted = Sorting(frozenset({libraries, buses}), "The council meets in May.", "Ask Imran.", ("budget", "sundays"))
    before = page_version(town, f"petition:{petition}")
    sort(town, petition, wanted)
    assert stands(town, petition) == wanted
    row = town.petition(petition)
    assert (row.public_note_at, row.updated_at) == (town.now, town.now)
    assert page_version(town, f"petition:{petition}") == before + 1
    (entry,) = town.rows(AuditEntry, AuditEntry.act == "petitions.sort")
    assert (entry.actor_id, entry.subject_id) == (town.moderator(), petition)
    assert entry.facts == {
        "topics": {"added": sorted([libraries, buses]), "removed": []},
        "public_note": "changed",
        "staff_note": "changed",
        "tags": "changed",
    }
    town.clock.advance(timedelta(days=1))
    less = Sorting(frozenset({buses}), "", "Ask Imran.", ("sundays",))
    sort(town, petition, less, seen=wanted.digest)
    assert (stands(town, petition), town.petition(petition).public_note_at) == (less, None)
    assert town.broken() == {}


def test_what_only_staff_see_changes_no_public_page(town: Town, petition: int):
    before, row = page_version(town, f"petition:{petition}"), town.petition(petition)
    town.clock.advance(timedelta(hours=1))
    sort(town, petition, Sorting(staff_note="Looks copied.", tags=("copied",)))
    assert page_version(town, f"petition:{petition}") == before
    assert town.petition(petition).updated_at == row.updated_at


def test_a_form_over_a_newer_save_stores_nothing(town: Town, petition: int):
    sort(town, petition, Sorting(staff_note="Maureen was here."))
    with pytest.raises(sorting.SortedMeanwhile):
        sort(town, petition, Sorting(staff_note="So was Mo.", tags=("late",)))
    assert stands(town, petition) == Sorting(staff_note="Maureen was here.")
    sort(town, petition, Sorting(staff_note="So was Mo."), seen=Sorting(staff_note="Maureen was here.").digest)
    assert stands(town, petition).staff_note == "So was Mo."


def test_the_same_form_sent_eight_times_at_once_is_stored_once(town: Town, petition: int):
    wanted = Sorting(public_note="Moved to June.", tags=("june",))
    town.moderator()
    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(lambda _n: sort(town, petition, wanted), range(8)))
    assert stands(town, petition) == wanted
    assert len(town.rows(AuditEntry, AuditEntry.act == "petitions.sort")) == 1


def test_signatures_that_come_in_meanwhile_are_no_newer_save(town: Town, petition: int):
    town.clock.advance(timedelta(minutes=1))
    town.sign(petition, SAM)
    sort(town, petition, Sorting(staff_note="Growing."))
    assert stands(town, petition).staff_note == "Growing."


def test_a_topic_that_is_retired_or_unknown_is_refused_and_what_a_petition_has_it_keeps(town: Town, petition: int):
    old = topic(town, "Telephone boxes")
    sort(town, petition, Sorting(frozenset({old})))
    change_topic(town, sorting.retire_topic, old)
    had = Sorting(frozenset({old}))
    sort(town, petition, Sorting(frozenset({old}), tags=("red",)), seen=had.digest)
    assert stands(town, petition).topics == {old}
    another = town.open_petition()
    for wrong in (old, 999_999):
        with pytest.raises(Invalid) as refused:
            sort(town, another, Sorting(frozenset({wrong})))
        assert [e.field for e in refused.value.errors] == ["topic"]
    with pytest.raises(NotFound):
        sort(town, 999_999, Sorting())


def test_tags_are_small_words_each_once():
    assert read_tags(" Budget, #Sundays;budget,\n , \u200b, Opening  hours") == ("budget", "sundays", "opening hours")
    assert read_tags("") == ()
    assert len(read_tags(",".join(f"tag {n}" for n in range(20)))) == 20
    for wrong in ("t" * 41, ",".join(f"tag {n}" for n in range(21))):
        with pytest.raises(BadField):
            read_tags(wrong)


def test_a_public_note_of_800_characters_is_taken_and_one_more_is_not():
    assert len(read_public_note("n" * 800)) == 800
    for read, wrong in (
        (read_public_note, "n" * 801),
        (read_reason, " \u2060 "),
        (read_topic, "?!"),
        (read_topic, "t" * 81),
    ):
        with pytest.raises(BadField):
            read(wrong)


def test_tags_are_counted_and_lead_to_their_petitions(town: Town, petition: int):
    another = town.open_petition()
    sort(town, petition, Sorting(tags=("budget", "sundays")))
    sort(town, another, Sorting(tags=("budget",)))
    with town.database.reading() as db:
        assert queries.tags_counted(db) == [("budget", 2), ("sundays", 1)]
        rows, total = queries.tagged(db, "budget", offset=0, most=25)
        assert ([p.id for p in rows], total) == ([another, petition], 2)
        assert queries.tagged(db, "nobody", offset=0, most=25) == ([], 0)


# topics


def test_a_topic_is_renamed_retired_and_brought_back_and_keeps_its_address(town: Town):
    parks = topic(town, "Parks & gardens")
    change_topic(town, sorting.rename_topic, parks, "Green spaces")
    change_topic(town, sorting.retire_topic, parks)
    (row,) = town.rows(Topic)
    assert (row.slug, row.name, row.retired_at) == ("parks-gardens", "Green spaces", town.now)
    change_topic(town, sorting.bring_back_topic, parks)
    assert town.rows(Topic)[0].retired_at is None
    assert [e.act.removeprefix("petitions.topic-") for e in town.rows(AuditEntry, AuditEntry.act.like("%topic-%"))] == [
        "add",
        "rename",
        "retire",
        "bring-back",
    ]


@pytest.mark.parametrize("name", ["Libraries", "LIBRARIES ", "Líbraries", "Reading rooms"])
def test_two_topics_never_share_a_name(town: Town, name: str):
    first, other = topic(town, "Reading rooms"), topic(town, "Buses")
    change_topic(town, sorting.rename_topic, first, "Libraries")
    with pytest.raises(Invalid) as refused:
        topic(town, name)
    assert [e.field for e in refused.value.errors] == ["name"]
    if name != "Reading rooms":
        with pytest.raises(Invalid):
            change_topic(town, sorting.rename_topic, other, name)
    assert sorted(t.name for t in town.rows(Topic)) == ["Buses", "Libraries"]


def test_a_topic_in_use_is_never_deleted_and_one_nobody_has_can_be(town: Town, petition: int):
    used, unused = topic(town, "Libraries"), topic(town, "Mistake")
    sort(town, petition, Sorting(frozenset({used})))
    with pytest.raises(sorting.TopicInUse):
        change_topic(town, sorting.delete_topic, used)
    change_topic(town, sorting.delete_topic, unused)
    assert [t.id for t in town.rows(Topic)] == [used]
    with town.database.reading() as db:
        assert [(row.topic.id, row.petitions) for row in queries.topics_counted(db)] == [(used, 1)]
    assert stands(town, petition).topics == {used}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Business and Industry", "business-and-industry"),
        ("Covid-19", "covid-19"),
        ("Éducation", "education"),
        ("公園", "公園"),
        ("a" * 59 + " b", "a" * 59),
    ],
)
def test_a_name_makes_its_address(name: str, slug: str):
    assert slug_of(name) == slug


# imports


def test_an_import_brings_its_topics_and_says_what_it_left_out(town: Town):
    topic(town, "Environment")
    report = bring(town, record(["environment", "business-and-industry", 7, "", {"name": "Sport"}]), record("none", 2))
    assert (report.created, report.refused) == (2, [])
    assert [reason for _name, reason in report.left_out] == ["topic 7", "topic ''", "its topics are no list"]
    (petition,) = town.rows(Petition, Petition.source_id == "4711")
    with town.database.reading() as db:
        names = [t.name for t in queries.topics_of(db, petition.id)]
    assert names == ["Business and industry", "Environment", "Sport"]
    assert len(town.rows(Topic)) == 3
    assert town.broken() == {}


def test_a_second_import_leaves_the_topics_as_staff_set_them_until_the_source_changes_its_own(town: Town):
    bring(town, record(["environment"]))
    (petition,) = town.rows(Petition)
    sort(town, petition.id, Sorting(), seen=stands(town, petition.id).digest)
    assert bring(town, record(["environment"])).unchanged == 1
    assert bring(town, record(["environment"]) | {"links": {"self": "https://a.example/1.json"}}).updated == 1
    assert town.rows(PetitionTopic) == []
    bring(town, record(["environment", "sport"]))
    assert len(town.rows(PetitionTopic)) == 2
    bring(town, record(None))
    assert town.rows(PetitionTopic) == []


# keeping signers


def keep(town: Town, petition: int, *, on: bool = True, reason: str = "A court asked.") -> None:
    by = town.staff(ADMINISTRATOR, "administrator")
    town.database.retrying(lambda db: sorting.keep_signers(db, petition, keep=on, reason=reason, by=by, now=town.now))


def erase(town: Town) -> None:
    zone = ZoneInfo("Europe/London")
    while town.database.retrying(lambda db: erasing.erase_some(db, PetitionPolicy(), zone, town.now)):
        pass
    town.database.retrying(lambda db: erasing.forget_unconfirmed(db, PetitionPolicy(), town.now))


def known(town: Town, petition: int) -> int:
    """How many signers still have a name."""
    ids = [s.id for s in town.rows(Signature, Signature.petition_id == petition)]
    return len(town.rows(Signer, Signer.signature_id.in_(ids)))


def test_a_petition_marked_exempt_is_untouched_and_another_is_erased(town: Town):
    kept, other = town.open_petition(), town.open_petition()
    for petition in (kept, other):
        town.sign(petition, *crowd(3))
        town.request(petition, SAM)
    keep(town, kept)
    town.clock.advance(timedelta(days=190))
    town.database.retrying(lambda db: closing.close_overdue(db, town.now))
    town.clock.advance(timedelta(days=400))
    town.work()
    erase(town)
    assert (known(town, kept), known(town, other)) == (10, 0)
    row = town.petition(kept)
    assert (row.salt is not None, row.creator_name, row.keep_signers_reason) == (True, "Anna Example", "A court asked.")
    assert town.petition(other).salt is None
    town.deliver()
    assert town.broken() == {}


def test_once_the_exemption_ends_its_signers_are_erased_too(town: Town, petition: int):
    keep(town, petition)
    keep(town, petition, reason="Asked again.")
    town.clock.advance(timedelta(days=190))
    town.database.retrying(lambda db: closing.close_overdue(db, town.now))
    town.clock.advance(timedelta(days=200))
    erase(town)
    assert known(town, petition) == 6
    keep(town, petition, on=False, reason="The case is closed.")
    erase(town)
    assert known(town, petition) == 0
    entries = town.rows(AuditEntry, AuditEntry.act.like("petitions.keep-signers%"))
    assert [(e.act, e.facts["reason"], e.actor_id) for e in entries] == [
        ("petitions.keep-signers", "A court asked.", town.staff(ADMINISTRATOR, "administrator")),
        ("petitions.keep-signers-end", "The case is closed.", town.staff(ADMINISTRATOR, "administrator")),
    ]
    assert len(town.rows(Tag)) == 0
