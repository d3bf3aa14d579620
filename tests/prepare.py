"""Gets what the browser tests need from outside Python: as root on Debian, a Chromium."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def main() -> None:
    if any(shutil.which(name) for name in NAMES):
        return
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests …", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=False, env=environment, **quiet)
        for name in NAMES[:2]:  # older Debians know the second alone
            if not any(shutil.which(found) for found in NAMES):
                subprocess.run(["apt-get", "install", "-y", "-q", name], check=False, env=environment, **quiet)
    if not any(shutil.which(name) for name in NAMES):
        print("No Chromium here: browser tests will be skipped by name.", file=sys.stderr)


if __name__ == "__main__":
    main()
