"""What importing the package and its commands loads, and what it offers."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import grimp
import pytest

import vizkit
from tests.gallery.fake import fill, layer, network, plan
from vizkit.gallery.store import Store

HEAVY = ("torch", "torchvision", "captum", "matplotlib", "skimage", "timm", "scipy", "pandas")


def run(code: str, *arguments: object) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def loaded_by(code: str, *arguments: object) -> set[str]:
    """Heavy packages that `code` loads in a fresh interpreter."""
    tell = f"\nimport json; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    return set(json.loads(run(f"import sys\n{code}{tell}", *arguments).splitlines()[-1]))


def test_importing_loads_nothing_heavy() -> None:
    assert loaded_by("import vizkit, vizkit.address, vizkit.errors, vizkit.version") == set()


def test_importing_parses_nothing() -> None:
    """Stubs are read on first use: every start would pay for it, of commands that need none too."""
    code = "import sys; before = set(sys.modules)\nimport vizkit\n"
    parsers = "{'ast', 'inspect', 'pathlib', 'importlib.metadata'} & set(sys.modules) - before"
    assert run(f"{code}print({parsers})") == "set()\n"


def test_importing_with_torch_loads_nothing_more() -> None:
    assert loaded_by("import torch; before = set(sys.modules)\nimport vizkit") <= {"torch"}


def test_the_command_line_loads_nothing_heavy() -> None:
    assert loaded_by("from vizkit.cli import build_parser; build_parser()") == set()


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["--help"], ["render", "--help"], ["probe", "--help"], ["nonsense"]],
)
def test_talk_needs_no_torch(arguments: list[str]) -> None:
    code = "from vizkit.cli import main; main(sys.argv[1:])"
    assert loaded_by(code, *arguments) == set()


@pytest.mark.parametrize("verb", ["status", "build"])
def test_a_gallery_is_read_and_built_without_torch(tmp_path: Path, verb: str) -> None:
    fill(Store(tmp_path), plan(network(), layer("a", channels=2)))
    code = "from vizkit.cli import main; assert main(sys.argv[1:]) == 0"
    assert loaded_by(code, "gallery", verb, tmp_path) == set()


def test_rendering_loads_no_figures_and_no_captum() -> None:
    code = "import vizkit; vizkit.render('lenet5/c1:0', recipe=vizkit.Recipe(steps=1))"
    assert not loaded_by(code) & {"captum", "matplotlib", "skimage", "pandas"}


def test_the_version_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vizkit", "--version"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"vizkit {vizkit.__version__}\n")


def test_everything_public_is_there() -> None:
    assert sorted(vizkit.__all__) == sorted(set(vizkit.__all__))
    for name in vizkit.__all__:
        assert getattr(vizkit, name) is not None
        assert name in dir(vizkit)
    assert dir(vizkit) == sorted(vizkit.__all__)
    with pytest.raises(AttributeError, match="module 'vizkit' has no attribute 'nothing'"):
        vizkit.nothing  # noqa: B018


INSIDE = {"cli", "pages", "tracing"}  # what no user of the library asks for


def test_every_part_is_reached_from_the_top_alone() -> None:
    parts = {part.name for part in pkgutil.iter_modules(vizkit.__path__) if part.ispkg} - INSIDE
    missing = "import vizkit; print([part for part in sys.argv[1:] if not hasattr(vizkit, part)])"
    assert run(f"import sys; {missing}", *sorted(parts)) == "[]\n"
    parts -= {"arithmetic"}
    assert loaded_by(f"import vizkit; {', '.join(f'vizkit.{part}' for part in parts)}") == set()


ORDERS = {
    "attribute": "import vizkit",
    "a part of it first": "import vizkit.rendering.recipe, vizkit.activations.hooks; import vizkit",
    "attribute, then package": "import vizkit; vizkit.render; import vizkit.rendering",
}


@pytest.mark.parametrize("order", ORDERS)
def test_verbs_are_functions_whatever_was_imported_before(order: str) -> None:
    code = f"""
{ORDERS[order]}
from torch import nn
gray = vizkit.Preprocessing((0.5,), (0.25,), (16, 16))
net = vizkit.load(nn.Sequential(nn.Conv2d(1, 6, 5)), preprocessing=gray, name="net")
(picture,) = vizkit.render(net, "0:0", recipe=vizkit.Recipe(steps=1, dtype="float32"))
with vizkit.capture(net, ["0"]) as acts:
    net(picture.image[None])
print(picture.address, tuple(acts["0"].shape))
import vizkit.rendering
print(vizkit.rendering.Recipe is vizkit.Recipe, vizkit.rendering.Renderer.__name__)
"""
    assert run(code) == "net@own/0:0 (1, 6, 12, 12)\nTrue Renderer\n"


FACES = [
    module.name
    for module in pkgutil.walk_packages(vizkit.__path__, "vizkit.")
    if module.ispkg
    and Path(vizkit.__path__[0], *module.name.split(".")[1:], "__init__.pyi").exists()
]


@pytest.mark.parametrize("face", ["vizkit", *FACES])
def test_faces_hand_out_what_their_stubs_say(face: str) -> None:
    package = importlib.import_module(face)
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    for name in package.__all__:
        value = getattr(package, name)
        assert isinstance(value, ModuleType) == (name in modules), (
            f"{face}.{name} is a module and something else at once: what runs depends on imports"
        )


def test_no_import_leads_back_to_where_it_began() -> None:
    """But for those that only type checkers read."""
    imports = grimp.build_graph("vizkit", exclude_type_checking_imports=True)
    order = TopologicalSorter(
        {name: imports.find_modules_directly_imported_by(name) for name in imports.modules}
    )
    assert len(tuple(order.static_order())) == len(imports.modules)
