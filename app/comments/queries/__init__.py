"""Named questions about discussions. Columns rather than mapped objects: a page shows fifty and changes none."""
