# shellcheck shell=bash
# Gets a Docker: sourced by test.sh, and run by nobody else.
#
# What is missing comes from apt, a daemon is started if none answers, and where base
# images can't be pulled stand-ins are made. Afterwards `docker` and `compose` work, and
# RUNTIME_IMAGE, MQTT_IMAGE, BUILD_IMAGE and BINARIES say what to build with.
#
# It is given `say` and `fail`, the folders `work` and `cache`, and leaves what
# `release_docker` ends.
: "${work:?}" "${cache:?}"

dockerd_pid=
made_dist=

# Ends what was started here, and says first what it complained about if `$1` isn't 0.
release_docker() {
  if [ -n "$dockerd_pid" ]; then
    [ "$1" = 0 ] || grep -v level=info "$work/dockerd.log" | tail -n 20 >&2
    kill "$dockerd_pid" 2>/dev/null
    wait "$dockerd_pid" 2>/dev/null
  fi
  [ -z "$made_dist" ] || rm -rf dist
}

# --- Tools ------------------------------------------------------------------
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

apt_updated=
install_packages() {
  command -v apt-get >/dev/null || fail "please install: $*"
  say "installing $*"
  if [ -z "$apt_updated" ]; then
    as_root apt-get update -qq >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; fail "apt-get update"; }
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
    >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; fail "could not install $*"; }
  hash -r
}

command -v curl >/dev/null || install_packages curl
command -v python3 >/dev/null || install_packages python3
command -v docker >/dev/null || install_packages docker.io

# The Dockerfile needs BuildKit. A client before 23 has it built in, a later
# one needs the plug-in buildx.
speaks_buildkit() {
  "$1" buildx version >/dev/null 2>&1 && return
  local major
  major=$("$1" --version | sed -E 's/^Docker version ([0-9]+).*/\1/')
  [ "${major:-99}" -lt 23 ]
}
docker=$(command -v docker)
if ! speaks_buildkit "$docker"; then
  # A client somebody put before the distribution's own, which may well do.
  [ -x /usr/bin/docker ] || install_packages docker.io
  docker=/usr/bin/docker
  speaks_buildkit "$docker" || install_packages docker-buildx
  speaks_buildkit "$docker" || fail "no Docker client here speaks BuildKit; please install docker-buildx"
fi
# docker-compose 1.29 calls whatever `docker` comes first.
mkdir "$work/bin"
ln -s "$docker" "$work/bin/docker"
export PATH="$work/bin:$PATH" DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1

if docker compose version >/dev/null 2>&1; then
  compose() { docker compose "$@"; }
else
  command -v docker-compose >/dev/null || install_packages docker-compose
  compose() { docker-compose "$@"; }
fi

# --- Docker -----------------------------------------------------------------
if docker info >/dev/null 2>&1; then
  say "using the Docker daemon that answers"
else
  [ "$(id -u)" = 0 ] || fail "no Docker daemon answers, and only root can start one"
  command -v dockerd >/dev/null || install_packages docker.io
  command -v iptables >/dev/null || install_packages iptables
  mkdir -p "$cache"
  # On a socket of its own. The data stays in the cache folder, so that images
  # and layers are there next time. In a session of its own, so that Ctrl-C
  # ends this script first and the daemon after the stack is down.
  setsid dockerd --data-root "$cache/docker" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" \
    --host "unix://$work/docker.sock" >"$work/dockerd.log" 2>&1 &
  dockerd_pid=$!
  export DOCKER_HOST="unix://$work/docker.sock"
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && break
    kill -0 "$dockerd_pid" 2>/dev/null || fail "dockerd ended"
    sleep 0.5
  done
  docker info >/dev/null 2>&1 || fail "dockerd doesn't answer after 30 s"
  say "started dockerd $(docker version --format '{{.Server.Version}}')"
fi

# --- Base images ------------------------------------------------------------
have_image() {
  docker image inspect "$1" >/dev/null 2>&1 || timeout 600 docker pull --quiet "$1" >/dev/null 2>&1
}
stand_in() {
  command -v debootstrap >/dev/null || install_packages debootstrap
  services/compose/standin-images.sh "$1"
}
export RUNTIME_IMAGE=${RUNTIME_IMAGE:-debian:bookworm-slim}
export MQTT_IMAGE=${MQTT_IMAGE:-eclipse-mosquitto:2}
export BUILD_IMAGE=${BUILD_IMAGE:-rust:1.95-bookworm}
if ! have_image "$RUNTIME_IMAGE"; then
  say "$RUNTIME_IMAGE can't be had; making a stand-in"
  RUNTIME_IMAGE=$(stand_in runtime)
fi
if ! have_image "$MQTT_IMAGE"; then
  say "$MQTT_IMAGE can't be had; making a stand-in"
  MQTT_IMAGE=$(stand_in mosquitto)
fi
if [ -z "${BINARIES:-}" ]; then
  if have_image "$BUILD_IMAGE"; then BINARIES=build; else BINARIES=prebuilt; fi
fi
export BINARIES
say "images: $RUNTIME_IMAGE, $MQTT_IMAGE; binaries: $BINARIES"

if [ "$BINARIES" = prebuilt ] && [ -z "${DIST_READY:-}" ]; then
  cargo build --release --locked --quiet -p image-cache -p image-processor -p safelight
  target=$(cargo metadata --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
  [ -d dist ] || made_dist=yes
  mkdir -p dist
  cp "$target/release/image-cache" "$target/release/image-processor" "$target/release/safelight" dist/
  cp /etc/ssl/certs/ca-certificates.crt dist/
  say "compiled the binaries"
fi
