"""`models pull` fetches what a CLIP model needs, checked, into the cache of Hugging Face's tools."""

import hashlib
import json
import os
import signal
import time
import unittest
import urllib.parse

from program import TINY_MODEL, ProgramTest
from web import Answer, serve

COMMIT = "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268"
SHARDED = TINY_MODEL.parent / "tiny-gelu-sharded-bf16"
NEEDED = ["config.json", "merges.txt", "preprocessor_config.json", "special_tokens_map.json",
          "tokenizer_config.json", "vocab.json"]


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "expected.json"}


def digest(name, data):
    """As the hub has it: LFS for weights, git for the rest."""
    if name.endswith((".safetensors", ".bin")):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub:
    """Answers as huggingface.co does, as far as a pull goes; redirects weights to `store`."""

    def __init__(self, files, store=None, listing=True):
        self.files, self.store, self.listing = files, store, listing
        self.change = lambda name, answer: answer
        self.token = None

    def sibling(self, name, data):
        entry = {"rfilename": name}
        if self.listing:
            entry["size"] = len(data)
            entry["blobId"] = hashlib.sha1(name.encode()).hexdigest()  # of the pointer, for LFS
            if len(digest(name, data)) == 64:
                entry["lfs"] = {"sha256": digest(name, data), "size": len(data), "pointerSize": 134}
            else:
                entry["blobId"] = digest(name, data)
        return entry

    def __call__(self, request):
        path = urllib.parse.unquote(request.path.partition("?")[0])
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return Answer(b'{"error": "Invalid username or password."}', status=401)
        if path == "/api/models/org/tiny/revision/main" or path.endswith("/revision/pr/1"):
            siblings = [self.sibling(*item) for item in self.files.items()]
            return Answer(json.dumps({"id": "org/tiny", "sha": COMMIT, "siblings": siblings}).encode())
        prefix = f"/org/tiny/resolve/{COMMIT}/"
        name = path.removeprefix(prefix)
        if not path.startswith(prefix) or name not in self.files:
            return Answer(b'{"error": "Repository not found"}', status=404)
        data = self.files[name]
        if self.store and name.endswith((".safetensors", ".bin")):
            return Answer(status=302, headers={
                "Location": self.store.url + "/" + name, "X-Linked-Size": str(len(data)),
                "X-Linked-Etag": f'"{digest(name, data)}"'})
        return self.change(name, Answer(data, headers={"ETag": f'"{digest(name, data)}"'}))


class ModelsPull(ProgramTest):
    def setUp(self):
        super().setUp()
        self.cache = self.home / "hf/hub"
        self.repository = self.cache / "models--org--tiny"

    def pull(self, web, *flags, status=0, model="org/tiny", **environment):
        return json.loads(self.succeed("models", "pull", "--json", *flags, model, status=status,
                                       environment={"HF_ENDPOINT": web.url} | environment))

    def fetched(self, web):
        return [urllib.parse.unquote(path).rpartition("/")[2] for _, path, _ in web.seen
                if "/resolve/" in path]

    def test_lays_the_model_out_as_hugging_face_does_and_finds_it(self):
        files = files_of(TINY_MODEL)
        clutter = {"README.md": b"x", "tf_model.h5": b"x" * 1000, "flax_model.msgpack": b"x" * 1000,
                   "pytorch_model.bin": b"x" * 1000, ".gitattributes": b"x"}
        with serve(Hub(files | clutter)) as web:
            pulled = self.pull(web)
            self.assertEqual(sorted(set(self.fetched(web))), sorted([*NEEDED, "model.safetensors"]))
            self.assertEqual(pulled["commit"], COMMIT)
            self.assertEqual(pulled["bytes"], sum(map(len, files.values())))
            self.assertEqual(pulled["fetched_bytes"], pulled["bytes"])
            snapshot = self.repository / "snapshots" / COMMIT
            self.assertEqual(pulled["folder"], str(snapshot))
            for name, data in files.items():
                link = snapshot / name
                self.assertEqual(os.readlink(link), f"../../blobs/{digest(name, data)}")
                self.assertEqual(link.read_bytes(), data)
            self.assertEqual((self.repository / "refs/main").read_text(), COMMIT)
            self.assertEqual({path.name for path in self.repository.iterdir()},
                             {"blobs", "snapshots", "refs"})
            self.assertEqual(len(list((self.repository / "blobs").iterdir())), len(files))
            # Once more, nothing but the listing is asked for.
            before = len(web.seen)
            self.assertEqual(self.pull(web)["fetched_bytes"], 0)
            self.assertEqual(len(web.seen), before + 1)
        listed = json.loads(self.succeed("models", "list", "--json"))["models"]
        self.assertEqual([(model["name"], model["folder"]) for model in listed],
                         [("org/tiny", str(snapshot))])
        self.sample("clip.mp4")
        embedder = self.report("clip.mp4")["embedder"]
        self.assertEqual((embedder["name"], embedder["model"]), ("clip", "org/tiny"))
        self.assertEqual(embedder["why"], "found in the model cache")

    def test_says_for_people_where_it_is(self):
        with serve(Hub(files_of(TINY_MODEL))) as web:
            out = self.succeed("models", "pull", "org/tiny", environment={"HF_ENDPOINT": web.url})
            self.assertRegex(out, r"\Aorg/tiny at 3d74acf9a28c: 7 files, [0-9.]+ MB, .*\n  /.*\n"
                                  r"  `validate` takes it from now on\n\Z")
            self.assertEqual(self.succeed("models", "pull", "--quiet", "org/tiny",
                                          environment={"HF_ENDPOINT": web.url}), "")

    def test_fetches_shards_and_another_revision(self):
        files = files_of(SHARDED)
        with serve(Hub(files)) as web:
            pulled = self.pull(web, model="org/tiny@pr/1")
        self.assertEqual(sorted(pulled["files"]), sorted(files))
        self.assertEqual((self.repository / "refs/pr/1").read_text(), COMMIT)
        self.assertIn("%2F", web.seen[0][1])
        self.assertEqual(self.succeed("models", "verify", pulled["folder"])[:4], "good")

    def test_takes_pytorch_weights_where_there_are_no_others(self):
        files = files_of(TINY_MODEL)
        files["pytorch_model.bin"] = files.pop("model.safetensors")  # nobody looks into it here
        with serve(Hub(files)) as web:
            self.assertIn("pytorch_model.bin", self.pull(web)["files"])

    def test_asks_each_file_where_the_listing_says_little(self):
        files = files_of(TINY_MODEL)
        with serve(lambda request: Answer(files[request.path[1:]])) as store:
            with serve(Hub(files, store, listing=False)) as web:
                self.assertEqual(self.pull(web)["fetched_bytes"], sum(map(len, files.values())))
                self.assertIn("HEAD", [method for method, _, _ in web.seen])

    def test_goes_on_where_an_earlier_run_was_stopped(self):
        files = files_of(TINY_MODEL)
        weights = files["model.safetensors"]
        hub = Hub(files)
        hub.change = lambda name, answer: Answer(
            answer.body, headers=answer.headers, stall=20) if name == "model.safetensors" else answer
        with serve(hub) as web:
            process = self.start("models", "pull", "org/tiny", environment={"HF_ENDPOINT": web.url})
            partial = self.repository / "blobs" / (digest("model.safetensors", weights) + ".incomplete")
            deadline = time.monotonic() + 20
            while not (partial.exists() and partial.stat().st_size == len(weights) // 2):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=10)
            self.assertEqual(process.returncode, 5)
            self.assert_one_error(err.decode(), "interrupted")
            self.assertFalse((self.repository / "snapshots").exists())
            hub.change = lambda name, answer: answer
            self.assertEqual(self.pull(web)["fetched_bytes"], len(weights) - len(weights) // 2)
            self.assertEqual(web.seen[-1][2]["Range"], f"bytes={len(weights) // 2}-")

    def test_finds_damage_also_in_what_was_left(self):
        files = files_of(TINY_MODEL)
        weights = files["model.safetensors"]
        name = digest("model.safetensors", weights)
        hub = Hub(files)
        with serve(hub) as web:
            hub.change = lambda file, answer: Answer(b"x" + answer.body[1:]) if file == "vocab.json" else answer
            self.refuse(3, "vocab.json of org/tiny was damaged on the way", "models", "pull", "org/tiny",
                        environment={"HF_ENDPOINT": web.url})
            self.assertFalse((self.repository / "snapshots").exists())
            self.assertEqual([p for p in (self.repository / "blobs").iterdir() if "vocab" in p.name], [])
            hub.change = lambda file, answer: answer
            (self.repository / "blobs" / (name + ".incomplete")).write_bytes(b"rubbish")
            self.pull(web)
        self.assertEqual((self.repository / "blobs" / name).read_bytes(), weights)

    def test_survives_broken_transfers(self):
        files = files_of(TINY_MODEL)
        cuts = iter([3000, 5000])
        hub = Hub(files)
        hub.change = lambda name, answer: Answer(
            answer.body, headers=answer.headers,
            cut=next(cuts, None)) if name == "model.safetensors" else answer
        with serve(hub) as web:
            self.assertEqual(self.pull(web)["fetched_bytes"], sum(map(len, files.values())))

    def test_gives_the_token_to_the_hub_and_to_nobody_else(self):
        files = files_of(TINY_MODEL)
        with serve(lambda request: Answer(files[request.path[1:]])) as store:
            hub = Hub(files, store)
            hub.token = "hf_hush"
            with serve(hub) as web:
                self.refuse(4, "401 Unauthorized: Invalid username.* HF_TOKEN names a token", "models",
                            "pull", "org/tiny", environment={"HF_ENDPOINT": web.url})
                code, out, err = self.run_program("models", "pull", "org/tiny", environment={
                    "HF_ENDPOINT": web.url, "HF_TOKEN": "hf_hush"})
                self.assertEqual((code, err), (0, ""))
                (self.home / "hf/token").write_text("hf_hush\n")
                self.assertEqual(self.pull(web)["fetched_bytes"], 0)
                self.refuse(4, "the token that was sent gives no access", "models", "pull", "org/tiny",
                            environment={"HF_ENDPOINT": web.url, "HF_TOKEN": "wrong"})
            self.assertEqual(len(store.seen), 1)
            self.assertNotIn("Authorization", store.seen[0][2])

    def test_refuses_what_it_cannot_use_before_it_is_large(self):
        bert = files_of(TINY_MODEL) | {"config.json": b'{"model_type": "bert"}'}
        with serve(Hub(bert)) as web:
            self.refuse(3, 'no CLIP model: its model_type is "bert"', "models", "pull", "org/tiny",
                        environment={"HF_ENDPOINT": web.url})
            self.assertEqual(self.fetched(web), ["config.json"])
        for missing, pattern in (("config.json", "it has no config.json"),
                                 ("vocab.json", "neither tokenizer.json nor"),
                                 ("model.safetensors", "weights neither as safetensors")):
            files = files_of(TINY_MODEL)
            del files[missing]
            with serve(Hub(files)) as web:
                self.refuse(3, pattern, "models", "pull", "org/tiny", environment={"HF_ENDPOINT": web.url})
                self.assertEqual(self.fetched(web), [])
        with serve(Hub({})) as web:
            self.refuse(4, "cannot find org/other: .* 404", "models", "pull", "org/other",
                        environment={"HF_ENDPOINT": web.url})
            self.refuse(2, "HF_HUB_OFFLINE is set", "models", "pull", "org/tiny",
                        environment={"HF_ENDPOINT": web.url, "HF_HUB_OFFLINE": "1"})
        for name in ("../x", "a/b/c", "org/..", "", "org/tiny@../../x", "org/tiny@", "-- x/y z"):
            self.refuse(2, "is no (name of a model|revision)", "models", "pull", "--", name)
        self.refuse(2, "needs one model", "models", "pull")

    def test_two_at_once_fetch_once(self):
        files = files_of(TINY_MODEL)
        with serve(Hub(files)) as web:
            environment = {"HF_ENDPOINT": web.url}
            both = [self.start("models", "pull", "--json", "org/tiny", environment=environment)
                    for _ in range(2)]
            pulled = [json.loads(process.communicate(timeout=60)[0]) for process in both]
        self.assertEqual([process.returncode for process in both], [0, 0])
        self.assertEqual(sum(each["fetched_bytes"] for each in pulled), pulled[0]["bytes"])


if __name__ == "__main__":
    unittest.main()
