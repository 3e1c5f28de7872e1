from __future__ import annotations

from pathlib import Path

import pytest

from vizkit.errors import NetworkNotFoundError, NotFoundError
from vizkit.networks import registry


@pytest.mark.parametrize(
    ("source", "name", "tag"),
    [
        ("googlenet", "googlenet", None),
        ("vgg16@hed", "vgg16", "hed"),
        ("resnet18@file-0123abcd", "resnet18", "file-0123abcd"),
        ("timm:resnet50.a1_in1k@random", "timm:resnet50.a1_in1k", "random"),
        ("net.py:make", "net.py:make", None),
        ("net.py:make@random", "net.py:make", "random"),
        ("/home/a@b/net.py:make", "/home/a@b/net.py:make", None),
        ("/home/a@b/net.py:make@own", "/home/a@b/net.py:make", "own"),
        ("a@b.py:make", "a@b.py:make", None),
    ],
)
def test_split(source: str, name: str, tag: str | None) -> None:
    assert registry.split(source) == (name, tag)


def test_every_classification_network_of_torchvision_is_there() -> None:
    from torchvision import models

    assert set(models.list_models(module=models)) <= set(registry.names())
    assert {"lenet5", "efficientnet_lite0", "googlenet_paper"} <= set(registry.names())


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("googlenet", ("imagenet", "distilled", "random")),
        ("vgg16", ("imagenet", "hed", "random")),
        ("resnet50", ("imagenet", "random")),
        ("lenet5", ("digits", "random")),
        ("efficientnet_lite0", ("imagenet", "random")),
        ("timm:resnet26d", ("imagenet", "random")),
    ],
)
def test_tags_with_the_default_first(name: str, tags: tuple[str, ...]) -> None:
    assert registry.tags(name) == tags
    assert registry.blueprint(name).tag == tags[0]
    assert [registry.blueprint(name, tag).source for tag in tags] == [f"{name}@{t}" for t in tags]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("googelnet", "Did you mean 'googlenet'"),
        ("VGG16", "Did you mean 'vgg16'"),
        ("resnet26d", "timm has it: timm:resnet26d"),
        ("timm:resnet26z", "Did you mean 'resnet26"),
        ("nothing like it", "List them with: vizkit models"),
    ],
)
def test_a_mistyped_network_is_answered_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(NetworkNotFoundError, match=hint) as caught:
        registry.blueprint(name)
    assert str(caught.value).startswith(repr(name))


@pytest.mark.parametrize(
    ("name", "tag", "hint"),
    [
        ("googlenet", "destilled", "Did you mean 'distilled'"),
        ("lenet5", "hed", "It has: lenet5@digits, lenet5@random"),
        ("alexnet", "hed", "It has: alexnet@imagenet, alexnet@random"),
    ],
)
def test_weights_that_a_network_does_not_have(name: str, tag: str, hint: str) -> None:
    with pytest.raises(NotFoundError, match=hint):
        registry.blueprint(name, tag)


def test_a_hint_that_is_empty_leaves_no_space() -> None:
    with pytest.raises(NetworkNotFoundError) as caught:
        registry.blueprint("zzzzzz")
    assert not any(line != line.rstrip() for line in str(caught.value).splitlines())


def test_a_file_without_a_function_names_those_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("def make(): ...\ndef _own(): ...\nclass Net: ...\n")
    with pytest.raises(NetworkNotFoundError, match=r"net\.py:NAME\.\n  It has: make, Net\.$"):
        registry.blueprint(str(path))
    with pytest.raises(NetworkNotFoundError, match="there is no file"):
        registry.blueprint(str(tmp_path / "absent.py"))
