"""The gateway against nginx as a proxy: CPU time per request, in front of the same image-processor.

wrk with 64 connections asks both for the same derived images in turns. Each proxy has one
worker; the ratio is the median of the rounds' ratios of CPU time per request.
"""

import contextlib
import getpass
import json
import os
import pathlib

import harness
from harness import get_ok, median, table

SECONDS = 4
# Name, bytes, the most CPU time per request that we want, as a multiple of nginx's.
BODIES = [("10 KB", 10_000, 1.4), ("100 KB", 100_000, 1.2), ("1 MB", 1_000_000, 0.8)]

NGINX = """
{user}
daemon off;
worker_processes 1;
pid {work}/nginx.pid;
error_log {work}/nginx.error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {work}/nginx-body;
  proxy_temp_path {work}/nginx-proxy;
  upstream services {{ server {host}:{upstream}; keepalive 128; keepalive_requests 1000000000; }}
  server {{
    listen {host}:{port};
    location = /health {{ return 200; }}
    location / {{
      proxy_pass http://services;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffers 16 64k;
      proxy_buffer_size 64k;
      proxy_busy_buffers_size 128k;
    }}
  }}
}}
"""


def nginx(work, upstream):
    port = harness.free_port()
    # As root, nginx would run its workers as a user who cannot read our folder.
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    config = pathlib.Path(work, "nginx.conf")
    config.write_text(NGINX.format(user=user, work=work, host=harness.HOST, port=port, upstream=upstream))
    command = [harness.which("nginx"), "-p", work, "-c", config, "-e", f"{work}/nginx.error.log"]
    return harness.Server("nginx", command, port, f"{work}/nginx.log")


def gateway(work, cache, processor):
    port = harness.free_port()
    command = [harness.binary("gateway"), "--listen", f"{harness.HOST}:{port}", "--http-threads", "1",
               "--cache-url", f"http://{harness.HOST}:{cache}", "--processor", f"main=http://{harness.HOST}:{processor}"]
    return harness.Server("gateway", command, port, f"{work}/gateway.log")


def cpu_per_request(server, path):
    """Microseconds."""
    before = harness.cpu_seconds(server.pid)
    result = harness.wrk(server.port, path, SECONDS)
    return (harness.cpu_seconds(server.pid) - before) / result["count"] * 1e6


def main():
    args = harness.begin(harness.arguments(__doc__, seconds=120, rounds=3))
    harness.need("wrk", "nginx", packages="wrk nginx-light")
    targets = harness.Targets()
    rows = []
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(harness.folder())
        cache = stack.enter_context(harness.image_cache(work))
        processor = stack.enter_context(harness.image_processor(work, cache.port))
        peer = stack.enter_context(nginx(work, processor.port))
        ours = stack.enter_context(gateway(work, cache.port, processor.port))
        for name, size, target in BODIES:
            png, side = harness.noise_png(size, seed=size)
            _, body = harness.upload(harness.connect(ours.port), f"{size}.png", png)
            path = f"/images/{json.loads(body)['id']}?width={side}&format=png"
            _, derived = get_ok(ours.port, path)
            if get_ok(peer.port, path)[1] != derived:
                raise SystemExit(f"{name}: nginx has another body")
            pairs = [(cpu_per_request(ours, path), cpu_per_request(peer, path)) for _ in range(args.rounds)]
            ratio = median(we / they for we, they in pairs)
            rows.append([name, f"{median(we for we, _ in pairs):.0f}", f"{median(they for _, they in pairs):.0f}",
                         f"{ratio:.2f}", targets.at_most(f"gateway, {name}", ratio, target)])
    table(["body", "gateway, CPU µs", "nginx, CPU µs", "ratio", "target"], rows)
    targets.end(args)


if __name__ == "__main__":
    main()
