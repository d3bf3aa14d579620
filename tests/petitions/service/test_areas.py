"""Where signers live: by postcode, by choice, or unknown; counted with them, and taken back with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from app.accounts.holding import Person as Holder
from app.core.errors import Invalid
from app.following.contribution import Tag
from petitions.model.petition import AreaCount, AreaFigures
from petitions.queries.areas import most_signed_in, where_signed
from petitions.service import area_figures, drafting, ending, erasing, withdrawing
from petitions.service.acts import Confirmed, SignatureConfirmation
from tests.app.areas.places import codes, collection, found, people
from tests.people import AMINA, ANNA, CHARLIE, LAURA, PEDRO, SAM, Person, crowd
from tests.site import Town


def counted(town: Town, petition: int) -> dict[str, int]:
    rows = town.rows(AreaCount, AreaCount.petition_id == petition)
    return {r.code: r.validated for r in rows if r.validated}


def ask(town: Town, petition: int, person: Person, area: str = "") -> object:
    """The form with an area chosen; a refusal is an answer."""
    act = town.request_act(petition, person)
    act.area = area
    (answer,) = town.perform([act])
    return answer if isinstance(answer, Invalid) else act.id


def sign(town: Town, petition: int, person: Person, area: str = "") -> int:
    signature = ask(town, petition, person, area)
    assert isinstance(signature, int)
    assert isinstance(town.perform([SignatureConfirmation(at=town.now, signature_id=signature)])[0], Confirmed)
    return signature


def sign_all(town: Town, petition: int, area: str, count: int) -> list[int]:
    """So many people of one area, in one batch."""
    acts = [
        town.request_act(petition, person) for person in crowd(count, f"{area.lower()}{len(town.signatures(petition))}")
    ]
    for act in acts:
        act.area = area
    town.perform(acts)
    town.confirm(*(act.id for act in acts))
    return [act.id for act in acts]


def show(town: Town) -> None:
    """The job comes by."""
    placing = town.site.dependencies["placing"]
    while town.database.retrying(lambda db: area_figures.show_some(db, placing.book, placing.home_country, town.now)):
        pass


def shown(town: Town, petition: int) -> dict[str, int]:
    with town.database.reading() as db:
        where = where_signed(db, town.site.dependencies["areas"].now(db), petition)
    return {area.code: area.signatures for area in where.areas}


def test_the_postcode_says_the_area(town: Town):
    found(town)
    codes(town, ("N1 1TY", "W01"), ("SW1A", "W02"), ("M1 1", "W03"))
    petition = town.open_petition()
    sam, laura, charlie, amina, pedro = town.sign(petition, SAM, LAURA, CHARLIE, AMINA, PEDRO)
    areas = [town.signature(s).area for s in (sam, laura, charlie, amina, pedro)]
    assert areas == ["W01", "W02", "W03", None, None]
    assert counted(town, petition) == {"W01": 6, "W02": 1, "W03": 1}, "its supporters too"
    assert town.broken() == {}


def test_without_a_table_it_is_chosen(town: Town):
    found(town)
    petition = town.open_petition()
    assert town.signature(sign(town, petition, SAM, "W02")).area == "W02"
    assert town.signature(sign(town, petition, LAURA)).area is None
    assert town.signature(sign(town, petition, PEDRO, "W02")).area is None, "who lives abroad lives in no area"
    assert counted(town, petition) == {"W02": 1}
    assert town.broken() == {}


def test_the_table_comes_before_the_choice_and_the_choice_before_nothing(sqlite_town: Town):
    town = sqlite_town
    found(town)
    codes(town, ("N1", "W01"))
    petition = town.open_petition()
    assert town.signature(sign(town, petition, SAM, "W02")).area == "W01"
    assert town.signature(sign(town, petition, AMINA, "W02")).area == "W02"


def test_an_area_there_is_not_is_refused_and_nothing_stored(town: Town):
    petition = town.open_petition()
    assert isinstance(ask(town, petition, SAM, "W01"), Invalid), "there are none at all"
    found(town)
    answer = ask(town, petition, SAM, "W99")
    assert isinstance(answer, Invalid)
    assert [e.field for e in answer.errors] == ["area"]
    found(town, collection(("Oakfield", "Millbrook", "Harbour")), retire=True)
    assert isinstance(ask(town, petition, SAM, "W04"), Invalid), "nobody is counted for one that is no more"
    assert town.signatures(petition, SAM) == []


def test_one_bad_choice_in_a_batch_hurts_nobody_else(sqlite_town: Town):
    town = sqlite_town
    found(town)
    petition = town.open_petition()
    acts = [town.request_act(petition, person) for person in crowd(4, "batch")]
    acts[1].area, acts[2].area = "W99", "W03"
    answers = town.perform(acts)
    assert [isinstance(a, Invalid) for a in answers] == [False, True, False, False]
    assert town.signature(acts[2].id).area == "W03"


def test_whoever_asks_again_may_choose_again_until_they_have_confirmed(town: Town):
    found(town)
    petition = town.open_petition()
    first = ask(town, petition, SAM, "W01")
    ask(town, petition, SAM, "W02")
    assert isinstance(first, int)
    assert town.signature(first).area == "W02"
    town.confirm(first)
    ask(town, petition, SAM, "W03")
    assert town.signature(first).area == "W02"
    assert counted(town, petition) == {"W02": 1}
    assert town.broken() == {}


def test_a_signature_that_ends_leaves_its_area_too(town: Town):
    found(town)
    petition = town.open_petition()
    sam, laura = sign(town, petition, SAM, "W01"), sign(town, petition, LAURA, "W01")
    town.database.retrying(lambda db: withdrawing.withdraw(db, sam, closed_on="", now=town.now))
    assert counted(town, petition) == {"W01": 1}
    by = town.moderator()
    town.database.retrying(lambda db: ending.invalidate(db, laura, reason="automated", by=by, now=town.now))
    assert counted(town, petition) == {}
    assert town.broken() == {}


def test_the_creator_is_counted_where_they_live(sqlite_town: Town):
    town = sqlite_town
    found(town)
    draft = drafting.Draft(
        "Plant trees", "Shade.", "", ANNA.name, ANNA.address, "GB", ANNA.postcode, True, "1", "s" * 30, area="W03"
    )
    petition = town.database.retrying(lambda db: drafting.start(db, town.keys, town.policy, draft, town.now).id)
    town.support(petition, 5)
    assert counted(town, petition) == {"W03": 1}
    assert town.broken() == {}


def test_figures_stand_still_until_the_hour_and_five_signatures(town: Town):
    found(town)
    petition = town.open_petition()
    sign_all(town, petition, "W01", 6)
    assert shown(town, petition) == {}
    show(town)
    assert shown(town, petition) == {"W01": 6}
    at = town.now
    sign_all(town, petition, "W02", 5)
    show(town)
    assert shown(town, petition) == {"W01": 6}, "in the same hour"
    town.clock.set(at.replace(minute=0) + timedelta(hours=1))
    show(town)
    assert shown(town, petition) == {"W01": 6, "W02": 5}
    sign_all(town, petition, "W01", 4)
    town.clock.advance(timedelta(hours=2))
    show(town)
    assert shown(town, petition) == {"W01": 6, "W02": 5}, "four more tell who they were"
    (figures,) = town.rows(AreaFigures)
    assert (figures.placed, figures.unplaced) == (11, 6)
    assert town.broken() == {}


def test_a_small_figure_takes_another_one_along(town: Town):
    found(town)
    petition = town.open_petition()
    for area, count in (("W01", 9), ("W02", 3), ("W03", 7), ("W04", 12)):
        sign_all(town, petition, area, count)
    show(town)
    assert shown(town, petition) == {"W01": 9, "W04": 12}
    with town.database.reading() as db:
        where = where_signed(db, town.site.dependencies["areas"].now(db), petition)
        local = most_signed_in(db, "W03", True, 25, town.now)
    assert where.kept_back == 2
    assert local == [], "nor on the area's own page"
    assert town.broken() == {}


def test_regions_are_told_where_they_tell_of_nobody(town: Town):
    regions = {"W01": "North", "W02": "North", "W03": "South", "W04": "South"}
    found(town, collection(regions=regions))
    petition = town.open_petition()
    for area, count in (("W01", 9), ("W02", 8), ("W03", 2), ("W04", 12)):
        sign_all(town, petition, area, count)
    show(town)
    with town.database.reading() as db:
        where = where_signed(db, town.site.dependencies["areas"].now(db), petition)
    assert {a.code for a in where.areas} == {"W01", "W02"}
    assert [(r.name, r.signatures) for r in where.regions] == [("North", 17), ("South", 14)]


def test_forgotten_signers_leave_their_areas_counted(town: Town):
    found(town)
    petition = town.open_petition()
    sign_all(town, petition, "W01", 6)
    town.deliver()
    town.clock.set(datetime(2027, 6, 1, tzinfo=UTC))
    town.runner.run_all()
    while town.database.retrying(lambda db: erasing.erase_some(db, town.policy, town.settings.zone, town.now)):
        pass
    assert town.petition(petition).salt is None
    assert counted(town, petition) == {"W01": 6}
    assert shown(town, petition) == {"W01": 6}
    town.deliver()
    assert town.broken() == {}


def test_news_of_a_petition_reach_the_areas_that_want_it(sqlite_town: Town):
    town = sqlite_town
    found(town)
    people(town, [("Area", "Population"), ("W01", "5000"), ("W02", "9000"), ("W03", "100"), ("W04", "100")])
    petition = town.open_petition()
    for area, count in (("W01", 6), ("W02", 7), ("W03", 0)):
        sign_all(town, petition, area, count)
    show(town)
    with town.database.reading() as db:
        tags = {tag for tag in town.site.subject_tags["petition"](db, petition) if tag.kind == "area"}
    assert tags == {Tag("area", "W01")}, "one of a thousand there, but not of Millbrook"


def test_a_download_of_ones_data_names_the_area(sqlite_town: Town):
    town = sqlite_town
    found(town)
    petition = town.open_petition()
    sign(town, petition, SAM, "W02")

    holding = town.site.holdings["petitions"]
    with town.database.reading() as db:
        (signature,) = holding.export(db, Holder(account_id=None, address=SAM.address))["signatures"]
    assert signature["area"] == {"code": "W02", "name": "Millbrook"}


def test_areas_cost_nothing_where_there_are_none(sqlite_town: Town):
    """Not one statement more of a batch."""
    petition = sqlite_town.open_petition()
    said: list[str] = []
    listen = lambda _c, _cursor, statement, *_more: said.append(statement)
    event.listen(sqlite_town.database.engine, "before_cursor_execute", listen)
    sqlite_town.sign(petition, *crowd(8, "quick"))
    event.remove(sqlite_town.database.engine, "before_cursor_execute", listen)
    assert [s for s in said if "areas_" in s or "area_count" in s] == []


@pytest.mark.parametrize(
    ("line", "statement", "words"),
    [
        ("petitions: areas add up", "UPDATE petitions_area_count SET validated = validated + 1", "W01: 7 of 6"),
        ("petitions: areas add up", "UPDATE petitions_signature SET area = NULL", "W01: 6 of 0"),
        (
            "petitions: small figures by area are withheld",
            "UPDATE petitions_area_count SET seen = 3 WHERE code = 'W01'",
            "W01",
        ),
        (
            "petitions: small figures by area are withheld",
            "INSERT INTO petitions_area_count (petition_id, code, name, imported, validated, seen, withheld) "
            "SELECT petition_id, 'W02', '', 0, 0, 2, true FROM petitions_area_count",
            "can be worked out",
        ),
        ("areas: areas lie in the map", "UPDATE areas_area SET box_width = 9000 WHERE code = 'W02'", "area W02"),
        ("areas: postcodes are as counted", "UPDATE areas_map SET edition = 1, postcodes = 3", "0 of 3"),
    ],
)
def test_verify_sees_it(sqlite_town: Town, line: str, statement: str, words: str):
    town = sqlite_town
    found(town)
    petition = town.open_petition()
    sign_all(town, petition, "W01", 6)
    show(town)
    assert town.broken() == {}
    town.sql(statement)
    assert words in " ".join(town.broken()[line])
