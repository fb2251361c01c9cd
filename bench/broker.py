"""No change is lost, whatever happens to the broker.

It stops, hangs, is killed while it is published to, and comes back without a memory, while
500 changes are made and image-cache itself is killed once.

Every change must reach the subscriber, in order, and requests must not notice: the 99th
percentile with the broker in trouble is compared with that beside a healthy one.

A broker keeps nothing for a subscriber that is not there. So image-cache reaches it
through a gate that opens only once the subscriber listens again.
"""

import contextlib
import json
import pathlib
import selectors
import signal
import socket
import subprocess
import threading
import time

import harness

CHANGES = 500
OUTAGE_SECONDS = 60
GROWTH_MS = 10
SENTINEL = "safelight/bench/listens"


def main():
    parser = harness.arguments(__doc__, seconds=600)
    parser.add_argument("--outage", type=float, default=OUTAGE_SECONDS,
                        help=f"seconds for which the broker is away, and hangs; {OUTAGE_SECONDS} unless given")
    args = harness.begin(parser)
    harness.need("mosquitto", "mosquitto_sub", "mosquitto_pub", packages="mosquitto mosquitto-clients")
    targets = harness.Targets()
    with harness.folder() as work, Broker(work) as broker, Gate(broker.port) as gate, \
            Ear(broker.port) as ear:
        ear.wait()
        settings = ["--mqtt-url", f"mqtt://{harness.HOST}:{gate.port}"]
        with contextlib.ExitStack() as stack:
            cache = stack.enter_context(harness.image_cache(work, *settings))
            changes = Changes(cache.port)
            healthy = changes.make(CHANGES, 0.005)
            troubled = []
            step = CHANGES // 5
            pause = args.outage / step

            print(f"the broker stops for {args.outage:g} s", flush=True)
            broker.stop(signal.SIGTERM)
            troubled += changes.make(step, pause)
            come_back(broker, ear, gate)
            print(f"it hangs for {args.outage:g} s", flush=True)
            broker.process.send_signal(signal.SIGSTOP)
            troubled += changes.make(step, pause)
            broker.process.send_signal(signal.SIGCONT)
            troubled += changes.make(step // 2, 0.01)
            print("it hangs, is published to, and is killed", flush=True)
            broker.process.send_signal(signal.SIGSTOP)
            troubled += changes.make(step, 0.01)
            gate.close()
            broker.stop(signal.SIGKILL)
            troubled += changes.make(step // 2, 0.01)
            print("image-cache is killed", flush=True)
            cache.process.kill()
            cache.process.wait()
            cache = stack.enter_context(harness.image_cache(work, *settings))
            changes.port = cache.port
            come_back(broker, ear, gate)
            troubled += changes.make(CHANGES - len(troubled), 0.01)
            drained = wait_until(lambda: len(ear.distinct()) >= 2 * CHANGES, 120)
        numbers = ear.distinct()
    lost = sorted(set(range(2 * CHANGES)) - set(numbers))
    grown = p99(troubled) - p99(healthy)
    rows = [
        ["changes lost", len(lost), targets.at_most("lost", len(lost), 0)],
        ["in order", "yes" if numbers == sorted(numbers) else "no", targets.holds("order", numbers == sorted(numbers))],
        ["heard more than once", ear.repeated(), ""],
        ["p50 of a change, healthy, ms", f"{harness.median(healthy):.1f}", ""],
        ["p50 of a change, in trouble, ms", f"{harness.median(troubled):.1f}", ""],
        ["p99 of a change, healthy, ms", f"{p99(healthy):.1f}", ""],
        ["p99 of a change, in trouble, ms", f"{p99(troubled):.1f}", targets.at_most("p99 growth", grown, GROWTH_MS)],
    ]
    print(f"\n## {CHANGES} changes while the broker is in trouble{'' if drained else ' (not drained)'}\n")
    harness.table(["what", "figure", "target"], rows)
    targets.end(args)


def p99(times):
    return sorted(times)[int(len(times) * 0.99)]


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def come_back(broker, ear, gate):
    gate.close()
    broker.start()
    ear.wait()
    gate.open()


class Changes:
    """Makes one album after another, named by its number."""

    def __init__(self, port):
        self.port, self.next = port, 0

    def make(self, count, pause):
        """Makes changes with a pause in seconds after each; milliseconds that each took."""
        times = []
        for _ in range(count):
            begun = time.monotonic()
            connection = harness.connect(self.port)
            connection.request("POST", "/albums", json.dumps({"albumName": f"album {self.next}"}))
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.status != 201:
                raise SystemExit(f"change {self.next} answers {answer.status}")
            times.append((time.monotonic() - begun) * 1000)
            self.next += 1
            time.sleep(pause)
        return times


class Broker:
    """mosquitto without persistence, always on the same port."""

    def __init__(self, work):
        self.port = harness.free_port()
        self.config = pathlib.Path(work) / "mosquitto.conf"
        self.config.write_text(f"listener {self.port} {harness.HOST}\nallow_anonymous true\npersistence false\n")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)

    def start(self):
        self.process = subprocess.Popen([harness.which("mosquitto"), "-c", self.config],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not wait_until(self.listens, 10):
            raise SystemExit("mosquitto does not listen")

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection((harness.HOST, self.port), 1):
            return True
        return False

    def stop(self, how):
        if self.process.poll() is None:
            self.process.send_signal(how)
            if how == signal.SIGKILL:
                self.process.send_signal(signal.SIGCONT)
            self.process.wait(30)


class Ear:
    """A subscriber that comes back by itself and remembers what it heard."""

    def __init__(self, port):
        self.port, self.heard, self.sentinels = port, [], 0
        command = ["mosquitto_sub", "-h", harness.HOST, "-p", str(port), "-V", "5", "-q", "1", "-k", "5",
                   "-t", "imagestore/events", "-t", SENTINEL]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self.listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def listen(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                event = json.loads(line)
                self.heard.append((event["id"], int(event["subject"].rpartition(" ")[2])))
            else:
                self.sentinels += 1

    def wait(self):
        """Until it hears what is said now."""
        before = self.sentinels

        def heard():
            subprocess.run(["mosquitto_pub", "-h", harness.HOST, "-p", str(self.port), "-t", SENTINEL, "-m", "?"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10, check=False)
            time.sleep(0.1)
            return self.sentinels > before

        if not wait_until(heard, 60):
            raise SystemExit("the subscriber does not come back")

    def distinct(self):
        """The numbers of the changes, each where it was heard first."""
        return list(dict(self.heard).values())

    def repeated(self):
        return len(self.heard) - len(dict(self.heard))


class Gate:
    """Passes connections on while it is open, and cuts them when it is closed."""

    def __init__(self, port):
        self.inside, self.is_open, self.pairs = port, True, []
        self.listener = socket.create_server((harness.HOST, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                outside, _ = self.listener.accept()
                threading.Thread(target=self.pass_on, args=[outside], daemon=True).start()

    def pass_on(self, outside):
        with outside, contextlib.suppress(OSError):
            if not self.is_open:
                return
            with socket.create_connection((harness.HOST, self.inside), 2) as inside:
                self.pairs.append((outside, inside))
                with selectors.DefaultSelector() as selector:
                    selector.register(outside, selectors.EVENT_READ, inside)
                    selector.register(inside, selectors.EVENT_READ, outside)
                    while True:
                        for key, _ in selector.select():
                            data = key.fileobj.recv(65536)
                            if not data:
                                return
                            key.data.sendall(data)

    def open(self):
        self.is_open = True

    def close(self):
        self.is_open = False
        for pair in self.pairs:
            for side in pair:
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
        self.pairs.clear()


if __name__ == "__main__":
    main()
