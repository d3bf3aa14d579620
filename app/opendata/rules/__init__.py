"""Rules of open data: plain values in, plain values out."""
