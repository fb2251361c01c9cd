"""SIGTERM under load: no request that was sent goes without its answer.

50 clients with keep-alive ask for an image again and again, 5 uploads are half done.
Then SIGTERM. A client that is told `Connection: close` closes. To be refused a new
connection after SIGTERM is no failure: the process is gone, and a load balancer would
go elsewhere. A request that was sent and not answered whole with 2xx is one.
"""

import asyncio
import re
import signal
import time

import harness

CLIENTS, UPLOADS = 50, 5
IMAGE_BYTES, UPLOAD_BYTES = 100_000, 2_000_000
LOAD_SECONDS = 1.0
# How long each upload goes on after SIGTERM; the grace time is 25 s.
UPLOAD_TAIL_SECONDS = 2.0


class Load:
    """What the clients of one round saw."""

    def __init__(self, port):
        self.port, self.told_at = port, None
        self.answered = self.after = 0
        self.failures, self.uploads = [], []

    def told(self):
        return self.told_at is not None

    def failed(self, what, error):
        when = f"{(time.monotonic() - self.told_at) * 1000:.0f} ms after" if self.told() else "before"
        self.failures.append(f"{what}, {when} SIGTERM: {error!r}")

    async def loop(self, path):
        """One client; ends when it is refused a connection after SIGTERM."""
        request = f"GET {path} HTTP/1.1\r\nHost: {harness.HOST}\r\n\r\n".encode()
        while True:
            try:
                reader, writer = await asyncio.open_connection(harness.HOST, self.port)
            except OSError as error:
                if not self.told():
                    self.failed("connect", error)
                return
            try:
                close = False
                while not close:
                    writer.write(request)
                    await writer.drain()
                    status, close, _ = await answer(reader)
                    if status != 200:
                        raise ValueError(f"status {status}")
                    self.answered += 1
                    self.after += self.told()
            except (OSError, ValueError, asyncio.IncompleteReadError) as error:
                self.failed("GET", error)
            finally:
                writer.close()

    async def upload(self, seed, told):
        """Sends half, waits for SIGTERM, then sends the rest bit by bit."""
        png, _ = harness.noise_png(UPLOAD_BYTES, seed)
        length, pieces = harness.multipart("slow.png", png)
        body = b"".join(pieces)
        head = (f"POST /images HTTP/1.1\r\nHost: {harness.HOST}\r\nContent-Length: {length}\r\n"
                f"Content-Type: multipart/form-data; boundary={harness.BOUNDARY}\r\n\r\n").encode()
        try:
            reader, writer = await asyncio.open_connection(harness.HOST, self.port)
            middle, steps = len(body) // 2, 20
            writer.write(head + body[:middle])
            await writer.drain()
            await told.wait()
            step = -(-(len(body) - middle) // steps)
            for start in range(middle, len(body), step):
                await asyncio.sleep(UPLOAD_TAIL_SECONDS / steps)
                writer.write(body[start:start + step])
                await writer.drain()
            status, _, text = await answer(reader)
            self.uploads.append(status)
            if status != 201:
                self.failed("upload", text[:300])
            writer.close()
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            self.failed("upload", error)


async def answer(reader):
    """One whole answer: its status, whether the connection is to be closed, its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = re.search(r"^content-length: *(\d+)", head, re.M | re.I)
    if not length:
        raise ValueError(f"an answer without a length: {head[:200]!r}")
    body = await reader.readexactly(int(length[1]))
    close = re.search(r"^connection:.*close", head, re.M | re.I) is not None
    return int(head.split()[1]), close, body


async def stop_under_load(server, path):
    load, told = Load(server.port), asyncio.Event()
    tasks = [asyncio.create_task(load.upload(1000 + number, told)) for number in range(UPLOADS)]
    tasks += [asyncio.create_task(load.loop(path)) for _ in range(CLIENTS)]
    await asyncio.sleep(LOAD_SECONDS)
    load.told_at = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    told.set()
    code = await asyncio.to_thread(server.process.wait, 40)
    took = time.monotonic() - load.told_at
    await asyncio.wait_for(asyncio.gather(*tasks), 20)
    return load, code, took


def main():
    args = harness.begin(harness.arguments(__doc__, seconds=300, rounds=5))
    targets = harness.Targets()
    rows, failures = [], []
    for turn in range(args.rounds):
        with harness.folder() as work, harness.image_cache(work) as server:
            status, body = harness.upload(
                harness.connect(server.port), "hot.png", harness.noise_png(IMAGE_BYTES, 1)[0])
            if status != 201:
                raise SystemExit(f"upload answers {status}: {body!r}")
            image = re.search(rb'"id":"([^"]+)"', body)[1].decode()
            load, code, took = asyncio.run(stop_under_load(server, f"/images/{image}"))
        uploaded = load.uploads.count(201)
        good = not load.failures and uploaded == UPLOADS and code == 0
        failures += load.failures
        rows.append([turn + 1, load.answered, load.after, len(load.failures), f"{uploaded} of {UPLOADS}", code,
                     f"{took:.2f}", targets.holds(f"stop {turn + 1}", good)])
    print(f"\n## SIGTERM to image-cache with {CLIENTS} clients and {UPLOADS} uploads\n")
    harness.table(["round", "answers", "after SIGTERM", "failed", "uploads 201", "exit code", "stopped in s", "target"],
                  rows)
    for failure in failures[:20]:
        print(failure)
    targets.end(args)


if __name__ == "__main__":
    main()
