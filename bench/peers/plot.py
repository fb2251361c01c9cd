"""The plot of a run, as SVG: CPU time of a request, for each server and some jobs."""

from html import escape

from report import EXACT, OURS

JOBS = [("blur10-12mp", "12 MP JPEG, blur σ10"), ("blur50-12mp", "12 MP JPEG, blur σ50"),
        ("blur10-12mp-png", "12 MP PNG, blur σ10"), ("resize800-jpeg", "12 MP JPEG → 800 px")]
WIDTH, LEFT, RIGHT = 760, 150, 90
BAR, GAP, PANEL = 15, 5, 30
# A bar may be this much longer than sharp's; one that is longer is cut.
LONGEST = 2

STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 13px; }
  .ours { fill: #1a7f64; }
  .peer { fill: #8c959f; }
  .cut { stroke: #ffffff; stroke-width: 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .ours { fill: #3fb98f; }
    .peer { fill: #6e7681; }
    .cut { stroke: #0d1117; }
  }"""


def panel(title, results, top):
    """The lines of one job's bars, and where the next one begins."""
    bars = [(name, found["cpu"]) for name, found in results.items() if name != EXACT and "cpu" in found]
    bars.sort(key=lambda bar: (bar[0] != OURS, bar[1]))
    sharp = results.get("sharp", {}).get("cpu") or max(cpu for _, cpu in bars)
    longest = min(max(cpu for _, cpu in bars), LONGEST * sharp)
    lines = [f'<text class="title" x="0" y="{top + 12}">{escape(title)}</text>']
    at = top + 22
    for name, cpu in bars:
        length = min(cpu, longest) / longest * (WIDTH - LEFT - RIGHT)
        kind, label = ("ours", "Safelight") if name == OURS else ("peer", name)
        lines += [f'<text x="{LEFT - 8}" y="{at + 12}" text-anchor="end">{escape(label)}</text>',
                  f'<rect class="{kind}" x="{LEFT}" y="{at}" width="{max(length, 1):.1f}" height="{BAR}" rx="2"/>']
        if cpu > longest:
            x = LEFT + length - 14
            lines.append(f'<path class="cut" d="M{x:.1f} {at + BAR + 2}l6 -{BAR + 4}"/>')
        lines.append(f'<text x="{LEFT + length + 6:.1f}" y="{at + 12}">{cpu:,.0f} ms</text>')
        at += BAR + GAP
    return lines, at + PANEL - GAP


def svg(results):
    """The whole file; jobs that were not done are left out."""
    lines, top = [], 4
    for key, title in JOBS:
        if any("cpu" in found for found in results.get(key, {}).values()):
            more, top = panel(title, results[key], top)
            lines += more
    height = top - PANEL + 10
    body = "\n".join("  " + line for line in lines)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" aria-label="CPU time of a request in milliseconds, Safelight and others">\n'
            f"<style>{STYLE}\n</style>\n{body}\n</svg>\n")
