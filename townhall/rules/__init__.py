"""What holds in a hall, as plain Python."""
