"""The recipe that collects photographs, on planted folders."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.recipes import recipe, run

TINY = f"{Path(__file__).parent / 'tiny.py'}:network"


def photograph(draw, size=(320, 400), light=0):
    """Blobs of noise: large differences from place to place, small ones from pixel to pixel."""
    coarse = draw.integers(0, 200, (*(side // 8 for side in size), 3)) + light
    pixels = np.kron(coarse, np.ones((8, 8, 1))) + draw.normal(0, 6, (*size, 3))
    pixels[: size[0] // 2] /= 2 if light else 1
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def test_photo_pool_keeps_distinct_photographs(tmp_path, monkeypatch, capsys):
    draw = np.random.default_rng(0)
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    photograph(draw).save(folder / "a.png")
    photograph(draw, (120, 320)).save(folder / "small.png")
    photograph(draw, light=50).save(folder / "z bright room.png")
    Image.open(folder / "a.png").resize((1600, 1280)).save(folder / "b larger.png")
    ImageOps.mirror(Image.open(folder / "a.png")).save(folder / "c mirrored.png")
    Image.new("RGB", (700, 700), "gray").save(folder / "flat.png")
    drawing = np.kron(draw.integers(0, 255, (10, 10, 3)), np.ones((40, 40, 1)))
    Image.fromarray(drawing.astype(np.uint8)).save(folder / "of a few colors.png")
    (folder / "torn.jpg").write_bytes(b"not a picture")
    run(recipe("photo_pool"), tmp_path / "in", tmp_path / "out")
    listed = capsys.readouterr()
    assert "2 photographs" in listed.out and "torn.jpg" in listed.err
    assert "b larger.png" in listed.out and "z bright room.png" in listed.out
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 2
    for wrong, words in ((tmp_path / "out", "pictures already"), (folder / "out", "is inside")):
        with pytest.raises(SystemExit):
            run(recipe("photo_pool"), tmp_path / "in", wrong)
        assert words in capsys.readouterr().err


def test_photo_pool_opens_archives_and_gives_cut_outs_a_ground(tmp_path, monkeypatch, capsys):
    draw = np.random.default_rng(1)
    folder = tmp_path / "in" / "package"
    folder.mkdir(parents=True)
    inside = io.BytesIO()
    blue = photograph(draw)
    blue.paste((0, 0, 255), (0, 0, 400, 60))
    blue.save(inside, "webp", lossless=True)
    (folder / "some.rcc").write_bytes(b"qres" + inside.getvalue() + b"RIFF is also a word" * 3)
    whole = Image.new("RGBA", (300, 300))
    whole.paste(photograph(draw, (200, 200), light=55), (50, 50))
    whole.save(folder / "cut out.png")
    run(recipe("photo_pool"), tmp_path / "in", tmp_path / "out")
    assert "some.rcc/001.webp" in capsys.readouterr().out
    with Image.open(tmp_path / "out" / "002.jpg") as found:
        assert found.size == (250, 250)  # the cut-out, a quarter larger
        assert found.getpixel((125, 4))[2] > 200 > 100 > found.getpixel((125, 4))[0]


def test_photo_pool_holds_out_every_twelfth(tmp_path, monkeypatch, capsys):
    draw = np.random.default_rng(2)
    (tmp_path / "in").mkdir()
    for number in range(25):
        # Each its own color, so that no two look alike.
        picture = photograph(draw, (160, 160))
        tint = Image.new("RGB", (160, 160), tuple(int(each) for each in draw.integers(0, 255, 3)))
        Image.blend(picture, tint, 0.7).save(tmp_path / "in" / f"{number}.png")
    out = tmp_path / "out"
    run(recipe("photo_pool"), tmp_path / "in", out)
    kept, held_out = len(list(out.glob("*.jpg"))), len(list((out / "held_out").glob("*.jpg")))
    assert kept > 12 and held_out == (kept + held_out) // 12
    given = (TINY, "--teacher", TINY, "--crops", 20, "--size", 24, "--photos", out / "held_out")
    run(recipe("teacher_agreement"), *given)
    assert f"{held_out} photographs" in capsys.readouterr().out
