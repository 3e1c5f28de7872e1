"""Fields of the textbook's networks, by its recurrence."""

from __future__ import annotations


def field(layers: list[tuple[int, int]]) -> int:
    """Size of what a unit sees behind layers of (kernel, stride)."""
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size


def numbers(line: str) -> list[int]:
    return [int(word.replace(",", "")) for word in line.split() if word[0].isdigit()]


def test_printed_numbers(printed, tmp_path):
    lines = printed("sparse_connectivity").splitlines()
    # 9 units see 3 inputs each, but for the two at the border, which see 2.
    assert lines[0].startswith("kernel 3 ")
    assert numbers(lines[0].split(":")[1]) == [7 * 3 + 2 * 2, 3, 3]
    assert numbers(lines[1].split(":")[1]) == [9 * 9, 9, 9]
    chains = {
        "three layers": [(3, 1)] * 3,
        "stride 2": [(3, 2)] * 3,
        "pooling by 2": [(3, 1), (2, 2)] * 2,
    }
    for line, (name, layers) in zip(lines[2:5], chains.items(), strict=True):
        assert line.startswith(name)
        from_top = [field(layers[count:]) for count in range(len(layers) + 1)][::-1]
        assert numbers(line.split(":")[1]) == from_top
    for line, step in zip(lines[7:10], ([(3, 1)], [(3, 2)], [(3, 1), (2, 2)]), strict=True):
        sizes = numbers(line[18:])
        assert sizes == [field(step * (depth + 1)) for depth in range(6)]
    assert (tmp_path / "sparse_connectivity.png").is_file()


def test_printed_numbers_of_vgg16(printed):
    table = {
        words[0]: words
        for line in printed("sparse_connectivity").splitlines()
        if (words := line.split()) and words[0].startswith("conv")
    }
    depths = (2, 2, 3, 3, 3)
    for name, words in table.items():
        stage, place = int(name[4]), int(name[6])
        layers = []
        for each in range(1, stage):
            layers += [(3, 1)] * depths[each - 1] + [(2, 2)]
        layers += [(3, 1)] * place
        assert int(words[1]) == int(words[3]) == field(layers)
        side = 224 // 2 ** (stage - 1)
        assert int(words[7].replace(",", "")) == side**2
        # The pixel reaches the units whose field holds it, those at the border left out.
        jump = 2 ** (stage - 1)
        ahead = pad(layers)
        starts = [unit * jump - ahead for unit in range(side)]
        reached = sum(start <= 112 < start + field(layers) for start in starts)
        assert int(words[5]) == reached**2
    assert len(table) == 6


def pad(layers: list[tuple[int, int]]) -> int:
    """Pixels by which the first unit's field begins before the image; kernel 3 is padded by 1."""
    before, jump = 0, 1
    for kernel, stride in layers:
        before += jump * (kernel == 3)
        jump *= stride
    return before
