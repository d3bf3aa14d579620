"""`python -m bench [--seconds N] [--database …] [--scale …]`: every bench, one after the other."""

import subprocess
import sys

BENCHES = ("signing", "pages")

if __name__ == "__main__":
    codes = [subprocess.run([sys.executable, "-m", f"bench.{name}", *sys.argv[1:]]).returncode for name in BENCHES]
    sys.exit(max(codes))
