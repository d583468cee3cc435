"""croissant.json: MLCommons Croissant 1.1, with its responsible-AI fields and PROV-O provenance.

Source: the Croissant format specification 1.1 and the Croissant RAI specification 1.0 of MLCommons;
W3C, PROV-O, 2013.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth.manifest import FILE as MANIFEST
from synth.release.contents import ENTRY_TEXTS, Contents, shares
from synth.release.frames import COLUMNS, Column
from synth.release.frames import FILE as FRAMES
from synth.release.terms import Terms
from synth.shards import file_sha256

FILE = "croissant.json"
CROISSANT, RAI = "http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "wd": "https://www.wikidata.org/wiki/",
}
SPLIT_URLS = {
    "train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"
}  # fmt: skip
MEDIA = {".csv": "text/csv", ".json": "application/json", ".md": "text/markdown"}
ASKED_FOR = (("datePublished", "day", "--date"), ("url", "url", "--url"))  # key, term, option
DESCRIBED = (FRAMES, "statistics.json", "DATASHEET.md")  # files beside the datasets'


def croissant(contents: Contents, folder: Path) -> bytes:
    """Return croissant.json.

    Args:
        contents: Of the release.
        folder: Where the files that it describes lie already.
    """
    terms = contents.release.terms
    told: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CROISSANT, RAI],
        "name": terms.name,
        "version": terms.version,
        "description": terms.description or (
            f"{contents.n_frame} synthetic frames of {', '.join(contents.scenes)}: "
            f"{'; '.join(ENTRY_TEXTS[entry] for entry in contents.entries)}."
        ),
        "license": terms.license_url,
        "creator": {"@type": "sc:Organization", "name": terms.creator},
        "keywords": ["synthetic data", "radar", "6G", "radio-visual", *contents.scenes],
        "isLiveDataset": False,
        "citeAs": f"{terms.creator}: {terms.name}, version {terms.version}.",
        **{key: value for key, term, _ in ASKED_FOR if (value := getattr(terms, term))},
        **_responsible(contents),
        **_provenance(contents),
        "distribution": [*_files(contents, folder), *_sets(contents)],
        "recordSet": [_splits(contents), _rows()],
    }  # fmt: skip
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()


def lacking(terms: Terms) -> str:
    """Return what Croissant 1.1 requires and the maintainer has not said; empty if nothing."""
    missing = [(key, option) for key, term, option in ASKED_FOR if not getattr(terms, term)]
    if not missing:
        return ""
    keys, options = (" and ".join(names) for names in zip(*missing, strict=True))
    return f"{FILE} lacks {keys}, which Croissant 1.1 requires: give {options}"


def _responsible(contents: Contents) -> dict[str, Any]:
    weather = "; ".join(
        f"{name}: {shares(told['frames_by']['weather'])}"
        for name, told in contents.statistics.items()
    )
    return {
        "rai:hasSyntheticData": True,
        "rai:dataCollection": "Synthesised by ray tracing procedural Blender scenes; nothing was "
        "recorded, no person is shown.",
        "rai:dataCollectionType": ["Others"],
        "rai:dataCollectionRawData": "None; the channel of the radio is held where a dataset has "
        "the entry csi.",
        "rai:dataAnnotationProtocol": ["Labels are read from the scene's geometry: exact, without "
                                       "annotators."],
        "rai:dataPreprocessingProtocol": ["No frame was left out, mended or selected."],
        "rai:dataLimitations": ["Synthetic: results must be confirmed on measurements. What the "
                                "models leave out is documented with the generator."],
        "rai:dataBiases": [f"Distributions are those of the configuration, not of a place. "
                           f"Weather: {weather}."],
        "rai:dataUseCases": ["Self-supervised and supervised localisation, detection and sensing "
                             "with radio and vision; not to decide that a system is safe on real "
                             "roads."],
        "rai:dataSocialImpact": "Radio senses without pictures of people; methods trained on such "
        "data may also be used to track people and cars without their knowledge.",
        "rai:personalSensitiveInformation": ["None."],
        "rai:dataReleaseMaintenancePlan": "Semantic versions: major where data changed, minor "
        "where data were added, patch where they are the same.",
    }  # fmt: skip


def _provenance(contents: Contents) -> dict[str, Any]:
    """Return who made the data by what: one activity a dataset, by PROV-O."""
    withheld = contents.release.withheld
    return {
        "prov:wasAttributedTo": {
            "@type": "prov:Agent", "@id": "creator", "prov:label": contents.release.terms.creator,
        },
        "prov:wasGeneratedBy": [
            {
                "@type": "prov:Activity",
                "@id": f"synthesis/{name}",
                "prov:label": f"radvis synth: {manifest.n_frame} frames of {manifest.name}"
                + ("" if name in withheld else f", seed {manifest.seed}"),
                "prov:wasAssociatedWith": {
                    "@type": "prov:SoftwareAgent", "@id": f"generator/{name}",
                    "prov:label": manifest.generator,
                },
                "prov:used": {
                    "@type": "prov:Entity", "@id": f"{name}/configuration",
                    "prov:label": f"config of {name}/{MANIFEST}",
                },
            }
            for name, manifest in contents.manifests.items()
        ],
    }  # fmt: skip


def _files(contents: Contents, folder: Path) -> list[dict[str, Any]]:
    """Return the files with checksums; those of shards stand in the manifests that are here."""
    texts = {
        FRAMES: "A row a frame: dataset, split, shard, weather, target.",
        "statistics.json": "How labels are distributed.",
        "DATASHEET.md": "Answers to the questions of datasheets for datasets.",
    }
    manifests = {
        f"{name}/{MANIFEST}": f"Configuration, splits and checksums of {name}."
        for name in contents.manifests
    }
    plain = {**{name: texts[name] for name in DESCRIBED}, **manifests}
    return [
        _file(name, (folder / name).stat().st_size, file_sha256(folder / name), text)
        for name, text in plain.items()
    ]


def _file(name: str, n_bytes: int, digest: str, text: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject", "@id": name, "name": name, "description": text,
        "contentUrl": name, "contentSize": f"{n_bytes} B",
        "encodingFormat": MEDIA[Path(name).suffix], "sha256": digest,
    }  # fmt: skip


def _sets(contents: Contents) -> list[dict[str, Any]]:
    return [
        {
            "@type": "cr:FileSet", "@id": f"{name}/shards", "name": f"{name}/shards",
            "description": f"All sequences of {name}, HDF5, 15 frames each.",
            "encodingFormat": "application/x-hdf5", "includes": f"{name}/shards/*.h5",
        }
        for name in contents.manifests
    ]  # fmt: skip


def _splits(contents: Contents) -> dict[str, Any]:
    names = sorted({
        name for told in contents.statistics.values() for name in told["frames_by"]["split"]
    })  # fmt: skip
    return {
        "@type": "cr:RecordSet", "@id": "splits", "name": "splits",
        "description": "Recommended splits, by sequence.", "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url",
             "dataType": ["sc:URL", "wd:Q3985153"]},
        ],
        "data": [{"splits/name": name, "splits/url": SPLIT_URLS[name]} for name in names],
    }  # fmt: skip


def _rows() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet", "@id": "frames", "name": "frames",
        "description": "One record a frame; arrays are in the shard, at row `index`.",
        "field": [_field(column) for column in COLUMNS],
    }  # fmt: skip


def _field(column: Column) -> dict[str, Any]:
    unit = f" [{column.unit}]" if column.unit else ""
    told: dict[str, Any] = {
        "@type": "cr:Field", "@id": f"frames/{column.name}", "name": column.name,
        "description": f"{column.text}{unit}.", "dataType": f"sc:{column.kind}",
        "source": {"fileObject": {"@id": FRAMES}, "extract": {"column": column.name}},
    }  # fmt: skip
    if column.name == "split":
        # 1.1 writes {"@id": ...} alone, which mlcroissant does not read yet.
        told["references"] = {"field": {"@id": "splits/name"}}
    return told


def described(held: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Return size and checksum by file, of a croissant.json from anywhere.

    Raises:
        KeyError, TypeError, ValueError: If its list of files is damaged.
    """
    found = {}
    for item in held["distribution"]:
        if not isinstance(item, dict):
            raise ValueError(f"{item!r:.100} in distribution is no object")
        if item["@type"] == "cr:FileObject":
            name, place, size, digest = (
                _text(item, key) for key in ("@id", "contentUrl", "contentSize", "sha256")
            )
            if not re.fullmatch(r"[0-9]{1,18} B", size) or place != name:
                raise ValueError(f"{name!r:.100} is described in another way than ours")
            found[name] = int(size.removesuffix(" B")), digest
    return found


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item[key]
    if not isinstance(value, str):
        raise ValueError(f"{key} {value!r:.100} is no text")
    return value
