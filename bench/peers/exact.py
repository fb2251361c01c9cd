"""The exact results, in 64-bit floating point, and how far the servers' are from them.

Needs numpy and Pillow, so it is run with their Python:

    exact.py photos FOLDER PHOTO-12MP PHOTO-18MP    makes the photos of all jobs
    exact.py score < task.json                      scores the outputs of one job

The exact blur is a Gaussian of radius 6 sigma over the decoded pixels, each channel for
itself, edges reflected half a sample out. The exact resize is Lanczos3 over all decoded
pixels in linear light. Everything is decoded by Pillow, that is by libjpeg-turbo, libpng,
libwebp and libavif. "Exact, encoded" is the exact result through those, at the quality
asked for: what no server can be expected to beat by much.
"""

import io
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from jobs import PLACEHOLDER
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

# Rows that are transformed at once; bounds the memory.
STRIP = 256
SRGB = ImageCms.createProfile("sRGB")


def decoded(source):
    """Upright 8-bit sRGB pixels, rows × columns × 3."""
    image = Image.open(source)
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image).convert("RGB")
    if profile:
        there = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        # Through a table of 8 bits, sRGB to sRGB would not be exact.
        if "sRGB" not in ImageCms.getProfileDescription(there):
            image = ImageCms.profileToProfile(image, there, SRGB)
    return np.asarray(image)


# --- the exact results --------------------------------------------------------

def fast_length(least):
    """The next length that has no prime factor above 5."""
    length = least
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1


def blurred_rows(plane, sigma):
    """Each row convolved with the Gaussian, by way of its spectrum."""
    radius = math.ceil(6 * sigma)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-offsets ** 2 / (2 * sigma ** 2))
    width = plane.shape[1]
    length = fast_length(width + 2 * radius)
    centred = np.zeros(length)
    centred[offsets] = kernel / kernel.sum()
    spectrum = np.fft.rfft(centred)
    result = np.empty_like(plane)
    for top in range(0, len(plane), STRIP):
        padded = np.pad(plane[top:top + STRIP], ((0, 0), (radius, radius)), mode="symmetric")
        whole = np.fft.irfft(np.fft.rfft(padded, length, axis=1) * spectrum, length, axis=1)
        result[top:top + STRIP] = whole[:, radius:radius + width]
    return result


def blurred(pixels, sigma):
    result = np.empty(pixels.shape, np.float32)
    for channel in range(3):
        rows = blurred_rows(pixels[:, :, channel].astype(np.float64), sigma)
        result[:, :, channel] = blurred_rows(np.ascontiguousarray(rows.T), sigma).T
    return result


def lanczos(source, target):
    """The weights of a resize along one axis, target × source."""
    scale = source / target
    centres = (np.arange(target) + 0.5) * scale - 0.5
    distance = (np.arange(source)[None, :] - centres[:, None]) / max(scale, 1)
    weights = np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
    return weights / weights.sum(axis=1, keepdims=True)


def resized(pixels, width):
    levels = np.arange(256) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    rows, columns, _ = pixels.shape
    across, down = lanczos(columns, width), lanczos(rows, round(rows * width / columns))
    result = np.empty((len(down), width, 3), np.float32)
    for channel in range(3):
        light = np.clip(down @ (linear[pixels[:, :, channel]] @ across.T), 0, 1)
        result[:, :, channel] = 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return result


# --- scores -------------------------------------------------------------------

def psnr(exact, pixels):
    error = np.mean([np.mean((exact[:, :, channel] - pixels[:, :, channel]) ** 2, dtype=np.float64)
                     for channel in range(3)])
    return 10 * math.log10(255 ** 2 / error) if error else math.inf


def ssimulacra2(tool, reference, pixels):
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{name}.png" for name in ("reference", "pixels")]
        for name, array in zip(names, (reference, pixels), strict=True):
            Image.fromarray(array).save(name, compress_level=1)
        done = subprocess.run([tool, "image", *names], capture_output=True, text=True, check=True, timeout=120)
    return float(done.stdout.split()[-1])


def encoded(pixels, form, quality):
    out = io.BytesIO()
    options = {} if form == "png" else {"quality": quality}
    Image.fromarray(pixels).save(out, form, **options)
    return out


def score(task):
    """Scores of each output, by name, and of the exact result encoded."""
    source = decoded(task["source"])
    exact = (blurred if task["operation"] == "blur" else resized)(source, task["amount"])
    reference = np.clip(np.rint(exact), 0, 255).astype(np.uint8)
    best = encoded(reference, task["format"], task["quality"])
    scores = {}
    for name, output in {**task["outputs"], "exact, encoded": best}.items():
        pixels = decoded(output)
        found = {"width": pixels.shape[1], "height": pixels.shape[0]}
        if pixels.shape == exact.shape:
            found["psnr"] = psnr(exact, pixels)
            if task["ssimulacra2"]:
                found["ssimulacra2"] = ssimulacra2(task["ssimulacra2"], reference, pixels)
        scores[name] = found
    scores["exact, encoded"]["bytes"] = len(best.getbuffer())
    return scores


# --- photos -------------------------------------------------------------------

def plain(jpeg):
    """The JPEG without Exif, colour profile and comments; its pixels stay as they are."""
    kept, at = [jpeg[:2]], 2
    # Up to the start of the scan, each segment has a marker and its length.
    while jpeg[at + 1] != 0xDA:
        marker, end = jpeg[at + 1], at + 2 + int.from_bytes(jpeg[at + 2:at + 4])
        # Application segment 14 tells how the colours are coded.
        if marker != 0xFE and (marker == 0xEE or not 0xE1 <= marker <= 0xEF):
            kept.append(jpeg[at:end])
        at = end
    return b"".join([*kept, jpeg[at:]])


def photos(folder, twelve, eighteen):
    """The photos of all jobs; the two that are given are taken as they are."""
    folder = pathlib.Path(folder)
    (folder / "12mp.jpg").write_bytes(pathlib.Path(twelve).read_bytes())
    (folder / "18mp.jpg").write_bytes(pathlib.Path(eighteen).read_bytes())
    (folder / "12mp-plain.jpg").write_bytes(plain(pathlib.Path(twelve).read_bytes()))
    image = Image.fromarray(decoded(twelve))
    small = round((image.width * image.height / 1e6) ** 0.5 * 100) / 100
    image.resize((round(image.width / small), round(image.height / small)), Image.Resampling.LANCZOS).save(
        folder / "1mp.jpg", quality=88)
    joined = Image.new("RGB", (image.width, 2 * image.height))
    joined.paste(image, (0, 0))
    joined.paste(ImageOps.flip(image), (0, image.height))
    joined.save(folder / "24mp.jpg", quality=94)
    image.save(folder / "12mp.png", pnginfo=PngImagePlugin.PngInfo())
    image.save(folder / "12mp.webp", quality=90, xmp=PLACEHOLDER)


if __name__ == "__main__":
    if sys.argv[1] == "photos":
        photos(*sys.argv[2:])
    else:
        print(json.dumps(score(json.load(sys.stdin))))
