"""Cached answers against nginx serving the same bytes, and how soon a process is healthy.

wrk with 64 connections asks nginx and us for the very same bytes in turns, so that
whatever else the machine does meets both. A ratio is the median of the rounds' ratios.
"""

import contextlib
import functools
import getpass
import json
import os
import pathlib

import harness
from harness import get_ok, median, table

SECONDS = 5
# Name, bytes, the ratio to nginx that we want.
DERIVED = [("derived 10 KB, memory", 10_000, 0.65), ("derived 100 KB, memory", 100_000, 0.9),
           ("derived 1 MB, memory", 1_000_000, 1.2)]
ORIGINAL_BYTES = 1_000_000
MEMORY_RATIO, VOLUME_RATIO = 1.2, 0.5
# Peak memory must not go up from one round to the next by more than the noise of an allocator.
STEADY_MIB = 8
START_MS, READY_10K_MS = 200, 2000

NGINX = """
{user}
daemon off;
worker_processes 2;
pid {work}/nginx.pid;
error_log {work}/nginx.error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path {work}/nginx-body;
  default_type image/png;
  server {{
    listen {host}:{port};
    root {work}/nginx;
    location = /health {{ return 200; }}
  }}
}}
"""


def nginx(work):
    port = harness.free_port()
    # As root, nginx would run its workers as a user who cannot read our folder.
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    config = pathlib.Path(work, "nginx.conf")
    config.write_text(NGINX.format(user=user, work=work, host=harness.HOST, port=port))
    pathlib.Path(work, "nginx").mkdir()
    command = [harness.which("nginx"), "-p", work, "-c", config, "-e", f"{work}/nginx.error.log"]
    return harness.Server("nginx", command, port, f"{work}/nginx.log")


class Row:
    """One pair: what we serve, and nginx with the same bytes."""

    def __init__(self, name, server, path, target, peer, work, steady=False):
        self.name, self.server, self.path, self.target, self.steady = name, server, path, target, steady
        self.peer, self.file = peer, f"/{len(list(pathlib.Path(work, 'nginx').iterdir()))}.png"
        # Twice: the first answer may be made or read, the second is what is measured.
        get_ok(server.port, path)
        headers, body = get_ok(server.port, path)
        self.status, self.bytes = headers.get("Cache-Status"), len(body)
        pathlib.Path(work, "nginx" + self.file).write_bytes(body)
        self.ours, self.theirs = [], []

    def measure(self, peer_first):
        sides = [(self.peer, self.file, self.theirs), (self.server, self.path, self.ours)]
        for server, path, results in sides if peer_first else reversed(sides):
            harness.reset_peak(server.pid)
            before = harness.cpu_seconds(server.pid)
            result = harness.wrk(server.port, path, SECONDS)
            result["cpu"] = (harness.cpu_seconds(server.pid) - before) / result["count"] * 1e6
            result["peak"] = harness.memory(server.pid, "VmHWM")
            results.append(result)

    def report(self, targets):
        def middle(results, key):
            return median(result[key] for result in results)

        # Of neighbours in time: what else the machine does may change from round to round.
        ratio = median(we["rate"] / they["rate"] for we, they in zip(self.ours, self.theirs, strict=True))
        verdict = targets.at_least(self.name, ratio, self.target)
        if self.steady:
            growth = self.ours[-1]["peak"] - self.ours[0]["peak"]
            verdict += "; memory steady " + targets.at_most(f"{self.name}: growth in MiB", growth, STEADY_MIB)
        for name, results in ((self.name, self.ours), ("  nginx", self.theirs)):
            ours = results is self.ours
            yield [name, f"{self.bytes:,}", f"{middle(results, 'rate'):.0f}", f"{ratio:.2f}" if ours else "1.00",
                   f"{middle(results, 'p50'):.2f}", f"{middle(results, 'p99'):.2f}", f"{middle(results, 'cpu'):.0f}",
                   f"{max(result['peak'] for result in results):.0f}", verdict if ours else ""]


def serving(rounds, targets):
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(harness.folder())
        peer = stack.enter_context(nginx(work))
        cache = stack.enter_context(harness.image_cache(work))
        volume = stack.enter_context(harness.image_cache(work, "--memory-cache", "0", data="volume"))
        processor = stack.enter_context(harness.image_processor(work, cache.port))

        def uploaded(server, size):
            png, side = harness.noise_png(size, seed=size)
            status, body = harness.upload(harness.connect(server.port), f"{size}.png", png)
            if status != 201:
                raise SystemExit(f"upload answers {status}: {body!r}")
            return json.loads(body)["id"], side

        rows = []
        for name, size, target in DERIVED:
            image, side = uploaded(cache, size)
            rows.append(Row(name, processor, f"/images/{image}?width={side}&format=png", target, peer, work))
            if "detail=memory" not in (rows[-1].status or ""):
                raise SystemExit(f"{name} is not answered from memory: {rows[-1].status}")
        image, _ = uploaded(cache, ORIGINAL_BYTES)
        rows.append(Row("original 1 MB, memory", cache, f"/images/{image}", MEMORY_RATIO, peer, work))
        image, _ = uploaded(volume, ORIGINAL_BYTES)
        rows.append(Row("original 1 MB, volume", volume, f"/images/{image}", VOLUME_RATIO, peer, work, steady=True))

        for turn in range(rounds):
            for row in rows:
                row.measure(peer_first=turn % 2 == 0)
        print(f"\n## Serving: wrk -t1 -c64 -d{SECONDS}s, {rounds} rounds, medians\n")
        table(["answer", "bytes", "requests/s", "ratio", "p50 ms", "p99 ms", "CPU µs/request", "peak MiB", "target"],
              [line for row in rows for line in row.report(targets)])


def starting(targets, times=5):
    """From exec to the first 200 of /health, with a new data folder and with one that is there."""
    rows = []
    for name, make in (("image-cache", harness.image_cache),
                       ("image-processor", lambda work: harness.image_processor(work, 1)),
                       ("safelight", harness.safelight)):
        new, there = [], []
        for _ in range(times):
            with harness.folder() as work:
                for taken in (new, there):
                    with make(work) as server:
                        taken.append(server.ready_ms)
        for which, taken in (("new folder", new), ("again", there)):
            rows.append([f"{name}, {which}", f"{median(taken):.0f}", f"{max(taken):.0f}",
                         targets.at_most(f"start of {name}, {which}", median(taken), START_MS)])
    print(f"\n## Start to first healthy answer, {times} times\n")
    table(["process", "median ms", "worst ms", "target"], rows)


def starting_with(count, targets, times=3):
    """The same with a catalogue of `count` images, to the first 200 of /health/ready."""
    with harness.folder() as work:
        with harness.image_cache(work) as server:
            def fill(worker, workers=16):
                connection = harness.connect(server.port)
                for seed in range(worker, count, workers):
                    status, body = harness.upload(connection, f"{seed}.png", harness.noise_png(48, seed)[0])
                    if status != 201:
                        refused.append((status, body))
                        return

            refused = []
            harness.at_once([functools.partial(fill, worker) for worker in range(16)])
            if refused:
                raise SystemExit(f"an upload answers {refused[0]}")
        taken = []
        for _ in range(times):
            with harness.image_cache(work, health="/health/ready") as server:
                taken.append(server.ready_ms)
    print(f"\n## Start to ready with {count:,} images, {times} times\n")
    table(["process", "median ms", "worst ms", "target"],
          [["image-cache", f"{median(taken):.0f}", f"{max(taken):.0f}",
            targets.at_most(f"ready with {count} images", median(taken), READY_10K_MS)]])


def main():
    parser = harness.arguments(__doc__, seconds=900, rounds=3)
    parser.add_argument("--with-10k", action="store_true", help="also start with 10,000 images; minutes longer")
    parser.add_argument("--only", choices=["serving", "starting"], help="one part of it")
    args = harness.begin(parser)
    harness.need("wrk", "nginx", packages="wrk nginx-light")
    targets = harness.Targets()
    if args.only != "serving":
        starting(targets)
    if args.only != "starting":
        serving(args.rounds, targets)
    if args.with_10k:
        starting_with(10_000, targets)
    targets.end(args)


if __name__ == "__main__":
    main()
