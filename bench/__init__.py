"""Measurements of the running site.

Each `python -m bench.NAME` starts real servers on free loopback ports and writes to `var/bench/` only.
Start reading at `measure.py` (how figures are taken), then `driver.py` (who makes the load) and `signing.py`.
"""
