"""A small room for these tests: shelves with documents, some of them public."""
