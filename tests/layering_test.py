"""Every #include between rooms must be allowed by layers.txt."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)

# Libraries that one room keeps to itself (public headers name no third-party type); OpenSSL
# is shared.
KEPT = {
    "media": re.compile(r"^lib(av\w+|sw\w+)/|^turbojpeg\.h$"),
    "embed": re.compile(r"^oneapi/|^dnnl|^fftw3\.h$|^unicode/|^zip\.h$"),
    "motion": re.compile(r"^opencv2/"),
    "net": re.compile(r"^curl/|^isa-l|^zlib\.h$|^boost/"),
    "base net emulator": re.compile(r"^openssl/"),
    "database": re.compile(r"^sqlite3\.h$"),
    "serve": re.compile(r"^prometheus/"),
    "cli": re.compile(r"^CLI/"),
}
# What a public header may include besides the standard library and other headers of ours.
PUBLIC_THIRD_PARTY = {"tl/expected.hpp"}


def read_layers():
    layers = {}
    for line in (ROOT / "layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            room, below = line.split(":")
            layers[room.strip()] = set(below.split())
    return layers


def sources():
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".cc", ".h"):
            yield path, path.relative_to(ROOT / "src").parts[0]


class Layering(unittest.TestCase):
    layers = read_layers()

    def test_every_room_is_listed_and_every_listed_room_exists(self):
        rooms = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
        self.assertEqual(rooms, set(self.layers))

    def test_layers_have_an_order(self):
        done = set()
        while len(done) < len(self.layers):
            ready = {r for r, below in self.layers.items() if r not in done and below <= done}
            self.assertTrue(ready, f"a cycle among {set(self.layers) - done}")
            done |= ready

    def test_rooms_include_only_what_lies_below_them(self):
        wrong = []
        for path, room in sources():
            for target in INCLUDE.findall(path.read_text()):
                other = target.split("/")[0]
                if other in self.layers and "/" in target:
                    if other != room and other not in self.layers[room]:
                        wrong.append(f"{path.relative_to(ROOT)} includes {target}")
        self.assertEqual(wrong, [])

    def test_third_party_libraries_stay_in_their_room(self):
        wrong = []
        for path, room in sources():
            for target in INCLUDE.findall(path.read_text()):
                for owner, pattern in KEPT.items():
                    if pattern.search(target) and room not in owner.split():
                        wrong.append(f"{path.relative_to(ROOT)} includes {target}, kept by {owner}")
        self.assertEqual(wrong, [])

    def test_public_headers_name_no_third_party_header(self):
        wrong = []
        for path, room in sources():
            if path.suffix != ".h" or path.name.endswith("_internal.h") or room == "cli":
                continue
            for target in INCLUDE.findall(path.read_text()):
                ours = target.split("/")[0] in self.layers and "/" in target
                standard = re.fullmatch(r"[a-z_0-9]+", target)
                if not ours and not standard and target not in PUBLIC_THIRD_PARTY:
                    wrong.append(f"{path.relative_to(ROOT)} includes {target}")
                if ours and target.endswith("_internal.h"):
                    wrong.append(f"{path.relative_to(ROOT)} includes the private {target}")
        self.assertEqual(wrong, [])

    def test_a_forbidden_include_would_be_found(self):
        self.assertNotIn("cli", self.layers["media"])
        self.assertEqual(INCLUDE.findall('#include "cli/verbs.h"\n'), ["cli/verbs.h"])


if __name__ == "__main__":
    unittest.main()
