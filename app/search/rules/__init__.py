"""Words, queries and marks: plain Python, the same on both databases."""
