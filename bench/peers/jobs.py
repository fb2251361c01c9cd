"""What is asked of every server: the photos, and what is done with them."""

import struct
import typing
import zlib

# What a copy of a photo carries in its metadata, so that no two are equal.
TAG_BYTES = 8
PLACEHOLDER = b"bench " + b"0" * TAG_BYTES
# AVIF's scale of quality is another one.
QUALITY = {"jpeg": 80, "webp": 80, "avif": 50}
FOLDER_BYTES = 300_000_000


class Job(typing.NamedTuple):
    """One thing that every server is asked to do."""

    key: str
    title: str
    # One of the photos that exact.py makes, by the name of its file.
    photo: str
    operation: str
    # Standard deviation of the blur in pixels, or width of the result.
    amount: int
    format: str
    # Whether requests are also made two at a time.
    load: bool = True

    @property
    def metric(self):
        return "psnr" if self.operation == "blur" else "ssimulacra2"

    @property
    def quality(self):
        return QUALITY.get(self.format)


def blur(size, sigma, kind="jpeg", load=True):
    suffix = {"jpeg": "jpg"}.get(kind, kind)
    key = f"blur{sigma}-{size}" + ("" if kind == "jpeg" else f"-{kind}")
    title = f"blur σ{sigma}, {kind.upper() if kind != 'webp' else 'WebP'} of {size.upper().replace('MP', ' MP')}"
    return Job(key, title, f"{size}.{suffix}", "blur", sigma, kind, load)


def resize(width, kind, title):
    return Job(f"resize{width}-{kind}", f"12 MP JPEG → {width} px {title}", "12mp.jpg", "resize", width, kind)


# Those of one photo stand together: its copies are made and uploaded once.
JOBS = [
    blur("24mp", 10, load=False),
    blur("12mp", 2), blur("12mp", 10), blur("12mp", 50),
    resize(800, "jpeg", "JPEG"), resize(800, "webp", "WebP"), resize(800, "avif", "AVIF"), resize(1600, "jpeg", "JPEG"),
    Job("blur10-12mp-plain", "blur σ10, JPEG of 12 MP without a colour profile", "12mp-plain.jpg", "blur", 10, "jpeg"),
    blur("12mp", 10, "png"), blur("12mp", 10, "webp"),
    blur("1mp", 2), blur("1mp", 10), blur("1mp", 50),
    blur("18mp", 2), blur("18mp", 10), blur("18mp", 50),
]
# What --quick does.
QUICK = ["blur10-12mp", "resize800-jpeg"]


def copies(photo, wanted):
    """Copies of the photo that differ in their bytes and not in their pixels."""
    count = max(12, min(wanted, FOLDER_BYTES // len(photo)))
    return (tagged(photo, turn) for turn in range(count))


def tagged(photo, number):
    """The photo with another number in its metadata."""
    tag = b"bench " + str(number).zfill(TAG_BYTES).encode()
    if photo[:2] == b"\xff\xd8":
        return photo[:2] + b"\xff\xfe" + struct.pack(">H", len(tag) + 2) + tag + photo[2:]
    if photo[:4] == b"\x89PNG":
        text = b"tEXtComment\0" + tag
        # The header's chunk is the first, of 25 bytes.
        return photo[:33] + struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text)) + photo[33:]
    if photo.count(PLACEHOLDER) != 1:
        raise SystemExit("a WebP without a place for a tag")
    return photo.replace(PLACEHOLDER, tag)
