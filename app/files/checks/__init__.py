"""Looking into a file: what it is, and whether anything in it has no place in a document."""

from app.files.checks.content import Checked, check, kind_of

__all__ = ["Checked", "check", "kind_of"]
