"""What all benchmarks share: servers on loopback, what they cost, wrk, uploads, tables.

Only the standard library. Everything is bounded in time and cleaned up, also when a
benchmark fails or is interrupted. Linux only: costs are read from /proc.
"""

import argparse
import contextlib
import http.client
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "bench" / ".work"
HOST = "127.0.0.1"
MIB = 1024 * 1024
CHUNK = 64 * 1024
BOUNDARY = "safelight-bench-boundary"


# --- the command line -------------------------------------------------------

def arguments(description, seconds, photos=False, rounds=None):
    """A parser with what every benchmark takes. After `seconds` the run is given up."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--no-build", action="store_true", help="measure the binaries that are there")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.set_defaults(seconds=seconds)
    if photos:
        beside = ROOT.parent / "shared" / "photos"
        default = os.environ.get("SAFELIGHT_PHOTOS") or (beside if beside.is_dir() else None)
        parser.add_argument("--photos", type=pathlib.Path, default=default, metavar="DIR",
                            help="a folder with photos; by default what SAFELIGHT_PHOTOS names")
    if rounds:
        parser.add_argument("--rounds", type=int, default=rounds, help=f"how often; {rounds} unless given")
    return parser


def begin(parser):
    """Reads the command line, bounds the run in time, builds the binaries."""
    args = parser.parse_args()

    def give_up(number, _frame):
        raise SystemExit(f"given up: {signal.Signals(number).name} after at most {args.seconds} s")

    # An exception, unlike the default, lets every `with` clean up.
    signal.signal(signal.SIGTERM, give_up)
    signal.signal(signal.SIGALRM, give_up)
    if not args.no_build:
        subprocess.run(["cargo", "build", "--release", "--locked", "--bins"], cwd=ROOT, check=True)
    signal.alarm(args.seconds)
    return args


def photo(args, name, pattern="*.jpg"):
    """The photo called `name`, else the largest that fits `pattern`; or says what to give."""
    folder = args.photos and pathlib.Path(args.photos)
    found = []
    if folder and folder.is_dir():
        found = sorted(folder.glob(pattern), key=lambda path: path.stat().st_size)
        if (folder / name).is_file():
            return folder / name
    if not found:
        raise SystemExit(
            f"This benchmark needs a photo such as {name}: give a folder with one ({pattern}) as\n"
            "--photos DIR, or in SAFELIGHT_PHOTOS. Any photos of a camera do.")
    print(f"no {name} in {folder}; taking {found[-1].name}")
    return found[-1]


def need(*programs, packages):
    """Ends with what to install if a program is missing."""
    missing = [program for program in programs if not which(program)]
    if missing:
        raise SystemExit(f"{', '.join(missing)} missing; on Debian: apt-get install {packages}")


def which(program):
    """Like shutil.which, but also where servers lie, which is not in everyone's PATH."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


# --- targets ----------------------------------------------------------------

class Targets:
    """Says for each number whether it reaches its target, and counts the misses."""

    def __init__(self):
        self.missed = []

    def at_least(self, name, value, limit):
        return self._judge(name, value >= limit, f"≥ {limit:g}")

    def at_most(self, name, value, limit):
        return self._judge(name, value <= limit, f"≤ {limit:g}")

    def holds(self, name, condition):
        return self._judge(name, condition, "")

    def _judge(self, name, good, limit):
        if not good:
            self.missed.append(name)
        return f"{'reached' if good else 'MISSED'} {limit}".strip()

    def end(self, args):
        """Prints the misses. Exits with 1 if there are any and --check was given."""
        print("\nall targets reached" if not self.missed else f"\nmissed: {', '.join(self.missed)}")
        sys.exit(1 if self.missed and args.check else 0)


def table_lines(head, rows):
    """The lines of a Markdown table, numbers to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def numeric(column):
        return column > 0 and all(re.fullmatch(r"[-+]?[\d.,]*", row[column]) for row in rows)

    def line(cells):
        padded = (cell.rjust(width) if numeric(i) else cell.ljust(width)
                  for i, (cell, width) in enumerate(zip(cells, widths, strict=True)))
        return f"| {' | '.join(padded)} |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if numeric(i) else "-") for i, width in enumerate(widths)) + "|"
    return [line(head), rule, *map(line, rows)]


def table(head, rows):
    """Prints a Markdown table, numbers to the right."""
    print("\n".join(table_lines(head, rows)), flush=True)


median = statistics.median


def at_once(tasks):
    """Runs each task in a thread of its own, and returns when the last one ends."""
    threads = [threading.Thread(target=task, daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- what a process costs ---------------------------------------------------

def processes(pid):
    """The process and its children, such as nginx's workers."""
    with contextlib.suppress(OSError):
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]
    return [pid]


def cpu_seconds(pid):
    """CPU time of the process and its children, in user and kernel, ended threads too."""
    # The CPU clock of another process, as clock_getcpuclockid(3) makes it: nanoseconds,
    # where /proc/PID/stat counts in steps of 10 ms.
    return sum(time.clock_gettime_ns((~each << 3) | 2) for each in processes(pid)) / 1e9


def memory(pid, field="VmRSS"):
    """VmRSS (now) or VmHWM (peak) of the process and its children, in MiB."""
    total = 0
    for each in processes(pid):
        status = pathlib.Path(f"/proc/{each}/status").read_text()
        total += int(re.search(rf"^{field}:\s+(\d+) kB", status, re.M)[1])
    return total / 1024


def reset_peak(pid):
    """Lets VmHWM begin again from now."""
    for each in processes(pid):
        pathlib.Path(f"/proc/{each}/clear_refs").write_text("5")


def end_all(pids):
    """Ends processes that their parent left behind: children of a server that we started."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


# --- servers ----------------------------------------------------------------

def folder():
    """A temporary folder, for `with`. TMPDIR says where; a RAM disk would flatter fsync."""
    return tempfile.TemporaryDirectory(prefix="safelight-bench-")


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Server:
    """A server on loopback, for `with`. It is ended by its own pid and no other."""

    def __init__(self, name, command, port, log, health="/health", env=None):
        self.name, self.command, self.port, self.health = name, [str(part) for part in command], port, health
        self.log = pathlib.Path(log)
        self.env = env
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        self.started = time.monotonic()
        # Settings of whoever runs this must not leak into what is measured.
        env = {name: value for name, value in os.environ.items()
               if not name.startswith(("IMAGE_CACHE_", "IMAGE_PROCESSOR_", "SAFELIGHT_"))}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=env | (self.env or {}))
        try:
            self.ready_ms = self.wait(self.health)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def wait(self, path, port=None, seconds=60):
        """Milliseconds from the start until `path` is answered with 200."""
        while not answers_200(port or self.port, path):
            if self.process.poll() is not None or time.monotonic() - self.started > seconds:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise SystemExit(f"{self.name} does not answer {path}; its log ends:\n{tail}")
            time.sleep(0.001)
        return (time.monotonic() - self.started) * 1000

    def stop(self):
        """SIGTERM, and after 30 s SIGKILL. Returns the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                print(f"{self.name} did not stop within 30 s; killed", file=sys.stderr)
                self.process.kill()
                self.process.wait()
        return self.process.returncode


def answers_200(port, path):
    try:
        with socket.create_connection((HOST, port), 1) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            return stream.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


def binary(name):
    path = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "release" / name
    if not path.is_file():
        raise SystemExit(f"{path} is missing; leave --no-build away")
    return path


def image_cache(work, *settings, data="image-cache", **more):
    port = free_port()
    command = [binary("image-cache"), "--listen", f"{HOST}:{port}", "--data-dir", f"{work}/{data}", *settings]
    return Server("image-cache", command, port, f"{work}/{data}.log", **more)


def image_processor(work, cache_port, *settings, data="image-processor", **more):
    port = free_port()
    command = [binary("image-processor"), "--listen", f"{HOST}:{port}", "--data-dir", f"{work}/{data}",
               "--cache-url", f"http://{HOST}:{cache_port}", *settings]
    return Server("image-processor", command, port, f"{work}/{data}.log", **more)


def safelight(work, *settings, data="safelight", **more):
    """Both services in one process, without the gateway; the port is that of image-processor."""
    cache, port = free_port(), free_port()
    command = [binary("safelight"), "serve", "--gateway", "false", "--cache-listen", f"{HOST}:{cache}",
               "--processor-listen", f"{HOST}:{port}", "--data-dir", f"{work}/{data}", *settings]
    return Server("safelight", command, port, f"{work}/{data}.log", **more)


# --- requests ---------------------------------------------------------------

def connect(port, timeout=60):
    return http.client.HTTPConnection(HOST, port, timeout=timeout)


def get(port, path, timeout=60):
    """One GET: status, headers, body."""
    connection = connect(port, timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def get_ok(port, path, timeout=60):
    status, headers, body = get(port, path, timeout)
    if status != 200:
        raise SystemExit(f"GET {path} answers {status}: {body[:500]!r}")
    return headers, body


def multipart(name, *parts):
    """Length and pieces of a multipart body whose one part `file` consists of `parts`."""
    head = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n").encode()
    pieces = [head, *parts, f"\r\n--{BOUNDARY}--\r\n".encode()]
    return sum(map(len, pieces)), pieces


def chunks(pieces):
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), CHUNK):
            yield view[start:start + CHUNK]


def upload(connection, name, *parts):
    """Uploads an image and returns the answer's status and body; the body is streamed."""
    length, pieces = multipart(name, *parts)
    connection.request("POST", "/images", chunks(pieces), {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(length)})
    answer = connection.getresponse()
    return answer.status, answer.read()


def metric(port, name):
    """The value of a metric without labels."""
    text = get_ok(port, "/metrics")[1].decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.M)[1])


# --- images -----------------------------------------------------------------

def noise_png(bytes_about, seed):
    """A PNG of noise, which no encoder makes smaller: a derived PNG is as large as this."""
    side = max(1, round((bytes_about / 3) ** 0.5))
    dice = random.Random(seed)
    rows = b"".join(b"\0" + dice.randbytes(3 * side) for _ in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")), side


def tagged_jpeg(jpeg, tag):
    """The JPEG in two parts with a comment between: other bytes and hash, the same pixels."""
    if jpeg[:2] != b"\xff\xd8":
        raise SystemExit("the photo is not a JPEG")
    comment = f"bench {tag}".encode()
    return b"\xff\xd8\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment, memoryview(jpeg)[2:]


# --- wrk --------------------------------------------------------------------

UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


def wrk(port, path, seconds, connections=64):
    """Runs wrk: requests per second, their count, p50 and p99 in milliseconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", f"http://{HOST}:{port}{path}"]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"{path} was not always answered:\n{out}")

    def latency(percent):
        number, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)$", out, re.M).groups()
        return float(number) * UNITS[unit]

    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        "count": int(re.search(r"(\d+) requests in", out)[1]),
        "p50": latency(50), "p99": latency(99),
    }
