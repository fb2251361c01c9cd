"""How each peer is started as a server, and how it is asked for a job."""

import json
import subprocess

import harness
from harness import HOST
from jobs import Job

EXTENSIONS = {"jpeg": "jpg"}


def libvips():
    """The version that the system has, which imgproxy and imagor were built with."""
    done = subprocess.run(["pkg-config", "--modversion", "vips"], capture_output=True, text=True, check=False)
    return f"libvips {done.stdout.strip()} of the system"


class PeerServer(harness.Server):
    """A server whose children are ended with it, also when it leaves them behind."""

    def stop(self):
        family = harness.processes(self.pid)
        code = super().stop()
        harness.end_all(family[1:])
        return code


class Peer:
    """One peer: its name, where it is installed, how it is started and asked."""

    # Work that is not done the way the others do it; printed with the results.
    note = ""

    def __init__(self, folder, version):
        self.folder, self.version = folder, version

    def start(self, work, photos):
        """A server of the folder `photos`, for `with`."""
        port = harness.free_port()
        command, health, env = self.command(work, photos, port)
        return PeerServer(self.name, command, port, f"{work}/{self.name}.log", health, env)

    def path(self, job: Job, file):
        """What to ask for; None if the peer does not do such a job."""
        raise NotImplementedError


def query_of(job):
    """The job in our options, which sharp's server takes too."""
    # A PNG of a quality is one with a palette.
    quality = f"&quality={job.quality}" if job.quality else ""
    return f"{'sigma' if job.operation == 'blur' else 'width'}={job.amount}&format={job.format}{quality}"


class Sharp(Peer):
    """sharp behind a small server of ours."""

    name = "sharp"
    note = "sharp: `bench/peers/sharp-server.mjs` and the libvips that comes with sharp"

    def command(self, work, photos, port):
        server = harness.ROOT / "bench" / "peers" / "sharp-server.mjs"
        return ["node", server], "/health", {"PORT": str(port), "PHOTOS": str(photos), "MODULES": str(self.folder)}

    def path(self, job, file):
        return f"/{file}?{query_of(job)}"


class Ipx(Peer):
    """ipx, the image server of the Nuxt project."""

    name = "ipx"

    @property
    def note(self):
        package = json.loads((self.folder / "node_modules" / "sharp" / "package.json").read_text())
        return f"ipx: `ipx serve` with sharp {package['version']}"

    def command(self, work, photos, port):
        (photos / "health.png").write_bytes(harness.noise_png(48, 1)[0])
        script = self.folder / "node_modules" / "ipx" / "bin" / "ipx.mjs"
        # It has no route that answers without an image.
        return ["node", script, "serve", "--dir", photos, "--host", HOST, "--port", port], "/w_1/health.png", None

    def path(self, job, file):
        quality = f"q_{job.quality}," if job.quality else ""
        operation = f"blur_{job.amount}" if job.operation == "blur" else f"w_{job.amount}"
        return f"/{operation},{quality}f_{job.format}/{file}"


def filters_of(job):
    """The format and the quality as thumbor spells them, and imagor after it."""
    return f"format({job.format})" + (f":quality({job.quality})" if job.quality else "")


class Thumbor(Peer):
    """thumbor, in Python."""

    name = "thumbor"
    note = "thumbor: two processes, file loader; its blur takes a radius too: 3σ, and no more than 150"

    def command(self, work, photos, port):
        config = work / "thumbor.conf"
        config.write_text(f"LOADER = 'thumbor.loaders.file_loader'\nFILE_LOADER_ROOT_PATH = {str(photos)!r}\n"
                          "STORAGE = 'thumbor.storages.no_storage'\nRESPECT_ORIENTATION = True\n"
                          "ALLOW_UNSAFE_URL = True\n")
        return [self.folder / "bin" / "thumbor", "--ip", HOST, "--port", port, "--conf", config,
                "--processes", 2], "/healthcheck", None

    def path(self, job, file):
        filters = filters_of(job)
        if job.operation == "blur":
            return f"/unsafe/filters:blur({min(3 * job.amount, 150)},{job.amount}):{filters}/{file}"
        return f"/unsafe/{job.amount}x/filters:{filters}/{file}"


class Imgproxy(Peer):
    """imgproxy, in Go over libvips."""

    name = "imgproxy"

    @property
    def note(self):
        return f"imgproxy: local files, unsigned URLs, {libvips()}"

    def command(self, work, photos, port):
        binary = next(self.folder / name for name in ("imgproxy", "cli") if (self.folder / name).is_file())
        return [binary], "/health", {"IMGPROXY_BIND": f"{HOST}:{port}", "IMGPROXY_LOCAL_FILESYSTEM_ROOT": str(photos),
                                     "IMGPROXY_MAX_SRC_RESOLUTION": "100", "IMGPROXY_TIMEOUT": "60",
                                     "IMGPROXY_LOG_LEVEL": "error"}

    def path(self, job, file):
        operation = f"bl:{job.amount}" if job.operation == "blur" else f"rs:fit:{job.amount}:0"
        quality = f"/q:{job.quality}" if job.quality else ""
        return f"/insecure/{operation}{quality}/plain/local:///{file}@{EXTENSIONS.get(job.format, job.format)}"


class Imagor(Peer):
    """imagor, in Go over libvips."""

    name = "imagor"

    @property
    def note(self):
        return f"imagor: file loader, unsigned URLs, {libvips()}; it halves what its blur is given, so 2σ"

    def command(self, work, photos, port):
        return [self.folder / "imagor", "-bind", f"{HOST}:{port}", "-imagor-unsafe", "-file-loader-base-dir", photos,
                "-http-loader-disable", "-vips-strip-metadata", "-imagor-request-timeout", "60s",
                "-imagor-process-timeout", "60s"], "/", None

    def path(self, job, file):
        filters = filters_of(job)
        if job.operation == "blur":
            return f"/unsafe/filters:blur({2 * job.amount}):{filters}/{file}"
        return f"/unsafe/{job.amount}x0/filters:{filters}/{file}"


class Oximg(Peer):
    """oximg, in Rust."""

    name = "oximg"
    note = "oximg: resizes and does not blur; no AVIF without a newer SVT-AV1 than Debian has"

    def command(self, work, photos, port):
        return [self.folder / "bin" / "oximg"], "/health", {
            "PORT": str(port), "OXIMG_BIND": HOST, "IMAGES_DIR": str(photos), "QUALITY": "80",
            "OXIMG_WEBP_QUALITY": "80", "OXIMG_ICC": "0"}

    def path(self, job, file):
        if job.operation == "blur":
            return None
        return f"/resize/{job.amount}/0/{file}@{EXTENSIONS.get(job.format, job.format)}"


PEERS = [Sharp, Ipx, Thumbor, Imgproxy, Imagor, Oximg]


def our_path(job, image):
    """The same of image-processor, for the image with this id."""
    return f"/{'blurred-images' if job.operation == 'blur' else 'images'}/{image}?{query_of(job)}"
