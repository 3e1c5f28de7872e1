"""A hub folder and a web server of a test's own."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@pytest.fixture
def hub_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty checkpoint folder of the torch hub; it does not exist yet."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("torch.hub._hub_dir", None)
    monkeypatch.delenv("VIZKIT_OFFLINE", raising=False)
    return tmp_path / "torch" / "hub" / "checkpoints"


@dataclass
class Server:
    """Files by name under `url`; `requests` counts what was asked for."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    cut_short: bool = False


@pytest.fixture
def server() -> Iterator[Server]:
    """Web server on this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            serving.requests.append(name)
            if name not in serving.files:
                self.send_error(404)
                return
            content = serving.files[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if serving.cut_short else content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        serving = Server(f"http://127.0.0.1:{listening.server_address[1]}")
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield serving
        listening.shutdown()
        thread.join()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def left_in(folder: Path) -> list[str]:
    """Names of everything in a folder that may not exist."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
