"""Running the site: what administrators switch, say to everyone, and do on the day of a breach."""
