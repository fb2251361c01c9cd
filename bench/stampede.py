"""A crowd asks for one cold blurred image, and who came first hangs up: it is made once.

100 connections ask at the same time; the first closes after 100 ms. The other 99, and
one that comes later, must get the same bytes, and exactly one image must be made.
"""

import collections
import json
import socket
import threading
import time

import harness

CROWD = 100
HANG_UP_SECONDS = 0.1


def main():
    args = harness.begin(harness.arguments(__doc__, seconds=300, photos=True, rounds=3))
    targets = harness.Targets()
    photo = harness.photo(args, "phone-12mp.jpg")
    jpeg = photo.read_bytes()
    rows = []
    with harness.folder() as work, harness.image_cache(work) as cache, \
            harness.image_processor(work, cache.port) as processor:
        for turn in range(args.rounds):
            status, body = harness.upload(
                harness.connect(cache.port), photo.name, *harness.tagged_jpeg(jpeg, turn))
            if status != 201:
                raise SystemExit(f"upload answers {status}: {body!r}")
            path = f"/blurred-images/{json.loads(body)['id']}?sigma=10"
            rows.append(stampede(turn, processor, path, targets))
    print(f"\n## {CROWD} cold requests at once for {photo.name}, σ10; the first hangs up after 100 ms\n")
    harness.table(["round", "made", "whole answers", "different bodies", "how", "slowest ms", "target"], rows)
    targets.end(args)


def stampede(turn, processor, path, targets):
    made = harness.metric(processor.port, "safelight_images_processed_total")
    answers, connected, go = [], threading.Barrier(CROWD), threading.Event()
    begun = [0.0]

    def leave():
        with socket.create_connection((harness.HOST, processor.port), 10) as stream:
            connected.wait(30)
            begun[0] = time.monotonic()
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {harness.HOST}\r\n\r\n".encode())
            # Only now the others, so that it is this one whose request is first.
            go.set()
            time.sleep(HANG_UP_SECONDS)
            stream.setblocking(False)
            try:
                if stream.recv(1):
                    raise SystemExit("the image was made before its first client could hang up")
            except BlockingIOError:
                pass

    def stay():
        connection = harness.connect(processor.port)
        connection.connect()
        connected.wait(30)
        go.wait(30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answers.append((answer.status, answer.read(), answer.headers.get("Cache-Status", ""), time.monotonic()))
        except OSError as error:
            answers.append((0, repr(error).encode(), "", time.monotonic()))
        connection.close()

    harness.at_once([leave] + [stay] * (CROWD - 1))
    status, headers, body = harness.get(processor.port, path)
    answers.append((status, body, headers.get("Cache-Status", ""), time.monotonic()))

    more = harness.metric(processor.port, "safelight_images_processed_total") - made
    whole = sum(status == 200 for status, *_ in answers)
    bodies = len({body for _, body, *_ in answers})
    how = collections.Counter(cache_status.rpartition("detail=")[2] or "none" for _, _, cache_status, _ in answers)
    slowest = max(at for *_, at in answers[:-1]) - begun[0]
    good = more == 1 and whole == CROWD and bodies == 1
    return [turn + 1, f"{more:.0f}", f"{whole} of {CROWD}", bodies,
            ", ".join(f"{count} {name}" for name, count in how.most_common()), f"{slowest * 1000:.0f}",
            targets.holds(f"stampede {turn + 1}", good)]


if __name__ == "__main__":
    main()
