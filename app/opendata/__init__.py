"""Open data: what the pages show, as tables that programs read, with what they mean beside them.

Rooms and the house declare *datasets* (:class:`~app.opendata.contribution.Dataset`). The floor makes of each a CSV
with its metadata (CSV on the Web), JSON lines, an entry of the catalogue (DCAT), and every night a dump of all of
them. It also serves the small pages that other sites may embed. See docs/decisions/0042.
"""
