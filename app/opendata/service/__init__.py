"""What makes dumps: one batch of rows at a time."""
