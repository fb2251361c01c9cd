"""Sends every file of a folder through both services and reports what is wrong.

For each file: upload; if it is taken, fetch it back byte for byte, blur it, resize it.
Wrong are: an answer of 500 or above, an answer that takes longer than 5 s, other bytes
than were uploaded, a service that is gone at the end. With a manifest.tsv (columns
`path` and `expected`) the expectations are checked too: `accept` must be taken and
processed, everything that begins with `reject` must be refused at one step.

    python3 bench/corpus.py FOLDER --cache http://127.0.0.1:3000 --processor http://127.0.0.1:3001
"""

import argparse
import csv
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

BOUNDARY = "safelight-corpus-boundary"
SLOW_S = 5


def fetch(url, data=None, headers=None):
    """Status, body and seconds of one request."""
    began = time.monotonic()
    request = urllib.request.Request(url, data=data, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return answer.status, answer.read(), time.monotonic() - began
    except urllib.error.HTTPError as error:
        return error.code, error.read(), time.monotonic() - began


def upload(cache, content):
    head = (f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\r\n").encode()
    body = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return fetch(f"{cache}/images", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def walk(args, path):
    """What is wrong with the answers for one file, and how far it came."""
    content, wrong, steps = path.read_bytes(), [], {}

    def note(step, answer):
        status, body, seconds = answer
        steps[step] = status
        if status >= 500 or seconds > SLOW_S:
            wrong.append(f"{step}: {status} after {seconds:.1f} s {body[:200]!r}")
        elif status >= 400 and "message" not in json.loads(body):
            wrong.append(f"{step}: {status} without a message")
        return status, body

    status, body = note("upload", upload(args.cache, content))
    if status == 201:
        image = json.loads(body)["id"]
        status, body = note("original", fetch(f"{args.cache}/images/{image}"))
        if body != content:
            wrong.append("original: other bytes than were uploaded")
        note("blur", fetch(f"{args.processor}/blurred-images/{image}?sigma=3"))
        note("resize", fetch(f"{args.processor}/images/{image}?width=32&height=32&fit=cover&format=webp"))
        note("turn", fetch(f"{args.processor}/images/{image}?rotate=90&flip=h&crop=0,0,999,7"
                           "&grayscale=true&contrast=2&hue=-40&gamma=2.2&format=png"))
        note("focus", fetch(f"{args.processor}/images/{image}?width=20&height=30&position=attention&format=png"))
        note("trim", fetch(f"{args.processor}/images/{image}?trim=12&width=48&enlarge=true&format=png"))
        note("angle", fetch(f"{args.processor}/images/{image}?rotate=-7.5&flip=v&width=64&format=webp"))
        note("box", fetch(f"{args.processor}/images/{image}?width=40&height=30&fit=contain&position=bottom"
                          "&enlarge=true&background=black&saturation=3&sharpen=1&pixelate=3&padding=5,0&dpr=1.5&format=jpeg"))
    return wrong, steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--cache", default="http://127.0.0.1:3000")
    parser.add_argument("--processor", default="http://127.0.0.1:3001")
    args = parser.parse_args()

    expected = {}
    manifest = args.folder / "manifest.tsv"
    if manifest.is_file():
        with manifest.open(newline="") as rows:
            expected = {row["path"]: row["expected"] for row in csv.DictReader(rows, delimiter="\t")}
    files = [path for path in sorted(args.folder.rglob("*")) if path.is_file() and path.parent != args.folder]
    faults = 0
    for path in files:
        name = str(path.relative_to(args.folder))
        wrong, steps = walk(args, path)
        processed = [steps.get(step) for step in ("blur", "resize")]
        want = expected.get(name, "either")
        if want == "accept" and processed != [200, 200]:
            wrong.append(f"should be taken and processed: {steps}")
        if want.startswith("reject") and 200 in processed:
            wrong.append(f"should be refused: {steps}")
        for line in wrong:
            print(f"{name} ({want}): {line}")
        faults += len(wrong)
    for service in (args.cache, args.processor):
        if fetch(f"{service}/health")[0] != 200:
            print(f"{service} is not healthy at the end")
            faults += 1
    print(f"{len(files)} files, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
