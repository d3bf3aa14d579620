"""One linear schema history for both databases; :mod:`app.core.schema` walks it."""
