"""Initiatives and their comments from Decidim's open data: a zip, or CSV files of it.

Every file is read to its end and checked before anything is stored: a broken one changes nothing. Then each row is
stored for itself, and the report says what became of it. Files of other things than these are left out.
"""

from petitions.importing.decidim.command import decidim

__all__ = ["decidim"]
