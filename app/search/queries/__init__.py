"""Reading the index."""
