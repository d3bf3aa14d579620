"""Files people and departments send: taken in, checked, kept once, handed out.

Start at :mod:`app.files.service`. A file's bytes lie in a :class:`~app.files.store.Store` under their
SHA-256; a row says what they are, whose, and whether they passed. A room says when its files are
public (``site.file_owners``); until then, and until a file is clean, nobody gets it by its address.
"""
