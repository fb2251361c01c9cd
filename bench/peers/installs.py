"""The servers that we are measured against, and the tools, installed into bench/.work.

Each by the ordinary client of its registry, in a version that is written down here, with
a limit in time. What cannot be installed is left out of the run, by name and with the reason.
"""

import json
import os
import re
import shutil
import subprocess

import harness

# Newest first. The later ones are for a libvips that is older, such as Debian 12's 8.14.
VERSIONS = {
    "sharp": ["0.35.5"],
    "ipx": ["3.1.1"],
    "thumbor": ["7.8.0"],
    "imgproxy": ["4.0.12", "3.30.1"],
    "imagor": ["1.9.5", "1.4.15"],
    "oximg": ["0.18.1"],
    "pixels": ["numpy 2.4.6", "pillow 12.3.0"],
    "ssimulacra2": ["0.5.2"],
}
MINUTES = {"npm": 4, "pip": 5, "go": 10, "cargo": 15}


class NotInstalled(Exception):
    """Why something cannot be measured, in a few words."""


def run(client, command, **options):
    """Runs an installer; if it fails, the last thing that it said is the reason."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=MINUTES[client] * 60, check=False, **options)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"{client} took longer than {MINUTES[client]} minutes") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower() or "403" in line or "404" in line]
        raise NotInstalled(f"{client}: {readable((telling or lines or ['failed'])[-1])}")
    return done.stdout


def readable(message):
    """An installer's message without addresses and the marks of JSON, and not too long."""
    message = re.sub(r'(reading )?https?://\S+\s*|"Error":\s*|\\[nt]|["\\]', " ", message)
    return " ".join(message.split())[:160].rstrip(".")


def needs(program, what):
    if not harness.which(program):
        raise NotInstalled(f"{what} is missing")


def mark(name, version):
    """The file that says that a version was installed to its end."""
    return harness.WORK / name / f"installed-{version.replace(' ', '-')}"


def once(name, version, install):
    """Runs `install(folder)` unless this version is there; returns the folder."""
    folder, done = harness.WORK / name, mark(name, version)
    if not done.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"installing {name} {version} …", flush=True)
        install(folder)
        done.touch()
    return folder


def npm(name, version):
    needs("npm", "npm")
    needs("node", "Node.js")
    return once(name, version, lambda folder: run("npm", [
        "npm", "install", "--prefix", folder, "--no-save", "--no-package-lock", "--no-audit", "--no-fund",
        f"{name}@{version}"], cwd=folder))


def pip(name, version, *packages):
    def install(folder):
        run("pip", ["python3", "-m", "venv", folder])
        run("pip", [folder / "bin" / "pip", "install", "--quiet", *packages])
    return once(name, version, install)


def cargo(name, crate, version, *options):
    needs("cargo", "cargo")

    def install(folder):
        target = folder / "target"
        try:
            run("cargo", ["cargo", "install", "--locked", "--root", folder, *options, f"{crate}@{version}"],
                env=os.environ | {"CARGO_TARGET_DIR": str(target)})
        finally:
            shutil.rmtree(target, ignore_errors=True)
    return once(name, version, install)


def go(name, version, module, package):
    """As `go install module/package@version` does it, which asks a proxy for modules that are none."""
    needs("go", "Go")
    needs("pkg-config", "pkg-config")
    if subprocess.run(["pkg-config", "--exists", "vips"], check=False).returncode:
        raise NotInstalled("libvips is missing (Debian: libvips-dev)")

    def install(folder):
        found = json.loads(run("go", ["go", "mod", "download", "-json", f"{module}@v{version}"], cwd=folder))
        run("go", ["go", "install", f"./{package}"], cwd=found["Dir"],
            env=os.environ | {"GOBIN": str(folder), "CGO_CFLAGS_ALLOW": "-Xpreprocessor"})
    return once(name, version, install)


def imgproxy(version):
    major = version.split(".")[0]
    return go("imgproxy", version, f"github.com/imgproxy/imgproxy/v{major}", "" if major == "3" else "cli")


INSTALLERS = {
    "sharp": lambda version: npm("sharp", version),
    "ipx": lambda version: npm("ipx", version),
    "thumbor": lambda version: pip("thumbor", version, f"thumbor=={version}"),
    "imgproxy": imgproxy,
    "imagor": lambda version: go("imagor", version, "github.com/cshum/imagor", "cmd/imagor"),
    "oximg": lambda version: cargo("oximg", "oximg", version),
    "ssimulacra2": lambda version: cargo("ssimulacra2", "ssimulacra2_rs", version, "--no-default-features"),
}


def install(name):
    """The folder of what is installed, and its version. Raises NotInstalled."""
    reasons, there = [], [version for version in VERSIONS[name] if mark(name, version).is_file()]
    # An older one that is there was taken because the newer ones are not to be had.
    for version in there or VERSIONS[name]:
        try:
            return INSTALLERS[name](version), version
        except NotInstalled as error:
            reasons.append(f"{version}: {error}" if len(VERSIONS[name]) > 1 else str(error))
    raise NotInstalled("; ".join(reasons))


def pixels():
    """The Python that has numpy and Pillow, for the exact results."""
    packages = VERSIONS["pixels"]
    return pip("pixels", " ".join(packages), *(package.replace(" ", "==") for package in packages)) / "bin" / "python"
