"""Makes a Python environment with cryptography and joserfc on first use, and prints its interpreter.

In $ALIEN_POD_CACHE, else $XDG_CACHE_HOME/alien-pod, else ~/.cache/alien-pod. It is complete when its marker is there; a
lock keeps two from making it at once.
"""
import fcntl
import os
import shutil
import subprocess
import sys
import venv

REQUIREMENTS = ["cryptography>=42,<60", "joserfc>=1.0,<2"]


def main():
    environment = os.environ
    cache = environment.get("ALIEN_POD_CACHE")
    if not cache:
        base = environment.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        cache = os.path.join(base, "alien-pod")
    directory = os.path.join(cache, "jose")
    os.makedirs(cache, mode=0o700, exist_ok=True)
    python = os.path.join(directory, "bin", "python")
    marker = os.path.join(directory, "complete")
    with open(directory + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(marker):
            shutil.rmtree(directory, ignore_errors=True)
            venv.create(directory, with_pip=True)
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + REQUIREMENTS,
                check=True, stdout=sys.stderr)
            open(marker, "w").close()
    print(python)


main()
