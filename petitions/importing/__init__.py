"""Bringing petitions in from other systems: idempotent by source id, one bad record hurts no other.

The source's count becomes the stated baseline. Imports send no letter, cross no threshold and
start no clock; a response arrives as an answered referral.
"""

from petitions.importing.decidim import decidim
from petitions.importing.facts import BadRecord
from petitions.importing.records import read_record, read_records
from petitions.importing.uk import Report, import_records, uk_petitions

__all__ = ["BadRecord", "Report", "decidim", "import_records", "read_record", "read_records", "uk_petitions"]
