"""Read a weights file without executing anything in it, and fit it to a network."""

from __future__ import annotations

import hashlib
import json
import struct
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vizkit.errors import WeightsInvalidError, WeightsNotFoundError
from vizkit.networks.weights.prefixes import renamed

State = Mapping[str, Tensor]

ABOUT = "vizkit"
"""Key of the metadata of a safetensors file, under which stands a JSON object, sorted by key. One
key alone, because safetensors writes several in an order that changes from file to file."""
_WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network")
_MOST_LISTED = 4


def read(path: Path) -> State:
    """Tensors of the safetensors file or saved state dict at `path`.

    The state may lie one or two dicts deep, under ``"state_dict"`` or ``"model"`` for example.

    Raises
    ------
    WeightsNotFoundError : there is no such file.
    WeightsInvalidError : it is not a file of weights, or holds more than tensors.
    """
    require(path)
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise WeightsInvalidError(f"{str(path)!r} is empty.\n  Download or copy it again.")
    if _looks_like_safetensors(head, path.stat().st_size) or path.suffix == ".safetensors":
        return _unwrapped(_read_safetensors(path), path)
    return _unwrapped(_read_pickle(path, head), path)


def trained_from(path: Path) -> str | None:
    """Network that the safetensors file at `path` says its weights were trained from, if it does.

    `distill_googlenet.py` writes that, e.g. ``"googlenet@random"``.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            said = json.loads((file.metadata() or {})[ABOUT])["network"]
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return None  # Whoever reads the tensors says what is wrong with the file.
    return said if isinstance(said, str) else None


def require(path: Path) -> None:
    """Refuse a path that is no file.

    Raises
    ------
    WeightsNotFoundError, WeightsInvalidError : there is nothing, or a folder.
    """
    if path.is_dir():
        raise WeightsInvalidError(f"{str(path)!r} is a folder.\n  Give the weights file in it.")
    if not path.is_file():
        raise WeightsNotFoundError(
            f"There is no weights file {str(path)!r}.\n"
            "  Give a safetensors file or a saved state dict."
        )


def fit(
    module: nn.Module, state: Mapping[str, Tensor], *, what: str, ignored: Sequence[str] = ()
) -> str:
    """Copy `state` into `module`, every tensor or none of use.

    Parameters
    ----------
    module : a network that vizkit built.
    state : tensors by name; floating point of any width becomes the module's own. Where all of the
        network stands behind one prefix, as DataParallel (``module.``) or a training loop
        (``model.``) puts it there, that is taken off; a prefix of the network's own is put before.
    what : the file, for messages.
    ignored : prefixes of names that the network has no place for and does not need.

    Returns
    -------
    str : sentence that says what was done to the names; empty for nothing.

    Raises
    ------
    WeightsInvalidError : names are missing or unknown, shapes differ, or numbers are not finite;
        or the network is there twice.
    """
    expected = module.state_dict()
    bare, done = renamed(state, expected, what)
    kept = OrderedDict(
        (name, value) for name, value in bare.items() if not name.startswith(tuple(ignored))
    )
    # Older checkpoints say so here, and some modules then translate them. Files that do not say
    # (safetensors) count as written by the module of today.
    kept._metadata = getattr(state, "_metadata", None) or expected._metadata  # type: ignore[attr-defined]
    faults = _wrong_shapes(expected, kept)
    if not faults:
        try:
            result = module.load_state_dict(kept, strict=False)
        except (RuntimeError, ValueError, AttributeError, TypeError) as error:
            raise WeightsInvalidError(f"{what} does not fit the network: {error}") from None
        # Checkpoints from before PyTorch 0.4.1 do not count batches, and nothing in eval mode does.
        missing = [n for n in result.missing_keys if not n.endswith("num_batches_tracked")]
        faults = _listed("lacks", missing) + _listed("has unknown", result.unexpected_keys)
    if faults:
        raise WeightsInvalidError(
            f"{what} does not fit {type(module).__name__}: " + "; ".join(faults) + ".\n"
            "  Name the network that the file was saved from, or bring your own: path.py:factory."
        )
    check_finite(module.state_dict(), what=what)
    return done


def check_finite(state: Mapping[str, Tensor], *, what: str) -> None:
    """Refuse weights with NaN or infinite numbers.

    Raises
    ------
    WeightsInvalidError : names the first such tensors.
    """
    bad = [
        name
        for name, value in state.items()
        if value.is_floating_point() and value.numel() and not bool(value.isfinite().all())
    ]
    if bad:
        raise WeightsInvalidError(
            f"{what} has NaN or infinite numbers: {'; '.join(_listed('in', bad))}.\n"
            "  It was saved from a training run that diverged; take an earlier checkpoint."
        )


def state_hash(state: Mapping[str, Tensor]) -> str:
    """SHA-256 of names, types, shapes and numbers of `state`, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(state):
        value = state[name].detach().cpu().contiguous()
        digest.update(f"{name}|{value.dtype}|{tuple(value.shape)}|".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _looks_like_safetensors(head: bytes, size: int) -> bool:
    """True when the file opens with a header length that fits in it and a JSON object."""
    if len(head) < 9:
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return bool(length <= size and head[8:9] == b"{")


def _read_safetensors(path: Path) -> Mapping[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        loaded: Mapping[str, Any] = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WeightsInvalidError(
            f"{str(path)!r} is not a whole safetensors file ({error}).\n"
            "  Download or copy it again."
        ) from None
    return loaded


def _read_pickle(path: Path, head: bytes) -> object:
    if head.startswith(b"\x89HDF"):
        raise WeightsInvalidError(
            f"{str(path)!r} is an HDF5 file, as Keras writes them.\n"
            "  Convert it to a state dict or to safetensors first."
        )
    _refuse_zip_bomb(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    # An untrusted file can make the reader fail in any way; all of them mean the same.
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsInvalidError(
            f"{str(path)!r} is not a saved state dict: {reason}\n"
            "  Nothing in it was executed. Save one with torch.save(net.state_dict(), FILE) or as "
            "safetensors; if it was downloaded, download it again."
        ) from None


def _refuse_zip_bomb(path: Path) -> None:
    """Refuse archives that would unpack to far more than their size; torch saves uncompressed."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > 4 * path.stat().st_size + (1 << 20):
        raise WeightsInvalidError(
            f"{str(path)!r} would unpack to {unpacked:,} bytes, many times its size; "
            "torch.save never writes such a file."
        )


def _unwrapped(loaded: object, path: Path) -> State:
    for _ in range(2):
        if isinstance(loaded, Mapping):
            inner = next((loaded[k] for k in _WRAPPERS if isinstance(loaded.get(k), Mapping)), None)
            loaded = loaded if inner is None else inner
    if not isinstance(loaded, Mapping) or not loaded:
        raise WeightsInvalidError(
            f"{str(path)!r} holds {'nothing' if loaded == {} else 'a ' + type(loaded).__name__}, "
            "not the named tensors of a state dict.\n"
            "  Save one with torch.save(net.state_dict(), FILE)."
        )
    odd = [str(n) for n, v in loaded.items() if not (isinstance(n, str) and isinstance(v, Tensor))]
    if odd:
        raise WeightsInvalidError(
            f"{str(path)!r} is not a state dict: {'; '.join(_listed('not a tensor under', odd))}.\n"
            "  Save one with torch.save(net.state_dict(), FILE)."
        )
    return loaded


def _wrong_shapes(expected: State, state: State) -> list[str]:
    pairs = [(name, expected[name], state[name]) for name in expected if name in state]
    wrong = [
        f"{name} {tuple(value.shape)} where {tuple(place.shape)} belongs"
        for name, place, value in pairs
        if value.shape != place.shape
    ]
    integers = [
        f"{name} of type {value.dtype} where numbers with a fraction belong"
        for name, place, value in pairs
        if place.is_floating_point() and not value.is_floating_point()
    ]
    return _listed("has", wrong) + _listed("has", integers)


def _listed(verb: str, names: Sequence[str]) -> list[str]:
    """At most one phrase: ``lacks a, b and 3 more``; none for no names."""
    if not names:
        return []
    shown = ", ".join(names[:_MOST_LISTED])
    more = len(names) - _MOST_LISTED
    return [f"{verb} {shown}" + (f" and {more} more" if more > 0 else "")]
