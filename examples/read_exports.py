"""Reads exports of a dataset with the libraries they are for, and says what each found.

    pip install '.[export]' pycocotools webdataset      # in radvis's folder
    python examples/read_exports.py data/parking_lot

Looks for the folders that `radvis export data/parking_lot --to FORMAT` makes unless told another
name: data/parking_lot-coco and so on. Each function is a start for code of your own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np


def coco(folder: Path) -> str:
    """Count pictures and targets with their masks."""
    from pycocotools.coco import COCO

    n_image = n_target = n_pixel = 0
    for file in sorted((folder / "annotations").glob("*.json")):
        labels = COCO(file)
        targets = [item for item in labels.anns.values() if item["target"]]
        n_image += len(labels.imgs)
        n_target += len(targets)
        n_pixel += sum(  # masks are there where the dataset has depth
            int(labels.annToMask(item).sum()) for item in targets if "segmentation" in item
        )
    size = f" of {n_pixel / n_target:.0f} px" if n_pixel else ""
    return f"{n_image} pictures, {n_target} targets{size}"


def webdataset(folder: Path) -> str:
    """Go through the samples of all tars."""
    from webdataset import WebDataset

    tars = [str(path) for path in sorted(folder.glob("*.tar"))]
    samples = WebDataset(tars, shardshuffle=False).decode("rgb8")
    read = list(samples)
    arrays = {key for sample in read for key in sample if not key.startswith("__")}
    return f"{len(read)} samples: {', '.join(sorted(arrays))}"


def huggingface(folder: Path) -> str:
    """Load the splits as tables, and one picture."""
    from datasets import load_dataset

    with TemporaryDirectory() as cache:  # else among those in the home folder
        splits = load_dataset(str(folder), cache_dir=cache)
        picture = next(iter(splits.values()))[0]["camera_image"]
        rows = ", ".join(f"{name} {len(table)}" for name, table in splits.items())
    return f"{rows} rows, pictures {picture.size}"


def kitti(folder: Path) -> str:
    """Read all scans, in both formats."""
    from pypcd4.pypcd4 import PointCloud

    n_point = n_scan = 0
    for path in sorted(folder.glob("*/velodyne/*.bin")):
        scan = np.fromfile(path, np.float32).reshape(-1, 4)
        cloud = PointCloud.from_path(path.parents[1] / "pcd" / f"{path.stem}.pcd")
        if not np.array_equal(cloud.numpy(("x", "y", "z", "intensity")), scan):
            raise click.ClickException(f"{path} differs from its .pcd")
        n_scan, n_point = n_scan + 1, n_point + len(scan)
    return f"{n_scan} scans of {n_point / max(n_scan, 1):.0f} points"


def folders(folder: Path) -> str:
    """Read all arrays, and count them by name."""
    found: Counter[str] = Counter()
    for path in sorted(folder.glob("*/*/*/*.npy")):
        np.load(path)
        found[path.parent.name] += 1
    return ", ".join(f"{count} {name}" for name, count in sorted(found.items()))


def sigmf(folder: Path) -> str:
    """Validate all recordings, samples against their checksum."""
    from sigmf import fromfile

    recordings = [fromfile(str(path)) for path in sorted(folder.glob("*/*.sigmf-meta"))]
    for recording in recordings:
        recording.validate()
        if recording.calculate_hash() != recording.get_global_field("core:sha512"):
            raise click.ClickException(f"{recording.data_file}: wrong checksum")
    n_symbol = sum(len(recording.get_captures()) for recording in recordings)
    return f"{len(recordings)} recordings, {n_symbol} symbols"


READERS: dict[str, Callable[[Path], str]] = {
    reader.__name__: reader for reader in (coco, webdataset, huggingface, kitti, folders, sigmf)
}


@click.command(help=(__doc__ or "").split("\n")[0])
@click.argument("dataset", type=click.Path(path_type=Path))
def main(dataset: Path) -> None:
    """Read what there is."""
    found = {name: dataset.with_name(f"{dataset.name}-{name}") for name in READERS}
    found = {name: folder for name, folder in found.items() if folder.is_dir()}
    if not found:
        raise click.ClickException(f"no exports of {dataset}: radvis export {dataset} --to coco")
    for name, folder in found.items():
        click.echo(f"{folder}: {READERS[name](folder)}")


if __name__ == "__main__":
    main()
