"""google-cloud-storage stores, reads, resumes, lists and deletes in the emulator."""

import gzip
import os

import emulated
import programs


def checks(emulator):
    os.environ["STORAGE_EMULATOR_HOST"] = emulator.url
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import exceptions, storage

    client = storage.Client(project="p", credentials=AnonymousCredentials())
    bucket = client.bucket("a-bucket")
    data = os.urandom(3_000_000)

    small = bucket.blob("dir/ä b.bin")
    small.metadata = {"k": "v"}
    small.upload_from_string(data[:1000], content_type="x/y", checksum="crc32c")
    yield "multipart upload", small.size == 1000 and small.crc32c is not None
    yield "download", bucket.blob("dir/ä b.bin").download_as_bytes(checksum="md5") == data[:1000]
    again = bucket.get_blob("dir/ä b.bin")
    yield "metadata", (again.metadata, again.content_type) == ({"k": "v"}, "x/y")

    large = bucket.blob("large", chunk_size=256 * 1024)
    large.upload_from_string(data)
    yield "resumable upload in chunks", large.size == len(data)
    yield "download in chunks", bucket.blob("large", chunk_size=1 << 20).download_as_bytes() == data
    yield "range", bucket.blob("large").download_as_bytes(start=10, end=19) == data[10:20]

    zipped = bucket.blob("zipped")
    zipped.content_encoding = "gzip"
    zipped.upload_from_string(gzip.compress(b"text" * 100), content_type="text/plain")
    yield "gzip", bucket.blob("zipped").download_as_bytes() == b"text" * 100
    yield "gzip, raw", gzip.decompress(
        bucket.blob("zipped").download_as_bytes(raw_download=True)) == b"text" * 100

    listed = client.list_blobs("a-bucket", delimiter="/", page_size=1)
    names = [blob.name for blob in listed]
    yield "listing", (names, set(listed.prefixes)) == (["large", "zipped"], {"dir/"})
    try:
        bucket.blob("large").upload_from_string(b"x", if_generation_match=0)
        yield "precondition", False
    except exceptions.PreconditionFailed:
        yield "precondition", True
    bucket.blob("large").delete()
    yield "deletion", bucket.get_blob("large") is None
    try:
        bucket.blob("large").download_as_bytes()
        yield "absent", False
    except exceptions.NotFound:
        yield "absent", True


def main():
    with emulated.Emulator() as emulator:
        results = list(checks(emulator))
    programs.report("google-cloud-storage", len(results), "uses",
                    [f"{name} fails" for name, good in results if not good])


main()
