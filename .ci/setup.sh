#!/usr/bin/env bash
# Sees to what tasks need: `.ci/setup.sh build`, `test`, `lint`, `monitoring`, or several.
#
# Installs nothing of the system's unasked. It prints what is missing and the
# one command that installs it, and fails; only root, and CI with a sudo that
# asks for no password, has it installed at once. The linters go into target/
# and need no rights.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=()
need() { # package, how to see that it is there
  local package=$1
  shift
  [[ " ${packages[*]} " != *" $package "* ]] || return 0
  "$@" >/dev/null 2>&1 || packages+=("$package")
}
has() { command -v "$1" || [ -x "/usr/sbin/$1" ]; }
needs_build() {
  need cmake has cmake
  need nasm has nasm
  need gcc has cc
  # A compiler alone has no headers.
  [ "$(uname)" != Linux ] || need libc6-dev test -e /usr/include/stdio.h
  need python3 has python3
}
needs_test() {
  needs_build
  need mosquitto has mosquitto
  need redis-server has redis-server
  need nginx has nginx
}
needs_monitoring() {
  needs_build
  need prometheus has promtool
  need curl has curl
}
needs_lint() {
  needs_build
  [ -x target/tools/bin/python ] || need python3-venv python3 -c 'import ensurepip, venv'
  # Where linters.txt has none.
  [ "$(uname)-$(uname -m)" = Linux-x86_64 ] || [ "$(uname)" = Darwin ] || need shellcheck has shellcheck
}

system() { # installs the packages, or says how
  [ "${#packages[@]}" -gt 0 ] || return 0
  local sudo=
  if ! command -v apt-get >/dev/null; then
    echo "missing: ${packages[*]}" >&2
    echo "Please install them with your package manager, then try again." >&2
    echo "(macOS: xcode-select --install; brew install cmake nasm python mosquitto redis)" >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ]; then
    if [ -z "${CI:-}" ] || ! sudo -n true 2>/dev/null; then
      echo "missing: ${packages[*]}" >&2
      echo "This installs them; then try again:" >&2
      echo >&2
      echo "  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${packages[*]}'" >&2
      echo >&2
      exit 1
    fi
    sudo='sudo -n'
  fi
  echo "installing ${packages[*]}"
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
  local daemon
  for daemon in mosquitto redis-server nginx prometheus; do
    if [[ " ${packages[*]} " == *" $daemon "* ]] && command -v systemctl >/dev/null; then
      # The package starts it; the tests start their own.
      $sudo systemctl disable --quiet --now "$daemon" || true
    fi
  done
}

rust() {
  if ! command -v cargo >/dev/null; then
    echo "missing: Rust. Please install it (https://rustup.rs), then try again." >&2
    exit 1
  fi
  # Where rust-toolchain.toml names what is missing, this says so.
  cargo --version >/dev/null
  local component
  for component in fmt clippy; do
    if ! cargo "$component" --version >/dev/null 2>&1; then
      echo "missing: cargo $component. Please install it for your Rust, then try again." >&2
      exit 1
    fi
  done
}

linters() { # the pinned ones, in an environment of their own
  if ! cmp -s .ci/linters.txt target/tools/linters.txt; then
    echo "installing linters into target/tools"
    python3 -m venv target/tools
    target/tools/bin/pip install --quiet --disable-pip-version-check --requirement .ci/linters.txt
    cp .ci/linters.txt target/tools/linters.txt
  fi
}

[ "$#" -gt 0 ] || set -- unknown
for task in "$@"; do
  case $task in
    build) needs_build ;;
    test) needs_test ;;
    lint) needs_lint ;;
    monitoring) needs_monitoring ;;
    *)
      echo "usage: .ci/setup.sh build|test|lint|monitoring…" >&2
      exit 2
      ;;
  esac
done
system
rust
[[ " $* " != *" lint "* ]] || linters
