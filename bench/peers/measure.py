"""What a request costs one server: alone, and two at a time."""

import time

import harness
from harness import median

# A first answer that takes longer than this is not waited for.
GIVE_UP_SECONDS = 15
# One that takes more CPU time is measured once: its repetitions would fill the run.
SLOW_SECONDS = 4
# What follows an answer, such as our write to the disk cache.
SETTLE_SECONDS = 0.1
# As many as there are cores.
AT_ONCE = 2
MAGIC = {"jpeg": (0, b"\xff\xd8\xff"), "png": (0, b"\x89PNG"), "webp": (8, b"WEBP"), "avif": (4, b"ftypavi")}


class Side:
    """One server under measurement, with those whose share is counted beside it."""

    def __init__(self, name, server, paths, *beside):
        self.name, self.server, self.paths, self.beside = name, server, iter(paths), beside
        self.problem, self.slow = None, False
        self.alone, self.latencies, self.rates = [], [], []
        self.asked = 0

    @property
    def servers(self):
        return (self.server, *self.beside)

    def request(self, timeout=60):
        """Status, body and milliseconds of a request for the next path; None after the last."""
        path = next(self.paths, None)
        if path is None:
            return None
        self.asked += 1
        begun = time.monotonic()
        status, _, body = harness.get(self.server.port, path, timeout)
        return status, body, (time.monotonic() - begun) * 1000

    def measured(self, timeout=60):
        """One request alone: CPU of each server, and what it took."""
        before = [harness.cpu_seconds(server.pid) for server in self.servers]
        answer = self.request(timeout)
        if answer is None:
            return None
        time.sleep(SETTLE_SECONDS)
        cpu = [(harness.cpu_seconds(server.pid) - at) * 1000 for server, at in zip(self.servers, before, strict=True)]
        return answer, cpu

    def first(self, form):
        """The first request of a server that was just started: its memory, and its body to look at."""
        idle = [harness.memory(server.pid) for server in self.servers]
        for server in self.servers:
            harness.reset_peak(server.pid)
        try:
            (status, body, wall), cpu = self.measured(GIVE_UP_SECONDS)
        except OSError:
            self.problem = f"no answer within {GIVE_UP_SECONDS} s"
            # It would go on working, at the cost of the others.
            self.server.stop()
            return None
        at, magic = MAGIC[form]
        if status != 200:
            self.problem = f"answers {status}"
            return None
        if body[at:at + len(magic)] != magic:
            self.problem = f"does not answer with {form.upper()}"
            return None
        self.slow = cpu[0] > SLOW_SECONDS * 1000
        self.bytes = len(body)
        self.one = [harness.memory(server.pid, "VmHWM") - at for server, at in zip(self.servers, idle, strict=True)]
        if self.slow:
            self.alone.append((wall, cpu))
        return body

    def again(self):
        """A further request alone."""
        if self.problem or self.slow:
            return
        found = self.measured()
        if found:
            (status, _, wall), cpu = found
            if status != 200:
                raise SystemExit(f"{self.name} answers {status} to one of many equal requests")
            self.alone.append((wall, cpu))

    def load(self, seconds):
        """Two clients at a time, for so long, or until there is nothing left to ask for."""
        if self.problem or self.slow:
            return
        rates, faults = [], []

        def client():
            begun = end = time.monotonic()
            count = 0
            try:
                while end - begun < seconds:
                    answer = self.request()
                    if answer is None:
                        break
                    if answer[0] != 200:
                        faults.append(answer[0])
                        break
                    self.latencies.append(answer[2])
                    count, end = count + 1, time.monotonic()
            except OSError as error:
                faults.append(error)
            if count:
                rates.append(count / (end - begun))

        harness.at_once([client] * AT_ONCE)
        if faults:
            raise SystemExit(f"{self.name}, {AT_ONCE} requests at a time: {faults[0]}")
        if len(rates) == AT_ONCE:
            self.rates.append(sum(rates))

    def result(self):
        """All that was found, in milliseconds and MiB."""
        if self.problem:
            return {"problem": self.problem}
        found = {"cpu": median(cpu[0] for _, cpu in self.alone), "wall": median(wall for wall, _ in self.alone),
                 "shares": [median(cpu[at] for _, cpu in self.alone) for at in range(1, len(self.servers))],
                 "one": self.one[0], "peak": harness.memory(self.server.pid, "VmHWM"),
                 "bytes": self.bytes, "slow": self.slow, "rounds": len(self.alone),
                 "share_peaks": [harness.memory(server.pid, "VmHWM") for server in self.beside]}
        if self.rates:
            ordered = sorted(self.latencies)
            found |= {"rate": median(self.rates), "p50": median(ordered), "count": len(ordered),
                      "p99": ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]}
        return found
