"""Photos in, blurred and resized ones out over HTTP: image-processor against others.

Installs sharp, ipx, thumbor, imgproxy, imagor and oximg, as far as they can be had, starts
each as a server, and asks all of them for the same jobs in turns. For each job: CPU time,
requests per second, latency, memory, bytes, and how near the result is to the exact one.
A whole run writes bench/RESULTS.md and bench/results.svg; a part of it only prints.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import harness

sys.path.insert(0, str(harness.ROOT / "bench" / "peers"))

import installs
import plot
import report
from jobs import JOBS, QUICK, copies
from measure import Side
from report import OURS
from servers import PEERS, our_path

WARM_UP = 1
# However little time there is.
LEAST_ROUNDS = 2
# Of a job's share of the time, what its rounds may take; the rest is for the load and the scores.
ROUNDS_SHARE, LOAD_SHARE = 0.5, 0.7
LOAD_TURNS = 2
LOAD_SECONDS = 1.5
# What one server can be asked for in a job with its 1 MP and with its 800 px results.
COPIES = 160


def command_line():
    parser = harness.arguments(__doc__, seconds=3000, photos=True, rounds=5)
    parser.add_argument("--minutes", type=float, default=15, help="how long it may take, about; 15 unless given")
    parser.add_argument("--quick", action="store_true", help=f"2 rounds of {', '.join(QUICK)}")
    parser.add_argument("--only", metavar="JOB,…", help=f"of {', '.join(job.key for job in JOBS)}")
    parser.add_argument("--peers", metavar="NAME,…", help=f"of {', '.join(peer.name for peer in PEERS)}")
    args = harness.begin(parser)
    args.jobs = named(args.only, {job.key: job for job in JOBS}, QUICK if args.quick else None)
    args.named_peers = named(args.peers, {peer.name: peer for peer in PEERS})
    args.whole = len(args.jobs) == len(JOBS) and len(args.named_peers) == len(PEERS)
    if args.quick:
        args.rounds = min(args.rounds, 2)
    return args


def named(text, known, default=None):
    """Those whose names stand in `text`, in their own order; all if it is empty."""
    names = text.split(",") if text else default or list(known)
    if unknown := set(names) - set(known):
        raise SystemExit(f"{', '.join(sorted(unknown))}: there are {', '.join(known)}")
    return [each for name, each in known.items() if name in names]


def install(args):
    """The peers that are there, why others are not, the exact results' Python and scorer."""
    peers, missing = [], {}
    for peer in args.named_peers:
        try:
            peers.append(peer(*installs.install(peer.name)))
        except installs.NotInstalled as error:
            missing[peer.name] = str(error)
    tools = {}
    for name, make in (("python", installs.pixels),
                       ("ssimulacra2", lambda: installs.install("ssimulacra2")[0] / "bin" / "ssimulacra2_rs")):
        try:
            tools[name] = make()
        except installs.NotInstalled as error:
            missing[{"python": "exact results"}.get(name, name)] = str(error)
    for name, reason in missing.items():
        print(f"not measured: {name} ({reason})")
    if "python" not in tools:
        raise SystemExit("without numpy and Pillow there are no photos to measure with")
    return peers, missing, tools


def exact(tools, *arguments, task=None):
    script = harness.ROOT / "bench" / "peers" / "exact.py"
    done = subprocess.run([tools["python"], script, *map(str, arguments)], input=json.dumps(task), check=False,
                          capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise SystemExit(f"exact.py {arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def photos(given, tools):
    """The folder of all photos; they are made once for each pair that is given."""
    maker = harness.ROOT / "bench" / "peers" / "exact.py"
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (*given, maker))).hexdigest()[:12]
    folder = harness.WORK / "photos" / digest
    if not folder.is_dir():
        making = folder.with_name("making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        exact(tools, "photos", making, *given)
        making.rename(folder)
    return folder


class Bench:
    """The photo in turn, its copies, an image-cache that has them, and what each job of it gives."""

    def __init__(self, args, work, peers, tools):
        self.args, self.work, self.peers, self.tools = args, pathlib.Path(work), peers, tools

    def take(self, stack, photo):
        """Copies of another photo: as files for the peers, as uploads for us."""
        bytes_, folder = photo.read_bytes(), self.work / photo.name / "photos"
        folder.mkdir(parents=True)
        stack.callback(shutil.rmtree, folder.parent)
        self.photo, self.folder, self.files, self.images = photo, folder, [], []
        self.cache = stack.enter_context(harness.image_cache(folder.parent))
        connection = harness.connect(self.cache.port)
        for turn, copy in enumerate(copies(bytes_, 24 if self.args.quick else COPIES)):
            self.files.append(f"{turn:04}{photo.suffix}")
            (folder / self.files[-1]).write_bytes(copy)
            status, body = harness.upload(connection, self.files[-1], copy)
            if status != 201:
                raise SystemExit(f"upload answers {status}: {body!r}")
            self.images.append(json.loads(body)["id"])

    def sides(self, stack, job):
        """Fresh servers, so that what one job takes is not what another left behind."""
        work = stack.enter_context(harness.folder())
        processor = stack.enter_context(harness.image_processor(work, self.cache.port))
        yield Side(OURS, processor, [our_path(job, image) for image in self.images], self.cache)
        for peer in self.peers:
            if peer.path(job, self.files[0]):
                server = stack.enter_context(peer.start(pathlib.Path(work), self.folder))
                yield Side(peer.name, server, [peer.path(job, file) for file in self.files])

    def measure(self, job, share):
        """What each server takes for the job, by name, and where its first result lies. In `share` seconds, about."""
        outputs, begun = {}, time.monotonic()
        with contextlib.ExitStack() as stack:
            sides = list(self.sides(stack, job))
            we = sides[0]
            for side in sides:
                if body := side.first(job.format):
                    outputs[side.name] = self.folder.parent / f"{job.key}-{side.name}.{job.format}"
                    outputs[side.name].write_bytes(body)
            for turn in range(WARM_UP + self.args.rounds):
                if turn >= WARM_UP + LEAST_ROUNDS and time.monotonic() - begun > ROUNDS_SHARE * share:
                    break
                for side in sides if turn % 2 else reversed(sides):
                    side.again()
                    if turn < WARM_UP and not side.slow:
                        side.alone.clear()
            for turn in range(LOAD_TURNS if job.load else 0):
                if turn and time.monotonic() - begun > LOAD_SHARE * share:
                    break
                for side in sides if turn % 2 else reversed(sides):
                    side.load(LOAD_SECONDS)
            if not we.problem and harness.metric(we.server.port, "safelight_images_processed_total") != we.asked:
                raise SystemExit("some of our answers were not misses")
            return {side.name: side.result() for side in sides}, outputs

    def score(self, job, results, outputs):
        """Adds to the results how near they are to the exact one."""
        scored = json.loads(exact(self.tools, "score", task={
            "source": str(self.photo), "operation": job.operation, "amount": job.amount, "format": job.format,
            "quality": job.quality, "outputs": {name: str(path) for name, path in outputs.items()},
            "ssimulacra2": str(self.tools.get("ssimulacra2", "")) if job.metric == "ssimulacra2" else ""}))
        for name, found in scored.items():
            results.setdefault(name, {}).update(found)


def main():
    args = command_line()
    signal.alarm(0)
    given = [harness.photo(args, name) for name in ("phone-12mp.jpg", "elephants-18mp.jpg")]
    peers, missing, tools = install(args)
    folder = photos(given, tools)
    originals = dict(zip(("12mp.jpg", "18mp.jpg"), (path.name for path in given), strict=True))
    # Installing took its own time.
    signal.alarm(args.seconds)
    begun, load = time.monotonic(), os.getloadavg()[0]
    run = {"missing": missing, "photos": {},
           "notes": [peer.note.replace(peer.name, f"{peer.name} {peer.version}", 1) for peer in peers]}
    results = {}
    with contextlib.ExitStack() as whole:
        bench = Bench(args, whole.enter_context(harness.folder()), peers, tools)
        for name in dict.fromkeys(job.photo for job in args.jobs):
            with contextlib.ExitStack() as stack:
                bench.take(stack, folder / name)
                run["photos"][name] = f"Of {originals.get(name, name)}, {(folder / name).stat().st_size:,} bytes."
                for job in (job for job in args.jobs if job.photo == name):
                    left = args.minutes * 60 - (time.monotonic() - begun)
                    results[job.key], outputs = bench.measure(job, left / (len(args.jobs) - len(results)))
                    bench.score(job, results[job.key], outputs)
                    print(f"\n## {job.title} ({(time.monotonic() - begun) / 60:.1f} min)\n")
                    harness.table(*report.job_table(job, results[job.key]))
    targets = harness.Targets()
    verdicts = report.Verdicts(results, targets).judge()
    run |= {"load": (load, os.getloadavg()[0]), "minutes": (time.monotonic() - begun) / 60}
    print("\n## Targets\n")
    harness.table(*verdicts)
    if args.whole:
        bench_folder = harness.ROOT / "bench"
        (bench_folder / "RESULTS.md").write_text(report.text(run, args.jobs, results, verdicts))
        (bench_folder / "results.svg").write_text(plot.svg(results))
        print(f"\nwritten to {bench_folder}/RESULTS.md and results.svg")
    targets.end(args)


if __name__ == "__main__":
    main()
