"""Runs `videogen serve`, or the scripted server of the A2A kit, for a check."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import programs

KIT = pathlib.Path(os.environ["VIDEOGEN_BUILD_DIR"]) / "a2a_tck_server"


class Service:
    """`url`: where it listens; `folder`: below it local paths are read."""

    def __init__(self, *flags, program=programs.VIDEOGEN):
        self.command = [str(program), "serve", "--listen", "127.0.0.1:0", *flags]

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="videogen interop ")
        self.folder = pathlib.Path(self.home.name)
        command = [*self.command, "--data", str(self.folder / "data")]
        if self.command[0] == programs.VIDEOGEN:
            command += ["--files", str(self.folder), "--allow-net", "127.0.0.0/8"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if " at http://" not in line:
            sys.exit(f"the service does not start: {line}")
        self.url = line.split(" at ")[1].strip()
        return self

    def clip(self):
        """A small clip, sound as far as the detectors can tell."""
        path = self.folder / "clip.mp4"
        programs.run(programs.VIDEOGEN, "sample", "--quiet", "--size", "128x72", "--fps", "12",
                     "--seconds", "3", "--", path)
        return path

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        self.home.cleanup()


def kit():
    return Service(program=KIT)
