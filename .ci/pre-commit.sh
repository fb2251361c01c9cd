#!/usr/bin/env bash
# Before a commit, in seconds: format, house rules, and the linters of scripts
# for what is staged. `make hooks` installs it; `make check` is the whole.
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"
PATH=$PWD/target/tools/bin:$PATH

staged() { git diff --cached --name-only --diff-filter=d -z -- "$@"; }

cargo fmt --all -- --check
.ci/tidy.sh
mapfile -d '' -t scripts < <(staged '*.sh' .ci/run)
[ "${#scripts[@]}" = 0 ] || shellcheck "${scripts[@]}"
mapfile -d '' -t pythons < <(staged '*.py')
[ "${#pythons[@]}" = 0 ] || ruff check --quiet --no-cache "${pythons[@]}"
