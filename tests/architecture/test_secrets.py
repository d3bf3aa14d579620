"""What is sealed under the site's secret can move to another one: no table may forget to."""

from __future__ import annotations

import re

from sqlalchemy import LargeBinary

from app.core.db import Base
from app.main import House
from tests import databases

#: thrown away by a rekeying: it lives for a day or less
SHORT_LIVED = {"accounts_mailed_link.sealed", "accounts_draft.sealed", "consultations_sheet_row.sealed"}
MOVED = {
    "consultations_draft.sealed",
    "consultations_respondent.sealed",
    "accounts_account.totp_sealed",
    "following_follower.sealed",
    "mail_suppression.sealed",
    "moderation_illegal.evidence",
    "petitions_signer.sealed",
    "townhall_person.sealed",
    "webhooks_endpoint.sealed",
    "webhooks_endpoint.sealed_before",
}


def test_every_sealed_column_moves_or_is_thrown_away() -> None:
    databases.load_tables()
    sealed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and re.search(r"seal|evidence$", column.name)
    }
    assert sealed == SHORT_LIVED | MOVED


def test_every_area_with_such_a_column_contributes(house: House) -> None:
    assert {name.partition("_")[0] for name in SHORT_LIVED | MOVED} == set(house.site.rekeyers)
