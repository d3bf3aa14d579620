"""Reading halls: for pages, snapshots and the log."""
