"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import vizkit
from vizkit.errors import WeightsNotFoundError

MODULES = [
    module.name
    for module in pkgutil.walk_packages(vizkit.__path__, "vizkit.")
    if not module.name.endswith("__main__")
]


class _Runner(doctest.DocTestRunner):
    """Leaves weights that are not on this machine to the test, which skips and says so."""

    def report_unexpected_exception(self, out, test, example, exc_info):
        if isinstance(exc_info[1], WeightsNotFoundError):
            raise exc_info[1]
        super().report_unexpected_exception(out, test, example, exc_info)


@pytest.mark.parametrize("name", ["vizkit", *MODULES])
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    runner = _Runner(optionflags=doctest.ELLIPSIS)
    for example in doctest.DocTestFinder(exclude_empty=True).find(module):
        said: list[str] = []
        try:
            runner.run(example, out=said.append)
        except WeightsNotFoundError as missing:
            pytest.skip(f"{example.name}: {missing}".split("\n")[0])
        assert not said, "".join(said)
