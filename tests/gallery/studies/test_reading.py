from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vizkit
from tests.gallery.fake import fill, layer, network, plan
from vizkit import plots
from vizkit.errors import StoreError
from vizkit.gallery import read
from vizkit.gallery.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    fill(store, plan(network(), layer("conv1_1", 3), layer("conv4_3", 4)), dead=(1,), pending=(2,))
    return store


def test_pictures_come_back_with_what_was_measured(store):
    renders = read(store.root, "vgg16@hed", "conv4_3")
    assert [each.address for each in renders] == [f"vgg16@hed/conv4_3:{n}" for n in (0, 1, 3)]
    assert [each.dead for each in renders] == [False, True, False]
    stored = store.records(store.read_plan("vgg16@hed"), "conv4_3", "renders").read(3)
    assert stored is not None
    assert renders[2].final == stored.data["final"]
    assert list(renders[2].canvas_size) == stored.data["canvas_size"]
    file = store.study_folder("vgg16@hed", "conv4_3", "renders") / "3.webp"
    with Image.open(file) as image:
        assert np.array_equal(renders[2].pixels(), np.array(image))


def test_all_layers_in_the_order_of_the_plan(store):
    renders = read(store.root, "vgg16@hed", ["conv4_3", "conv1_1"])
    assert [each.address.rpartition("/")[2] for each in renders] == [
        "conv1_1:0",
        "conv1_1:1",
        "conv4_3:0",
        "conv4_3:1",
        "conv4_3:3",
    ]
    assert list(read(store.root, "vgg16@hed")) != []
    assert len(plots.layer_sheet(renders).axes) == 5


def test_a_gray_network_gives_gray_pictures(tmp_path):
    store = Store(tmp_path)
    fill(store, plan(network("lenet5", "random", random=True, input=(1, 32, 32)), layer("c3", 1)))
    (render,) = read(tmp_path, "lenet5@random")
    assert render.image.shape == (1, 64, 64)
    assert render.random


def test_a_transparent_picture_comes_back_on_gray_with_its_alpha(tmp_path):
    recipe = vizkit.Recipe(steps=2, dtype="float32", alpha=True)
    options = {"layers": ["c1"], "channels": "0", "studies": ["renders"], "recipe": recipe}
    vizkit.gallery.make("lenet5@random", tmp_path, size=32, block_size=1, **options)
    (read_back,) = read(tmp_path, "lenet5@random")
    (drawn,) = vizkit.render("lenet5@random/c1:0", size=32, block_size=1, recipe=recipe)
    # Up to 64 pixels nothing is lost but what 8 bits cannot hold.
    assert float((read_back.image - drawn.image).abs().max()) < 1.1 / 255
    assert float((read_back.alpha - drawn.alpha).abs().max()) < 0.51 / 255
    page = (tmp_path / "lenet5~arandom" / "c1" / "0.html").read_text()
    assert "--alpha" in page


def test_mistakes_name_the_nearest(store):
    with pytest.raises(StoreError, match=r"shows no layer 'conv4_2'.*Did you mean 'conv4_3'"):
        read(store.root, "vgg16@hed", "conv4_2")
    with pytest.raises(StoreError, match="holds no gallery of alexnet"):
        read(store.root, "alexnet@imagenet")


def test_a_damaged_picture_is_named(store):
    file = store.study_folder("vgg16@hed", "conv4_3", "renders") / "3.webp"
    file.write_bytes(b"x" * file.stat().st_size)
    with pytest.raises(StoreError, match=r"3\.webp.*cannot be read"):
        read(store.root, "vgg16@hed", "conv4_3")
