"""Data sets of small grey images: the digits that scikit-learn ships, and files in the IDX format."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from ncverify.errors import InputError

_IMAGES, _LABELS = 0x803, 0x801
_MAX_BYTES = 1 << 30


def load_images(source: str, limit: int | None = None) -> tuple[Any, Any]:
    """Images (N x side x side doubles in [0, 1]) and labels (N).

    source: ``digits`` (1797 images of 8 x 8, shipped with scikit-learn), or a folder with the IDX files of
    FashionMNIST or MNIST, ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte``, packed (.gz) or not.
    limit: only the first so many images.
    """
    if limit is not None and limit < 1:
        raise InputError(f"limit {limit}: give at least 1 image")
    images, labels = _digits() if source == "digits" else _idx_folder(Path(source))
    return images[:limit], labels[:limit]


def _digits() -> tuple[Any, Any]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError("the digits need scikit-learn: install the extra ncverify[train]") from None
    data = load_digits()
    return data.images / 16.0, data.target.astype(np.int64)


def _idx_folder(folder: Path) -> tuple[Any, Any]:
    images = read_idx(_find(folder, "train-images-idx3-ubyte"), _IMAGES)
    labels = read_idx(_find(folder, "train-labels-idx1-ubyte"), _LABELS)
    if len(images) != len(labels):
        raise InputError(f"{len(images)} images in {folder} do not fit {len(labels)} labels")
    return images / 255.0, labels.astype(np.int64)


def _find(folder: Path, stem: str) -> Path:
    for name in (stem, f"{stem}.gz"):
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder} holds no {stem}: give 'digits', or a folder with the IDX files (.gz or not)")


def read_idx(path: Path, magic: int) -> Any:
    """The array of unsigned bytes in an IDX file.  Raises ``InputError`` where it is not one."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (OSError, EOFError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    axes = magic & 0xFF
    head = 4 + 4 * axes
    if len(data) > _MAX_BYTES or len(data) < head or int.from_bytes(data[:4], "big") != magic:
        raise InputError(f"{path} is not an IDX file of {axes}-dimensional unsigned bytes")
    shape = tuple(int.from_bytes(data[4 + 4 * k : 8 + 4 * k], "big") for k in range(axes))
    if int(np.prod(shape, dtype=object)) != len(data) - head:
        raise InputError(f"{path} says it holds {shape}, but has {len(data) - head} bytes")
    return np.frombuffer(data, dtype=np.uint8, offset=head).reshape(shape)
