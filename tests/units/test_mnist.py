"""helpers.mnist: MNIST in every state a disk or a network can leave it in."""

import gzip
import hashlib
import http.server
import os
import socket
import struct
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torchvision import datasets

from helpers import mnist

NAMES = list(mnist.RAW_MD5)


def tiny_mnist():
    """The four files of an MNIST with five training and three test images, raw bytes by name."""
    rng, files = np.random.default_rng(0), {}
    for prefix, count in (("train", 5), ("t10k", 3)):
        pixels = rng.integers(256, size=(count, 28, 28), dtype=np.uint8)
        files[f"{prefix}-images-idx3-ubyte"] = struct.pack(">IIII", 2051, count, 28, 28) + pixels.tobytes()
        files[f"{prefix}-labels-idx1-ubyte"] = struct.pack(">II", 2049, count) + bytes(range(count))
    return files


FILES = tiny_mnist()
ARCHIVES = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in FILES.items()}


def md5(content):
    return hashlib.md5(content).hexdigest()


def write_raw(root):
    raw = Path(root) / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in FILES.items():
        (raw / name).write_bytes(content)
    return raw


@pytest.fixture(autouse=True)
def a_small_world(monkeypatch, tmp_path):
    """No MNIST anywhere, no mirrors, an empty cache, and the tiny files' sums for the real ones."""
    monkeypatch.delenv("MNIST_ROOT", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [])
    monkeypatch.setattr(datasets.MNIST, "resources", [(name, md5(content)) for name, content in ARCHIVES.items()])
    monkeypatch.setattr(mnist, "RAW_MD5", {name: md5(content) for name, content in FILES.items()})
    monkeypatch.setattr(mnist, "MIRROR_TIMEOUT_SECONDS", 0.5)
    mnist._warn_once.cache_clear()
    yield
    mnist._warn_once.cache_clear()


@pytest.fixture
def mirror():
    """Start local web servers that stand in for the mirrors."""
    servers = []

    def start(answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answer(self, ARCHIVES[self.path.strip("/")])

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def good(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def busy(handler, content):
    handler.send_error(503)


def cut_short(handler, content):
    good(handler, content[: len(content) // 2])


def altered(handler, content):
    good(handler, gzip.compress(b"not the file you asked for", mtime=0))


def silent(handler, content):
    threading.Event().wait(2)


def chunks_cut_short(handler, content):
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"ffff\r\n" + content[:20])
    handler.close_connection = True


def huge_header(handler, content):
    handler.send_response(200)
    handler.send_header("X", "x" * 70_000)
    handler.end_headers()


def leads_nowhere(handler, content):
    handler.send_response(302)
    handler.send_header("Location", "http://[bad/")
    handler.end_headers()


def leads_in_a_circle(handler, content):
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


def odd_length(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Length", "many")
    handler.end_headers()
    handler.wfile.write(content[:20])


def no_http(handler, content):
    handler.wfile.write(b"\x00\xff" * 50)


BAD = [busy, cut_short, altered, silent, chunks_cut_short, huge_header, leads_nowhere, leads_in_a_circle, odd_length,
       no_http]


def assert_tiny_mnist(loaded):
    train, test = loaded
    assert mnist.is_mnist(train) and mnist.is_mnist(test)
    assert train.data.shape == (5, 28, 28) and test.targets.tolist() == [0, 1, 2]
    assert train.data.numpy().tobytes() == FILES[NAMES[0]][16:]
    image, label = train[1]
    assert image.shape == (1, 28, 28) and image.dtype == torch.float32 and 0 <= image.min() <= image.max() <= 1
    assert label == 1


def cached_files():
    return sorted(p.name for p in mnist._cache().rglob("*") if p.is_file())


def test_found_at_the_root_given(tmp_path):
    write_raw(tmp_path / "given")
    assert_tiny_mnist(mnist.load_mnist(tmp_path / "given"))


def test_found_at_mnist_root(tmp_path, monkeypatch):
    write_raw(tmp_path / "elsewhere")
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "elsewhere"))
    assert_tiny_mnist(mnist.load_mnist())


def test_found_in_the_cache():
    write_raw(mnist._cache())
    assert_tiny_mnist(mnist.load_mnist())


def test_the_root_given_comes_before_mnist_root(tmp_path, monkeypatch):
    write_raw(tmp_path / "given")
    raw = write_raw(tmp_path / "elsewhere")
    (raw / NAMES[0]).write_bytes(b"damaged")
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "elsewhere"))
    assert_tiny_mnist(mnist.load_mnist(tmp_path / "given"))


def test_a_read_only_root_is_read(tmp_path):
    raw = write_raw(tmp_path / "given")
    before = sorted(tmp_path.rglob("*"))
    for path in (*raw.iterdir(), raw, raw.parent):
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert_tiny_mnist(mnist.load_mnist(tmp_path / "given"))
    assert sorted(tmp_path.rglob("*")) == before  # root may write anywhere: so look that nothing was


def test_downloaded_once_then_read_from_the_cache(mirror, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror(good)])
    assert_tiny_mnist(mnist.load_mnist())
    assert cached_files() == sorted(NAMES)
    monkeypatch.setattr(datasets.MNIST, "mirrors", [])
    assert_tiny_mnist(mnist.load_mnist())


@pytest.mark.parametrize("bad", BAD)
def test_a_mirror_that_fails_is_followed_by_the_next(mirror, monkeypatch, bad):
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror(bad), mirror(good)])
    assert_tiny_mnist(mnist.load_mnist())
    assert cached_files() == sorted(NAMES)
    assert socket.getdefaulttimeout() is None


@pytest.mark.parametrize("bad", BAD)
def test_without_any_mirror_the_stand_in_says_so_once(mirror, monkeypatch, bad):
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror(bad), "http://127.0.0.1:9/"])
    with pytest.warns(UserWarning, match="MNIST was not found .* set MNIST_ROOT"):
        train, test = mnist.load_mnist()
    assert not mnist.is_mnist(train)
    assert train.data.shape == (1437, 28, 28) and len(test) == 360
    assert train.data.dtype == torch.uint8 and train.targets.dtype == torch.int64
    assert set(train.targets.tolist()) == set(range(10))
    assert train[0][0].shape == (1, 28, 28)
    assert cached_files() == []  # no half-written file is left behind
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mnist.load_mnist()


@pytest.mark.parametrize(("name", "value"), [
    ("http_proxy", "127.0.0.1:abc"), ("http_proxy", "http://[bad/"), ("http_proxy", "http://127.0.0.1:9/")])
def test_a_proxy_that_is_none_leaves_the_stand_in(mirror, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr("urllib.request._opener", None)  # it keeps the proxies of its first call
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror(good)])
    with pytest.warns(UserWarning, match="MNIST was not found"):
        assert not mnist.is_mnist(mnist.load_mnist()[0])


@pytest.mark.parametrize(("place", "error", "words"), [
    ("tempfile.TemporaryDirectory", OSError(28, "No space left on device"), "No space left on device"),
    ("os.replace", PermissionError(13, "Permission denied", "/x"), "Permission denied"),
    ("helpers.mnist._download_from", RuntimeError("Error downloading x:\nTried y, got:\n<urlopen error bad>\n"), "bad"),
    ("helpers.mnist._download_from", EOFError(), "EOFError")])
def test_the_warning_tells_the_last_reason(mirror, monkeypatch, place, error, words):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror(good)])
    monkeypatch.setattr(place, fail)
    with pytest.warns(UserWarning, match=f"the last reason: .*{words}"):
        mnist.load_mnist()


def test_a_bad_certificate_is_told_as_such(mirror, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror(good).replace("http:", "https:")])
    with pytest.warns(UserWarning, match="the last reason: .*SSL"):
        mnist.load_mnist()


@pytest.fixture
def nobody(monkeypatch):
    """Return a function that takes the home away, as for a user whom the system does not know."""
    def leave():
        for variable in ("HOME", "USERPROFILE", "XDG_CACHE_HOME"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(Path, "home", staticmethod(lambda: (_ for _ in ()).throw(RuntimeError("no home"))))

    return leave


def test_without_a_home_the_data_are_found_where_they_are_named(nobody, tmp_path, monkeypatch):
    nobody()
    write_raw(tmp_path / "given")
    assert_tiny_mnist(mnist.load_mnist(tmp_path / "given"))
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "given"))
    assert_tiny_mnist(mnist.load_mnist())


def test_without_a_home_and_without_data_the_stand_in_says_why(nobody, mirror, monkeypatch):
    nobody()
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror(good)])
    with pytest.warns(UserWarning, match="there is no home folder"):
        assert not mnist.is_mnist(mnist.load_mnist()[0])


TOO_LONG = "/" + "x" * 300  # the system refuses to look at it, whoever asks: root too


def test_a_place_that_cannot_be_looked_at_is_passed_over_with_a_word(tmp_path, monkeypatch):
    write_raw(tmp_path / "given")
    monkeypatch.setenv("XDG_CACHE_HOME", TOO_LONG)
    assert_tiny_mnist(mnist.load_mnist(tmp_path / "given"))
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "given"))
    with pytest.warns(UserWarning, match=r"root is /x+, which cannot be read \(File name too long\); .* elsewhere"):
        assert_tiny_mnist(mnist.load_mnist(TOO_LONG))
    monkeypatch.delenv("MNIST_ROOT")
    with pytest.warns(UserWarning, match="the last reason: no mirror is known"):
        assert not mnist.is_mnist(mnist.load_mnist()[0])


def test_files_that_may_not_be_read_are_passed_over_with_a_word(tmp_path, monkeypatch):
    write_raw(tmp_path / "given")
    write_raw(mnist._cache())
    real = open

    def guarded(path, *arguments, **keywords):
        if "given" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **keywords)

    monkeypatch.setattr(mnist, "open", guarded, raising=False)
    with pytest.warns(UserWarning, match=r"root is .*given, which cannot be read \(Permission denied\)"):
        assert_tiny_mnist(mnist.load_mnist(tmp_path / "given"))


@pytest.mark.parametrize("name", ["data", "dữ liệu của tôi", "it's mine"])
def test_a_root_from_the_home_or_from_here(tmp_path, monkeypatch, name):
    write_raw(tmp_path / name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for root in (f"~/{name}", name, f"./{name}/"):
        monkeypatch.setenv("MNIST_ROOT", root)
        assert_tiny_mnist(mnist.load_mnist())
        assert_tiny_mnist(mnist.load_mnist(root))


def test_a_root_without_the_files_says_where_it_looked(tmp_path, monkeypatch):
    write_raw(mnist._cache())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNIST_ROOT", "not here")
    with pytest.warns(UserWarning, match=rf"MNIST_ROOT is {tmp_path}/not here, which does not hold MNIST/raw/train"):
        assert_tiny_mnist(mnist.load_mnist())


def test_a_stand_in_index_out_of_range_is_named():
    with pytest.raises(IndexError, match=r"index must lie in 0..359; got 360"):
        mnist.DigitsStandIn(train=False)[360]


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content[:-1] + b"\xff"])
@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, monkeypatch, name, damage):
    raw = write_raw(tmp_path / "given")
    (raw / name).write_bytes(damage(FILES[name]))
    with pytest.raises(RuntimeError, match=rf"{name} is damaged.*Delete that file"):
        mnist.load_mnist(tmp_path / "given")


def test_a_damaged_file_in_the_cache_is_mended_as_the_message_says(mirror, monkeypatch):
    raw = write_raw(mnist._cache())
    (raw / NAMES[2]).write_bytes(b"")
    with pytest.raises(RuntimeError, match=NAMES[2]):
        mnist.load_mnist()
    (raw / NAMES[2]).unlink()
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror(good)])
    assert_tiny_mnist(mnist.load_mnist())


@pytest.mark.wide  # torch is imported twice
def test_two_processes_download_at_once(mirror, tmp_path):
    script = (
        "import sys; from helpers import mnist; from torchvision import datasets\n"
        f"datasets.MNIST.mirrors = [{mirror(good)!r}]\n"
        f"datasets.MNIST.resources = {datasets.MNIST.resources!r}\n"
        f"mnist.RAW_MD5 = {mnist.RAW_MD5!r}\n"
        "sys.stdin.readline()\n"  # both have imported everything when they are let go
        "print(len(mnist.load_mnist()[0]))")
    both = [subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             text=True, env=os.environ.copy()) for _ in range(2)]
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        assert process.communicate(timeout=60)[0].strip() == "5"
        assert process.returncode == 0
    assert cached_files() == sorted(NAMES)


def test_the_stand_in_enlarges_as_pillow_does():
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))[:50]
    stand_in = mnist.DigitsStandIn()
    for image, label, source in zip(stand_in.data, stand_in.targets, order, strict=False):
        small = Image.fromarray(digits.images[source].astype(np.float32) / 16)
        large = small.resize((20, 20), Image.Resampling.BILINEAR)
        assert np.abs(image.numpy() - np.pad(255 * np.asarray(large), 4)).max() <= 0.501
        assert label == digits.target[source]
