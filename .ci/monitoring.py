"""Checks what docs/ says of metrics against running services.

monitoring.py NAME=URL…              the table in operations.md, the rules
monitoring.py --renew NAME=URL…      writes the table
monitoring.py --queries PROMETHEUS   every panel of the dashboard has data
"""

import json
import re
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "operations.md"
MARKS = ("<!-- metrics -->\n", "<!-- /metrics -->\n")
DASHBOARD = DOCS / "monitoring" / "grafana-dashboard.json"
RULES = DOCS / "monitoring" / "alerts.yml"
UNITS = ("_seconds", "_bytes", "_info")
# How long a Prometheus that has just started may take to have data.
PATIENCE_SECONDS = 60
# These rates need an event that does not happen by itself.
RARE = ("panics", "corrupt", "expired")


def read(url):
    # No proxy stands between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return answer.read().decode()


def families(text):
    """Name, as series carry it, to type and help."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    helps = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE))
    return {
        name + ("_total" if kind == "counter" else ""): (kind, helps.get(name, ""))
        for name, kind in kinds.items()
    }


def faults(families):
    for name, (kind, text) in families.items():
        if not name.startswith("safelight_"):
            yield f"{name} lacks the prefix safelight_"
        if len(text) < 10 or not text.endswith(".") or text.endswith(".."):
            yield f"{name} needs a help text that is one sentence, not `{text}`"
        if kind == "histogram" and not name.endswith(UNITS):
            yield f"{name} does not end in a base unit"
        if re.search(r"_(milli|micro|nano)?(ms|secs?|kib|mib|minutes|hours)\b", name):
            yield f"{name} is not in a base unit"


def table(services):
    rows = ["| Metric | Type | Service | Meaning |", "| --- | --- | --- | --- |"]
    for name in sorted({name for metrics in services.values() for name in metrics}):
        having = [service for service, metrics in services.items() if name in metrics]
        kind, text = services[having[0]][name]
        rows.append(f"| `{name}` | {kind} | {'all' if len(having) == len(services) else ', '.join(having)} | {text} |")
    return "\n".join(rows) + "\n"


def panels():
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def check(addresses, renew=False):
    named = (address.split("=", 1) for address in addresses)
    services = {name: families(read(f"{url}/metrics")) for name, url in named}
    found = sorted({fault for metrics in services.values() for fault in faults(metrics)})
    known = {re.sub(r"_total$", "", name) for metrics in services.values() for name in metrics}
    for place, text in [("alerts.yml", RULES.read_text()), *panels()]:
        for name in re.findall(r"\bsafelight_\w+", text):
            if re.sub(r"_(total|bucket|sum|count)$", "", name) not in known:
                found.append(f"{place} asks for {name}, which no service has")
    before, rest = PAGE.read_text().split(MARKS[0])
    kept, after = rest.split(MARKS[1])
    now = table(services)
    if renew:
        PAGE.write_text(before + MARKS[0] + now + MARKS[1] + after)
    elif kept != now:
        found.append(
            "the table of metrics in docs/operations.md is out of date; `make test-monitoring RENEW=1` renews it"
        )
    return found


def queries(prometheus):
    """Asks each panel's questions until they have answers."""
    end = time.monotonic() + PATIENCE_SECONDS
    waiting = list(panels())
    while waiting:
        left = []
        for title, expression in waiting:
            query = urllib.parse.urlencode({"query": expression.replace("$__rate_interval", "1m")})
            answer = json.loads(read(f"{prometheus}/api/v1/query?{query}"))
            if not answer["data"]["result"] and not any(word in expression for word in RARE):
                left.append((title, expression))
        if left and time.monotonic() > end:
            return [f"the panel `{title}` has no data: {expression}" for title, expression in left]
        waiting = left
        time.sleep(0.5)
    return []


def main():
    match sys.argv[1:]:
        case ["--queries", prometheus]:
            found = queries(prometheus)
        case ["--renew", *addresses] if addresses:
            found = check(addresses, renew=True)
        case [_, *_]:
            found = check(sys.argv[1:])
        case _:
            sys.exit(__doc__)
    for fault in found:
        print(f"monitoring: {fault}", file=sys.stderr)
    sys.exit(bool(found))


main()
