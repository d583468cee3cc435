"""DATASHEET.md: the questions of datasheets for datasets, answered from configuration and data.

Source: Gebru et al., Datasheets for datasets, Communications of the ACM 64(12), 2021.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scenes.config import SEQUENCE_LENGTH, ScenarioConfig
from synth.manifest import Manifest
from synth.release.contents import (
    ENTRY_TEXTS,
    Contents,
    count,
    plain,
    shares,
    size,
    split_frames,
)
from synth.release.record import Release
from synth.sample import RADIO

_RAYS = "depth, instances and lidar by rays in Embree"
_RADIO = "radio by shooting and bouncing of rays with exact specular paths"
MEANS = {
    "camera": "pictures by path tracing in Cycles", "depth": _RAYS, "lidar": _RAYS,
    **dict.fromkeys(("radar", "doppler", "csi", "paths"), _RADIO),
}  # fmt: skip
_THERMAL = "thermal noise of the radio"
NOISE = {
    "camera": "sampling noise of the pictures", "lidar": "noise of the lidar's range",
    "radar": _THERMAL, "doppler": _THERMAL, "csi": _THERMAL,
}  # fmt: skip
TASKS = {
    "camera": "detection in pictures", "depth": "depth, segmentation",
    "lidar": "detection in scans", "radar": "radio-only sensing, sensor fusion",
    "csi": "channel estimation and prediction, beam management",
}  # fmt: skip
_OF_RADIO = frozenset(RADIO)
SETTINGS = {
    "picture [px]": frozenset({"camera", "depth"}),
    "carrier": _OF_RADIO,
    "bandwidth": _OF_RADIO,
    "array": _OF_RADIO,
    "heatmap": frozenset({"radar"}),
    "range shown": frozenset({"radar"}),
}  # of which entries each column tells
Answers = tuple[tuple[str, str], ...]
NOBODY = "No: nobody and nothing that exists is shown."
NO_PERSON = "Does not apply: the data are of no person."


def datasheet(contents: Contents) -> str:
    """Return the datasheet as Markdown."""
    terms = contents.release.terms
    lines = [
        f"# Datasheet of {terms.name} {terms.version}",
        "",
        "The questions are those of Gebru et al., *Datasheets for datasets*, 2021. What follows "
        "is written from the configuration and from the data themselves.",
    ]
    for title, answers in (
        ("Motivation", _motivation(contents)),
        ("Composition", _composition(contents)),
        ("Collection process", _collection(contents)),
        ("Preprocessing, cleaning, labelling", _processing()),
        ("Uses", _uses(contents)),
        ("Distribution", _distribution(contents)),
        ("Maintenance", _maintenance(contents)),
    ):
        lines += ["", f"## {title}"]
        for question, answer in answers:
            lines += ["", f"**{question}**", "", answer]
    return "\n".join(lines) + "\n"


def _motivation(contents: Contents) -> Answers:
    terms = contents.release.terms
    return (
        ("For what purpose was the dataset created?",
         plain(terms.description) or "For research on sensing with radio and vision together, "
         "above all on localisation that learns from pairs of radar and camera alone."),
        ("Who created the dataset and on behalf of which entity?", f"{plain(terms.creator)}."),
        ("Who funded the creation of the dataset?", f"Not said; ask {plain(terms.creator)}."),
    )  # fmt: skip


def _composition(contents: Contents) -> Answers:
    release, manifests = contents.release, contents.manifests
    ratio = " and signal-to-noise ratio" if contents.has_radio else ""
    echoes = " Propagation brings clutter, fading and multipath." if contents.has_radio else ""
    lost = (
        f"All labels of {', '.join(release.withheld)}, and the seed: 0 stands in its place."
        if release.withheld else "No."
    )  # fmt: skip
    numbers = "; ".join(
        f"{count(held.n_frame)} of `{name}` ({held.name})" for name, held in manifests.items()
    )
    held = "; ".join(ENTRY_TEXTS[entry] for entry in contents.entries)
    withheld = (
        f" Those of {', '.join(release.withheld)} are not in this release." if release.withheld
        else ""
    )  # fmt: skip
    return (
        ("What do the instances that comprise the dataset represent?",
         "Moments of synthetic traffic scenes as several sensors of one post see them: "
         f"{', '.join(contents.scenes)}. {SEQUENCE_LENGTH} successive ones make a sequence."),
        ("How many instances are there in total?",
         f"{count(contents.n_frame)} frames, {size(contents.bytes)}: {numbers}."),
        ("Does the dataset contain all possible instances or is it a sample of instances from a "
         "larger set?",
         "A sample: another seed gives other layouts, weather and traffic of the same "
         "distribution, without end."),
        ("What data does each instance consist of?",
         f"{held}. Shapes, units and signs are in the format's documentation of the generator.\n\n"
         + "\n".join(_settings(manifests))),
        ("Is there a label or target associated with each instance?",
         "Yes, exact by construction: class, model, 2-D and 3-D box, velocity and visible share "
         f"of every object, the target's position, range, azimuth{ratio}, weather and "
         f"light.{withheld}"),
        ("Is any information missing from individual instances?",
         f"{lost} A target that is hidden or out of the picture has an empty box."),
        ("Are relationships between individual instances made explicit?",
         "Frames of a sequence share its number and are in order of time; all sensors of a frame "
         "are of the same instant."),
        ("Are there recommended data splits?",
         "By sequence, in `manifest.json` and `frames.csv`: " + "; ".join(
             f"`{name}` " + ", ".join(f"{part} {count(n)}" for part, n in splits.items() if n)
             for name, splits in ((n, split_frames(m)) for n, m in manifests.items())
         ) + "."),
        ("Are there any errors, sources of noise, or redundancies in the dataset?",
         f"Sensors have noise: {_told(NOISE, contents)}.{echoes} Labels have no error. "
         "What the models of radio, light and weather leave out is written in the generator's "
         "documentation of its limits. Still worlds repeat within a sequence."),
        ("Is the dataset self-contained, or does it link to or otherwise rely on external "
         "resources?", "Self-contained."),
        ("Does the dataset contain data that might be considered confidential?", NOBODY),
        ("Does the dataset contain data that, if viewed directly, might be offensive, insulting, "
         "threatening, or might otherwise cause anxiety?", "No."),
        ("Does the dataset identify any subpopulations?", NOBODY),
        ("Is it possible to identify individuals, either directly or indirectly from the dataset?",
         NOBODY + " Number plates are made up."),
        ("Does the dataset contain data that might be considered sensitive in any way?", NOBODY),
    )  # fmt: skip


def _collection(contents: Contents) -> Answers:
    made = "; ".join(
        f"`{name}` by {held.generator}" + ("" if name in contents.release.withheld
                                           else f", seed {held.seed}")
        for name, held in contents.manifests.items()
    )  # fmt: skip
    return (
        ("How was the data associated with each instance acquired?",
         "Synthesised from procedural Blender scenes."),
        ("What mechanisms or procedures were used to collect the data?",
         f"One triangle mesh a frame, from Blender: {_told(MEANS, contents)}. Made {made}. "
         "Generator, configuration and seed give the same "
         "data again."),
        ("If the dataset is a sample from a larger set, what was the sampling strategy?",
         "Independent draws by sequence from the distributions of the configuration, by a seeded "
         "generator."),
        ("Who was involved in the data collection process and how were they compensated?",
         f"{plain(contents.release.terms.creator)}; nobody else."),
        ("Over what timeframe was the data collected?",
         "Not recorded: no time of day enters the data."),
        ("Were any ethical review processes conducted?", NO_PERSON),
        ("Did you collect the data from the individuals in question directly, or obtain it via "
         "third parties or other sources?", NO_PERSON),
        ("Were the individuals in question notified about the data collection?", NO_PERSON),
        ("Did the individuals in question consent to the collection and use of their data?",
         NO_PERSON),
        ("If consent was obtained, were the consenting individuals provided with a mechanism to "
         "revoke their consent in the future or for certain uses?", NO_PERSON),
        ("Has an analysis of the potential impact of the dataset and its use on data subjects "
         "been conducted?", NO_PERSON),
    )  # fmt: skip


def _processing() -> Answers:
    return (
        ("Was any preprocessing/cleaning/labeling of the data done?",
         "No frame was left out or mended. Pictures are developed to sRGB with one exposure a "
         "sequence; heatmaps are the windowed transform of the noisy channel."),
        ("Was the “raw” data saved in addition to the preprocessed/cleaned/labeled data?",
         "The channel is the raw data of the radar, where the entry `csi` is held. Pictures are "
         "not kept in linear light."),
        ("Is the software that was used to preprocess/clean/label the data available?",
         "Yes: radvis, under Apache-2.0."),
    )  # fmt: skip


def _uses(contents: Contents) -> Answers:
    weather = " ".join(
        f"`{name}`: {shares(told['frames_by']['weather'])}; {shares(told['frames_by']['light'])}."
        for name, told in contents.statistics.items()
    )
    return (
        ("Has the dataset been used for any tasks already?", "None is known to this document."),
        ("Is there a repository that links to any or all papers or systems that use the dataset?",
         contents.release.terms.url or "No."),
        ("What (other) tasks could the dataset be used for?",
         f"Localisation, {_told(TASKS, contents, ', ')}, tracking, robustness to weather."),
        ("Is there anything about the composition of the dataset or the way it was collected and "
         "preprocessed/cleaned/labeled that might impact future uses?",
         "It is synthetic: whoever trains on it should test on measurements before relying on it. "
         f"Distributions are those of the configuration, not of any place. {weather}"),
        ("Are there tasks for which the dataset should not be used?",
         "For deciding that a system is safe on real roads."),
    )  # fmt: skip


def _distribution(contents: Contents) -> Answers:
    terms = contents.release.terms
    return (
        ("Will the dataset be distributed to third parties outside of the entity on behalf of "
         "which the dataset was created?", "Yes."),
        ("How will the dataset be distributed?",
         terms.url or "As a folder, or one archive, with checksums."),
        ("When will the dataset be distributed?", f"{terms.day or 'Not said'}."),
        ("Will the dataset be distributed under a copyright or other intellectual property (IP) "
         "license, and/or under applicable terms of use (ToU)?",
         f"[{terms.license}]({terms.license_url})."),
        ("Have any third parties imposed IP-based or other restrictions on the data associated "
         "with the instances?", _worlds(contents)),
        ("Do any export controls or other regulatory restrictions apply to the dataset or to "
         "individual instances?", "None is known."),
    )  # fmt: skip


def _maintenance(contents: Contents) -> Answers:
    release = contents.release
    return (
        ("Who will be supporting/hosting/maintaining the dataset?",
         f"{plain(release.terms.creator)}."),
        ("How can the owner/curator/manager of the dataset be contacted?",
         release.terms.url or f"Through {plain(release.terms.creator)}."),
        ("Is there an erratum?", "`CHANGELOG.md`."),
        ("Will the dataset be updated?",
         "Each version is a release of its own: a first number that grows says that data were "
         "changed, a second that some were added, a third that they are the same."),
        ("If the dataset relates to people, are there applicable limits on the retention of the "
         "data associated with the instances?", NO_PERSON),
        ("Will older versions of the dataset continue to be supported/hosted/maintained?",
         "A version that is published is never changed: results name theirs, and `CHANGELOG.md` "
         "lists all. The format's version is in every shard, and a radvis that does not read it "
         f"says so. How long each is hosted is for {plain(release.terms.creator)} to say."),
        ("If others want to extend/augment/build on/contribute to the dataset, is there a "
         "mechanism for them to do so?", _extending(release)),
    )  # fmt: skip


def _extending(release: Release) -> str:
    terms = release.terms
    more = (
        "The generator makes more of the labelled datasets: generator, configuration and seed are "
        "in each `manifest.json`, and another seed gives other frames of the same distribution. "
        if release.datasets else ""
    )  # fmt: skip
    return (
        f"{more}What may be done with the data is in the licence, {terms.license}. Contributions "
        f"go to {terms.url or plain(terms.creator)}."
    )


def _told(texts: Mapping[str, str], contents: Contents, between: str = "; ") -> str:
    """Return what is said of the entries that are held, each text once."""
    return between.join(dict.fromkeys(texts[entry] for entry in contents.entries if entry in texts))


def _settings(manifests: Mapping[str, Manifest]) -> Iterator[str]:
    """Yield a table of what the sensors that are held were set to."""
    held = {entry for manifest in manifests.values() for entry in manifest.config.entries}
    columns = [column for column, entries in SETTINGS.items() if held & entries]
    if not columns:
        return
    yield f"| dataset | {' | '.join(columns)} |"
    yield "|---|" + "---|" * len(columns)
    for name, manifest in manifests.items():
        told = _row(manifest.config)
        cells = (
            told[column] if SETTINGS[column] & set(manifest.config.entries) else ""
            for column in columns
        )
        yield f"| `{name}` | {' | '.join(cells)} |"


def _row(config: ScenarioConfig) -> dict[str, str]:
    radio, heatmap = config.radio, config.heatmap
    return {
        "picture [px]": f"{config.camera.width} x {config.camera.height}",
        "carrier": f"{radio.carrier_hz / 1e9:g} GHz",
        "bandwidth": f"{radio.bandwidth_hz / 1e6:g} MHz, {radio.n_subcarrier} subcarriers",
        "array": f"{radio.n_row} x {radio.n_col}, {radio.rig}",
        "heatmap": f"{heatmap.n_range} x {heatmap.n_azimuth}",
        "range shown": f"{heatmap.range_min:g} to {heatmap.range_max:g} m",
    }


def _worlds(contents: Contents) -> str:
    own = sorted({m.config.world.file for m in contents.manifests.values() if m.config.world.file})
    if own:
        return f"What is in {', '.join(own)}, the file of its world, may have terms of its own."
    return "No: all shapes, textures and plates are made by the generator."
