"""The figures of docs/physics.md, drawn from the tests' own code.

    python -m tests.figures [NAME …]

writes docs/figures/NAME.png and prints what was measured. Colours: Okabe and Ito (2008), which
the colour-blind tell apart.
"""

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image
from scipy.special import fresnel

from scenes.config import SEQUENCE_LENGTH, SPEED_OF_LIGHT
from scenes.presets import preset
from scenes.sensors import direction, make_camera, make_radar
from synth.channel import channel, subcarriers
from synth.heatmap import window
from synth.rays import RayScene
from synth.specular import line_of_sight
from tests.synth import test_diffraction as edges
from tests.synth.bodies import cross_section, plate, sphere, trihedral
from tests.synth.test_channel import random_paths
from tests.synth.test_heatmap import CONFIG, point_spread, spectrum_width, weights, width
from tests.synth.test_specular import received_db, two_ray_db
from tests.worlds import calm
from tests.worlds import plate as upright

FOLDER = Path(__file__).parents[1] / "docs" / "figures"
DOTS = 150  # an inch; figures are 6 inches wide, 900 px
MOST_BYTES = 150_000
INK, GREY, BLUE, ORANGE, GREEN, SKY, PINK = (
    "#000000", "#777777", "#0072b2", "#d55e00", "#009e73", "#56b4e9", "#cc79a7",
)  # fmt: skip
STYLE: Any = {
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.framealpha": 0.9,
    "axes.titlesize": 9.5,
    "figure.constrained_layout.use": True,
}
THEORY: Any = {"color": GREY, "lw": 1.2, "zorder": 1}


def decibel(power):
    return 10 * np.log10(np.maximum(power, 1e-30))


def two_ray():
    """Transmitter 1.5 m, receiver 0.75 m above concrete: low, so that fades stay apart."""
    high, low = 1.5, 0.75
    line = np.geomspace(5, 60, 6000)
    # Apart by chance, so that no marker keeps step with the fades.
    places = np.geomspace(5, 60, 90) * np.random.default_rng(0).uniform(0.986, 1.0, 90)
    places[0] = 5.0
    figure, rows = plt.subplots(2, 1, figsize=(6, 5), sharex=True, sharey=True)
    free = -20 * np.log10(4 * np.pi * 28e9 / SPEED_OF_LIGHT * np.hypot(line, high - low))
    said = []
    for axes, polarization, colour in zip(rows, "HV", (ORANGE, BLUE), strict=True):
        formula = two_ray_db(line, high, low, polarization)
        found = np.array([received_db(d, high, low, polarization) for d in places])
        error = np.abs(found - two_ray_db(places, high, low, polarization)).max()
        axes.plot(line, formula, **THEORY, label="two-ray formula")
        axes.plot(line, free, "--", color=INK, lw=1, label="free space")
        axes.plot(places, found, "o", ms=3.2, color=colour, label="radvis")
        axes.set_title(f"{polarization} polarisation: largest deviation {error:.0e} dB")
        axes.set_ylabel("received / transmitted [dB]")
        axes.legend(loc="lower left", ncols=3)
        said.append(f"{polarization}: largest deviation {error:.1e} dB")
    brewster = (high + low) * np.sqrt(5.24)
    rows[1].axvline(brewster, color=GREEN, lw=1, ls=":")
    rows[1].annotate(
        "Brewster's angle:\nno reflection, no fading",
        (brewster, -84), (5.5, -100), color=GREEN, fontsize=8, va="center",
        arrowprops={"arrowstyle": "->", "color": GREEN},
    )  # fmt: skip
    rows[1].set(xscale="log", xlim=(4.9, 61), ylim=(-122, -64), xlabel="distance [m]")
    rows[1].set_xticks(
        [5, 7, 10, 15, 20, 30, 40, 60], labels=map(str, (5, 7, 10, 15, 20, 30, 40, 60))
    )
    rows[1].minorticks_off()
    figure.suptitle("Over concrete ground at 28 GHz, heights 1.5 m and 0.75 m", fontsize=10)
    return figure, said


def swept(radio, azimuth):
    """The channel (n_azimuth, n_row, n_col, n_subcarrier) of a level path from each azimuth."""
    near = replace(CONFIG.heatmap, range_min=0.0, range_max=4.0)
    radar = make_radar(replace(CONFIG, radio=radio, heatmap=near))
    one = replace(random_paths(1), gain=np.ones(1, np.complex64), delay=np.zeros(1))
    found = [
        channel(replace(one, aoa=np.array([[turn, 0]], np.float32)), radar, radio)
        for turn in azimuth
    ]
    return np.array(found), radar


def beam(response, radar, steered, name):
    """The array's output [dB] steered to an azimuth with the carrier's phases."""
    way = direction(np.array(steered), np.array(0.0))
    phase = 2 * np.pi / CONFIG.radio.wavelength * radar.elements() @ way
    taper = np.outer(window(name, radar.shape[0]), window(name, radar.shape[1]))
    total = np.einsum("aijk,ij->ak", response, taper * np.exp(-1j * phase))
    return decibel(np.abs(total) ** 2)


def array_pattern():
    azimuth = np.radians(np.linspace(-90, 90, 1441))
    radio = replace(CONFIG.radio, downtilt_deg=0.0, n_subcarrier=64)
    response, radar = swept(radio, azimuth)
    middle = radio.n_subcarrier // 2
    figure = plt.figure(figsize=(6, 6.4))
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 1))
    top = figure.add_subplot(grid[0, :])
    said = []
    for steered, name, colour, dash in (
        (0, "boxcar", BLUE, "-"), (30, "boxcar", ORANGE, "-"),
        (0, "taylor", BLUE, "--"), (30, "taylor", ORANGE, "--"),
    ):  # fmt: skip
        level = beam(response, radar, np.radians(steered), name)[:, middle]
        top.plot(
            np.degrees(azimuth), level, dash, color=colour, lw=1.3, label=f"{name}, {steered}°"
        )
    top.set(xlim=(-90, 90), ylim=(-50, 3), xlabel="azimuth [°]", ylabel="response [dB]")
    top.set_xticks(range(-90, 91, 30))
    top.set_title("16x16 elements steered to 0° and 30°")
    top.legend(loc="upper left")

    close = figure.add_subplot(grid[1, 0])
    sine = np.sin(azimuth)
    for name, colour in (("boxcar", BLUE), ("taylor", ORANGE)):
        level = beam(response, radar, 0.0, name)[:, middle]
        theory = spectrum_width(name, 16) * 2 / 16
        found = width(level, sine)
        said.append(f"{name}: -3 dB width {found:.4f} in the sine, theory {theory:.4f}")
        half = np.degrees(np.arcsin(theory / 2))
        close.plot(np.degrees(azimuth), level, color=colour, lw=1.4, label=name)
        close.plot([-half, half], [-3.01] * 2, "|", color=colour, ms=16, mew=2,
                   label=f"theory, {2 * half:.2f}°")  # fmt: skip
    psi = np.pi * sine
    exact = np.sin(8 * psi) / np.where(psi == 0, 1, 16 * np.sin(psi / 2))
    exact = np.where(psi == 0, 1.0, exact)
    boxcar = beam(response, radar, 0.0, "boxcar")[:, middle]
    error = np.abs(10 ** (boxcar / 20) - np.abs(exact)).max()
    said.append(f"boxcar against Dirichlet's kernel: largest deviation {error:.1e} of the peak")
    close.set(xlim=(-9, 9), ylim=(-12, 1.5), xlabel="azimuth [°]", ylabel="response [dB]")
    close.set_title("-3 dB width")
    close.legend(loc="lower center", ncols=1)

    squinting = replace(radio, bandwidth_hz=2e9, beam_squint=True)
    fine = np.radians(np.linspace(20, 40, 801))
    response, radar = swept(squinting, fine)
    level = beam(response, radar, np.radians(30), "boxcar")
    side = figure.add_subplot(grid[1, 1])
    shifts = subcarriers(squinting)
    for k, colour in ((0, PINK), (middle, INK), (-1, GREEN)):
        frequency = squinting.carrier_hz + shifts[k]
        theory = np.degrees(np.arcsin(0.5 * squinting.carrier_hz / frequency))
        found = np.degrees(fine[level[:, k].argmax()])
        label = f"{frequency / 1e9:.2f} GHz: {found:.1f}°"
        side.plot(np.degrees(fine), level[:, k], color=colour, lw=1.4, label=label)
        side.axvline(theory, color=colour, lw=1, ls=":")
        said.append(f"{frequency / 1e9:.2f} GHz looks at {found:.2f}°, theory {theory:.2f}°")
    side.set(xlim=(26, 35), ylim=(-6, 0.3), xlabel="azimuth [°]", ylabel="response [dB]")
    side.set_title("Beam squint at 30°, dotted: theory")
    side.legend(loc="lower center")
    return figure, said


def spectrum_db(name, n, bins):
    """A window's spectrum [dB] at bins of 1/n, from its definition."""
    values = weights(name, n) * np.ones(n)
    tone = np.exp(-2j * np.pi * np.outer(bins, np.arange(n) - (n - 1) / 2) / n)
    return decibel(np.abs(tone @ values / values.sum()) ** 2)


def point_spread_figure():
    name = "taylor"
    picture, imager, config = point_spread(name)
    row, col = np.unravel_index(picture.argmax(), picture.shape)
    ranges, azimuth, picture = imager.range, imager.azimuth, picture - picture.max()
    place = ranges[row]
    cell = SPEED_OF_LIGHT / (2 * config.radio.bandwidth_hz)
    n = config.radio.n_subcarrier
    drop = config.rig.height - config.heatmap.focus_height
    level = np.sqrt(1 - (drop / place) ** 2)  # cosine of the scatterer's elevation
    theory = spectrum_width(name, n) * cell, spectrum_width(name, 16) * 2 / 16 / level
    found = width(picture[:, col], ranges), width(picture[row], azimuth)
    figure = plt.figure(figsize=(6, 5.6))
    grid = figure.add_gridspec(2, 2, width_ratios=(1.5, 1), height_ratios=(1.5, 1))
    main = figure.add_subplot(grid[0, 0])
    near = np.abs(ranges - place) < 1.5
    drawn = main.pcolormesh(
        np.degrees(azimuth[::4]), ranges[near], picture[near][:, ::4], vmin=-50, vmax=0,
        cmap="viridis", shading="nearest",
    )  # fmt: skip
    main.grid(False)
    main.set(xlabel="azimuth [°]", ylabel="range [m]", title="One scatterer, Taylor window")
    figure.colorbar(drawn, ax=main, label="power, peak = 0 [dB]", location="left")
    side = figure.add_subplot(grid[0, 1], sharey=main)
    side.plot(spectrum_db(name, n, (ranges[near] - place) / cell),
              ranges[near], **THEORY | {"lw": 3, "alpha": 0.6}, label="theory")  # fmt: skip
    side.plot(picture[near, col], ranges[near], color=BLUE, lw=1.1, label="radvis")
    side.plot([-3.01] * 2, place + np.array([-0.5, 0.5]) * theory[0], "_-", color=ORANGE, ms=9,
              mew=1.6)  # fmt: skip
    side.set(
        xlim=(-60, 4),
        xlabel="power [dB]",
        title=f"Range: {100 * found[0]:.1f} cm wide",
    )
    side.text(-8, place, f"theory\n{100 * theory[0]:.1f} cm", color=ORANGE, fontsize=8, ha="right",
              va="center")  # fmt: skip
    under = figure.add_subplot(grid[1, :])
    under.plot(np.degrees(azimuth), spectrum_db(name, 16, 8 * level * np.sin(azimuth)),
               **THEORY | {"lw": 3, "alpha": 0.6}, label="theory")  # fmt: skip
    under.plot(np.degrees(azimuth), picture[row], color=BLUE, lw=1.1, label="radvis")
    half = np.degrees(theory[1]) / 2
    under.plot([-half, half], [-3.01] * 2, "|-", color=ORANGE, ms=9, mew=1.6,
               label="theory, -3 dB width")  # fmt: skip
    under.set(xlim=(-45, 45), ylim=(-60, 4), xlabel="azimuth [°]", ylabel="power [dB]")
    under.set_title(f"Azimuth: {np.degrees(found[1]):.2f}° wide, theory {2 * half:.2f}°")
    under.legend(loc="upper left")
    return figure, [
        f"range width {100 * found[0]:.2f} cm, theory {100 * theory[0]:.2f} cm",
        f"azimuth width {np.degrees(found[1]):.3f}°, theory {2 * half:.3f}°",
    ]


def rcs_aspect():
    from tests.synth.test_rcs import cross_sections

    aspect = np.arange(0, 360, 2.5)  # from the car's nose to the radar, over its left side
    yaw = -np.pi / 2 - np.radians(aspect)
    figure, axes = plt.subplots(figsize=(6, 3.9))
    axes.axhspan(11.25 - 3.41, 11.25 + 3.41, color=GREY, alpha=0.2, lw=0)
    axes.axhline(11.25, color=GREY, lw=1.2)
    axes.text(180, 14.7, "TR 38.901: 11.25 ± 3.41 dBsm", fontsize=8, va="bottom", ha="center")
    said = []
    for model, colour, dash in (("city", SKY, "-"), ("saloon", BLUE, "--"), ("van", ORANGE, "-")):
        found = cross_sections(model, yaw)
        label = f"{model}: mean {found.mean():.1f} dBsm, deviation {found.std():.1f} dB"
        around = np.append(aspect, 360), np.append(found, found[0])
        axes.plot(*around, dash, color=colour, lw=1.4, label=label)
        said.append(
            f"{model}: mean {found.mean():.2f} dBsm, standard deviation {found.std():.2f} dB, "
            f"{found.min():.1f} to {found.max():.1f} dBsm"
        )
    axes.set(xlim=(0, 360), ylim=(4, 18), ylabel="radar cross-section [dBsm]",
             xlabel="aspect: bearing of the radar from the car's nose [°]")  # fmt: skip
    axes.set_xticks(range(0, 361, 45), labels=[
        "0\nfront", "45", "90\nleft", "135", "180\nrear", "225", "270\nright", "315", "360\nfront",
    ])  # fmt: skip
    axes.set_title("Car models at 18 m, 28 GHz, seen from 6.5 m above ground")
    axes.legend(loc="lower center", ncols=1)
    return figure, said


def bodies():
    wave = CONFIG.radio.wavelength
    line = np.geomspace(9, 280, 300)
    limit = 4 * np.pi / wave**2
    kinds = (
        ("trihedral, legs of 1 m: min(πR², 4πa⁴/3λ²)", lambda r: trihedral(1.0, r),
         lambda r: np.minimum(np.pi * r**2, limit / 3), 1.4, ORANGE, "^"),
        ("plate, 0.5 m square, a mirror: min(πR², 4πA²/λ²)", lambda r: plate(0.5, r),
         lambda r: np.minimum(np.pi * r**2, limit * 0.5**4), 0.7, BLUE, "s"),
        ("plate, 0.3 m square, a sampled lobe: the same", lambda r: plate(0.3, r),
         lambda r: np.minimum(np.pi * r**2, limit * 0.3**4), 0.4, PINK, "D"),
        # R is to its centre, the mirror of the beam half a radius below the surface.
        ("sphere, a = 0.5 m: πa² R²/(R-a)²", lambda r: sphere(0.5, r),
         lambda r: np.pi * 0.5**2 * (r / (r - 0.5)) ** 2, 1.0, GREEN, "o"),
    )  # fmt: skip
    figure, axes = plt.subplots(figsize=(6, 4.2))
    said = []
    for name, make, truth, size, colour, mark in kinds:
        places = np.geomspace(10, 250, 15)
        found = [
            cross_section(make(r), r, seed=i, width_deg=2 * np.degrees(size / r))
            for i, r in enumerate(places)
        ]
        error = decibel(np.array(found) / truth(places))
        axes.plot(line, decibel(truth(line)), color=colour, lw=1.3, alpha=0.6)
        axes.plot(places, decibel(found), mark, color=colour, ms=5, mfc="none", label=name)
        said.append(
            f"{name}: {error.min():+.2f} to {error.max():+.2f} dB, mean {error.mean():+.2f}"
        )
    axes.set(xscale="log", xlim=(9, 280), ylim=(-5, 49), xlabel="range R [m]",
             ylabel="radar cross-section [dBsm]")  # fmt: skip
    ticks = [10, 20, 50, 100, 200]
    axes.set_xticks(ticks, labels=map(str, ticks))
    axes.minorticks_off()
    axes.set_title("Bodies that theory knows: radvis (markers) on theory (lines), 28 GHz")
    axes.legend(loc="upper left", bbox_to_anchor=(0.25, 0.47))
    return figure, said


def behind_an_edge(height):
    """Line of sight and diffracted gain at a height [m] above the line over a sheet's edge.

    The sheet stands half-way of 100 m, its edge level with the transmitter.
    """
    mesh = upright((0, 50, -25), 40, 50, material="metal")
    radar = edges.rig([0.0, 0.0, height], [0.0, 100.0, 0.0])
    direct = line_of_sight(RayScene(mesh), radar, edges.RADIO, edges.TABLE)
    paths = edges.around(mesh, radar)
    upwards = np.arctan2(-height, 50)
    top = (np.abs(paths.aoa[:, 0]) < 1e-3) & (np.abs(paths.aoa[:, 1] - upwards) < 1e-4)
    assert top.sum() == 1
    return direct.gain.astype(complex).sum(), paths.gain[top].astype(complex).sum()


def diffraction():
    height = np.linspace(-3, 3, 241) + 1e-4
    direct, bent = np.array([behind_an_edge(h) for h in height]).T
    free = edges.WAVE / (4 * np.pi * np.hypot(100, height))
    v = -height / 2 * np.sqrt(2 / edges.WAVE * (1 / 50 + 1 / 50))  # of the edge over the line
    s, c = fresnel(v)
    exact = -20 * np.log10(np.hypot(1 - c - s, c - s) / 2)
    total = -20 * np.log10(np.abs(direct + bent) / free)
    error = np.abs(total - exact)
    valid = v > -0.78
    simple = np.abs(total[valid] - edges.knife_edge_loss_db(v[valid]))
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.plot(height, -exact, **THEORY | {"lw": 4, "alpha": 0.45},
              label="knife edge, Fresnel integrals")  # fmt: skip
    axes.plot(height[valid], -edges.knife_edge_loss_db(v[valid]), ":", color=INK, lw=1.6,
              label="ITU-R P.526, J(v) for v > -0.78")  # fmt: skip
    alone = np.where(np.abs(direct) > 0, decibel(np.abs(direct / free) ** 2), -45)
    axes.plot(height, alone, "--", color=BLUE, lw=1.3, label="radvis, line of sight alone")
    axes.plot(height, -total, color=ORANGE, lw=1.3, label="radvis, with diffraction")
    axes.axvline(0, color=GREEN, lw=1, ls=":")
    axes.text(-0.06, -32.5, "shadow", color=GREEN, ha="right", fontsize=8)
    axes.text(0.06, -32.5, "lit", color=GREEN, fontsize=8)
    axes.set(xlim=(-3, 3), ylim=(-34, 4), xlabel="receiver above the shadow boundary [m]",
             ylabel="received over free space [dB]")  # fmt: skip
    axes.set_title("Behind the edge of a metal sheet half-way of 100 m, 28 GHz")
    axes.legend(loc="lower right")
    return figure, [
        f"from the exact knife edge: at most {error.max():.3f} dB",
        f"from J(v), v > -0.78: at most {simple.max():.2f} dB",
    ]


SEQUENCE, FRAME = 38, 12  # a car near the radar that drives away


def car():
    from synth.sequence import synthesise_sequence

    base = calm(preset("parking_lot"))
    config = replace(base, entries=("camera", "radar", "doppler"))
    arrays = synthesise_sequence(config, 0, SEQUENCE)
    at = {key: value[FRAME] for key, value in arrays.items() if len(value) == SEQUENCE_LENGTH}
    ranges, azimuth = arrays["radar/range"], np.degrees(arrays["radar/azimuth"])
    here = float(at["target/range"]), float(np.degrees(at["target/azimuth"]))
    mark: Any = {"marker": "o", "mec": "white", "mfc": "none", "ms": 12, "mew": 1.4}
    figure = plt.figure(figsize=(6, 5.4))
    grid = figure.add_gridspec(2, 2, height_ratios=(1.12, 1))
    sight = figure.add_subplot(grid[0, :])
    sight.imshow(at["camera/image"])
    x0, y0, x1, y1 = (float(x) for x in at["target/box"])
    sight.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, ec=ORANGE, lw=1.6))
    centre, _ = make_camera(base).project(at["target/position"].astype(float))
    sight.plot(*centre, **mark)
    sight.set_axis_off()
    sight.set_title("Camera: the target in its box, its centre circled")
    left = figure.add_subplot(grid[1, 0])
    picture = at["radar/heatmap"]
    top = float(picture.max())
    shade: Any = {"vmin": top - 45, "vmax": top, "cmap": "inferno", "shading": "nearest"}
    left.pcolormesh(azimuth, ranges, picture, **shade)
    left.plot(here[1], here[0], **mark)
    left.set(xlabel="azimuth [°]", ylabel="range [m]", title="Radar heatmap, the target circled")
    right = figure.add_subplot(grid[1, 1], sharey=left)
    shift, speed = arrays["radar/doppler"], base.radio.wavelength / 2
    place = at["target/position"].astype(float) - [0, 0, base.rig.height]
    closing = -float(place @ at["target/velocity"]) / np.linalg.norm(place)
    drawn = right.pcolormesh(shift * speed, ranges, at["radar/doppler_map"], **shade)
    right.plot(closing, here[0], **mark)
    right.set(xlim=(-8, 8), xlabel="approaching speed [m/s]", title="Range and Doppler")
    for axes in (left, right):
        axes.grid(False)
    figure.colorbar(drawn, ax=[left, right], label="power over transmitted [dB]")
    near = (np.abs(ranges - here[0]) < 4)[:, None] & (np.abs(azimuth - here[1]) < 12)
    row, col = np.unravel_index(np.where(near, picture, -999).argmax(), picture.shape)
    return figure, [
        f"target at {here[0]:.1f} m, {here[1]:.1f}°, closing at {closing:.2f} m/s",
        f"brightest cell about it at {ranges[row]:.1f} m, {azimuth[col]:.1f}°: "
        f"{picture[row, col]:.1f} dB, brightest of all {top:.1f} dB",
    ]


FIGURES = {
    "two_ray": two_ray,
    "array_pattern": array_pattern,
    "point_spread": point_spread_figure,
    "rcs_aspect": rcs_aspect,
    "bodies": bodies,
    "car": car,
    "diffraction": diffraction,
}


def save(figure, path):
    """Write a PNG of 256 colours, which is enough for each of these."""
    raw = io.BytesIO()
    figure.savefig(raw, dpi=DOTS, format="png")
    plt.close(figure)
    picture = Image.open(raw).convert("RGB").quantize(256, kmeans=3)
    picture.save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"{path.name} has {size} bytes, more than {MOST_BYTES}; draw it smaller")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update(STYLE)
    for name in sys.argv[1:] or FIGURES:
        figure, said = FIGURES[name]()
        save(figure, FOLDER / f"{name}.png")
        print(f"{name}: {'; '.join(said)}", flush=True)
