#!/usr/bin/env bash
# Who may use whom: `make dag`. The picture is in crates/README.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT
cargo metadata --no-deps --locked --format-version 1 >"$metadata"
python3 .ci/dag.py "$metadata"
