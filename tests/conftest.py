"""Tests run side by side, one process for each core: each takes one thread, and so do its children.

Two processes with a thread for each core wait for each other more than they compute.
"""

import os
from collections.abc import Iterator

import pytest

from tests.browser import Browser, find_browser

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium on this machine: pages were not tried in a browser")
    with Browser(executable) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """Browser; fails a test whose pages complained or asked for anything outside."""
    chromium.complaints.clear()
    chromium.requests.clear()
    yield chromium
    chromium.send("Emulation.setEmulatedMedia", features=[])
    chromium.run("localStorage.clear()")
    assert chromium.complaints == []
    inside = ("file:", "data:", "about:")
    assert [url for url in chromium.requests if not url.startswith(inside)] == []
