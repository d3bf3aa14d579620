"""Towns and running sites for the tests of this folder."""

from tests.site import postgres_ground, postgres_site, site, sqlite_ground, sqlite_site, sqlite_town, town

__all__ = ["postgres_ground", "postgres_site", "site", "sqlite_ground", "sqlite_site", "sqlite_town", "town"]
