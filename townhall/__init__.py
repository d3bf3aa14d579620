"""Live town halls: officials host, citizens ask, upvote and answer polls, departments answer what was left."""
