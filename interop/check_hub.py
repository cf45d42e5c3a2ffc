"""huggingface_hub takes the emulator for the hub: a snapshot, single files, and what is absent."""

import hashlib
import os
import pathlib
import tempfile

import emulated
import programs


def checks(emulator, cache):
    os.environ.update(HF_ENDPOINT=emulator.url, HF_HOME=str(cache), HF_HUB_DISABLE_XET="1",
                      HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1")
    import huggingface_hub
    from huggingface_hub import errors

    name = "openai/clip-vit-base-patch32"
    folder = pathlib.Path(huggingface_hub.snapshot_download(name))
    files = sorted(path.name for path in folder.iterdir())
    yield "snapshot", files == ["config.json", "merges.txt", "model.safetensors",
                                "preprocessor_config.json", "tokenizer_config.json", "vocab.json"]
    info = huggingface_hub.HfApi().model_info(name, files_metadata=True)
    weights = next(s for s in info.siblings if s.rfilename == "model.safetensors")
    blob = (folder / "model.safetensors").resolve()
    digest = hashlib.sha256(blob.read_bytes()).hexdigest()
    yield "weights under their digest", digest == weights.lfs.sha256 == blob.name
    yield "revision", folder.name == info.sha
    again = huggingface_hub.hf_hub_download(name, "config.json", revision=info.sha)
    yield "one file of a revision", pathlib.Path(again) == folder / "config.json"
    tree = list(huggingface_hub.HfApi().list_repo_tree(name))
    yield "tree", sorted(entry.path for entry in tree) == files
    for what, error, arguments in (
            ("no such model", errors.RepositoryNotFoundError, ("no/such", "config.json")),
            ("no such file", errors.EntryNotFoundError, (name, "absent.txt"))):
        try:
            huggingface_hub.hf_hub_download(*arguments)
            yield what, False
        except error:
            yield what, True

    # What was fetched is a model that the program uses.
    rows = programs.run(programs.VIDEOGEN, "embed", "--model", folder, "--text", "a boat")
    yield "use", b'"clip"' in rows


def main():
    with tempfile.TemporaryDirectory() as cache, emulated.Emulator() as emulator:
        results = list(checks(emulator, pathlib.Path(cache)))
    programs.report("huggingface_hub", len(results), "uses",
                    [f"{name} fails" for name, good in results if not good])


main()
