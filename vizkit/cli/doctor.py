"""``vizkit doctor``: what this machine has, in one report to read or to paste."""

from __future__ import annotations

import argparse
import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from vizkit.cli import cores
from vizkit.cli.flags import add_json_and_quiet
from vizkit.cli.width import terminal_width
from vizkit.text import aligned
from vizkit.version import __version__

_NEEDED = (
    "torch", "torchvision", "timm", "captum", "matplotlib", "scikit-image", "numpy", "pillow",
    "safetensors", "h5py", "tqdm", "jinja2",
)  # fmt: skip
_OPTIONAL = {
    "pip": "brings weights that come in wheels",
    "ipython": "shows results in notebooks",
    "scikit-learn": "its digits and photographs serve as examples",
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Report versions, devices and the weights that are at hand. Changes nothing."""
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Print the report."""
    report = examine()
    print(json.dumps(report) if args.json else _text(report))
    return 0


def examine() -> dict[str, Any]:
    """What the report says, ready for JSON."""
    import torch

    from vizkit.networks.inventory import files
    from vizkit.networks.weights import hub

    folder = hub.folder()
    return {
        "vizkit": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in _NEEDED},
        "optional": {name: _version(name) for name in _OPTIONAL},
        "devices": _devices(),
        "threads": torch.get_num_threads(),
        "usable_cores": cores.usable(),
        "load": cores.busy(),
        "hints": cores.hints(torch.get_num_threads()),
        "offline": hub.offline(),
        "weights_folder": str(folder),
        "weights_folder_writable": _writable(folder),
        "weights": [
            {"source": file.source, "status": file.status, "path": str(file.path)}
            for file in files()
            if file.path is not None
        ],
    }


def _devices() -> list[dict[str, Any]]:
    import torch

    from vizkit.networks.device import fast_bfloat16

    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    processor = capabilities.get("cpu_name") or platform.processor() or platform.machine()
    devices = [("cpu", f"{processor}, {os.cpu_count()} cores")]
    devices += [
        (f"cuda:{i}", torch.cuda.get_device_name(i)) for i in range(torch.cuda.device_count())
    ]
    return [
        {
            "device": name,
            "description": description,
            "fast_bfloat16": bool(fast_bfloat16(torch.device(name))),
        }
        for name, description in devices
    ]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _writable(folder: Path) -> bool:
    """True when files can be made in `folder`, or it can be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _text(report: dict[str, Any]) -> str:
    rows = [(name, str(report[name])) for name in ("vizkit", "python", "platform")]
    rows += [(name, version or "MISSING") for name, version in report["packages"].items()]
    rows += [
        (name, version or f"not installed ({_OPTIONAL[name]})")
        for name, version in report["optional"].items()
    ]
    for device in report["devices"]:
        speed = "fast bfloat16" if device["fast_bfloat16"] else "float32"
        rows.append((device["device"], f"{device['description']}, {speed}"))
    rows.append(("threads", f"{report['threads']} on {report['usable_cores']} usable cores"))
    access = "writable" if report["weights_folder_writable"] else "NOT WRITABLE"
    rows.append(("weights in", f"{report['weights_folder']} ({access})"))
    if report["offline"]:
        rows.append(("offline", "VIZKIT_OFFLINE is set: nothing is downloaded"))
    rows += [("", f"{weights['source']} ({weights['status']})") for weights in report["weights"]]
    return "\n".join(
        [aligned(rows, width=terminal_width()), *(f"Hint: {hint}" for hint in report["hints"])]
    )
