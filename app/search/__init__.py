"""One search across every room: what may be found, by whom, and how it is kept in step with the rooms."""
