#!/usr/bin/env bash
# Runs docker-compose.yml for real and walks through it: `make test-compose`.
#
# It needs no Docker beforehand: docker.sh gets one. The stack it starts has a project name, image tags
# and ports of its own, so a stack that you are using isn't touched.
#
#   BINARIES=prebuilt   compile on this machine even if BUILD_IMAGE can be pulled
#   DIST_READY=1        with prebuilt: take what lies in dist/ as it is
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

started=$SECONDS
cache=${COMPOSE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/safelight/compose-test}
# Short, because a socket's path may have no more than 107 characters.
work=$(mktemp -d /tmp/safelight.XXXXXX)
stack=
# docker.sh puts the real one in its place; until then there is nothing to end.
# shellcheck disable=SC2329
release_docker() { :; }

passed=0
# Not on standard output, which some functions give a value on.
say() { printf '%4ds  %s\n' "$((SECONDS - started))" "$*" >&2; }
ok() { passed=$((passed + 1)); say "ok: $*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# --- End, whatever happened -------------------------------------------------
finish() {
  local status=$?
  trap - EXIT INT TERM
  set +e
  if [ "$status" != 0 ]; then
    echo "--- what was there when it failed" >&2
    if [ -n "$stack" ]; then
      compose ps >&2
      compose logs --no-color --tail=100 >&2
    fi
  fi
  if [ -n "$stack" ]; then
    compose --profile tools down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1
    docker image rm "safelight/image-cache:$SAFELIGHT_TAG" "safelight/image-processor:$SAFELIGHT_TAG" \
      "safelight/gateway:$SAFELIGHT_TAG" "safelight/safelight:$SAFELIGHT_TAG" >/dev/null 2>&1
  fi
  release_docker "$status"
  rm -rf "$work"
  [ "$status" = 0 ] || printf 'FAILED after %ds\n' "$((SECONDS - started))" >&2
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

. services/compose/docker.sh

# --- The stack --------------------------------------------------------------
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
export COMPOSE_PROJECT_NAME=safelighttest$$ SAFELIGHT_TAG=compose-test-$$
export BIND_ADDRESS=127.0.0.1
# What the services say of themselves is not for the gateway to pass on.
export COMPOSE_FILE=docker-compose.yml:services/compose/ports.yml
GATEWAY_PORT=$(free_port) IMAGE_CACHE_PORT=$(free_port) IMAGE_PROCESSOR_PORT=$(free_port) MQTT_PORT=$(free_port)
# A machine with one core has no second one to promise.
IMAGE_PROCESSOR_CPUS=$(nproc)
export GATEWAY_PORT IMAGE_CACHE_PORT IMAGE_PROCESSOR_PORT MQTT_PORT IMAGE_PROCESSOR_CPUS
cache_url=http://127.0.0.1:$IMAGE_CACHE_PORT
processor_url=http://127.0.0.1:$IMAGE_PROCESSOR_PORT
gateway_url=http://127.0.0.1:$GATEWAY_PORT

stack=yes
compose --profile tools build >"$work/build.log" 2>&1 || { tail -n 60 "$work/build.log" >&2; fail "compose build"; }
ok "built the images"
compose up -d >"$work/up.log" 2>&1 || { cat "$work/up.log" >&2; fail "compose up"; }

# Asked of Docker and not of Compose: one of them is ten times as quick, and
# lists a stopped container in the same way in every version.
container() {
  docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --filter "label=com.docker.compose.service=$1"
}
inside() { # service, command
  local service=$1
  shift
  docker exec "$(container "$service")" "$@"
}
inspect() { docker inspect --format "$2" "$(container "$1")"; }
wait_healthy() { # service, seconds
  local end=$((SECONDS + $2)) state=
  while [ "$SECONDS" -lt "$end" ]; do
    state=$(inspect "$1" '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}')
    [ "$state" = "running healthy" ] && return
    sleep 0.5
  done
  inspect "$1" '{{if .State.Health}}{{range .State.Health.Log}}{{.Output}}{{end}}{{end}}' >&2
  fail "$1 is '$state' after $2 s"
}
for service in gateway image-cache image-processor mosquitto; do wait_healthy "$service" 60; done
ok "all four are healthy"

# --- The walk ---------------------------------------------------------------
fetch() { # curl on loopback, whatever proxy is set
  curl --noproxy '*' --silent --show-error --fail-with-body --max-time 30 "$@"
}

python3 - "$work/sample.png" <<'PYTHON'
# A PNG with a little of everything: gradients, an edge, 300 x 200, no library.
import struct, sys, zlib

width, height = 300, 200
rows = b"".join(
    b"\0" + b"".join(
        bytes((x * 255 // width, y * 255 // height, 255 if (x - 150) ** 2 + (y - 100) ** 2 < 3600 else 0))
        for x in range(width)
    )
    for y in range(height)
)
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
with open(sys.argv[1], "wb") as file:
    file.write(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )
PYTHON

fetch -F "file=@$work/sample.png" "$cache_url/images" >"$work/uploaded.json" ||
  fail "upload: $(cat "$work/uploaded.json")"
id=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])' <"$work/uploaded.json")
ok "uploaded a PNG: $id"

same_original() {
  fetch -o "$work/original.png" "$cache_url/images/$id" || fail "GET of the original: $(cat "$work/original.png")"
  cmp "$work/sample.png" "$work/original.png" || fail "the original came back changed"
}
same_original
ok "the original comes back byte for byte"
fetch "$gateway_url/images/$id" | cmp - "$work/sample.png" || fail "the gateway has another original"
fetch -o "$work/narrow.png" "$gateway_url/images/$id?width=30" || fail "the gateway: $(cat "$work/narrow.png")"
ok "the gateway has the original and what is derived from it at one address"

blur() { # sigma: leaves blurred.png, and prints the content type and the size
  local type
  type=$(fetch -o "$work/blurred.png" -w '%{content_type}' "$processor_url/blurred-images/$id?sigma=$1") ||
    fail "blur: $(cat "$work/blurred.png")"
  python3 - "$work/blurred.png" "$type" <<'PYTHON'
import struct, sys
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:8]
print(sys.argv[2], "%dx%d" % struct.unpack(">II", data[16:24]))
PYTHON
}
made=$(blur 2)
[ "$made" = "image/png 300x200" ] || fail "the blurred image is $made"
cmp -s "$work/sample.png" "$work/blurred.png" && fail "the blurred image isn't blurred"
cp "$work/blurred.png" "$work/first.png"
blur 2 >/dev/null
cmp "$work/first.png" "$work/blurred.png" || fail "the same request gave other bytes"
ok "the blurred image is $made"

compose restart image-cache >"$work/restart.log" 2>&1 || { cat "$work/restart.log" >&2; fail "restart"; }
wait_healthy image-cache 60
same_original
made=$(blur 3)
[ "$made" = "image/png 300x200" ] || fail "after the restart the blurred image is $made"
ok "after a restart of image-cache the bytes are still there, and image-processor finds it again"

# --- Notifications ----------------------------------------------------------
album() { # method, path, JSON
  fetch -X "$1" "$cache_url$2" --data "$3" >"$work/album.json" || fail "$1 $2: $(cat "$work/album.json")"
}
heard() { # service, text: waits until the log of a container has the line
  local end=$((SECONDS + 30))
  # Not -q: it would end early, and with it the pipe.
  until docker logs "$(container "$1")" 2>&1 | grep -xF "$2" >/dev/null; do
    [ "$SECONDS" -lt "$end" ] || { docker logs "$(container "$1")" >&2; fail "nothing says: $2"; }
    sleep 0.2
  done
}
compose --profile tools up -d watch >"$work/watch.log" 2>&1 || { cat "$work/watch.log" >&2; fail "start watch"; }
# A change that came before it has subscribed is not for it, so it is told until it hears.
for _ in $(seq 60); do
  album POST /albums '{"albumName":"first"}'
  album DELETE /albums/first ''
  docker logs "$(container watch)" 2>&1 | grep -xF 'first album deleted' >/dev/null && break
  sleep 0.5
done
heard watch 'first album deleted'
album POST /albums '{"albumName":"summer"}'
fetch -T "$work/sample.png" "$cache_url/albums/summer/images/beach.png" >"$work/put.json" || fail "PUT: $(cat "$work/put.json")"
heard watch 'summer album created'
heard watch 'beach.png image added to album summer'
ok "watch hears from the broker what changes"

docker stop --time 5 "$(container mosquitto)" >/dev/null
before=$(date +%s%N)
album PATCH /albums/summer '{"albumName":"autumn"}'
took=$((($(date +%s%N) - before) / 1000000))
[ "$took" -lt 1000 ] || fail "without a broker a change took $took ms"
docker start "$(container mosquitto)" >/dev/null
wait_healthy mosquitto 60
# watch may come back later than image-cache; what it is for is seen by a further change.
for _ in $(seq 60); do
  album POST /albums '{"albumName":"last"}'
  album DELETE /albums/last ''
  docker logs "$(container watch)" 2>&1 | grep -xF 'last album deleted' >/dev/null && break
  sleep 0.5
done
heard watch 'last album deleted'
fetch "$cache_url/metrics" | grep -q '^safelight_outbox_expired_events_total 0' || fail "the outbox has lost events"
backlog() { fetch "$cache_url/metrics" | sed -n 's/^safelight_outbox_events //p'; }
for _ in $(seq 60); do [ "$(backlog)" = 0 ] && break; sleep 0.5; done
[ "$(backlog)" = 0 ] || fail "$(backlog) events wait although the broker is back"
ok "a broker that was away slows nothing and gets everything later"

# What was made of an image goes with it, though nobody asks.
fetch -X DELETE "$cache_url/albums/autumn" >/dev/null
[ "$(fetch "$cache_url/albums")" = '{"albumList":[]}' ] || fail "albums are left: $(fetch "$cache_url/albums")"
kept() { fetch "$processor_url/metrics" | sed -n 's/^safelight_disk_cache_bytes //p'; }
[ "$(kept)" != 0 ] || fail "image-processor keeps nothing to begin with"
fetch -X DELETE "$cache_url/images/$id" >/dev/null
for _ in $(seq 60); do [ "$(kept)" = 0 ] && break; sleep 0.5; done
[ "$(kept)" = 0 ] || fail "image-processor keeps $(kept) bytes of a deleted image"
ok "what was made of an image goes with it"

# --- What is around the processes -------------------------------------------
for service in image-cache image-processor; do
  uid=$(inside "$service" id -u)
  [ "$uid" = 10001 ] || fail "$service runs as uid $uid"
  if inside "$service" touch /x 2>/dev/null; then fail "$service can write to its root file system"; fi
  inside "$service" sh -c 'touch /data/.probe /tmp/.probe && rm /data/.probe /tmp/.probe' ||
    fail "$service can't write to /data or /tmp"
  status=$(inside "$service" grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/1/status | tr -s '\t\n' ' ')
  [ "$status" = "CapEff: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 " ] || fail "$service has: $status"
done
ok "both run as 10001, on a read-only root, with no capability, no new privileges, behind seccomp"

for service in gateway image-cache image-processor mosquitto; do
  limits=$(inspect "$service" '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}')
  for limit in $limits; do
    case $limit in '' | 0 | *[!0-9]*) fail "$service lacks a limit: $limits" ;; esac
  done
  [ "$(inspect "$service" '{{.HostConfig.ReadonlyRootfs}}')" = true ] || fail "$service: read_only is not set"
  [ "$(inspect "$service" '{{.HostConfig.CapDrop}}')" = '[ALL]' ] || fail "$service: cap_drop is not set"
  [ "$(inspect "$service" '{{.HostConfig.RestartPolicy.Name}}')" = unless-stopped ] || fail "$service: restart is not set"
  addresses=$(inspect "$service" '{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}')
  [ "$addresses" = "127.0.0.1 " ] || fail "$service is published on: $addresses"
  ok "$service: memory, CPU and pids limits $limits; published on loopback only"
done

# --- The end ----------------------------------------------------------------
before=$(date +%s%N)
compose --profile tools stop >"$work/stop.log" 2>&1 || { cat "$work/stop.log" >&2; fail "compose stop"; }
took=$((($(date +%s%N) - before) / 1000000))
for service in gateway image-cache image-processor; do
  code=$(inspect "$service" '{{.State.ExitCode}} {{.State.OOMKilled}}')
  [ "$code" = "0 false" ] || fail "$service ended with (exit code, out of memory): $code"
done
[ "$took" -lt 10000 ] || fail "the stop took $took ms"
ok "stopped in $took ms, with exit code 0"

compose --profile tools down --volumes >"$work/down.log" 2>&1 || { cat "$work/down.log" >&2; fail "compose down"; }
left=$(docker volume ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")
[ -z "$left" ] || fail "volumes are left: $left"
ok "down, with nothing left"
echo "$passed passed, 0 failed"
