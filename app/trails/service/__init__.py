"""Linking, taking links back, telling that something led to something. No act commits."""
