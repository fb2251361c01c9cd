"""Fails if a crate uses one that it may not know.

Its argument is a file with the output of `cargo metadata --no-deps`.
"""

import json
import sys
from fnmatch import fnmatchcase
from pathlib import Path

# Arrows only point down. A member that isn't here may not exist.
MAY_USE = {
    "domain": set(),
    "access": {"domain"},
    "turns": set(),
    "api": {"domain"},
    "imaging": {"domain"},
    "storage": {"access", "turns", "domain"},
    "cache": {"domain"},
    "server": {"access", "api", "domain"},
    "client": {"api", "domain"},
    "events": {"api", "domain"},
    "image-cache": {"server", "access", "storage", "cache", "events", "imaging", "turns", "api", "domain"},
    "image-processor": {"server", "access", "client", "cache", "imaging", "turns", "api", "domain"},
    "gateway": {"server", "access", "client", "api", "domain"},
    "safelight": {
        "gateway", "image-cache", "image-processor", "client", "events", "server", "storage", "access", "api",
        "domain",
    },
}
# Nothing depends on it but tests, so it may know everything.
TESTS_ONLY = "testkit"
# What a test may use besides what its crate uses.
TESTS_MAY_USE = {TESTS_ONLY, "image-cache", "image-processor", "client"}

# What of the world only some may name. Tests may name all of it.
SERVICES = {"image-cache", "image-processor", "gateway", "safelight"}
ONLY = [
    (["actix", "actix-*"], {"server"} | SERVICES),
    (["awc"], {"gateway"}),
    (["rumqttc", "rumqttc-*"], {"events"}),
    (
        [
            "image", "turbojpeg", "turbojpeg-sys", "png", "webp", "libwebp-sys", "libblur",
            "fast_image_resize", "moxcms", "ravif",
        ],
        {"imaging"},
    ),
    (["sqlx", "sqlx-*"], {"storage"}),
]

packages = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["packages"]
members = {package["name"] for package in packages}

faults = []
for package in sorted(packages, key=lambda package: package["name"]):
    name = package["name"]
    if name == TESTS_ONLY:
        continue
    if name not in MAY_USE:
        faults.append(f"{name} is new: say in .ci/dag.py and crates/README.md what it may use")
        continue
    for dependency in package["dependencies"]:
        used, kind = dependency["name"], dependency["kind"] or "normal"
        # Only a path makes it ours: crates named `cache` and `client` are published too.
        if dependency.get("path") and used in members:
            allowed = MAY_USE[name] | (TESTS_MAY_USE if kind == "dev" else set())
            if used not in allowed:
                faults.append(
                    f"{name} may not use {used} ({kind}); it may use: {', '.join(sorted(allowed)) or 'nothing'}"
                )
        elif kind != "dev":
            for patterns, allowed in ONLY:
                if name not in allowed and any(fnmatchcase(used, pattern) for pattern in patterns):
                    faults.append(f"{name} may not use {used} ({kind}); only {', '.join(sorted(allowed))} may")

for fault in faults:
    print(f"dag: {fault}", file=sys.stderr)
if faults:
    sys.exit(1)
print(f"dag: {len(members)} members, arrows only point down")
