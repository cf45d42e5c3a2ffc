"""Clips and model folders that the benchmarks read; made once, kept in the build folder."""

import pathlib
import subprocess


def make(path, command):
    """Runs a command that writes its last argument, unless `path` is there already."""
    path = pathlib.Path(path)
    if path.exists():
        return str(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"partial-{path.name}")
    subprocess.run([*command, str(partial)], check=True, stdout=subprocess.DEVNULL)
    partial.rename(path)
    return str(path)


def ffmpeg(*arguments):
    return ["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments]


class Clips:
    def __init__(self, videogen, folder):
        self.videogen = videogen
        self.folder = pathlib.Path(folder)

    def scene(self, name="harbour", seconds=8, size="640x360"):
        # Not through make(): `sample` puts a clip in place whole, and its truth beside it.
        path = self.folder / f"{name}-{size}-{seconds}s.mp4"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([self.videogen, "sample", "--force", "--scene", name, "--size", size,
                            "--seconds", str(seconds), str(path)], check=True, stdout=subprocess.DEVNULL)
        return str(path)

    def full_hd(self, keyframes):
        """8 s of 1080p24, x264 medium: one group of pictures, or a key frame every 2 s.
        Grain is added after scaling up, so that the bit rate is that of real footage."""
        interval = {"one group": "100000", "every 2 s": "48"}[keyframes]
        source = self.scene()
        return make(self.folder / f"1080p-g{interval}.mp4",
                    ffmpeg("-i", source, "-vf", "scale=1920:1080:flags=lanczos,noise=alls=6:allf=t",
                           "-c:v", "libx264", "-preset", "medium", "-crf", "23", "-pix_fmt", "yuv420p",
                           "-x264-params", f"keyint={interval}:min-keyint={min(int(interval), 48)}:scenecut=0"))

    def half_hd(self):
        """The same picture at 720 lines, key frames every 2 s."""
        return make(self.folder / "720p-g48.mp4",
                    ffmpeg("-i", self.scene(), "-vf", "scale=1280:720:flags=lanczos,noise=alls=6:allf=t",
                           "-c:v", "libx264", "-preset", "medium", "-crf", "23", "-pix_fmt", "yuv420p",
                           "-x264-params", "keyint=48:min-keyint=48:scenecut=0"))

    def full_hd_long(self, minutes):
        """The same 8 s over and over, without encoding again."""
        loops = round(minutes * 60 / 8) - 1
        return make(self.folder / f"1080p-{minutes}min.mp4",
                    ffmpeg("-stream_loop", str(loops), "-i", self.full_hd("every 2 s"), "-c", "copy"))

    def low_resolution(self, minutes):
        """180 lines, 8 s over and over without encoding again: long, and cheap to decode."""
        source = make(self.folder / "180p-g48.mp4",
                      ffmpeg("-i", self.scene(), "-vf", "scale=320:180:flags=lanczos,noise=alls=6:allf=t",
                             "-c:v", "libx264", "-preset", "medium", "-pix_fmt", "yuv420p",
                             "-x264-params", "keyint=48:min-keyint=48:scenecut=0"))
        return make(self.folder / f"180p-{minutes}min.mp4",
                    ffmpeg("-stream_loop", "-1", "-i", source, "-t", str(minutes * 60), "-c", "copy"))

    def small(self):
        """6 s of 480p24."""
        return make(self.folder / "480p.mp4",
                    ffmpeg("-i", self.scene(seconds=6), "-vf", "scale=854:480:flags=lanczos,noise=alls=6:allf=t",
                           "-c:v", "libx264", "-preset", "medium", "-pix_fmt", "yuv420p"))

    def model(self, maker, name="vit-b-32"):
        """A CLIP folder of full size with generated weights: speed does not depend on them."""
        path = self.folder / name
        if not (path / "model.safetensors").exists():
            subprocess.run([maker, name, str(path)], check=True, stdout=subprocess.DEVNULL)
        return str(path)
