"""The program beside an emulator of its own. Standard library only."""

import json
import urllib.request

from program import ProgramTest


class EmulatedTest(ProgramTest):
    def emulator(self, *flags):
        """Starts one; returns what it wants in the environment of its callers."""
        process = self.start("emulate", "--shrink", "16", "--latency", "0.1", "--broken-every", "0",
                             *flags, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.terminate)
        exported = {}
        for line in process.stdout:
            if not line.startswith("export "):
                break
            name, value = line.removeprefix("export ").rstrip("\n").split("=", 1)
            exported[name] = value.strip("'")
        return exported

    def emulate(self, *flags):
        """Starts one and points the environment of this test at it."""
        self.environment |= self.emulator(*flags)
        self.environment["VIDEOGEN_DATA"] = str(self.home / "data")
        self.url = self.environment["GOOGLE_VERTEX_BASE_URL"]

    def orders(self):
        """Submits that the emulator has seen."""
        with urllib.request.urlopen(self.url + "/_emulator/log") as reply:
            return [entry for entry in json.load(reply)["requests"]
                    if entry["path"].endswith(":predictLongRunning")]
