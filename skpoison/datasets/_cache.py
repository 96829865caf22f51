"""Files of data sets: found in a folder or downloaded, verified, and never unpickled.

A file is text (bytes, gzipped where its name ends in .gz) or holds arrays (.npz, a dict
of ndarrays). It is accepted when it is the known file, byte for byte, or when it holds
the same: a copy downloaded from another source is compressed differently.
"""

import gzip
import hashlib
import io
import os
import secrets
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import numpy as np
from sklearn.datasets import get_data_home

__all__ = ["FETCH_OPTIONS", "DataFile", "load", "read_url"]

FETCH_OPTIONS = {
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
}

_UNREADABLE = (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error)
_TIMEOUT = 60.0


class DataFile(NamedTuple):
    """A file with known contents.

    Attributes
    ----------
    name : str
        Name of the file in the data folder.
    sha256 : str
        Of the file as it is.
    contents_sha256 : str
        Of the text without compression, or of the arrays: see `contents_hash`.
    """

    name: str
    sha256: str
    contents_sha256: str


def load(
    *files: DataFile,
    data_home: str | os.PathLike | None,
    download: Callable[[], dict[str, Any]] | None,
    download_if_missing: bool,
) -> list:
    """Contents of the files, after a download where they are missing.

    Parameters
    ----------
    *files : DataFile
    data_home : path or None
        Folder of the files; None is the environment variable SKPOISON_DATA_HOME or,
        where that is not set, the folder "skpoison" in scikit-learn's data home.
    download : callable or None
        Returns the contents of (at least) these files by name; None when there is no
        public source that could be read.
    download_if_missing : bool

    Returns
    -------
    list of bytes or of dict of ndarray

    Raises
    ------
    OSError
        When a file is missing and cannot be, or must not be, downloaded or stored.
    ValueError
        When a file, or a download, does not hold what it should.
    """
    home = _resolve_home(data_home)
    missing = [file for file in files if not (home / file.name).exists()]
    if missing:
        contents = _download(missing, home, download, download_if_missing)
        for file in missing:
            _verify_download(file, contents[file.name])
            _write(home / file.name, _pack(file.name, contents[file.name]))
    return [_read(home / file.name, file) for file in files]


def read_url(url):
    """The bytes at an address."""
    with urlopen(url, timeout=_TIMEOUT) as response:
        return response.read()


def contents_hash(contents):
    """sha256 of text, or of arrays with their names, dtypes and shapes."""
    if isinstance(contents, bytes):
        return hashlib.sha256(contents).hexdigest()
    digest = hashlib.sha256()
    for name in sorted(contents):
        array = np.ascontiguousarray(contents[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _resolve_home(data_home):
    home = data_home or os.environ.get("SKPOISON_DATA_HOME")
    return Path(home).expanduser() if home else Path(get_data_home()) / "skpoison"


def _download(missing, home, download, download_if_missing):
    names = ", ".join(file.name for file in missing)
    remedy = (
        f"Put {names} into {home}, or name the folder that holds it by the parameter "
        "data_home or the environment variable SKPOISON_DATA_HOME."
    )
    if download is None:
        raise OSError(f"{names} is not there and has no public source. {remedy}")
    if not download_if_missing:
        raise OSError(f"{names} is not there and download_if_missing is off. {remedy}")
    try:
        return download()
    except (OSError, ValueError) as error:
        raise OSError(f"{names} could not be downloaded ({error}). {remedy}") from error


def _verify_download(file, contents):
    found = contents_hash(contents)
    if found != file.contents_sha256:
        raise ValueError(
            f"The download does not hold what {file.name} should: sha256 of its "
            f"contents {found}, expected {file.contents_sha256}. The source has "
            "changed, or someone changed it on the way; nothing was stored."
        )


def _read(path, file):
    packed = path.read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found == file.sha256:
        return _unpack(file.name, packed)
    try:
        contents = _unpack(file.name, packed)
    except _UNREADABLE:
        contents = None
    if contents is None or contents_hash(contents) != file.contents_sha256:
        raise ValueError(
            f"{path} is not the file it should be: sha256 {found}, expected "
            f"{file.sha256}. It is damaged or was tampered with; delete it to have it "
            "downloaded again, or replace it."
        )
    return contents


def _unpack(name, packed):
    if name.endswith(".npz"):
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}
    return gzip.decompress(packed) if name.endswith(".gz") else packed


def _pack(name, contents):
    if name.endswith(".npz"):
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **contents)
        return buffer.getvalue()
    return gzip.compress(contents, mtime=0) if name.endswith(".gz") else contents


def _write(path, packed):
    """Write a file whole or not at all, also where another process writes it too."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(packed)
        os.replace(part, path)
    except OSError as error:
        _remove(part)
        raise OSError(
            f"{path.name} was downloaded, but could not be stored in {path.parent} "
            f"({error}). Make room there or make the folder writable, or name another "
            "folder by the parameter data_home or the environment variable "
            "SKPOISON_DATA_HOME."
        ) from error
    except BaseException:
        _remove(part)
        raise


def _remove(part):
    # Where nothing can be written there is nothing to remove, or no way to.
    with suppress(OSError):
        part.unlink()
