from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.networks.conftest import Server, digest, left_in
from vizkit.errors import WeightsInvalidError, WeightsNotFoundError
from vizkit.networks.weights.fetch import fetch, verify
from vizkit.networks.weights.sources import Packaged, Url, WeightsFile

CONTENT = b"weights" * 300_000


def weights_at(server: Server) -> WeightsFile:
    hash8 = digest(CONTENT)[:8]
    file = f"net-{hash8}.pth"
    server.files[file] = CONTENT
    return WeightsFile(file, hash8, "made for a test", Url(f"{server.url}/{file}"))


def test_download_lands_in_the_hub_folder_once(hub_folder: Path, server: Server) -> None:
    weights = weights_at(server)
    path, found = fetch(weights, wanted_by="net@imagenet")
    assert path == hub_folder / weights.file
    assert path.read_bytes() == CONTENT
    assert found == digest(CONTENT)
    assert fetch(weights, wanted_by="net@imagenet") == (path, found)
    assert server.requests == [weights.file]
    assert left_in(hub_folder) == [weights.file]


def test_a_wrong_hash_is_named_and_nothing_is_kept(hub_folder: Path, server: Server) -> None:
    weights = weights_at(server)
    server.files[weights.file] = CONTENT[:-1] + b"?"
    with pytest.raises(
        WeightsInvalidError, match=r"sha256 does not begin with .* nothing was kept"
    ):
        fetch(weights, wanted_by="net@imagenet")
    assert left_in(hub_folder) == []


def test_a_truncated_download_is_named_and_nothing_is_kept(
    hub_folder: Path, server: Server
) -> None:
    weights = weights_at(server)
    server.cut_short = True
    with pytest.raises(WeightsNotFoundError, match=r"connection closed after 1,0.* of 2,100,000"):
        fetch(weights, wanted_by="net@imagenet")
    assert left_in(hub_folder) == []


@pytest.mark.parametrize("offline", [True, False])
def test_an_unreachable_file_is_described_completely(
    hub_folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    weights = weights_at(server)
    server.files.clear()
    if offline:
        monkeypatch.setenv("VIZKIT_OFFLINE", "1")
    with pytest.raises(WeightsNotFoundError) as caught:
        fetch(weights, wanted_by="net@imagenet", instead="Without it: net@random.")
    assert str(caught.value).splitlines() == [
        "net@imagenet is not cached, and "
        + (
            "VIZKIT_OFFLINE is set."
            if offline
            else "getting it failed (HTTPError: HTTP Error 404: Not Found)."
        ),
        f"  Put {weights.file} from {server.url}/{weights.file}",
        f"  into {hub_folder}, or pass --weights FILE.",
        "  Without it: net@random.",
    ]
    assert server.requests == ([] if offline else [weights.file])
    assert left_in(hub_folder) == []


def test_a_server_that_refuses_is_unreachable(hub_folder: Path) -> None:
    # Port 1 is never served; the connection is refused at once.
    weights = WeightsFile("net-00000000.pth", "00000000", "", Url("http://127.0.0.1:1/net.pth"))
    with pytest.raises(WeightsNotFoundError, match="Connection refused"):
        fetch(weights, wanted_by="net@imagenet")
    assert left_in(hub_folder) == []


def test_a_file_put_there_by_hand_is_taken_and_checked(
    hub_folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = weights_at(server)
    monkeypatch.setenv("VIZKIT_OFFLINE", "1")
    hub_folder.mkdir(parents=True)
    (hub_folder / weights.file).write_bytes(CONTENT)
    assert fetch(weights, wanted_by="net@imagenet")[1] == digest(CONTENT)
    (hub_folder / weights.file).write_bytes(CONTENT[:1000])
    with pytest.raises(WeightsInvalidError, match="is not the file that net@imagenet needs"):
        fetch(weights, wanted_by="net@imagenet")
    assert left_in(hub_folder) == [weights.file], "a file of the user's is never deleted"
    assert server.requests == []


def test_a_folder_that_cannot_be_made_is_said(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").write_text("a file where a folder belongs")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("torch.hub._hub_dir", None)
    with pytest.raises(WeightsNotFoundError, match="NotADirectoryError"):
        fetch(weights_at(server), wanted_by="net@imagenet")


def test_a_missing_packaged_file_says_to_install_again() -> None:
    weights = WeightsFile("nothing.safetensors", "00", "", Packaged())
    with pytest.raises(WeightsNotFoundError, match="Install vizkit again"):
        fetch(weights, wanted_by="net@distilled")


def test_a_damaged_packaged_file_says_to_install_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torn.safetensors").write_bytes(b"torn")
    monkeypatch.setattr(
        "vizkit.networks.weights.hub.place", lambda weights: tmp_path / weights.file
    )
    weights = WeightsFile("torn.safetensors", "123456", "", Packaged())
    with pytest.raises(WeightsInvalidError, match="install vizkit again"):
        fetch(weights, wanted_by="net@distilled")


def test_an_interrupted_download_leaves_nothing(
    hub_folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> object:
        yield CONTENT[:10]
        raise KeyboardInterrupt

    monkeypatch.setattr("vizkit.networks.weights.fetch._chunks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(weights_at(server), wanted_by="net@imagenet")
    assert left_in(hub_folder) == []


def test_no_published_hash_means_no_check(hub_folder: Path, server: Server) -> None:
    weights = dataclasses.replace(weights_at(server), sha256="")
    fetch(weights, wanted_by="net@imagenet")
    assert verify(weights, wanted_by="net@imagenet") == digest(CONTENT)
