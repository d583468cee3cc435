"""Files of trained networks: weights and what made them, nothing that could run."""

from __future__ import annotations

import os
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.detector import CarDetector, DetectorConfig, new_detector


class CheckpointError(ValueError):
    """A file is no checkpoint, or one of another network."""


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what a checkpoint holds: tensors, numbers and texts; no code of it is run.

    Raises:
        CheckpointError: If there is none, or it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            # torch compresses nothing, so that what is read is no larger than the file, and itself
            # compares no checksum.
            stored = all(part.compress_type == zipfile.ZIP_STORED for part in archive.infolist())
            whole = stored and archive.testzip() is None
        held = torch.load(path, map_location="cpu", weights_only=True) if whole else None
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror or error}") from None
    except Exception:  # torch's reader raises whatever it stumbles over in a damaged file
        held = None
    if not isinstance(held, dict):
        raise CheckpointError(f"{path} is no checkpoint, or damaged: remove it and train anew")
    return held


def write_checkpoint(path: Path, held: dict[str, Any]) -> None:
    """Write a checkpoint in one step: a reader sees the old one or the new one.

    Args:
        path: Of the file.
        held: Modules, optimisers (their states are written), tensors, numbers and texts.
    """
    plain = {
        key: value.state_dict() if isinstance(value, nn.Module | torch.optim.Optimizer) else value
        for key, value in held.items()
    }
    beside = path.with_name(f".{path.name}.tmp")
    torch.save(plain, beside)
    os.replace(beside, path)


def save_detector(path: Path, network: CarDetector, threshold: float, data: str) -> None:
    """Write a trained detector.

    Args:
        path: Of the file.
        network: The detector.
        threshold: Score above which a detection is held for a car.
        data: Fingerprint of what it was trained on.
    """
    held = {"config": asdict(network.config), "threshold": threshold, "data": data}
    write_checkpoint(path, {**held, "network": network})


def load_detector(path: Path) -> tuple[CarDetector, float]:
    """Return a trained detector in evaluation mode, and the score above which it holds for a car.

    Raises:
        CheckpointError: If the file holds no detector.
    """
    held = read_checkpoint(path)
    try:
        network = new_detector(DetectorConfig(**held["config"]), 0)
        network.load_state_dict(held["network"])
        return network.eval(), float(held["threshold"])
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError):
        raise CheckpointError(f"{path} holds no car detector of this radvis") from None
