"""Towns and running sites for the tests of this folder."""

from tests.site import postgres_site, site, sqlite_site, sqlite_town, town

__all__ = ["postgres_site", "site", "sqlite_site", "sqlite_town", "town"]
