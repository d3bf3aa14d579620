"""The commands of ``townsquare``, by what they are for; :mod:`app.cli` puts them together."""
