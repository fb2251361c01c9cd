#!/usr/bin/env bash
# House rules that no compiler checks: `make tidy`. Names every file at fault.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tracked files, and new ones that aren't ignored. A file that was deleted and
# not yet committed is still listed, so it is left out here.
mapfile -t files < <(git ls-files --cached --others --exclude-standard | sort -u |
  while IFS= read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done)
[ "${#files[@]}" -gt 0 ] || { echo "tidy: git lists no file here" >&2; exit 1; }

rust=() code=() tests=() pages=()
for file in "${files[@]}"; do
  # The rules themselves name what they forbid.
  [ "$file" = .ci/tidy.sh ] || code+=("$file")
  case $file in
    *.rs) rust+=("$file") ;;
    *.md) pages+=("$file") ;;
  esac
  case $file in
    # The one place where a wait for a condition is written down.
    crates/testkit/src/wait.rs) ;;
    */tests/*.rs | crates/testkit/*.rs) tests+=("$file") ;;
  esac
done

faults=0
report() { # rule, then one fault a line on standard input
  local rule=$1 line
  while IFS= read -r line; do
    printf '%s: %s\n' "$line" "$rule" >&2
    faults=$((faults + 1))
  done
}
search() { # pattern, rule, files
  local pattern=$1 rule=$2
  shift 2
  [ "$#" -gt 0 ] || return 0
  report "$rule" < <(grep -nHIE -- "$pattern" "$@" | cut -c1-160)
}

headless() {
  local file first
  for file in "${rust[@]}"; do
    first=
    IFS= read -r first <"$file" || true
    [ "${first#//!}" != "$first" ] || printf '%s\n' "$file"
  done
}
vague() {
  local file
  for file in "${files[@]}"; do
    # A folder with such a name is as vague as a file.
    if [[ /$file =~ ^/(crates|services)/(.*/)?(utils|helpers|common|misc|types|manager)(\.[^/]*)?(/|$) ]]; then
      printf '%s\n' "$file"
    fi
  done
}

report 'the first line must say what the file is for (//! …)' < <(headless)
report 'a name that says nothing; name it after what is in it' < <(vague)
report 'mend the page' < <(.ci/markdown.py "${pages[@]}")
search '#\[ignore' 'a test that does not run is deleted' "${rust[@]}"
search '#\[should_panic' 'assert the error instead' "${rust[@]}"
search '\btodo!\(' 'finish it' "${rust[@]}"
search '[[:blank:]]+$' 'white space at the end of the line' "${code[@]}"
search '(thread|time)::sleep' 'wait for a condition with a deadline, not for time (testkit::wait)' "${tests[@]}"

if [ "$faults" -gt 0 ]; then
  echo "tidy: $faults fault(s)" >&2
  exit 1
fi
echo "tidy: ${#files[@]} files"
