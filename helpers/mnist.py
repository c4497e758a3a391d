"""MNIST, the data set of chapters 6 and 7, read with `torchvision.datasets.MNIST`.

Where it can neither be found nor downloaded, real digits that scikit-learn carries with it stand in, with a warning.
"""

import functools
import hashlib
import os
import socket
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torchvision import datasets, transforms
from torchvision.datasets.utils import download_and_extract_archive

__all__ = ["DigitsStandIn", "is_mnist", "load_mnist"]

RAW_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
MIRROR_TIMEOUT_SECONDS = 20


def load_mnist(root=None, transform=None):
    """Load MNIST, from disk if it is there, else from its mirrors, else a stand-in.

    The places tried in order: `root`; the folder named by the environment variable ``MNIST_ROOT``; the cache
    ``~/.cache/softmax-regression-course`` (below ``XDG_CACHE_HOME`` if that is set); a download into that cache, from
    one mirror after the other, whatever goes wrong. Each file is checked against its MD5 sum before it is read.

    Parameters
    ----------
    root : str or Path, optional
        A folder that holds ``MNIST/raw/`` with the four files; ``~`` stands for your home.
    transform : callable, optional
        Applied to each image as it is drawn from the data set; ``ToTensor()`` if not given, which makes a float32
        tensor (1, 28, 28) with values from 0 to 1.

    Returns
    -------
    train, test : torchvision.datasets.MNIST or DigitsStandIn
        60,000 and 10,000 images; ``.data`` is a uint8 tensor (N, 28, 28), ``.targets`` an int64 tensor (N,).
        `is_mnist` tells which of the two kinds you have.

    Raises
    ------
    RuntimeError
        If a file of MNIST is there but damaged: the message names it.

    Warns
    -----
    UserWarning
        Where `root` or ``MNIST_ROOT`` does not hold the files or cannot be read; and once, with the reason, when
        the stand-in is used.

    Examples
    --------
    >>> train, test = load_mnist()  # doctest: +SKIP
    >>> train[0][0].shape, train[0][1]  # doctest: +SKIP
    (torch.Size([1, 28, 28]), 5)
    """
    transform = transform or transforms.ToTensor()
    found = _find_mnist(root)
    if found is None:
        found, reason = _download_mnist()
    if found is None:
        _warn_once(reason)
        return DigitsStandIn(train=True, transform=transform), DigitsStandIn(train=False, transform=transform)
    return tuple(datasets.MNIST(found, train=train, transform=transform) for train in (True, False))


def is_mnist(dataset):
    """Tell whether `dataset` is MNIST itself (True) or the stand-in (False)."""
    return isinstance(dataset, datasets.MNIST)


def _cache():
    """Return the folder that downloads go to; None for a user without a home."""
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return base / "softmax-regression-course"


def _find_mnist(root):
    """Return the first folder that holds all four files, undamaged; None if there is none."""
    for name, folder in (("root", root), ("MNIST_ROOT", os.environ.get("MNIST_ROOT")), (None, _cache())):
        if not folder:
            continue
        damaged = problem = None
        try:
            # Absolute, so that a warning shows where a relative path has led.
            folder = Path(os.path.abspath(os.path.expanduser(folder)))
            missing = [file for file in RAW_MD5 if not (folder / "MNIST" / "raw" / file).is_file()]
            if missing:
                problem = f"does not hold MNIST/raw/{missing[0]}"
            else:
                damaged = _damaged(folder / "MNIST" / "raw")
        except OSError as error:
            problem = f"cannot be read ({_in_few_words(error)})"
        if damaged:
            raise RuntimeError(f"{damaged} is damaged: its MD5 sum is not {RAW_MD5[damaged.name]}. "
                               "Delete that file, and MNIST is fetched again.")
        if problem is None:
            return folder
        if name:  # an empty cache is nothing to speak of
            warnings.warn(f"{name} is {folder}, which {problem}; MNIST is looked for elsewhere.", stacklevel=3)
    return None


def _damaged(raw):
    """Return the first of the four files whose sum is not MNIST's; None if all are whole."""
    for name, expected in RAW_MD5.items():
        with open(raw / name, "rb") as file:
            if hashlib.file_digest(file, "md5").hexdigest() != expected:
                return raw / name
    return None


def _download_mnist():
    """Fetch MNIST into the cache from the first mirror that serves it whole.

    Return the folder and None, or None and the last reason in a few words.
    """
    if _cache() is None:
        return None, "there is no home folder to keep it in"
    target, reason = _cache() / "MNIST" / "raw", "no mirror is known"
    for mirror in datasets.MNIST.mirrors:
        try:
            target.mkdir(parents=True, exist_ok=True)
            # Two processes may download at once: each into a folder of its own, moved in when whole.
            with tempfile.TemporaryDirectory(dir=target) as scratch:
                _download_from(mirror, scratch)
                if damaged := _damaged(Path(scratch)):
                    raise RuntimeError(f"the mirror sent another {damaged.name}")
                for name in RAW_MD5:
                    os.replace(Path(scratch) / name, target / name)
            return _cache(), None
        # A mirror, a proxy or a disk can fail in any way, and the libraries between wrap only some of them.
        except Exception as error:
            reason = _in_few_words(error)
    return None, reason


def _in_few_words(error):
    """Return why something failed, in one line; torchvision puts the reason last."""
    said = getattr(error, "strerror", None) or str(error)
    return (said.strip().splitlines() or [type(error).__name__])[-1][:200]


def _download_from(mirror, folder):
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(MIRROR_TIMEOUT_SECONDS)  # torchvision sets none: a silent server would hang
    try:
        for name, md5 in datasets.MNIST.resources:
            download_and_extract_archive(mirror + name, folder, filename=name, md5=md5)
    finally:
        socket.setdefaulttimeout(before)


@functools.cache
def _warn_once(reason):
    warnings.warn(
        f"MNIST was not found and could not be downloaded (the last reason: {reason}). The 1,797 handwritten digits "
        "of scikit-learn (8x8 pixels, shown at 28x28) stand in: everything runs, with other numbers than the text's. "
        "For MNIST itself, mend what the reason names and run again, or set MNIST_ROOT to the absolute path of a "
        "folder that holds MNIST/raw/ with its four files.", stacklevel=3)


@functools.cache
def _digits():
    """Return scikit-learn's digits as uint8 images (1797, 28, 28), labels, and a fixed shuffle."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = torch.tensor(digits.images / 16).float()[:, None]
    # 8x8 grows to 20x20 inside a margin of 4, which is how MNIST frames its digits.
    large = torch.nn.functional.interpolate(small, size=(20, 20), mode="bilinear", align_corners=False)
    framed = torch.nn.functional.pad(large, (4, 4, 4, 4))[:, 0]
    images = (framed * 255).round().to(torch.uint8)
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(images)))
    return images[order], torch.tensor(digits.target, dtype=torch.int64)[order]


class DigitsStandIn(torch.utils.data.Dataset):
    """scikit-learn's bundled handwritten digits, shaped like MNIST.

    Parameters
    ----------
    train : bool, default True
        True for the first 1,437 of the 1,797 images in a fixed random order, False for the other 360.
    transform : callable, optional
        As in `load_mnist`.

    Examples
    --------
    >>> len(DigitsStandIn()), DigitsStandIn(train=False).data.shape
    (1437, torch.Size([360, 28, 28]))
    """

    TRAIN_SIZE = 1437

    def __init__(self, train=True, transform=None):
        part = slice(None, self.TRAIN_SIZE) if train else slice(self.TRAIN_SIZE, None)
        images, labels = _digits()
        self.data, self.targets = images[part], labels[part]
        self.transform = transform or transforms.ToTensor()

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"index must lie in 0..{len(self) - 1}; got {index}")
        return self.transform(self.data[index].numpy()), int(self.targets[index])
