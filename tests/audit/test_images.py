"""Images: arrays, folders, features of a network, and small pictures."""

import struct
import zlib

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skpoison.audit import PoisonAudit
from skpoison.audit._images import thumbnail

from .conftest import quick_audit


def make_images():
    """60 bright or dark images of 6 x 6 pixels, two with the wrong label."""
    y = np.arange(60) % 2
    noise = np.random.default_rng(0).random((60, 3, 6, 6))
    X = 0.5 * y[:, None, None, None] + 0.3 * noise
    y[[0, 1]] = 1 - y[[0, 1]]
    return X, np.array(["dark", "light"])[y]


def pixels_of(png):
    """The pixels of a PNG file as `thumbnail` writes it."""
    width, height, _, colors = struct.unpack(">IIBB", png[16:26])
    start = png.index(b"IDAT") + 4
    lines = np.frombuffer(zlib.decompressobj().decompress(png[start:]), np.uint8)
    lines = lines.reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3 if colors == 2 else 1)


@pytest.mark.parametrize("last", [True, False])
def test_colors_may_come_first_or_last(last):
    image = np.zeros((3, 4, 5), dtype=np.uint8)
    image[0] = 200
    shown = pixels_of(thumbnail(image.transpose(1, 2, 0) if last else image))
    assert shown.shape == (4, 5, 3)
    assert (shown == [200, 0, 0]).all()


def test_large_and_odd_images_are_shown():
    assert pixels_of(thumbnail(np.ones((100, 90)))).shape == (34, 30, 1)
    values = np.array([[0.0, np.nan], [510.0, 255.0]])
    assert pixels_of(thumbnail(values)).ravel().tolist() == [0, 0, 255, 128]
    assert thumbnail(np.zeros((7, 4, 5))) == b""
    assert thumbnail(np.zeros((0, 4))) == b""


def test_pillow_reads_the_pictures():
    image_module = pytest.importorskip("PIL.Image")
    from io import BytesIO

    image = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    with image_module.open(BytesIO(thumbnail(image))) as picture:
        assert (np.asarray(picture) == image).all()


def test_images_are_compared_by_the_features_of_the_embedding():
    X, y = make_images()
    flat = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    model = make_pipeline(flat, LogisticRegression())
    audit = quick_audit(embedding=make_pipeline(flat, PCA(2)), estimator=model)
    assert {0, 1} <= set(audit.fit(X, y).suspects_["position"])
    assert audit.filter_.n_features_in_ == 2
    assert len(audit.report_.thumbnails) == len(audit.suspects_)


def test_a_folder_of_images_is_audited(tmp_path):
    image_module = pytest.importorskip("PIL.Image")
    X, y = make_images()
    for i, (image, label) in enumerate(zip(X, y)):
        (tmp_path / label).mkdir(exist_ok=True)
        pixels = (255 * image.transpose(1, 2, 0)).astype(np.uint8)
        image_module.fromarray(pixels).save(tmp_path / label / f"{i:02}.png")
    (tmp_path / "notes.txt").write_text("not an image")
    audit = quick_audit(image_size=8).set_params(estimator=None).fit(str(tmp_path))
    assert {"light/00.png", "dark/01.png"} <= set(audit.suspects_["index"])
    assert set(audit.suspects_["given"]) <= {"dark", "light"}
    (tmp_path / "dark" / "broken.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(ValueError, match=r"dark.broken\.png cannot be read"):
        PoisonAudit().fit(tmp_path)


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no images"):
        PoisonAudit().fit(tmp_path)
