"""Concurrent uploads of a large photo: memory while they last, speed, and every byte.

Also a body over the limit, declared and undeclared: 413, and nothing is left of it.
"""

import contextlib
import json
import pathlib
import threading
import time

import harness
from harness import MIB, median, table

AT_ONCE = 20
EXTRA_MIB = 64
TOO_LARGE = 80 * MIB


def upload_all(port, jpeg, tags):
    """Uploads a copy for each tag, all at once. Returns ids by tag and the seconds taken."""
    results, start = {}, threading.Barrier(len(tags) + 1)

    def one(tag):
        connection = harness.connect(port, timeout=120)
        connection.connect()
        start.wait(30)
        try:
            results[tag] = harness.upload(connection, f"{tag}.jpg", *harness.tagged_jpeg(jpeg, tag))
        except OSError as error:
            results[tag] = (0, repr(error).encode())
        connection.close()

    threads = [threading.Thread(target=one, args=(tag,), daemon=True) for tag in tags]
    for thread in threads:
        thread.start()
    start.wait(30)
    begun = time.monotonic()
    for thread in threads:
        thread.join()
    return results, time.monotonic() - begun


def files(data):
    """All files of a data folder but the catalogue's, which are rewritten at will."""
    return sorted(str(path) for path in pathlib.Path(data).rglob("*")
                  if path.is_file() and ".db" not in path.name and ".sqlite" not in path.name)


def send_too_much(port, declared):
    """Sends 80 MiB, its length declared or in chunks. Returns the status of the answer."""
    connection = harness.connect(port)
    length, pieces = harness.multipart("large.jpg", b"\xff\xd8\xff\xe0", bytes(TOO_LARGE))
    headers = {"Content-Type": f"multipart/form-data; boundary={harness.BOUNDARY}"}
    if declared:
        headers["Content-Length"] = str(length)
    # Refused before all was sent, which is right: the answer is waiting.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.request("POST", "/images", harness.chunks(pieces), headers, encode_chunked=not declared)
    try:
        return connection.getresponse().status
    except OSError as error:
        return repr(error)
    finally:
        connection.close()


def main():
    args = harness.begin(harness.arguments(__doc__, seconds=600, photos=True, rounds=5))
    targets = harness.Targets()
    photo = harness.photo(args, "elephants-18mp.jpg")
    jpeg = photo.read_bytes()
    with harness.folder() as work, harness.image_cache(work) as cache:
        time.sleep(1)
        idle = harness.memory(cache.pid)
        harness.reset_peak(cache.pid)
        stored, rates, costs, peaks = {}, [], [], []
        for turn in range(args.rounds):
            tags = [f"{turn}-{number}" for number in range(AT_ONCE)]
            before = harness.cpu_seconds(cache.pid)
            results, seconds = upload_all(cache.port, jpeg, tags)
            costs.append((harness.cpu_seconds(cache.pid) - before) / AT_ONCE * 1000)
            rates.append(AT_ONCE / seconds)
            peaks.append(harness.memory(cache.pid, "VmHWM") - idle)
            for tag, (status, body) in results.items():
                if status != 201:
                    raise SystemExit(f"upload {tag} answers {status}: {body!r}")
                stored[tag] = json.loads(body)["id"]

        different = 0
        for tag, image in stored.items():
            body = harness.get_ok(cache.port, f"/images/{image}")[1]
            different += body != b"".join(harness.tagged_jpeg(jpeg, tag))

        before = files(f"{work}/image-cache")
        refusals = {name: send_too_much(cache.port, declared)
                    for name, declared in (("declared", True), ("in chunks", False))}
        # The staged file is removed by a thread that the answer does not wait for.
        deadline = time.monotonic() + 5
        while (left := set(files(f"{work}/image-cache")) - set(before)) and time.monotonic() < deadline:
            time.sleep(0.01)

        print(f"\n## {AT_ONCE} uploads at once of {photo.name} ({len(jpeg) / MIB:.1f} MiB), {args.rounds} rounds\n")
        rate = median(rates)
        table(["measured", "value", "target"], [
            ["memory when idle", f"{idle:.1f} MiB", ""],
            ["extra memory at the peak, first round", f"{peaks[0]:.1f} MiB", ""],
            ["extra memory at the peak, all rounds", f"{peaks[-1]:.1f} MiB",
             targets.at_most("extra memory", peaks[-1], EXTRA_MIB)],
            ["uploads/s, median", f"{rate:.1f} ({rate * len(jpeg) / MIB:.0f} MiB/s)", ""],
            ["CPU for each upload, median", f"{median(costs):.0f} ms", ""],
            ["originals that differ from what was sent", f"{different} of {len(stored)}",
             targets.holds("originals are whole", not different)],
            *([f"80 MiB, {name}", f"{status}", targets.holds(f"80 MiB {name} is 413", status == 413)]
              for name, status in refusals.items()),
            ["files left of them", len(left), targets.holds("nothing is left", not left)],
        ])
    targets.end(args)


if __name__ == "__main__":
    main()
