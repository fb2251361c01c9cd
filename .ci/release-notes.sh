#!/usr/bin/env bash
# Prints what docs/CHANGELOG.md says of a version: `.ci/release-notes.sh v1.2.3`.
# Fails if it says nothing, or if Cargo.toml has another version.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:?usage: .ci/release-notes.sh v1.2.3}
version=${version#v}
here=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
if [ "$version" != "$here" ]; then
  echo "the tag says $version, Cargo.toml says $here" >&2
  exit 1
fi
notes=$(awk -v heading="## $version" '/^## / { wanted = index($0, heading) == 1; next } wanted' docs/CHANGELOG.md)
if [ -z "${notes//[[:space:]]/}" ]; then
  echo "docs/CHANGELOG.md has no section \"## $version\"" >&2
  exit 1
fi
printf '%s\n' "$notes"
