"""README.md of a release: the dataset card, with the header that Hugging Face's hub reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synth.manifest import SPLITS
from synth.release.contents import (
    ENTRY_TEXTS,
    Contents,
    count,
    drawn,
    middle,
    plain,
    shares,
    size,
    split_frames,
)
from synth.release.frames import FILE as FRAMES

# Licences by which the hub knows them, https://huggingface.co/docs/hub/repositories-licenses; any
# other one is told by name and link.
HUB_LICENSES = frozenset({
    "Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0",
    "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0", "CC-BY-3.0",
    "CC-BY-SA-3.0", "MPL-2.0", "Unlicense",
})  # fmt: skip
TASKS = {"camera": "object-detection", "depth": "depth-estimation"}
SIZES = (
    (1e3, "n<1K"), (1e4, "1K<n<10K"), (1e5, "10K<n<100K"), (1e6, "100K<n<1M"),
    (1e7, "1M<n<10M"), (1e8, "10M<n<100M"),
    (1e9, "100M<n<1B"),  # a dataset has 15 million frames at most
)  # fmt: skip


def card(contents: Contents) -> str:
    """Return the card: YAML header and Markdown."""
    return f"---\n{_header(contents)}\n---\n\n{card_body(contents)}"


def card_body(contents: Contents) -> str:
    """Return the card's Markdown, which is written without the hub's library."""
    return "\n".join(_lines(contents)) + "\n"


def _header(contents: Contents) -> str:
    from huggingface_hub import DatasetCardData  # of the extra; checking a release needs none

    terms = contents.release.terms
    known = terms.license in HUB_LICENSES
    other: dict[str, Any] = {} if known else {
        "license_name": terms.license, "license_link": terms.license_url,
    }  # fmt: skip
    text: str = DatasetCardData(
        license=terms.license.lower() if known else "other",
        pretty_name=f"{terms.name} {terms.version}",
        size_categories=[next(name for most, name in SIZES if contents.n_frame < most)],
        task_categories=[TASKS[entry] for entry in contents.entries if entry in TASKS] + ["other"],
        annotations_creators=["machine-generated"],
        tags=["synthetic", "ray-tracing", *_tags(contents), *contents.scenes],
        configs=[{
            "config_name": "frames",
            "data_files": [{"split": "frames", "path": FRAMES}],
        }],
        **other,
    ).to_yaml()  # fmt: skip
    return text.strip()


def _lines(contents: Contents) -> Iterator[str]:
    release, terms = contents.release, contents.release.terms
    yield f"# {terms.name} {terms.version}\n"
    if terms.description:
        yield f"{plain(terms.description)}\n"
    yield (
        f"{count(contents.n_frame)} frames ({size(contents.bytes)}) of "
        f"{', '.join(contents.scenes)}, synthesised by ray tracing Blender scenes: every sensor "
        "sees the same geometry, and every label is exact.\n"
    )
    for name in release.datasets:
        if drawn(contents.manifests[name]):
            yield f"![Frames of {name}: a row each, a column a sensor](pictures/{name}.png)\n"
    yield "## What a frame holds\n"
    yield from (
        f"* **{entry}**: {ENTRY_TEXTS[entry]}{_where(contents, entry)}"
        for entry in contents.entries
    )
    ratio = ", signal-to-noise ratio" if contents.has_radio else ""
    of = f" (only of {', '.join(f'`{name}`' for name in release.datasets)})"
    yield (
        f"* **labels**{of if release.withheld else ''}: every object's class, model, 2-D and 3-D "
        f"box, velocity, visible share; the target's position, range, azimuth{ratio}; weather and "
        "light\n"
    )
    yield "## Splits\n"
    yield f"| dataset | {' | '.join(SPLITS)} | size |"
    yield "|---|" + "--:|" * (len(SPLITS) + 1)
    for name, manifest in contents.manifests.items():
        held = split_frames(manifest)
        numbers = " | ".join(count(held[part]) for part in SPLITS)
        yield f"| `{name}` | {numbers} | {size(sum(s.bytes for s in manifest.shards))} |"
    yield (
        "\nIn frames. Splits are by sequence of 15 frames, written in each `manifest.json`: no "
        "sequence, and so no layout, is in two of them."
    )
    if release.withheld:
        yield (
            f"\n{', '.join(f'`{name}`' for name in release.withheld)}: withheld. They hold what "
            "sensors saw, but no labels; estimates of them are scored by those who made them."
        )
    yield "\n## What is in it\n"
    yield "| dataset | weather | light | target's range | target's SNR |\n|---|---|---|---|---|"
    for name, told in contents.statistics.items():
        found = told["quantiles"]
        far = middle(found["target_range"], "m") if "target_range" in found else ""
        snr = middle(found["target_snr"], "dB") if "target_snr" in found else ""
        by = told["frames_by"]
        yield f"| `{name}` | {shares(by['weather'])} | {shares(by['light'])} | {far} | {snr} |"
    yield "\nRanges and ratios are those of the middle nine tenths of the frames.\n"
    yield "![Where targets are](statistics/targets.png)\n"
    yield "![Weather, light and models](statistics/worlds.png)\n"
    yield "## Use\n"
    yield "```python\nfrom synth import Dataset          # radvis, on any Python from 3.11"
    name = release.folders[0]
    split = next(split for split in SPLITS if contents.manifests[name].splits[split])
    yield f'data = Dataset("{name}", split="{split}")'
    yield f"frame = data[0]                    # arrays by key: {', '.join(_keys(contents))}\n```\n"
    yield (
        "Or open `shards/*.h5` with any HDF5 library that has the Bitshuffle and Zstandard filters "
        f"(`hdf5plugin`). `{FRAMES}` has a row a frame, to choose by. `radvis validate` "
        "checks every promise, `radvis export` writes COCO, WebDataset, Parquet, KITTI, SigMF.\n"
    )
    yield "## Files\n"
    yield "\n".join([
        "| | |\n|---|---|",
        *(f"| `{name}/` | a dataset: `manifest.json` and `shards/` |" for name in release.folders),
        f"| `{FRAMES}` | a row a frame: split, weather, target |",
        "| `statistics.json`, `statistics/` | how labels are distributed |",
        "| `DATASHEET.md` | how and why it was made, what it is for, what it is not |",
        "| `croissant.json` | the same for machines (MLCommons Croissant 1.1) |",
        "| `release.json` | name, version, licence, datasets, for programs |",
        "| `CHANGELOG.md`, `LICENSE` | what each version changed; the licence's name and place |",
        "| `SHA256SUMS` | `sha256sum -c SHA256SUMS` |\n",
    ])  # fmt: skip
    yield "## Terms\n"
    where = f", {terms.url}" if terms.url else ""
    when = f", {terms.day}" if terms.day else ""
    yield f"[{terms.license}]({terms.license_url}). {plain(terms.creator)}{when}{where}."


def _tags(contents: Contents) -> list[str]:
    """Return what a release is looked for by."""
    entries = contents.entries
    tags = ["radar", "6g"] if contents.has_radio else []
    tags += ["radio-visual"] if contents.has_radio and "camera" in entries else []
    return tags + (["lidar"] if "lidar" in entries else [])


def _where(contents: Contents, entry: str) -> str:
    """Return in which datasets an entry is held, unless in all."""
    names = [name for name, held in contents.manifests.items() if entry in held.config.entries]
    if len(names) == len(contents.manifests):
        return ""
    return f" (only in {', '.join(f'`{name}`' for name in names)})"


def _keys(contents: Contents) -> list[str]:
    first = contents.manifests[contents.release.folders[0]]
    every = {
        "camera": "camera/image", "depth": "depth/image", "lidar": "lidar/point",
        "radar": "radar/heatmap", "doppler": "radar/doppler_map", "csi": "csi/response",
    }  # fmt: skip
    return [*[key for entry, key in every.items() if entry in first.config.entries][:3], "..."]
