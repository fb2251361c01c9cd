"""An album of 100,000 images: its first page, an image by name, renaming it, deleting it.

The rows are written into the catalogue while image-cache is not running, all naming one
stored image; only the catalogue is measured here.
"""

import json
import sqlite3
import time

import harness

IMAGES = 100_000
PAGE_MS, RENAME_MS = 10, 20


def main():
    parser = harness.arguments(__doc__, seconds=300, rounds=21)
    args = harness.begin(parser)
    targets = harness.Targets()
    png, _ = harness.noise_png(3000, 1)
    with harness.folder() as work:
        with harness.image_cache(work) as cache:
            timed(cache.port, "POST", "/albums", {"albumName": "large"}, 201)
            timed(cache.port, "PUT", "/albums/large/images/seed.png", png, 201)
        fill(f"{work}/image-cache/catalogue.db")
        rows = []
        with harness.image_cache(work) as cache:
            rows.append(["start to healthy", f"{cache.ready_ms:.1f}", "", ""])
            port = cache.port
            first = [timed(port, "GET", "/albums/large/images") for _ in range(args.rounds)]
            rows.append(row("first page of 1000 names", first, PAGE_MS, targets))
            cursor = "large/images?cursor=" + page_cursor(port)
            later = [timed(port, "GET", f"/albums/{cursor}") for _ in range(args.rounds)]
            rows.append(row("a later page", later, PAGE_MS, targets))
            names = (f"/albums/large/images/image-{i * 997 % IMAGES:06}.png" for i in range(args.rounds))
            rows.append(row("an image by name, cold", [timed(port, "GET", name) for name in names]))
            renames, name = [], "large"
            for i in range(args.rounds):
                renames.append(timed(port, "PATCH", f"/albums/{name}", {"albumName": f"large {i}"}))
                name = f"large%20{i}"
            rows.append(row("rename the album", renames, RENAME_MS, targets))
            rows.append(row("delete the album", [timed(port, "DELETE", f"/albums/{name}")]))
    print(f"\n## An album of {IMAGES:,} images\n")
    harness.table(["what", "median ms", "worst ms", "target"], rows)
    targets.end(args)


def fill(path):
    """Copies the one row as often as is wanted."""
    with sqlite3.connect(path) as catalogue:
        columns = "media_type, width, height, orientation, bytes, sha256, created_ms, album_id"
        values = catalogue.execute(f"SELECT {columns} FROM images").fetchone()
        rows = ((f"01926b3e-5a7c-7d3e-8f10-{i:012x}", f"image-{i:06}.png", *values) for i in range(IMAGES))
        marks = ", ".join("?" * 10)
        catalogue.executemany(f"INSERT INTO images (id, file_name, {columns}) VALUES ({marks})", rows)
    catalogue.close()


def timed(port, method, path, body=None, expected=200):
    """Milliseconds from a new connection to the last byte."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    begun = time.monotonic()
    connection = harness.connect(port)
    connection.request(method, path, content)
    answer = connection.getresponse()
    text = answer.read()
    took = (time.monotonic() - begun) * 1000
    connection.close()
    if answer.status != expected:
        raise SystemExit(f"{method} {path} answers {answer.status}: {text[:300]!r}")
    return took


def page_cursor(port):
    return json.loads(harness.get_ok(port, "/albums/large/images")[1])["nextCursor"]


def row(name, times, limit=None, targets=None):
    middle = harness.median(times)
    verdict = targets.at_most(name, middle, limit) if limit else ""
    return [name, f"{middle:.1f}", f"{max(times):.1f}", verdict]


if __name__ == "__main__":
    main()
