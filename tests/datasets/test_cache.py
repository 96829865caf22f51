import errno
import gzip
import hashlib
import io
import os
import pickle
from urllib.error import URLError

import numpy as np
import pytest

from skpoison.datasets import _cache
from skpoison.datasets._cache import DataFile, contents_hash, load, read_url

TEXT = b"1,2\n3,4\n"
ARRAYS = {"X": np.arange(6, dtype=np.uint8).reshape(2, 3), "y": np.array([0, 1])}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


PLAIN = DataFile("plain.libsvm", sha256(TEXT), sha256(TEXT))
ZIPPED = DataFile("zipped.csv.gz", sha256(gzip.compress(TEXT, mtime=7)), sha256(TEXT))
IMAGES = DataFile("images.npz", sha256(npz(**ARRAYS)), contents_hash(ARRAYS))
CONTENTS = {PLAIN.name: TEXT, ZIPPED.name: TEXT, IMAGES.name: ARRAYS}
FILES = pytest.mark.parametrize("file", [PLAIN, ZIPPED, IMAGES], ids=lambda f: f.name)


def same(found, expected):
    if isinstance(expected, bytes):
        return found == expected
    return found.keys() == expected.keys() and all(
        np.array_equal(found[k], expected[k]) and found[k].dtype == expected[k].dtype
        for k in expected
    )


def fetch(file, home, *, download=CONTENTS.copy, download_if_missing=True):
    (contents,) = load(
        file,
        data_home=home,
        download=download,
        download_if_missing=download_if_missing,
    )
    return contents


def refuse():
    raise AssertionError("must not download")


@FILES
def test_the_known_file_is_read(file, tmp_path):
    known = {
        PLAIN.name: TEXT,
        ZIPPED.name: gzip.compress(TEXT, mtime=7),
        IMAGES.name: npz(**ARRAYS),
    }
    (tmp_path / file.name).write_bytes(known[file.name])
    assert same(fetch(file, tmp_path, download=refuse), CONTENTS[file.name])


@FILES
def test_a_download_is_stored_and_read_the_next_time(file, tmp_path):
    home = tmp_path / "made" / "on" / "demand"
    assert same(fetch(file, home), CONTENTS[file.name])
    assert [path.name for path in home.iterdir()] == [file.name]
    assert same(fetch(file, home, download=refuse), CONTENTS[file.name])


def test_one_download_serves_several_files_and_leaves_those_that_are_there(tmp_path):
    fetch(PLAIN, tmp_path)
    stamp = (tmp_path / PLAIN.name).stat().st_mtime_ns
    contents = load(
        PLAIN,
        IMAGES,
        data_home=tmp_path,
        download=CONTENTS.copy,
        download_if_missing=True,
    )
    assert same(contents[0], TEXT)
    assert same(contents[1], ARRAYS)
    assert (tmp_path / PLAIN.name).stat().st_mtime_ns == stamp


def flip_a_bit(packed):
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]


@FILES
@pytest.mark.parametrize(
    "tamper",
    [
        flip_a_bit,
        lambda packed: packed[:-20],
        lambda packed: b"",
        lambda packed: TEXT[:3],
    ],
    ids=["flipped bit", "truncated", "empty", "something else"],
)
def test_a_tampered_file_is_an_error(file, tamper, tmp_path):
    fetch(file, tmp_path)
    path = tmp_path / file.name
    tampered = tamper(path.read_bytes())
    path.write_bytes(tampered)
    with pytest.raises(ValueError, match=file.name) as error:
        fetch(file, tmp_path, download=refuse)
    assert sha256(tampered) in str(error.value)
    assert file.sha256 in str(error.value)


@pytest.mark.parametrize(
    ("file", "contents"),
    [
        (PLAIN, TEXT + b"5,6\n"),
        (ZIPPED, TEXT + b"5,6\n"),
        (IMAGES, {"X": ARRAYS["X"], "y": 1 - ARRAYS["y"]}),
        (IMAGES, ARRAYS | {"z": ARRAYS["y"]}),
    ],
)
def test_a_sound_file_of_other_contents_is_an_error(file, contents, tmp_path):
    (tmp_path / file.name).write_bytes(_cache._pack(file.name, contents))
    with pytest.raises(ValueError, match="tampered with"):
        fetch(file, tmp_path, download=refuse)


@FILES
def test_a_wrong_download_is_an_error_and_is_not_stored(file, tmp_path):
    wrong = b"something else" if file is not IMAGES else {"X": ARRAYS["X"]}
    with pytest.raises(ValueError, match=file.name) as error:
        fetch(file, tmp_path, download=lambda: {file.name: wrong})
    assert contents_hash(wrong) in str(error.value)
    assert file.contents_sha256 in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("change", ["values", "dtype", "shape", "name", "missing"])
def test_the_hash_of_arrays_covers(change):
    changed = {
        "values": ARRAYS | {"y": np.array([1, 0])},
        "dtype": ARRAYS | {"y": ARRAYS["y"].astype(np.int32)},
        "shape": ARRAYS | {"X": ARRAYS["X"].reshape(3, 2)},
        "name": {"X": ARRAYS["X"], "z": ARRAYS["y"]},
        "missing": {"X": ARRAYS["X"]},
    }[change]
    assert contents_hash(changed) != contents_hash(ARRAYS)


def test_the_hash_of_arrays_does_not_depend_on_their_layout():
    transposed = {"X": np.asfortranarray(ARRAYS["X"]), "y": ARRAYS["y"]}
    assert contents_hash(transposed) == contents_hash(ARRAYS)


@FILES
@pytest.mark.parametrize("step", ["write", "replace"])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError("disk full")])
def test_an_interruption_leaves_no_half_file(
    file, step, interruption, tmp_path, monkeypatch
):
    def interrupted(path, *args):
        if step == "write":
            with open(path, "wb") as stream:
                stream.write(b"half")
        raise interruption

    target = "skpoison.datasets._cache." + (
        "Path.write_bytes" if step == "write" else "os.replace"
    )
    monkeypatch.setattr(target, interrupted)
    with pytest.raises((KeyboardInterrupt, OSError)):
        fetch(file, tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    assert same(fetch(file, tmp_path), CONTENTS[file.name])


@FILES
@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("Path.mkdir", errno.EROFS),
        ("Path.write_bytes", errno.EACCES),
        ("Path.write_bytes", errno.ENOSPC),
        ("os.replace", errno.ENOSPC),
    ],
)
def test_a_full_disk_or_a_folder_for_reading_alone_is_told(
    file, step, number, tmp_path, monkeypatch
):
    def fail(path, *args, **options):
        if step == "Path.write_bytes" and number == errno.ENOSPC:
            with open(path, "wb") as stream:
                stream.write(b"half")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(f"skpoison.datasets._cache.{step}", fail)
    with pytest.raises(OSError, match=f"{file.name} was downloaded, but") as error:
        fetch(file, tmp_path / "home" if step == "Path.mkdir" else tmp_path)
    told = str(error.value)
    assert str(tmp_path) in told
    assert os.strerror(number) in told
    assert "SKPOISON_DATA_HOME" in told
    assert "data_home" in told
    assert "\n" not in told
    assert not list(tmp_path.iterdir())


def test_a_folder_whose_parent_is_a_file_is_told(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(OSError, match="could not be stored in .*home/data"):
        fetch(PLAIN, tmp_path / "home" / "data")


class Exploit:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize("known", [False, True])
def test_nothing_is_unpickled(known, tmp_path):
    packed = npz(X=np.array([Exploit()], dtype=object))
    with pytest.raises(pytest.fail.Exception):
        pickle.loads(pickle.dumps(Exploit()))
    file = DataFile("evil.npz", sha256(packed) if known else sha256(b""), sha256(b""))
    (tmp_path / file.name).write_bytes(packed)
    with pytest.raises(ValueError, match="pickle" if known else "evil.npz"):
        fetch(file, tmp_path)


def test_a_missing_file_says_where_to_put_it(tmp_path):
    for options, message in [
        ({"download": None}, "no public source"),
        ({"download_if_missing": False}, "download_if_missing is off"),
    ]:
        with pytest.raises(OSError, match=message) as error:
            fetch(IMAGES, tmp_path, **options)
        assert f"Put images.npz into {tmp_path}" in str(error.value)
        assert "SKPOISON_DATA_HOME" in str(error.value)
    assert not list(tmp_path.iterdir())


def test_offline_says_where_to_put_the_file(tmp_path, monkeypatch):
    def offline(url, timeout):
        raise URLError("no route to host")

    monkeypatch.setattr(_cache, "urlopen", offline)
    with pytest.raises(OSError, match="no route to host") as error:
        fetch(PLAIN, tmp_path, download=lambda: read_url("https://example.org/x"))
    assert f"Put plain.libsvm into {tmp_path}" in str(error.value)


def test_the_folder_is_looked_up_in_order(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sklearn"))
    monkeypatch.delenv("SKPOISON_DATA_HOME", raising=False)
    fetch(PLAIN, None)
    assert (tmp_path / "sklearn" / "skpoison" / PLAIN.name).exists()
    monkeypatch.setenv("SKPOISON_DATA_HOME", str(tmp_path / "variable"))
    fetch(PLAIN, None)
    assert (tmp_path / "variable" / PLAIN.name).exists()
    fetch(PLAIN, str(tmp_path / "argument"))
    assert (tmp_path / "argument" / PLAIN.name).exists()


def test_the_home_directory_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    fetch(PLAIN, "~/data")
    assert (tmp_path / "data" / PLAIN.name).exists()
