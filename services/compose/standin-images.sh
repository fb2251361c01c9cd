#!/usr/bin/env bash
# Makes base images for a machine that can't pull any.
#
#   standin-images.sh runtime      stands in for debian:bookworm-slim
#   standin-images.sh mosquitto    stands in for eclipse-mosquitto:2
#
# Prints the image's name, and everything else on stderr. An image that exists
# already is left as it is; the file system that it was made of is kept in a
# cache folder, so that a fresh Docker daemon costs seconds and not a minute.
set -euo pipefail

kind=${1:?say which image: runtime or mosquitto}

# The release of this machine, so that binaries built on it find the libc
# that they were linked against.
# shellcheck source=/dev/null
suite=${STANDIN_SUITE:-$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")}
cache=${COMPOSE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/safelight/compose-test}
image=safelight-standin/$kind:$suite
tarball=$cache/$kind-$suite.tar

case $kind in
  # Nothing but the base: certificates, for one, must come with our own image.
  runtime) packages= ;;
  mosquitto) packages=mosquitto,mosquitto-clients ;;
  *) echo "no stand-in is known for '$kind'" >&2; exit 2 ;;
esac

if docker image inspect "$image" >/dev/null 2>&1; then
  echo "$image"
  exit 0
fi

if [ ! -s "$tarball" ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "$image must be made by root: debootstrap changes its root folder" >&2
    exit 1
  fi
  echo "making $image with debootstrap" >&2
  mkdir -p "$cache/debs"
  # Not in $TMPDIR: that may be mounted noexec, or too small.
  root=$(mktemp -d "$cache/root.XXXXXX")
  trap 'rm -rf "$root" "$tarball.part"' EXIT
  # Mounts are made in a name space of their own, so that none can be left
  # behind, whatever ends this script.
  if ! unshare --mount debootstrap --variant=minbase --cache-dir="$cache/debs" \
    ${packages:+--include="$packages"} "$suite" "$root" >"$cache/$kind.log" 2>&1; then
    tail -n 20 "$cache/$kind.log" >&2
    exit 1
  fi
  rm -rf "${root:?}"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/*
  if [ "$kind" = mosquitto ]; then
    # What the official image has, and its uid.
    install -d -o 1883 -g 1883 "$root/mosquitto" "$root/mosquitto/config" "$root/mosquitto/data" "$root/mosquitto/log"
  fi
  tar -C "$root" --one-file-system --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -cf "$tarball.part" .
  mv "$tarball.part" "$tarball"
fi

docker import "$tarball" "$image" >/dev/null
echo "$image"
