"""Training a network: image files, and, where torch is installed, resuming and what is measured."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest

import ncverify as nv
from ncverify.errors import InputError
from ncverify.experiments.images import load_images, read_idx


def idx(magic: int, array: np.ndarray) -> bytes:
    """A file as the FashionMNIST data set has it."""
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return magic.to_bytes(4, "big") + shape + array.astype(np.uint8).tobytes()


def fashion(folder: Path, count: int = 120) -> Path:
    """A folder with images of 16 x 16 in three classes that differ in where they are bright."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 3
    images = rng.integers(0, 60, size=(count, 16, 16))
    for row, label in enumerate(labels):
        images[row, 5 * label : 5 * label + 5] += 150
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(0x803, images)))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(0x801, labels))
    return folder


def test_idx_files_are_read(tmp_path: Path) -> None:
    images, labels = load_images(str(fashion(tmp_path)), limit=100)
    assert images.shape == (100, 16, 16)
    assert labels.tolist() == [k % 3 for k in range(100)]
    assert 0 <= images.min() < images.max() <= 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an IDX file"),
        (b"\x00\x00\x08\x01\x00\x00\x00\x05ab", "but has 2 bytes"),
        (b"\x00\x00\x08\x01\xff\xff\xff\xffab", "but has 2 bytes"),
        (b"PK\x03\x04 not images", "not an IDX file"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "train-labels-idx1-ubyte"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_idx(path, 0x801)


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no train-images-idx3-ubyte"):
        load_images(str(tmp_path))
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="cannot read"):
        load_images(str(tmp_path))
    with pytest.raises(InputError, match="limit 0"):
        load_images("digits", limit=0)


def test_without_torch_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match=r"install the extra ncverify\[train\]"):
        nv.experiments.train(epochs=1)


def test_a_network_is_trained_and_resumed(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    source = str(fashion(tmp_path))
    whole = nv.experiments.train(source, epochs=8, step=0.02)
    assert whole.extra["loss"][-1] < whole.extra["loss"][0]
    assert whole.measures["nc1.norm_ratio"][-1] < 1

    class Interrupted(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise Interrupted

    saved = tmp_path / "run.pt"
    with pytest.raises(Interrupted):
        nv.experiments.train(source, epochs=8, step=0.02, checkpoint=saved, progress=stop)
    resumed = nv.experiments.train(source, epochs=8, step=0.02, checkpoint=saved)
    assert resumed.measures == whole.measures
    assert resumed.extra == whole.extra
    with pytest.raises(InputError, match="made with other settings"):
        nv.experiments.train(source, epochs=9, step=0.02, checkpoint=saved)
    saved.write_bytes(b"torn")
    with pytest.raises(InputError, match="is not a checkpoint"):
        nv.experiments.train(source, epochs=8, step=0.02, checkpoint=saved)
