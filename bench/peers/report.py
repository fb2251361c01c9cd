"""The tables of a run, its targets, and the file that it is written to."""

import datetime as dt
import os
import pathlib
import platform
import re
import subprocess

import harness

OURS = "image-processor"
EXACT = "exact, encoded"
UNITS = {"psnr": "PSNR dB", "ssimulacra2": "SSIMULACRA2"}


def number(found, key, digits=0):
    return f"{found[key]:,.{digits}f}" if key in found else ""


def job_table(job, results):
    """Head and rows of one job."""
    sharp = results.get("sharp", {}).get("cpu")
    head = ["server", "CPU ms", "÷ sharp", "requests/s", "p50 ms", "p99 ms", "one request MiB", "peak MiB", "bytes",
            UNITS[job.metric]]
    rows = []
    for name, found in results.items():
        if "problem" in found:
            rows.append([f"{name}: {found['problem']}"] + [""] * (len(head) - 1))
            continue
        ratio = f"{found['cpu'] / sharp:.2f}" if sharp and "cpu" in found else ""
        rows.append([name + (", asked once" if found.get("slow") else ""), number(found, "cpu"), ratio,
                     number(found, "rate", 1), number(found, "p50"), number(found, "p99"), number(found, "one"),
                     number(found, "peak"), number(found, "bytes"),
                     number(found, job.metric, 1) or "not of this size" * (name != EXACT and job.metric in UNITS)])
        for share, peak in zip(found.get("shares", []), found.get("share_peaks", []), strict=True):
            both = f" ({(found['cpu'] + share) / sharp:.2f} together)" if sharp else ""
            rows.append([f"+ image-cache's share{both}", f"{share:.0f}", "", "", "", "", "", f"{peak:.0f}", "", ""])
    return head, rows


class Verdicts:
    """What this work wants to reach, judged on one run."""

    def __init__(self, results, targets):
        self.results, self.targets, self.rows = results, targets, []

    def value(self, job, name, key):
        return self.results.get(job, {}).get(name, {}).get(key)

    def row(self, job, title, value, limit, most=True, shown="{:.3f}"):
        """One row, if the job was done; without a value, the target is missed."""
        if job not in self.results:
            return
        if value is None:
            verdict = self.targets.holds(title, False)
        else:
            verdict = (self.targets.at_most if most else self.targets.at_least)(title, value, limit)
        self.rows.append([title, "not measured" if value is None else shown.format(value),
                          f"{'≤' if most else '≥'} {limit:g}", verdict.split()[0]])

    def ratio(self, job, *names):
        """Our CPU time against the least of these servers'."""
        ours = self.value(job, OURS, "cpu")
        theirs = [cpu for name in names if (cpu := self.value(job, name, "cpu"))]
        return ours / min(theirs) if ours and theirs else None

    def difference(self, job, key, other=None):
        ours, theirs = self.value(job, OURS, key), self.value(job, other, key) if other else 0
        return None if ours is None or theirs is None else ours - theirs

    def judge(self):
        """All rows."""
        photo = "12 MP JPEG"
        for sigma, limit in ((10, 0.16), (2, 0.6), (50, 0.1)):
            job = f"blur{sigma}-12mp"
            self.row(job, f"blur σ{sigma} of a {photo}: CPU ÷ sharp", self.ratio(job, "sharp"), limit)
        job = "blur10-12mp-plain"
        self.row(job, f"blur σ10 of a {photo} without a colour profile: CPU ÷ sharp", self.ratio(job, "sharp"), 0.16)
        job = "blur10-12mp"
        self.row(job, f"blur σ10 of a {photo}: PSNR of the JPEG to the exact blur, dB",
                 self.difference(job, "psnr"), 49, most=False, shown="{:.1f}")
        self.row(job, "… above sharp's, dB", self.difference(job, "psnr", "sharp"), 6, most=False, shown="{:.1f}")
        self.row("blur10-24mp", "blur σ10 of a 24 MP JPEG: peak memory of one request over the idle process, MiB",
                 self.value("blur10-24mp", OURS, "one"), 32, shown="{:.0f}")
        for form, title in (("png", "PNG"), ("webp", "WebP")):
            job = f"blur10-12mp-{form}"
            self.row(job, f"blur σ10 of a 12 MP {title}: CPU ÷ sharp", self.ratio(job, "sharp"), 0.5)
        job = "resize800-jpeg"
        self.row(job, f"{photo} to 800 px: CPU ÷ the faster of sharp and oximg", self.ratio(job, "sharp", "oximg"), 0.9)
        self.row(job, "… its SSIMULACRA2 above sharp's", self.difference(job, "ssimulacra2", "sharp"), 0,
                 most=False, shown="{:+.1f}")
        return ["target", "result", "wanted", ""], self.rows


# --- the file -----------------------------------------------------------------

def first(pattern, text):
    found = re.search(pattern, text, re.M)
    return found[1].strip() if found else "unknown"


def machine():
    """What it was measured on."""
    cpu = first(r"^model name\s*:(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(first(r"^MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())) / 1024 / 1024
    system = first(r"^(\d+[.]\d+)", platform.release())
    return f"{os.cpu_count()} CPUs ({cpu}), {memory:.0f} GiB, Linux {system}"


def revision():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=harness.ROOT, capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() or "unknown"


def text(run, jobs, results, verdicts):
    """The whole of RESULTS.md. `run` has notes, missing peers, photos, minutes and load averages."""
    head, rows = verdicts
    lines = ["# Measured against peers", "",
             "Written by `make bench-peers`; edits are overwritten. [README.md](README.md) says how to read it.", "",
             "![CPU time of a request](results.svg)", "",
             f"{dt.datetime.now().astimezone():%-d %B %Y}, {machine()}.",
             (f"Load average {run['load'][0]:.1f} at the start and {run['load'][1]:.1f} at the end of "
              f"{run['minutes']:.0f} minutes. Safelight {revision()}."), "",
             *(f"- {note}" for note in run["notes"]),
             *(f"- Not measured: {name} ({reason})" for name, reason in run["missing"].items()), "",
             "## Targets", "", *harness.table_lines(head, rows), ""]
    for job in jobs:
        if job.key in results:
            rounds = max((found.get("rounds", 0) for found in results[job.key].values()), default=0)
            lines += [f"## {job.title}", "", f"{run['photos'][job.photo]} {rounds} rounds.", "",
                      *harness.table_lines(*job_table(job, results[job.key])), ""]
    return "\n".join(lines)
