"""Shards: every piece in exactly one, all about equally long, whatever is done already."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gallery.fake import fill, layer, network, plan
from tests.gallery.small import lenet, small_plan
from vizkit import Network
from vizkit.errors import UsageError
from vizkit.gallery.pieces import Piece, pending, pieces
from vizkit.gallery.plan import Plan
from vizkit.gallery.shards import cost, deal, shard_pieces
from vizkit.gallery.store import Store

NET = lenet()
COSTS = st.lists(st.floats(0, 1e6), max_size=40)
PLANS = st.builds(
    lambda sizes, block: plan(
        network(),
        *(
            layer(f"l{place}", channels=size, block_size=block, studies=names, module="c1")
            for place, (size, names) in enumerate(sizes)
        ),
    ),
    st.lists(
        st.tuples(
            st.integers(1, 20),
            st.sampled_from(
                [("renders",), ("renders", "filters"), ("other",), ("renders", "tuning")]
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([1, 4, 8, 16]),
)


def shards(net: Network, made: Plan, count: int) -> list[list[Piece]]:
    return [shard_pieces(net, made, (number, count)) for number in range(1, count + 1)]


@given(costs=COSTS, count=st.integers(1, 9))
def test_the_longest_share_is_within_one_piece_of_the_mean(costs: list[float], count: int) -> None:
    shares = deal(costs, count)
    assert len(shares) == len(costs)
    assert {*shares} <= {*range(count)}
    loads = [0.0] * count
    for seconds, share in zip(costs, shares, strict=True):
        loads[share] += seconds
    assert max(loads) <= (sum(costs) / count + max(costs, default=0)) * (1 + 1e-9)


@given(costs=COSTS, count=st.integers(1, 9))
def test_no_share_is_empty_while_another_has_several_pieces(costs: list[float], count: int) -> None:
    shares = deal(costs, count)
    assert len({*shares}) == min(count, len(costs))
    assert deal(costs, count) == shares


def test_equal_pieces_are_dealt_in_turn() -> None:
    assert deal([1.0] * 5, 2) == [0, 1, 0, 1, 0]
    assert deal([0.0] * 5, 3) == [0, 1, 2, 0, 1]


@settings(max_examples=40, deadline=None)
@given(made=PLANS, count=st.integers(1, 9))
def test_shards_are_disjoint_and_cover_the_plan(made: Plan, count: int) -> None:
    everything = list(pieces(made))
    shares = shards(NET, made, count)
    assert sorted(map(everything.index, chain(*shares))) == [*range(len(everything))]
    assert all(
        [*map(everything.index, share)] == sorted(map(everything.index, share)) for share in shares
    )
    units = [
        (layer.name, piece.study, channel)
        for piece in everything
        for layer, channel in piece.units()
    ]
    assert len({*units}) == len(units)
    assert len(units) == sum(len(layer.channels) * len(layer.studies) for layer in made.layers)
    costs = [cost(NET, piece) for piece in everything]
    loads = [sum(cost(NET, piece) for piece in share) for share in shares]
    assert max(loads) <= sum(costs) / count + max(costs) + 1e-9
    for piece in everything:
        if piece.study == "renders":
            assert 0 < len(piece.channels) <= piece.layer.block_size
        elif piece.study == "filters":
            assert piece.channels == piece.layer.channels
    assert sum(piece.study == "tuning" for piece in everything) <= 1


def test_both_halves_of_a_small_plan_have_work() -> None:
    """Dealt in turn, the second half would have had the studies of one layer alone."""
    one, other = shards(NET, small_plan(NET, "c1", "0-3"), 2)
    assert one and other


def test_shards_do_not_move_when_a_part_is_done(tmp_path: Path) -> None:
    made = plan(network(), layer("a", channels=20, block_size=4, module="c1"))
    store = Store(tmp_path)
    before = [list(pending(store, share)) for share in shards(NET, made, 2)]
    fill(store, made, pending=tuple(range(5, 20)))
    after = [list(pending(store, share)) for share in shards(NET, made, 2)]
    for old, new in zip(before, after, strict=True):
        kept = {channel for work in old for channel in work.channels if channel >= 5}
        assert {channel for work in new for channel in work.channels} == kept


@pytest.mark.parametrize("shard", [(0, 1), (2, 1), (-1, 3), (1, 0)])
def test_shards_that_do_not_exist(shard: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        shard_pieces(NET, plan(network(), layer("a")), shard)
