"""Changing halls: commands, registration, what comes before and after."""
