"""What staff did: an append-only, hash-chained record without personal data."""
