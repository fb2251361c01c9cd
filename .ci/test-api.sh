#!/usr/bin/env bash
# Both services against their OpenAPI documents, by schemathesis: `make test-api`.
# It makes requests that fit the document and requests that don't, and holds
# the answers to what is documented.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

version=4.32.5
seconds=${API_TEST_SECONDS:-120}
tools=$root/target/schemathesis-$version
work=$(mktemp -d)
service=
finish() {
  [ -z "$service" ] || { kill "$service" 2>/dev/null; wait "$service" 2>/dev/null || true; }
  rm -rf "$work"
}
trap finish EXIT

if [ ! -x "$tools/bin/st" ]; then
  python3 -m venv "$tools" || { echo "please install python3-venv" >&2; exit 1; }
  "$tools/bin/pip" install --quiet "schemathesis==$version"
fi
cargo build --quiet --locked -p safelight
binary=$(cargo metadata --no-deps --format-version 1 |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug/safelight

"$binary" serve --data-dir "$work/data" --cache-listen 127.0.0.1:0 --processor-listen 127.0.0.1:0 \
  --gateway=false --log-format json 2>"$work/log" &
service=$!
address_of() { sed -n "s|.*$1 listens at http://\([0-9.:]*\).*|\1|p" "$work/log"; }
for _ in $(seq 100); do
  [ -n "$(address_of image-processor)" ] && break
  kill -0 "$service" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
cache=$(address_of image-cache) processor=$(address_of image-processor)

# Something to find: a PNG of one pixel in an album.
python3 - "$work/pixel.png" <<'PYTHON'
import struct, sys, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

with open(sys.argv[1], "wb") as file:
    file.write(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0\1\2\3"))
        + chunk(b"IEND", b"")
    )
PYTHON
ask() { curl --noproxy '*' --silent --show-error --fail-with-body --max-time 10 "$@"; }
ask -d '{"albumName":"summer"}' "http://$cache/albums" >/dev/null
ask -T "$work/pixel.png" "http://$cache/albums/summer/images/beach.png" >/dev/null
id=$(ask -F "file=@$work/pixel.png" "http://$cache/images" | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')

failed=
check() { # name, address
  local name=$1 address=$2
  echo "--- $name"
  # /events has no end, and the tool would wait for it.
  # In a folder of its own, where the tool leaves its notes. What it just created under a
  # name may have been renamed or moved since, by its id too, and 404 of a change may be
  # about the album that its body names: that check knows neither.
  (cd "$work" && "$tools/bin/st" --config-file "$root/.ci/schemathesis.toml" \
    run "http://$address/openapi.json" \
    --checks all --exclude-checks ensure_resource_availability --continue-on-failure --request-timeout 10 --max-time "$seconds" \
    --warnings off --no-color --exclude-operation-id get_events) || failed=yes
}
export IMAGE_ID=$id
check image-cache "$cache"
check image-processor "$processor"
kill -0 "$service" 2>/dev/null || { echo "the service ended" >&2; cat "$work/log" >&2; exit 1; }
if grep '"level":"error"' "$work/log"; then
  echo "the service logged errors" >&2
  failed=yes
fi
[ -z "$failed" ]
