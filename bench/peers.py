"""A photo in, a derived JPEG out over HTTP: image-processor against sharp (libvips).

One request at a time, both sides in turns. Every request of ours is a miss: it is for
another upload of the photo, equal in its pixels and different in its bytes, so that
image-processor asks image-cache what it is, fetches it, makes the image and keeps it.
sharp reads the photo from disk. CPU time is counted until the writing after the answer
is done; image-cache's share is shown apart.
"""

import contextlib
import json
import shutil
import struct
import subprocess
import time

import harness
from harness import get_ok, median, table

WARM_UP = 2
CPU_RATIO = 0.8
# What follows an answer: the write to the disk cache.
SETTLE_SECONDS = 0.15
JOBS = [("blur σ10", "/blurred-images/{id}?sigma=10&quality=80", "/?sigma=10", CPU_RATIO),
        ("resize to 800", "/images/{id}?width=800&quality=80", "/?width=800", None)]


def sharp_server(work, photo):
    """The sharp server, sharp installed if it is missing; none if it can't be."""
    if not (harness.which("node") and harness.which("npm")):
        print("sharp: not measured, Node.js and npm are missing")
        return None
    modules = harness.WORK / "sharp"
    modules.mkdir(parents=True, exist_ok=True)
    here = harness.ROOT / "bench" / "peers"
    shutil.copy(here / "package.json", modules)
    wanted = json.loads((here / "package.json").read_text())["dependencies"]["sharp"]
    installed = modules / "node_modules" / "sharp" / "package.json"
    if not installed.is_file() or json.loads(installed.read_text())["version"] != wanted:
        done = subprocess.run(["npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"],
                              cwd=modules, capture_output=True, text=True, timeout=300)
        if done.returncode:
            print(f"sharp: not measured, npm can't install it:\n{done.stderr[-800:]}")
            return None
    port = harness.free_port()
    return harness.Server("sharp", ["node", here / "sharp-server.mjs"], port, f"{work}/sharp.log",
                          env={"PORT": str(port), "PHOTO": str(photo), "MODULES": str(modules)})


def jpeg_size(jpeg):
    """Width and height, from the frame header."""
    at = 2
    while at < len(jpeg):
        marker, length = struct.unpack(">xBH", jpeg[at:at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", jpeg[at + 5:at + 9])
            return f"{width}×{height}"
        at += 2 + length
    return "?"


class Side:
    """One server under measurement, with those whose share is counted beside it."""

    def __init__(self, name, server, paths, *beside):
        self.name, self.server, self.paths, self.beside = name, server, iter(paths), beside
        self.samples = []

    def measure(self):
        path = next(self.paths)
        servers = (self.server, *self.beside)
        for server in servers:
            harness.reset_peak(server.pid)
        before = [harness.cpu_seconds(server.pid) for server in servers]
        begun = time.monotonic()
        _, body = get_ok(self.server.port, path)
        wall = time.monotonic() - begun
        time.sleep(SETTLE_SECONDS)
        cpu = [(harness.cpu_seconds(server.pid) - at) * 1000 for server, at in zip(servers, before)]
        peak = [harness.memory(server.pid, "VmHWM") for server in servers]
        self.samples.append({"wall": wall * 1000, "cpu": cpu, "peak": peak})
        self.bytes, self.size = len(body), jpeg_size(body)

    def cpu(self, at=0):
        return median(sample["cpu"][at] for sample in self.samples[WARM_UP:])

    def row(self, at, name, ratio="", verdict=""):
        samples = self.samples[WARM_UP:]
        whole = at == 0
        return [name, f"{self.cpu(at):.1f}", f"{median(sample['wall'] for sample in samples):.0f}" if whole else "",
                f"{max(sample['peak'][at] for sample in samples):.0f}", f"{self.bytes:,}" if whole else "",
                self.size if whole else "", ratio, verdict]


def main():
    args = harness.begin(harness.arguments(__doc__, seconds=900, photos=True, rounds=9))
    targets = harness.Targets()
    photo = harness.photo(args, "phone-12mp.jpg")
    jpeg = photo.read_bytes()
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(harness.folder())
        sharp = sharp_server(work, photo)
        if sharp:
            stack.enter_context(sharp)
            print("sharp:", json.loads(get_ok(sharp.port, "/health")[1]))
        cache = stack.enter_context(harness.image_cache(work))
        processor = stack.enter_context(harness.image_processor(work, cache.port))
        rows = []
        for job, ours, theirs, target in JOBS:
            times = WARM_UP + args.rounds
            connection, images = harness.connect(cache.port), []
            for turn in range(times):
                status, body = harness.upload(connection, photo.name, *harness.tagged_jpeg(jpeg, f"{job} {turn}"))
                if status != 201:
                    raise SystemExit(f"upload answers {status}: {body!r}")
                images.append(json.loads(body)["id"])
            we = Side("image-processor", processor, [ours.format(id=image) for image in images], cache)
            peer = Side("sharp", sharp, [theirs] * times) if sharp else None
            made = harness.metric(processor.port, "images_made_total")
            for turn in range(times):
                for side in ((we, peer) if turn % 2 else (peer, we)):
                    if side:
                        side.measure()
            if harness.metric(processor.port, "images_made_total") - made != times:
                raise SystemExit("some of our answers were not misses")
            ratio, verdict = "", ""
            if peer:
                ratio = f"{we.cpu() / peer.cpu():.2f}"
                verdict = targets.at_most(job, we.cpu() / peer.cpu(), target) if target else "for information"
                with_cache = f"{(we.cpu() + we.cpu(1)) / peer.cpu():.2f}"
            rows.append(we.row(0, f"{job}: image-processor", ratio, verdict))
            rows.append(we.row(1, "  + image-cache's share", f"{with_cache} both" if peer else ""))
            if peer:
                rows.append(peer.row(0, f"{job}: sharp", "1.00"))
        print(f"\n## {photo.name}, {jpeg_size(jpeg)}, {len(jpeg):,} bytes; {args.rounds} rounds, medians\n")
        table(["job", "CPU ms/request", "wall ms", "peak MiB", "bytes", "pixels", "CPU ratio", "target"], rows)
        if not sharp:
            targets.holds("sharp was not measured", False)
    targets.end(args)


if __name__ == "__main__":
    main()
