"""A model folder that is wrong in any way ends with one line that names the file and the fact."""

import json
import shutil
import struct
import unittest

from program import SOURCE, ProgramTest

TINY_MODEL = SOURCE / "tests/golden/clip/tiny-quick-gelu"
SHARDED_MODEL = SOURCE / "tests/golden/clip/tiny-gelu-sharded-bf16"
ANY_MODEL_ERROR = (3, 4)


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8:8 + length]), bytearray(data[8 + length:])


def write_safetensors(path, header, tensors):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + tensors)


class Models(ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = self.folder / "model"
        shutil.copytree(TINY_MODEL, self.model)
        self.weights = self.model / "model.safetensors"

    def refuse_model(self, pattern, status=3, model="model"):
        self.refuse(status, pattern, "models", "verify", model)

    def refuse_everywhere(self, pattern, status=3, model="model"):
        """The same line whatever verb loads the model: no report, no fallback."""
        self.sample("clip.mp4")
        lines = set()
        for arguments in (["models", "verify", model], ["validate", "--model", model, "clip.mp4"],
                          ["validate", "--json", "--model", model, "clip.mp4", "clip.mp4"],
                          ["embed", "--model", model, "clip.mp4"]):
            code, out, err = self.run_program(*arguments)
            self.assertEqual((code, out), (status, ""), arguments)
            self.assert_one_error(err, pattern)
            lines.add(err)
        self.assertEqual(len(lines), 1)

    def edit_json(self, name, **changes):
        path = self.model / name
        document = json.loads(path.read_text())
        for key, value in changes.items():
            *outer, last = key.split("__")
            place = document
            for step in outer:
                place = place[step]
            if value is None:
                del place[last]
            else:
                place[last] = value
        path.write_text(json.dumps(document))

    def edit_tensor(self, name, **changes):
        header, tensors = read_safetensors(self.weights)
        header[name] |= changes
        write_safetensors(self.weights, header, tensors)

    def test_no_folder(self):
        self.refuse_everywhere("nowhere", 4, model="nowhere")

    def test_a_file_in_place_of_the_folder(self):
        (self.folder / "file").write_text("model")
        self.refuse_everywhere("file", 3, model="file")

    def test_empty_folder(self):
        (self.folder / "empty").mkdir()
        self.refuse_everywhere(r"config\.json", 4, model="empty")

    def test_named_by_the_environment(self):
        self.sample("clip.mp4")
        self.refuse(4, "nowhere", "validate", "clip.mp4", environment={"VIDEOGEN_MODEL": "nowhere"})

    def test_clip_asked_for_and_none_found(self):
        self.sample("clip.mp4")
        self.refuse(4, "CLIP", "validate", "--embedder", "clip", "clip.mp4")
        self.refuse(4, "CLIP model", "embed", "--text", "a cat")

    def test_missing_files(self):
        for name in ("config.json", "model.safetensors", "vocab.json"):
            with self.subTest(name=name):
                shutil.move(self.model / name, self.folder / name)
                self.refuse_model(name.partition(".")[0], 4)
                shutil.move(self.folder / name, self.model / name)

    def test_empty_files(self):
        for name in ("config.json", "model.safetensors", "vocab.json", "preprocessor_config.json"):
            with self.subTest(name=name):
                data = (self.model / name).read_bytes()
                (self.model / name).write_bytes(b"")
                self.refuse_model(name)
                (self.model / name).write_bytes(data)

    def test_files_that_are_no_json(self):
        for name in ("config.json", "vocab.json", "preprocessor_config.json"):
            for text in ("{", "[]", "null", "{\"a\": }", "\x00\xff"):
                with self.subTest(name=name, text=text):
                    data = (self.model / name).read_bytes()
                    (self.model / name).write_text(text)
                    self.refuse_model(name)
                    (self.model / name).write_bytes(data)

    def test_links_that_lead_nowhere_or_to_themselves(self):
        for target in ("gone", "model.safetensors"):
            with self.subTest(target=target):
                self.weights.unlink()
                self.weights.symlink_to(target)
                self.refuse_model(r"model\.safetensors|weights", 4)

    def test_header_length_that_lies(self):
        data = self.weights.read_bytes()
        for length in (0, 1, 7, len(data), len(data) - 7, 2**40, 2**63, 2**64 - 1):
            with self.subTest(length=length):
                self.weights.write_bytes(struct.pack("<Q", length) + data[8:])
                self.refuse_model(r"model\.safetensors")

    def test_truncated_weights(self):
        data = self.weights.read_bytes()
        for length in (1, 7, 8, 100, 10_000, len(data) // 2, len(data) - 1):
            with self.subTest(length=length):
                self.weights.write_bytes(data[:length])
                self.refuse_model(r"model\.safetensors")

    def test_offsets_that_run_out_or_overlap(self):
        header, tensors = read_safetensors(self.weights)
        name = "visual_projection.weight"
        begin, end = header[name]["data_offsets"]
        for offsets in ([end, begin], [len(tensors), len(tensors) + end - begin], [-4, end - begin],
                        [0, end - begin], [begin, end - 4], [begin, 2**62], [begin], "all"):
            with self.subTest(offsets=offsets):
                write_safetensors(self.weights, header | {
                    name: header[name] | {"data_offsets": offsets}}, tensors)
                self.refuse_model(r"model\.safetensors")

    def test_shapes_and_types_that_do_not_fit(self):
        original = self.weights.read_bytes()
        name = "visual_projection.weight"
        shape = read_safetensors(self.weights)[0][name]["shape"]
        for changes in ({"shape": shape[::-1] + [1]}, {"shape": [shape[0] * shape[1]]},
                        {"shape": [2**40, 2**40]}, {"shape": [-1, -1]}, {"shape": "wide"},
                        {"dtype": "I64"}, {"dtype": "F99"}, {"dtype": 3}):
            with self.subTest(changes=changes):
                self.edit_tensor(name, **changes)
                self.refuse_model(r"model\.safetensors")
                self.weights.write_bytes(original)

    def test_missing_tensor(self):
        header, tensors = read_safetensors(self.weights)
        del header["visual_projection.weight"]
        write_safetensors(self.weights, header, tensors)
        self.refuse_everywhere(r"model\.safetensors")

    def test_numbers_that_are_none(self):
        header, original = read_safetensors(self.weights)
        begin = header["visual_projection.weight"]["data_offsets"][0]
        for number in (float("nan"), float("inf"), float("-inf")):
            with self.subTest(number=number):
                tensors = bytearray(original)
                struct.pack_into("<f", tensors, begin, number)
                write_safetensors(self.weights, header, tensors)
                self.refuse_model(r"model\.safetensors.*visual_projection\.weight")

    def test_configurations_that_fit_nothing(self):
        original = (self.model / "config.json").read_bytes()
        for changes in (
            {"projection_dim": 513}, {"projection_dim": 0}, {"projection_dim": -1},
            {"projection_dim": "wide"}, {"vision_config": None},
            {"vision_config__hidden_size": 7}, {"vision_config__patch_size": 0},
            {"vision_config__patch_size": 31}, {"vision_config__image_size": 0},
            {"vision_config__image_size": 10**9}, {"vision_config__num_attention_heads": 0},
            {"vision_config__num_attention_heads": 5}, {"vision_config__num_hidden_layers": 99},
            {"vision_config__hidden_act": "relu6"}, {"vision_config__hidden_size": 10**18},
            {"text_config__vocab_size": 1}, {"text_config__max_position_embeddings": 10**9},
        ):
            with self.subTest(changes=changes):
                self.edit_json("config.json", **changes)
                self.refuse_model(r"config\.json|model\.safetensors")
                (self.model / "config.json").write_bytes(original)

    def test_another_architecture(self):
        (self.model / "config.json").write_text('{"model_type": "bert", "hidden_size": 768}')
        self.refuse_model(r"config\.json")

    def test_vocabulary_that_does_not_fit_the_table(self):
        path = self.model / "vocab.json"
        vocabulary = json.loads(path.read_text())
        path.write_text(json.dumps(vocabulary | {"too-far</w>": 10**6}))
        self.refuse_model("vocab")

    def test_vocabulary_without_its_end(self):
        path = self.model / "vocab.json"
        vocabulary = json.loads(path.read_text())
        del vocabulary["<|endoftext|>"]
        path.write_text(json.dumps(vocabulary))
        self.refuse_model("vocab")

    def test_processor_that_cannot_be_followed(self):
        original = (self.model / "preprocessor_config.json").read_bytes()
        for changes in ({"resample": 0}, {"crop_size": 32}, {"image_std": [0, 0, 0]},
                        {"image_mean": [1]}, {"size": -1}):
            with self.subTest(changes=changes):
                self.edit_json("preprocessor_config.json", **changes)
                self.refuse_model(r"preprocessor_config\.json")
                (self.model / "preprocessor_config.json").write_bytes(original)

    def test_shards_that_are_missing_or_foreign(self):
        shutil.rmtree(self.model)
        shutil.copytree(SHARDED_MODEL, self.model)
        self.succeed("models", "verify", "model")
        index = self.model / "model.safetensors.index.json"
        original = index.read_text()
        for target in ("../outside.safetensors", "/etc/passwd", "gone.safetensors", 7, ""):
            with self.subTest(target=target):
                document = json.loads(original)
                name = next(iter(document["weight_map"]))
                document["weight_map"][name] = target
                index.write_text(json.dumps(document))
                code, out, err = self.run_program("models", "verify", "model")
                self.assertIn(code, ANY_MODEL_ERROR)
                self.assert_one_error(err, r"index\.json|gone\.safetensors")
        index.write_text(original)
        (self.model / "model-00002-of-00002.safetensors").unlink()
        self.refuse_model(r"model-00002-of-00002\.safetensors", 4)

    def test_pickles_that_are_no_weights(self):
        self.weights.unlink()
        pickle = self.model / "pytorch_model.bin"
        for data in (b"", b"\x80\x02}q\x00.", b"PK\x03\x04" + bytes(100), b"cos\nsystem\n(S'id'\ntR."):
            with self.subTest(data=data):
                pickle.write_bytes(data)
                self.refuse_model(r"pytorch_model\.bin")

    def test_a_damaged_cache_is_rebuilt_and_not_trusted(self):
        self.sample("clip.mp4")
        arguments = ["--model", "model", "clip.mp4"]
        fresh = self.report(*arguments)["similarities"]
        cached = [path for path in (self.home / "cache").rglob("*") if path.is_file()]
        self.assertTrue(cached)
        for damage in (lambda data: b"", lambda data: data[:len(data) // 2],
                       lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: bytes(len(data))):
            for path in cached:
                path.write_bytes(damage(path.read_bytes()))
            self.assertEqual(self.report(*arguments)["similarities"], fresh)

    def test_a_cache_that_cannot_be_written_is_done_without(self):
        self.sample("clip.mp4")
        (self.home / "cache").write_text("a file where the folder should be")
        self.report("--model", "model", "clip.mp4")


if __name__ == "__main__":
    unittest.main()
