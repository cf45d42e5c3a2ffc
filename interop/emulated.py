"""Runs `videogen emulate` for a check: as a context manager here, or for another program:

    emulated.py COMMAND …

runs the command with the emulator's environment, and ends with its status.
"""

import os
import signal
import subprocess
import sys

import programs


class Emulator:
    """`exported`: what a shell would export; `folder`: where the files of credentials lie."""

    def __init__(self, *flags):
        self.flags = ("--shrink", "16", "--latency", "0.1", *flags)

    def __enter__(self):
        self.process = subprocess.Popen([programs.VIDEOGEN, "emulate", *self.flags],
                                        stdout=subprocess.PIPE, text=True)
        self.exported = {}
        while "HF_ENDPOINT" not in self.exported:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("the emulator does not start")
            if line.startswith("export "):
                name, value = line.removeprefix("export ").strip().split("=", 1)
                self.exported[name] = value.strip("'")
        self.url = self.exported["HF_ENDPOINT"]
        self.folder = os.path.dirname(self.exported["GOOGLE_APPLICATION_CREDENTIALS"])
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)


def environment(emulator):
    """That of this process, without what points clients elsewhere."""
    own = {name: value for name, value in os.environ.items()
           if not name.startswith(("GOOGLE_", "CLOUDSDK_", "GCE_", "GCLOUD_", "HF_", "STORAGE_"))}
    return own | {"EMULATOR_URL": emulator.url, "EMULATOR_FOLDER": emulator.folder,
                  "NO_PROXY": "127.0.0.1"}


if __name__ == "__main__":
    with Emulator() as running:
        done = subprocess.run(sys.argv[1:], env=environment(running), check=False)
    sys.exit(done.returncode)
