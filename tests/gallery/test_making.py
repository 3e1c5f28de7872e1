import json

import pytest
from torch import nn

import vizkit
from vizkit.errors import LayerNotFoundError, NotFoundError, StoreError, UsageError
from vizkit.gallery.making import make
from vizkit.gallery.site.build import build
from vizkit.gallery.states import status
from vizkit.gallery.store import Store
from vizkit.progress import Progress
from vizkit.rendering import Recipe

QUICK = Recipe(steps=1, rescues=0)
WANTED = {
    "lenet5@random": {"s4": "1,3", "c1": "0-2"},
    "squeezenet1_1@random": {"features.0": "5"},
}


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    root = tmp_path_factory.mktemp("gallery")
    seen: list[Progress] = []
    return root, make(WANTED, root, recipe=QUICK, progress=seen.append), seen


def test_each_network_gets_its_own_layers_and_channels(gallery):
    root, done, _ = gallery
    assert done.failed == ()
    assert done.index == root / "index.html"
    counts = status(root).networks
    assert {source: each.done for source, each in counts.items()} == {
        "lenet5@random": 5,
        "squeezenet1_1@random": 1,
    }
    shown = {path.parent.name: path.stem for path in root.glob("lenet5~arandom/*/1.html")}
    assert set(shown) == {"c1", "s4"}


def test_layers_are_planned_in_forward_order_whatever_the_order_asked(gallery):
    root, _, _ = gallery
    plan = Store(root).read_plan("lenet5@random")
    assert [layer.name for layer in plan.layers] == ["c1", "s4"]


def test_progress_runs_from_nothing_to_all_over_all_networks(gallery):
    _, _, seen = gallery
    shares = [now.done / now.total for now in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1)
    assert len({now.total for now in seen}) == 1


def test_a_second_call_computes_nothing(gallery):
    root, _, _ = gallery
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert make(WANTED, root, recipe=QUICK).computed == 0
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_a_gallery_grows(gallery, tmp_path):
    root, _, _ = gallery
    assert make({"lenet5@random": {"c1": "5"}}, root, recipe=QUICK).computed > 0
    assert status(root).networks["lenet5@random"].done == 6


def test_mistakes_are_found_before_any_work(gallery, tmp_path):
    with pytest.raises(LayerNotFoundError, match="c33"):
        make({"lenet5@random": {"c1": "0", "c33": "0"}}, tmp_path / "new")
    with pytest.raises(UsageError, match="no layers of lenet5@random"):
        make({"lenet5@random": {}}, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(StoreError, match="steps"):
        make(WANTED, gallery[0], recipe=Recipe(steps=2))


def test_a_network_that_is_loaded_and_studies_by_name(tmp_path):
    network = vizkit.load("lenet5")
    made = make(network, tmp_path, layers={"c1": "0-1", "c3": "5"}, studies=["filters", "tuning"])
    assert repr(made) == f"<Made of 5 new records, 0 failed: {tmp_path}/index.html>"
    assert status(tmp_path).total.done == 3
    share = make(network, tmp_path, layers=["c1"], channels="0", studies=["filters"], shard=(1, 2))
    assert (share.index, repr(share)) == (None, "<Made of 0 new records, 0 failed: a share>")
    assert repr(status(tmp_path)) == "<Status of 1 network: 3 of 3 units done>"


def test_a_network_that_is_asked_for_twice_is_refused(tmp_path):
    """Its second plan would else replace the first one."""
    with pytest.raises(UsageError, match=r"lenet5@digits is asked for twice"):
        make({"lenet5": {"c1": "0"}, "lenet5@digits": {"c3": "0"}}, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_module_that_is_not_loaded_yet(tmp_path):
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()).eval()
    with pytest.warns(UserWarning, match=r"gets images in \[0, 1\] as they are"):
        made = make(module, tmp_path, layers=["0"], channels="0", studies=["filters"])
    assert (made.computed, made.failed) == (1, ())
    assert json.loads(json.dumps(made.as_dict()))["index"] == str(tmp_path / "index.html")


def test_what_is_made_is_said_with_what_is_random_and_what_failed(tmp_path):
    made = make("lenet5@random", tmp_path, layers=["c1"], channels="0", studies=["filters"])
    assert str(made).splitlines() == [
        "lenet5@random: RANDOM WEIGHTS, never trained; every page says so.",
        f"1 new records: {tmp_path}/index.html",
    ]
    site = build(tmp_path)
    assert (repr(site), str(site)) == (
        f"<Site of 3 pages: {tmp_path}/index.html>",
        "3 pages, 0 outdated ones removed.",
    )
    assert json.loads(json.dumps(site.as_dict()))["counts"]["done"] == 1


def test_mistakes_in_studies_are_found_before_any_work(tmp_path):
    with pytest.raises(NotFoundError, match="Did you mean 'renders'"):
        make("lenet5", tmp_path / "new", studies=["render"])
    with pytest.raises(UsageError, match="the study 'tuning' has no option 'images'"):
        make("lenet5", tmp_path / "new", layers=["c1"], studies={"tuning": {"images": "mine"}})
    assert not (tmp_path / "new").exists()
