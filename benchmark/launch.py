"""What a run needs before it begins: devices, and a folder that can be written.

Several processes are started by torchrun, which tells each of them its number and how many there
are: docs/benchmark.md, "Many machines".
"""

from __future__ import annotations

import logging
import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import torch
from lightning_fabric import Fabric
from torch import distributed

from benchmark.methods import MethodError
from benchmark.training import Diverged, OutOfMemory, is_out_of_memory
from models.checkpoint import CheckpointError
from synth.manifest import FILE as MANIFEST

FULL = "32-true"  # precision, as Fabric names it


class BenchError(click.ClickException):
    """What stopped a run, in a line; exit status 2."""

    exit_code = 2


def launch(device: str, precision: str) -> Fabric:
    """Return what to train on: the devices that torchrun gives its processes, else one.

    Raises:
        BenchError: If there is no such device, or too few of them.
    """
    n_cuda = torch.cuda.device_count()
    if device == "cuda" and not n_cuda:
        raise BenchError("no CUDA device here: leave out --device")
    here, everywhere = (int(os.environ.get(k, "1")) for k in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    if device != "cpu" and 0 < n_cuda < here:
        raise BenchError(
            f"{here} processes for {n_cuda} CUDA devices: torchrun --nproc_per_node {n_cuda}, or "
            "--device cpu"
        )
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    fabric = Fabric(
        accelerator=device,
        strategy="ddp" if everywhere > 1 else "auto",
        devices=here,
        num_nodes=everywhere // here,
        precision=precision,  # type: ignore[arg-type]
    )
    fabric.launch()
    return fabric


def check_folders(data: Path, out: Path) -> None:
    """Raise BenchError unless there is a dataset, and files can be written beside the results."""
    if data.is_file():
        raise BenchError(f"{data} is a file: --data takes the folder of a dataset")
    if not (data / MANIFEST).exists():
        raise BenchError(
            f"{data} is no dataset: make one with radvis synth --scene parking_lot --n 1500 "
            f"--entries camera,radar,doppler --out {shlex.quote(str(data))}"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise BenchError(f"--out {out}: {error.strerror or error}; choose another folder") from None


@contextmanager
def faults_told(out: Path) -> Iterator[None]:
    """Turn what stops a run into a BenchError, and let the other processes go at its end."""
    try:
        yield
    except (CheckpointError, Diverged, MethodError, OutOfMemory) as error:
        raise BenchError(str(error)) from None
    except OSError as error:
        raise BenchError(
            f"{error.filename or out}: {error.strerror or error}; what is finished is kept: mend "
            "that, and run the same command again"
        ) from None
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise BenchError("the memory is full: take a smaller --batch or --preset") from None
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()
