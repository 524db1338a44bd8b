"""Files of images as bytes of a fixed shape, whatever camera, scanner or drawing program they come from."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from graph.errors import FileError
from runtime.data.annotations import from_json
from runtime.data.preprocessing import Preprocessing, middle

MOST_PIXELS = 100_000_000
"""A larger image is refused before it is decoded: a few bytes can claim any size."""

RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "nearest": Image.Resampling.NEAREST,
}
_TURNED = (5, 6, 7, 8)


def read(file: Path, as_told: Preprocessing) -> np.ndarray:
    """The image as ``(C, H, W)`` bytes, upright, brought to the size and channels that *as_told* says.

    Raises:
        FileError: it is missing, empty, no image, cut off, or too large.
    """
    with _opened(file) as image:
        return prepared(ImageOps.exif_transpose(image), as_told)


def numbers(file: Path) -> np.ndarray:
    """The numbers ``(H, W)`` of a mask: those of the palette's entries, of 8 or 16 bits, or of a color (red first).

    Raises:
        FileError: as :func:`read`.
    """
    with _opened(file) as image:
        mask = ImageOps.exif_transpose(image)
        if mask.mode in ("1", "L", "P", "I", "I;16"):
            return np.asarray(mask.convert("L") if mask.mode == "1" else mask).astype(np.int64)
        red, green, blue = np.moveaxis(np.asarray(mask.convert("RGB")).astype(np.int64), 2, 0)
        gray = bool((red == green).all() and (green == blue).all())
        return red if gray else red << 16 | green << 8 | blue


def prepared(image: Image.Image, as_told: Preprocessing) -> np.ndarray:
    """An upright image as ``(C, H, W)`` bytes of the size and channels that *as_told* says."""
    pixels = np.asarray(resized(_eight_bits(image, as_told.channels), as_told), np.uint8)
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def picture(pixels: np.ndarray) -> Image.Image:
    """``(C, H, W)`` bytes of one or three channels as an image."""
    return Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))


class Head(NamedTuple):
    """What the first bytes of an image tell: height and width as stored, the turn that makes it upright (EXIF's 1 to
    8, 1 for none), and whether it is gray."""

    size: tuple[int, int]
    orientation: int
    gray: bool


def look(file: Path) -> tuple[tuple[int, int], bool]:
    """Height and width of an upright image, and whether it is grey, from its first bytes only.

    Raises:
        FileError: it is missing, empty, no image, or too large.
    """
    head = stored(file)
    return oriented(head.size, head.orientation), head.gray


def stored(file: Path) -> Head:
    """What the first bytes of an image tell.

    Raises:
        FileError: as :func:`look`.
    """
    with _opened(file) as image:
        width, height = image.size
        orientation = image.getexif().get(0x0112)
        gray = image.mode in ("1", "L", "LA") or image.mode.startswith(("I", "F"))
    return Head((height, width), orientation if orientation in range(2, 9) else 1, gray)


def oriented(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Height and width of the upright image."""
    return (size[1], size[0]) if orientation in _TURNED else size


def turned(point: tuple[float, float], size: tuple[int, int], orientation: int) -> tuple[float, float]:
    """Where a point (x, y) of the stored image of *size* lies in the upright one."""
    (x, y), (height, width) = point, size
    return {
        2: (width - x, y),
        3: (width - x, height - y),
        4: (x, height - y),
        5: (y, x),
        6: (height - y, x),
        7: (height - y, width - x),
        8: (y, width - x),
    }.get(orientation, (x, y))


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    try:
        if file.stat().st_size == 0:
            raise FileError(file, "the file is empty.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata of cameras, and sizes that are judged here
            with Image.open(_embedded(file) if file.suffix.casefold() == ".json" else file) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise FileError(
                        file, "it has {width} × {height} pixels, more than can be used.", width=width, height=height
                    )
                yield image
    except FileError:
        raise
    except FileNotFoundError:
        raise FileError(file, "there is no such file.") from None
    except UnidentifiedImageError:
        raise FileError(file, "it is no image, or of a kind that is not known.") from None
    except Image.DecompressionBombError:
        raise FileError(file, "it has more pixels than can be used.") from None
    except OSError as e:
        if e.errno is not None:
            raise FileError(file, "it cannot be read: {why}.", why=e.strerror or str(e)) from None
        raise FileError(file, "it is damaged or cut off.") from None
    except MemoryError:
        raise FileError(file, "there is not enough memory to read it.") from None
    except (SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, ArithmeticError, AttributeError):
        # what the decoders of Pillow raise on damaged files
        raise FileError(file, "it is damaged.") from None


def _embedded(file: Path) -> io.BytesIO:
    """The image that LabelMe keeps within its file."""
    raw = from_json(file)
    try:
        return io.BytesIO(base64.b64decode(raw["imageData"], validate=False))
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise FileError(file, "it holds no image.") from None


def _eight_bits(image: Image.Image, channels: int) -> Image.Image:
    """*image* as grey or RGB with 8 bits: 16 bits are divided, not cut; what is transparent lies on white paper."""
    if image.mode.startswith(("I", "F")):
        image = _deep(image)
    if image.mode in ("P", "PA", "LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return image.convert("L" if channels == 1 else "RGB")


def _deep(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    most = float(values.max(initial=0.0))
    full = 255.0 if most <= 255.0 and image.mode != "I;16" else 65535.0
    full = 1.0 if most <= 1.0 and image.mode == "F" else full
    return Image.fromarray(np.clip(np.rint(np.nan_to_num(values) * (255.0 / full)), 0, 255).astype(np.uint8))


def resized(image: Image.Image, as_told: Preprocessing) -> Image.Image:
    """*image* at the size that *as_told* says, its middle cut out or its sides stretched."""
    height, width = as_told.size
    how = RESAMPLING[as_told.interpolation]
    rows, columns = as_told.shrunk((image.height, image.width))
    if as_told.short and as_told.fit == "crop" and rows * columns <= MOST_PIXELS:
        shrunk = image if image.size == (columns, rows) else image.resize((columns, rows), how)
        top, left = middle((rows, columns), as_told.size)
        return shrunk.crop((left, top, left + width, top + height))
    if image.size == (width, height):
        return image
    if as_told.fit == "stretch":
        return image.resize((width, height), how)
    # the part of the original that the middle of the wanted shape covers, cut and scaled in one step
    seen = as_told.seen((image.height, image.width))
    box = (seen.left, seen.top, seen.left + seen.wide * width, seen.top + seen.high * height)
    return image.resize((width, height), how, box=box)
