"""The floor: no civic words at all. Settings, database, intake, pages, security."""
