#!/usr/bin/env python3
"""What no reader of Markdown should have to notice: called by `make tidy`.

Takes Markdown files. Relative links must lead to a file that exists, and to a
heading in it if they name one. The index at the top of a DECISIONS.md must
list its entries in their order. docs/errors.md must have a row for each code
of the API. Prints one fault a line.
"""

import re
import sys
from pathlib import Path

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
ENTRY = re.compile(r"^## (.*)$", re.MULTILINE)
INDEX = re.compile(r"^- \[(.*)\]\(#(.*)\)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A row of the table in errors.rs, and one of the page's.
CODE = re.compile(r'=> \("(\w+)", (\d{3})\)')
CODE_ROW = re.compile(r"^\| (\d{3}) \| `(\w+)` \|", re.MULTILINE)
ERRORS = (Path("crates/api/src/errors.rs"), Path("docs/errors.md"))


def anchor(heading: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def prose(path: Path) -> str:
    """The text without its blocks of code."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def faults(path: Path) -> list[str]:
    """What is wrong with one file."""
    text = prose(path)
    found = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, fragment = target.partition("#")
        there = path.parent / file if file else path
        if not there.exists():
            found.append(f"{path}: the link {target} leads nowhere")
        elif fragment and fragment not in map(anchor, HEADING.findall(prose(there))):
            found.append(f"{path}: the link {target} names no heading")
    if path.name == "DECISIONS.md":
        entries = ENTRY.findall(text)
        index = INDEX.findall(text)
        if [title for title, _ in index] != entries:
            found.append(f"{path}: its index must list its `##` headings, in their order")
    return found


def undocumented() -> list[str]:
    """Error codes that the page and the code do not agree on."""
    source, page = ERRORS
    codes = set(CODE.findall(source.read_text(encoding="utf-8")))
    rows = {(code, status) for status, code in CODE_ROW.findall(page.read_text(encoding="utf-8"))}
    if not codes:
        return [f"{source}: its table of codes is not where this script looks for it"]
    return [f"{page}: `{code}` ({status}) differs from {source}" for code, status in sorted(codes ^ rows)]


def main() -> int:
    """Prints the faults of all files named; 1 if there are any."""
    all_faults = [fault for name in sys.argv[1:] for fault in faults(Path(name))] + undocumented()
    print("\n".join(all_faults), end="\n" if all_faults else "")
    return 1 if all_faults else 0


if __name__ == "__main__":
    sys.exit(main())
