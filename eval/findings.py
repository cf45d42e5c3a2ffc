"""What videogen_findings says of clips, kept by the program's digest: a changed detector is asked
again."""

import hashlib
import json
import pathlib
import subprocess


class Finder:
    def __init__(self, program, fitted, folder):
        self.program, self.fitted = str(program), str(fitted)
        # Findings of morphs depend on `fitted`, too; who wants those keeps them in a folder apart.
        digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()[:16]
        self.maps = pathlib.Path(folder) / f"maps-{digest}"
        self.kept = pathlib.Path(folder) / f"findings-{digest}.jsonl"
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        self.known = {}
        if self.kept.exists():
            for line in self.kept.read_text().splitlines():
                found = json.loads(line)
                self.known[found["path"]] = found

    def of(self, paths, say=lambda text: None):
        """The findings of each clip, by path. Clips that cannot be read are left out and said."""
        missing = [str(path) for path in paths if str(path) not in self.known]
        with open(self.kept, "a") as file:
            for at in range(0, len(missing), 16):
                out = subprocess.run([self.program, self.fitted, str(self.maps), *missing[at:at + 16]], check=True,
                                     capture_output=True, text=True).stdout
                for line in out.splitlines():
                    found = json.loads(line)
                    self.known[found["path"]] = found
                    file.write(line + "\n")
                file.flush()
                say(f"findings: {min(at + 16, len(missing))} of {len(missing)} clips")
        for path in paths:
            if "error" in self.known[str(path)]:
                say(f"findings: {path}: {self.known[str(path)]['error']}")
        return {str(path): self.known[str(path)] for path in paths
                if "error" not in self.known[str(path)]}
