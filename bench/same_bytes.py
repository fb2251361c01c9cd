"""Whether two builds give the same bytes for the same images and options.

For changes that must not change a result: every file is uploaded to both, and every query
of the list below is asked of both. What differs is named, status codes included.

    python3 bench/same_bytes.py BEFORE AFTER FILE_OR_FOLDER...

A side is the path of a `safelight` binary, which is started and ended here; or the URLs of
a running pair, `http://…:3000,http://…:3001`; or a file that `--save` wrote, so that the
build before a change is asked once only.
"""

import argparse
import contextlib
import hashlib
import json
import pathlib
import sys
import time
import urllib.parse

import harness

QUERIES = [
    "", "f=jpeg", "f=png", "f=webp", "q=35", "q=95&f=jpeg", "progressive=true&f=jpeg", "w=300&f=avif",
    "blur=0.5", "blur=2&f=jpeg", "blur=3.5", "blur=5&f=jpeg", "blur=10", "blur=40&f=webp", "blur=250&f=jpeg",
    "blur=12&f=png&rotate=90", "blur=6&grayscale=true",
    "w=1000", "w=800&f=webp", "w=200", "h=37&f=png", "w=60&h=60", "w=400&h=100&position=top",
    "w=300&h=300&position=attention", "w=90&h=400&position=entropy", "w=500&h=200&fit=contain&background=ff8800",
    "w=120&h=90&fit=fill", "w=333&h=333&fit=inside", "w=333&h=333&fit=outside", "w=900&enlarge=true&crop=5,5,40,30",
    "crop=10,20,300,200", "crop=3,7,1001,803&w=250", "w=640&blur=4", "rotate=270&w=500", "flip=h&rotate=180&h=300",
    "rotate=12.5&w=400", "rotate=-30&background=00ff00&f=jpeg&h=240", "trim=12&w=300",
    "w=300&gamma=2.2&brightness=1.1&contrast=1.2&saturation=1.5&hue=40", "w=300&sharpen=1.2",
    "w=300&pixelate=12&padding=5,10", "w=400&max_bytes=9000&f=webp",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    parser.add_argument("--save", type=pathlib.Path, help="write what BEFORE answers to this file")
    args = parser.parse_args()
    files = sorted(file for path in args.paths for file in (path.rglob("*") if path.is_dir() else [path])
                   if file.is_file() and file.suffix not in (".md", ".tsv"))
    before, after = answers(args.before, files), answers(args.after, files)
    if args.save:
        args.save.write_text(json.dumps(before))
    asked = [f"{file}?{query}" for file in files for query in QUERIES]
    different = [ask for ask in asked if before.get(ask) != after.get(ask)]
    for ask in different[:40]:
        print(f"{ask}: {before.get(ask)} before, {after.get(ask)} after")
    taken = sum(1 for ask in asked if before.get(ask, "").startswith("200"))
    print(f"{len(files)} files, {len(QUERIES)} queries, {taken} images: {len(different)} answers differ")
    sys.exit(1 if different else 0)


def answers(side, files):
    """The status and hash of every answer of a side."""
    if side.endswith(".json"):
        return json.loads(pathlib.Path(side).read_text())
    if side.startswith("http"):
        return ask_all(*(urllib.parse.urlsplit(url).port for url in side.split(",")), files)
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(harness.folder())
        cache, processor = harness.free_port(), harness.free_port()
        command = [side, "serve", "--cache-listen", f"{harness.HOST}:{cache}", "--processor-listen",
                   f"{harness.HOST}:{processor}", "--data-dir", f"{work}/data", "--request-timeout", "120s"]
        stack.enter_context(harness.Server("safelight", command, processor, f"{work}/log"))
        return ask_all(cache, processor, files)


def ask_all(cache, processor, files):
    found, began = {}, time.monotonic()
    for file in files:
        status, body = harness.upload(harness.connect(cache), file.name, file.read_bytes())
        image = json.loads(body).get("id")
        for query in QUERIES:
            if image is None:
                found[f"{file}?{query}"] = f"upload {status}"
                continue
            status, _, body = harness.get(processor, f"/images/{image}?{query}", timeout=130)
            # A refusal names the request, which is another one each time.
            digest = hashlib.sha256(body).hexdigest()[:16]
            found[f"{file}?{query}"] = f"{status} {digest}" if status == 200 else str(status)
    print(f"port {processor}: {len(found)} answers in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
