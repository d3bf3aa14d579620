"""Which lines of ``verify`` about the floors that are open to other programs have been seen to break, and where."""

from __future__ import annotations

from tests.app.webhooks.test_verify import BREAKS

LINES = {f"webhooks: {line}" for line in BREAKS}
LINES |= {
    # tests/app/webhooks/test_verify.py, each in a test of its own
    "webhooks: the log is forgotten in time",
    # tests/app/tokens/test_lives.py
    "tokens: no token outlives its department",
    "tokens: tokens are issued and ended on record",
    "tokens: tokens expire within a year",
    "tokens: tokens have scopes that are known",
    # tests/app/trails/test_linking.py
    "trails: links join what there is",
    "trails: links stand in the record of acts",
    "trails: no link leads back to where it began",
    # tests/petitions/service/test_areas.py
    "areas: areas lie in the map",
    "areas: postcodes are as counted",
    "petitions: areas add up",
    "petitions: small figures by area are withheld",
    # tests/app/opendata/test_dumping.py
    "open data: files of dumps are what their manifests say",
    # tests/petitions/importing/test_decidim.py
    "comments: imported comments have no account",
}
