"""Pages, tables, the catalogue, dumps, and what others embed."""

from app.opendata.web import catalogue, dumps, embedding, oembed, overseeing, pages, tables

HANDLERS = [
    *catalogue.HANDLERS,
    *dumps.HANDLERS,
    *embedding.HANDLERS,
    *oembed.HANDLERS,
    *overseeing.HANDLERS,
    *pages.HANDLERS,
    *tables.HANDLERS,
]
