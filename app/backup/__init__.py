"""Backup and restore: one file format for both databases, so that a town can move between them.

A backup is a SQLite file with every mapped table as it stood in one snapshot, the bytes of every file
that those rows name (:mod:`app.backup.contents`), and a manifest: who made it, when, at which schema,
and for each table the number of rows and a SHA-256 (:mod:`app.backup.values` says over what). It is
the same whichever database it came from.

Personal data stays sealed: rows hold it encrypted by the application, and ``TOWNSQUARE_SECRET_KEY``
is **not** in the file. Keep that elsewhere: without it nobody can read the signers of a restored
town, and the links in its letters are void.

Stop the site for a restore. Letters that wait in a backup are sent once the restored site runs.
"""

from app.backup.archive import BackupFailed
from app.backup.restoring import read_backup
from app.backup.writing import write_backup

__all__ = ["BackupFailed", "read_backup", "write_backup"]
