"""cmake --install, then a consumer project that knows only the installed tree."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from program import BUILD, build_option, sanitized

ROOT = pathlib.Path(__file__).resolve().parent.parent
VIDEOGEN = os.environ.get("VIDEOGEN")


@unittest.skipUnless(VIDEOGEN and BUILD, "run by ctest, which says where the build is")
class Install(unittest.TestCase):
    def run_ok(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_a_consumer_builds_against_the_installed_library(self):
        if sanitized() or build_option("VIDEOGEN_COVERAGE") == "ON":
            self.skipTest("the installed library would need the instrumentation's run time")
        with tempfile.TemporaryDirectory() as scratch:
            prefix, build, clip = f"{scratch}/prefix", f"{scratch}/build", f"{scratch}/clip.mp4"
            self.run_ok("cmake", "--install", BUILD, "--prefix", prefix)
            installed = {p.name for p in pathlib.Path(prefix).rglob("*.h")}
            self.assertIn("validate.h", installed)
            self.assertFalse([h for h in installed if h.endswith("_internal.h")])
            self.run_ok("cmake", "-G", "Ninja", "-S", str(ROOT / "tests/consumer"), "-B", build,
                        f"-DCMAKE_PREFIX_PATH={prefix}")
            self.run_ok("cmake", "--build", build)
            program = f"{prefix}/bin/videogen"
            self.run_ok(program, "sample", clip, "--seconds", "3", "--size", "320x180")
            mean = float(self.run_ok(f"{build}/consumer", clip))
            report = json.loads(self.run_ok(program, "validate", "--embedder", "gist", "--json", clip))
            self.assertAlmostEqual(mean, report["overall_coherence"], places=5)


if __name__ == "__main__":
    unittest.main()
