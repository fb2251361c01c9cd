"""Three image-processors behind the gateway, and what it costs that one of them is killed.

First 200 identical cold requests at once: how many computations. Then kill -9 of one
image-processor every five seconds, under load: wrong bytes, and failed requests.
"""

import contextlib
import hashlib
import http.client
import json
import random
import threading
import time

import harness
from harness import HOST, get_ok, table

PROCESSORS = 3
COLD = 200
CLIENTS = 8
KILL_EACH = 5
WIDTHS = range(20, 200, 20)


def gateway(work, cache, processors):
    port = harness.free_port()
    command = [harness.binary("gateway"), "--listen", f"{HOST}:{port}", "--cache-url", f"http://{HOST}:{cache}"]
    for number, processor in enumerate(processors):
        command += ["--processor", f"p{number}=http://{HOST}:{processor.port}"]
    return harness.Server("gateway", command, port, f"{work}/gateway.log")


def uploaded(port, seed):
    status, body = harness.upload(harness.connect(port), f"{seed}.png", harness.noise_png(400_000, seed)[0])
    if status != 201:
        raise SystemExit(f"upload answers {status}: {body!r}")
    return json.loads(body)["id"]


def made(processors):
    return sum(harness.metric(server.port, "safelight_images_processed_total") for server in processors)


def cold(port, processors, targets):
    path = f"/images/{uploaded(port, 1)}?width=300&blur=4"
    before, bodies = made(processors), []
    harness.at_once([lambda: bodies.append(get_ok(port, path)[1])] * COLD)
    count = made(processors) - before
    if len(bodies) != COLD or len(set(bodies)) != 1:
        raise SystemExit(f"{len(bodies)} answers, {len(set(bodies))} different bodies")
    return [f"{COLD} identical cold requests", f"{count:.0f} computed", targets.at_most("computations", count, 1)]


class Load:
    """Clients that ask until they are told to stop, and compare every byte."""

    def __init__(self, port, expected):
        self.port, self.expected, self.stop = port, expected, threading.Event()
        self.answered = self.wrong = self.failed = self.cut = 0
        self.lock = threading.Lock()

    def client(self):
        dice, paths = random.Random(), list(self.expected)
        connection = harness.connect(self.port)
        while not self.stop.is_set():
            path, outcome, headed = dice.choice(paths), "failed", False
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                headed = True
                body = answer.read()
                if answer.status == 200:
                    outcome = "answered" if hashlib.sha256(body).digest() == self.expected[path] else "wrong"
            except (OSError, http.client.HTTPException):
                outcome = "cut" if headed else "failed"
                connection.close()
            with self.lock:
                setattr(self, outcome, getattr(self, outcome) + 1)


def killing(port, processors, seconds, targets):
    expected = {}
    for image in [uploaded(port, seed) for seed in range(2, 8)]:
        for path in [f"/images/{image}", *(f"/images/{image}?width={width}" for width in WIDTHS)]:
            expected[path] = hashlib.sha256(get_ok(port, path)[1]).digest()
    load = Load(port, expected)
    clients = [threading.Thread(target=load.client, daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    end, kills = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        time.sleep(KILL_EACH)
        victim = random.choice(processors)
        victim.process.kill()
        victim.process.wait()
        victim.__enter__()
        kills += 1
    load.stop.set()
    for client in clients:
        client.join(60)
    name = f"kill -9 of one, {kills} times in {seconds} s"
    return [
        [name, f"{load.answered:,} answered", ""],
        ["  wrong bytes", load.wrong, targets.at_most("wrong bytes", load.wrong, 0)],
        ["  failed", load.failed, targets.at_most("failed requests", load.failed, 0)],
        ["  cut after the first byte", load.cut, ""],
    ]


def main():
    parser = harness.arguments(__doc__, seconds=600)
    parser.add_argument("--for", type=int, default=180, metavar="SECONDS", dest="time", help="how long to kill")
    args = harness.begin(parser)
    targets = harness.Targets()
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(harness.folder())
        cache = stack.enter_context(harness.image_cache(work))
        processors = [stack.enter_context(harness.image_processor(work, cache.port, data=f"p{number}"))
                      for number in range(PROCESSORS)]
        port = stack.enter_context(gateway(work, cache.port, processors)).port
        rows = [cold(port, processors, targets), *killing(port, processors, args.time, targets)]
    table(["what", "result", "target"], rows)
    targets.end(args)


if __name__ == "__main__":
    main()
