from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.gallery.fake import fill, layer, network, plan
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store

NASTY = "<script>alert(1)</script>/\"x' & é漢%2e:~"
CLASSES = {1: "tabby, tabby cat", 3: '"><img src=x onerror=alert(2)>', 40: "zebra"}


def write_gallery(root: Path) -> Store:
    """Store with every kind of unit, two networks and names that want to break out of the page."""
    store = Store(root)
    branches = (("mixed.branch1", 0, 4), ("mixed.branch2.1", 4, 64))
    fill(
        store,
        plan(
            network(),
            layer("conv1_1", channels=3, canvas=32, studies=("renders", "filters"), extent=(3, 3)),
            layer("mixed", channels=12, canvas=64, branches=branches, aliases=("inception3a",)),
            layer("deep", channels=2, canvas=96, extent=(224, 224), covers=True),
            layer("seen", channels=6, canvas=48, studies=("renders", "receptive_field")),
        ),
        dead=(9,),
        failed={10: "RenderError: <b>NaN</b> in step 3.\n  Lower the rate."},
        pending=(11,),
    )
    fill(
        store,
        plan(
            network(
                "nasty", "random", random=True, origin="<i>never</i> trained", input=(1, 32, 32)
            ),
            layer(NASTY, channels=2, canvas=28, extent=None, aliases=("</li>",)),
            replace(
                layer("logits", canvas=300, shape=(1000,), extent=None, covers=True),
                channels=tuple(CLASSES),
                labels=CLASSES,
            ),
        ),
    )
    return store


@pytest.fixture(scope="package")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Gallery with a site; shared, so not to be changed."""
    store = write_gallery(tmp_path_factory.mktemp("gallery"))
    build(store.root)
    return store
