#!/usr/bin/env bash
# Does what the documentation tells people to do: `make test-docs`.
#
# Runs every block of shell that stands behind `<!-- walk -->` in README.md and
# docs/, in a folder with a fresh `safelight serve`, and fails where a command
# does. SAFELIGHT names another binary than the one of this folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

if [ -z "${SAFELIGHT:-}" ]; then
  cargo build --quiet --locked -p safelight
  SAFELIGHT=$(cargo metadata --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug/safelight
fi
work=$(mktemp -d)
service=
stop() {
  [ -z "$service" ] || { kill "$service" 2>/dev/null; wait "$service" 2>/dev/null || true; }
  service=
}
trap 'stop; rm -rf "$work"' EXIT

# What the blocks call, at the ports of this run. A stream that never ends is
# listened to for a second.
mkdir "$work/bin" "$work/docs"
cp "$root/docs/astronaut.jpg" "$work/photo.jpg"
cp "$root/docs/astronaut.jpg" "$work/docs/"
cat >"$work/bin/curl" <<'SCRIPT'
#!/usr/bin/env bash
case " $* " in
  *" -N "*)
    status=0
    "$CURL" --noproxy '*' --fail --max-time 1 "$@" || status=$?
    [ "$status" = 28 ] # It still had something to say.
    ;;
  *) "$CURL" --noproxy '*' --silent --show-error --fail-with-body --max-time 30 "$@" ;;
esac
SCRIPT
printf '#!/bin/sh\nexec %q "$@"\n' "$SAFELIGHT" >"$work/bin/safelight"
chmod +x "$work/bin/curl" "$work/bin/safelight"
CURL=$(command -v curl)
export CURL

serve() { # data folder
  : >"$work/log"
  "$SAFELIGHT" serve --data-dir "$1" --cache-listen 127.0.0.1:0 --processor-listen 127.0.0.1:0 \
    --gateway-listen 127.0.0.1:0 --log-format json 2>"$work/log" &
  service=$!
  local _
  for _ in $(seq 200); do
    gateway=$(sed -n 's|.*gateway listens at http://\([0-9.:]*\).*|\1|p' "$work/log")
    processor=$(sed -n 's|.*image-processor listens at http://\([0-9.:]*\).*|\1|p' "$work/log")
    cache=$(sed -n 's|.*image-cache listens at http://\([0-9.:]*\).*|\1|p' "$work/log")
    [ -z "$gateway" ] || return 0
    kill -0 "$service" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/log" >&2
  exit 1
}

walk() { # page
  echo "--- $1"
  # Not what starts a server: that is what this script does.
  awk '/^<!-- walk -->$/ { next_one = 1; next }
       /^```/ { inside = next_one && /^```sh$/; next_one = 0; next }
       inside' "$root/$1" |
    grep -vE '^(make|safelight serve)' |
    sed -e "s|127.0.0.1:3000|$cache|g; s|127.0.0.1:3001|$processor|g; s|127.0.0.1:8080|$gateway|g; s|01926b3e-…|\$id|g" >"$work/block"
  [ -s "$work/block" ] || { echo "$1 has nothing to walk" >&2; exit 1; }
  (cd "$work" && id=$id PATH="$work/bin:$PATH" bash -euxo pipefail block)
}

serve "$work/data"
id=$(cd "$work" && "$CURL" --noproxy '*' -sF file=@photo.jpg "http://$cache/images" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
for page in README.md docs/notifications.md docs/operations.md; do
  walk "$page"
done
for made in blurred.jpg small.webp; do
  [ -s "$work/$made" ] || { echo "$made was not made" >&2; exit 1; }
done
stop

# The backup that the walk made and restored holds what was stored.
serve "$work/restored"
"$CURL" --noproxy '*' -sf "http://$cache/images/$id" | cmp - "$work/photo.jpg"
"$CURL" --noproxy '*' -sf "http://$cache/albums/summer/images/beach.jpg" | cmp - "$work/photo.jpg"
echo "the documentation does what it says"
