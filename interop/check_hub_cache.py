"""What `models pull` lays down is what huggingface_hub finds, and the other way round."""

import json
import os
import pathlib
import sys
import tempfile

import programs

sys.path.insert(0, str(programs.SOURCE / "tests"))
os.environ |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}

from models_pull_test import COMMIT, TINY_MODEL, Hub, digest, files_of  # noqa: E402
from web import Answer, serve  # noqa: E402


class FullHub(Hub):
    """With the fields that huggingface_hub asks for besides."""

    def tree(self):
        entries = []
        for name, data in self.files.items():
            entry = {"type": "file", "path": name, "size": len(data), "oid": digest("git", data)}
            if len(digest(name, data)) == 64:
                entry["lfs"] = {"oid": digest(name, data), "size": len(data), "pointerSize": 134}
            entries.append(entry)
        return Answer(json.dumps(entries).encode(), headers={"Content-Type": "application/json"})

    def __call__(self, request):
        if "/tree/" in request.path:
            return self.tree()
        request.path = request.path.replace("/resolve/main/", f"/resolve/{COMMIT}/")
        answer = super().__call__(request)
        answer.headers["X-Repo-Commit"] = COMMIT
        return answer


def videogen_pull(web, cache):
    out = programs.run(programs.VIDEOGEN, "models", "pull", "--json", "org/tiny", environment={
        "HF_ENDPOINT": web.url, "HF_HUB_CACHE": str(cache)})
    return json.loads(out)


def check(scratch, web, files):
    import huggingface_hub

    ours, theirs = scratch / "ours", scratch / "theirs"
    pulled = videogen_pull(web, ours)
    found = huggingface_hub.snapshot_download("org/tiny", cache_dir=ours, local_files_only=True)
    if found != pulled["folder"]:
        return f"huggingface_hub finds {found}, not {pulled['folder']}"
    before = len(web.seen)
    huggingface_hub.snapshot_download("org/tiny", cache_dir=ours, endpoint=web.url)
    bodies = [path for method, path, _ in web.seen[before:] if method == "GET" and "/resolve/" in path]
    if bodies:
        return f"huggingface_hub fetches {bodies} again"
    scanned = huggingface_hub.scan_cache_dir(ours)
    if scanned.warnings or len(scanned.repos) != 1:
        return f"scan_cache_dir: {scanned.warnings} {scanned.repos}"
    (repository,) = scanned.repos
    (revision,) = repository.revisions
    if (repository.repo_id, revision.commit_hash, set(revision.refs)) != ("org/tiny", COMMIT, {"main"}):
        return f"scan_cache_dir: {repository}"
    if {file.file_name for file in revision.files} != set(files):
        return f"scan_cache_dir lists {revision.files}"

    folder = pathlib.Path(huggingface_hub.snapshot_download("org/tiny", cache_dir=theirs,
                                                            endpoint=web.url))
    again = videogen_pull(web, theirs)
    if again["fetched_bytes"] != 0 or again["folder"] != str(folder):
        return f"what huggingface_hub fetched is fetched again: {again}"
    for name, data in files.items():
        links = {os.readlink(cache / "models--org--tiny/snapshots" / COMMIT / name) for cache in (ours, theirs)}
        if links != {f"../../blobs/{digest(name, data)}"}:
            return f"{name} leads to {links}"
    return None


def main():
    files = files_of(TINY_MODEL)
    with tempfile.TemporaryDirectory() as scratch, serve(FullHub(files)) as web:
        wrong = check(pathlib.Path(scratch), web, files)
    if wrong:
        sys.exit(f"hub cache: {wrong}")
    print(f"hub cache: huggingface_hub and models pull share {len(files)} files")


if __name__ == "__main__":
    main()
