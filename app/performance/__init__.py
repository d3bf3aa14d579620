"""How the service does, in figures that everyone can check: measures of each room, uptime, opinions, accessibility."""
