"""One synthesised sequence, every sensor, held against each other on every frame."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

pytest.importorskip("bpy")

from scenes.build import build_stage
from scenes.config import ENTRIES
from scenes.mesh import EMPTY_MESH
from scenes.presets import preset
from scenes.sensors import direction, make_camera, make_radar
from synth.channel import channel, noise_power, subcarriers
from synth.heatmap import heatmap, make_imager
from synth.launch import launch
from synth.paths import LINE_OF_SIGHT
from synth.rays import RayScene
from synth.reflection import surface_table
from synth.sample import NO_MATERIAL
from synth.sequence import code_tables, synthesise_sequence
from synth.shards import check_arrays
from synth.tracer import trace
from synth.world import draw
from tests.worlds import calm

pytestmark = [pytest.mark.bpy, pytest.mark.slow]
BASE = calm(preset("parking_lot"))
# The sensors as they are; few samples, as nothing here hangs on how smooth the picture is.
CONFIG = replace(
    BASE,
    camera=replace(BASE.camera, background_samples=1, frame_samples=1),
    radio=replace(BASE.radio, noise=False),
    entries=ENTRIES,
)


@pytest.fixture(scope="module")
def arrays():
    return synthesise_sequence(CONFIG, 0, 3)


def rows_of(arrays, group, frame):
    first, last = arrays[f"{group}/offset"][frame : frame + 2].astype(int)
    return slice(first, last)


FRAMES = pytest.mark.parametrize("frame", range(15))


def test_it_is_what_the_format_promises(arrays):
    check_arrays(arrays, CONFIG)
    for key, array in arrays.items():
        if array.dtype.kind in "fc":
            assert np.isfinite(array).all(), key
    tables = code_tables()
    assert arrays["lidar/material"].max() < len(tables["materials"])
    assert arrays["object/class"].max() < len(tables["classes"])
    assert (arrays["object/transmittance"] == 1).all()  # in clear air


@FRAMES
def test_the_targets_centre_projects_into_its_box(arrays, frame):
    pixel, depth = make_camera(CONFIG).project(arrays["target/position"][frame].astype(float))
    x0, y0, x1, y1 = arrays["target/box"][frame]
    assert depth > 0
    assert x0 <= pixel[0] <= x1
    assert y0 <= pixel[1] <= y1


@FRAMES
def test_the_targets_pixels_span_its_box(arrays, frame):
    rows, cols = np.nonzero(arrays["depth/instance"][frame] == arrays["target/object"][frame])
    box = [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]
    np.testing.assert_array_equal(arrays["target/box"][frame], box)


@FRAMES
def test_depth_at_a_lidar_points_pixel_is_its_range(arrays, frame):
    camera = make_camera(CONFIG)
    rows = rows_of(arrays, "lidar", frame)
    matrix = arrays["lidar/world_from_lidar"][frame]
    world = arrays["lidar/point"][rows] @ matrix[:3, :3].T + matrix[:3, 3]
    pixel, along = camera.project(world)
    depth, instance = arrays["depth/image"][frame].astype(float), arrays["depth/instance"][frame]
    # Farther off, a pixel is wider than the 5 cm of a window's frame, and nothing tells of it.
    inside = (along > 0) & (along < 40) & (pixel > 2).all(1) & (pixel < [637, 477]).all(1)
    # A plane is linear in inverse depth: between pixel centres it interpolates exactly. Away from
    # edges means one object and no bend in inverse depth all around.
    inverse = 1 / np.where(depth > 0, depth, np.inf)
    bend = sum(np.abs(ndimage.correlate1d(inverse, [1, -2, 1], axis)) for axis in (0, 1))
    same = ndimage.maximum_filter(instance, 5) == ndimage.minimum_filter(instance, 5)
    calm = same & (ndimage.maximum_filter(bend, 5) * np.maximum(depth, 1) ** 2 < 0.02)
    u, v = (pixel[inside] - 0.5).T
    near = calm[np.round(v).astype(int), np.round(u).astype(int)]
    assert near.sum() > 5000
    seen = 1 / ndimage.map_coordinates(inverse, [v[near], u[near]], order=1)
    # From depth along the axis to range along the ray.
    point = arrays["lidar/point"][rows][inside][near]
    distance = np.linalg.norm(point, axis=1)
    assert np.abs(seen * distance / along[inside][near] - distance).max() < 0.05


@pytest.fixture(scope="module")
def stage():
    return build_stage(draw(CONFIG, 0, 3))


@FRAMES
def test_the_strongest_cell_of_the_target_alone_lies_on_the_target(arrays, stage, frame):
    radar, radio = make_radar(CONFIG), CONFIG.radio
    alone = RayScene(EMPTY_MESH, stage.target.mesh(frame * CONFIG.frame_interval))
    rays = launch(radio, radar, np.random.default_rng(0))
    paths = trace(alone, radar, radio, surface_table(radio.carrier_hz), rays)
    response = channel(paths, radar, radio).astype(np.complex64)
    picture = heatmap(response, make_imager(CONFIG, radar))
    row, col = np.unravel_index(picture.argmax(), picture.shape)
    label = np.flatnonzero(
        arrays["object/id"][rows_of(arrays, "object", frame)] == arrays["target/object"][frame]
    )[0]
    size = arrays["object/size"][rows_of(arrays, "object", frame)][label]
    distance, azimuth = arrays["radar/range"][row], arrays["radar/azimuth"][col]
    drop = CONFIG.rig.height - CONFIG.heatmap.focus_height
    ahead = np.sqrt(max(distance**2 - drop**2, 0))
    spot = np.array([ahead * np.sin(azimuth), ahead * np.cos(azimuth)])
    offset = np.abs(spot - arrays["target/position"][frame][:2])
    # The car's own extent and half a cell of resolution: 0.2 m in range, 7.5 degrees in azimuth.
    reach = size[:2] / 2 + [np.radians(7.5) / 2 * distance, 0.1 * distance / ahead]
    # What shines above the plane in focus is taken for as much farther in as the ray falls there.
    reach[1] += max(size[2] - CONFIG.heatmap.focus_height, 0) * drop / ahead
    assert (offset <= reach).all()


def rebuilt(arrays, frame, keep=None):
    """The channel as the plain sum over the stored paths."""
    rows = rows_of(arrays, "paths", frame)
    keep = slice(None) if keep is None else keep
    gain, delay = arrays["paths/gain"][rows][keep], arrays["paths/delay"][rows][keep]
    arrival = direction(*arrays["paths/aoa"][rows][keep].astype(float).T)
    radar, radio = make_radar(CONFIG), CONFIG.radio
    place = radar.elements().reshape(-1, 3)
    total = np.zeros((len(place), radio.n_subcarrier), complex)
    for part in np.array_split(np.arange(len(gain)), max(1, len(gain) // 2000)):
        turn = np.exp(2j * np.pi / radio.wavelength * (place @ arrival[part].T)) * gain[part]
        total += turn @ np.exp(-2j * np.pi * np.outer(delay[part], subcarriers(radio)))
    return total.reshape(radio.n_row, radio.n_col, -1)


@pytest.mark.parametrize("frame", [0, 7, 14])
def test_the_channel_is_the_direct_sum_over_the_stored_paths(arrays, frame):
    direct, stored = rebuilt(arrays, frame), arrays["csi/response"][frame]
    assert np.linalg.norm(stored - direct) < 1e-4 * np.linalg.norm(direct)


@FRAMES
def test_snr_is_the_stored_paths_power_over_the_noise(arrays, frame):
    rows = rows_of(arrays, "paths", frame)
    power = np.abs(arrays["paths/gain"][rows].astype(complex)) ** 2
    own = arrays["paths/object"][rows] == arrays["target/object"][frame]
    noise = noise_power(CONFIG.radio)
    for key, total in (("radar/snr", power.sum()), ("target/snr", power[own].sum())):
        theory = max(10 * np.log10(max(total, 1e-60) / noise), -300)
        assert arrays[key][frame] == pytest.approx(theory, abs=1e-3)
    # Neighbouring facets of one mirror interfere, so the mean of |H|^2 is near their sum only.
    mean = np.mean(np.abs(arrays["csi/response"][frame]) ** 2)
    assert 10 * np.log10(mean / noise) == pytest.approx(arrays["radar/snr"][frame], abs=6)


def test_paths_say_how_they_came(arrays):
    kind = arrays["paths/kind"]
    assert kind.max() < len(code_tables()["kinds"])
    met = kind != LINE_OF_SIGHT
    assert met.all()  # beside each other, transmitter and array do not see each other
    assert (arrays["paths/material"][met] != NO_MATERIAL).all()
    assert (arrays["paths/bounces"][met] > 0).all()


def test_the_range_doppler_map_shows_what_the_paths_say(arrays):
    values, axis = arrays["radar/doppler_map"], arrays["radar/doppler"]
    assert values.shape == (15, len(arrays["radar/range"]), CONFIG.radio.n_symbol)
    # The still world is in the column of no shift, in every frame.
    still = np.abs(axis) < 1.5 * (axis[1] - axis[0])
    power = 10 ** (values.astype(float) / 10)
    assert (power[..., still].sum((1, 2)) > 0.5 * power.sum((1, 2))).all()
    for frame in range(15):
        rows = rows_of(arrays, "paths", frame)
        doppler, delay = arrays["paths/doppler"][rows], arrays["paths/delay"][rows]
        moving = np.abs(doppler) > 4 * (axis[1] - axis[0])
        gain = np.abs(arrays["paths/gain"][rows]) * moving
        if gain.max() < 1e-7:
            continue
        first = int(gain.argmax())  # the strongest mover shines in its cell
        col = int(np.abs(axis - doppler[first]).argmin())
        row = int(np.abs(arrays["radar/range"] - delay[first] * 299792458.0 / 2).argmin())
        near = power[frame, max(row - 2, 0) : row + 3, max(col - 1, 0) : col + 2]
        assert near.max() > 3 * np.median(power[frame])


def test_what_stands_still_is_still_in_every_sensor(arrays):
    target = arrays["target/object"][0]
    still = (arrays["depth/instance"] != target).all(0)
    # The target mirrors and shades; the ground far from it must not change at all.
    away = still & (np.ptp(arrays["depth/image"], 0) == 0)
    assert away.mean() > 0.8
    heat = arrays["radar/heatmap"]
    far = np.abs(arrays["radar/range"] - arrays["target/range"].mean()) > 12
    if far.any():
        assert np.median(np.ptp(heat[:, far], 0)) < 3.0


def test_the_target_moves_as_its_velocity_says(arrays):
    step = np.diff(arrays["target/position"], axis=0)
    np.testing.assert_allclose(
        step, arrays["target/velocity"][:-1] * CONFIG.frame_interval, atol=2e-3
    )
    own = arrays["paths/object"] == arrays["target/object"][0]
    first = own & (arrays["paths/bounces"] == 1)
    speed = np.linalg.norm(arrays["target/velocity"][0])
    limit = 2 * 2 * speed / CONFIG.radio.wavelength  # a tyre's tread runs at twice the car's speed
    assert np.abs(arrays["paths/doppler"][first]).max() <= limit * 1.01
    assert not arrays["paths/doppler"][~own & (arrays["paths/bounces"] == 1)].any()


def test_entries_change_neither_the_world_nor_the_noise(arrays):
    some = synthesise_sequence(replace(CONFIG, entries=("radar", "paths")), 0, 3)
    for key in ("target/position", "paths/gain", "radar/heatmap", "object/centre", "radar/snr"):
        np.testing.assert_array_equal(some[key], arrays[key])
    assert "camera/image" not in some
    assert "radar/doppler_map" not in some


def test_the_noise_of_a_burst_is_its_own():
    noisy = replace(CONFIG, radio=replace(CONFIG.radio, noise=True, n_ray=1000))
    without = synthesise_sequence(replace(noisy, entries=("csi",)), 0, 3)
    both = synthesise_sequence(replace(noisy, entries=("csi", "doppler")), 0, 3)
    alone = synthesise_sequence(replace(noisy, entries=("doppler",)), 0, 3)
    np.testing.assert_array_equal(both["csi/response"], without["csi/response"])
    np.testing.assert_array_equal(both["radar/doppler_map"], alone["radar/doppler_map"])


def test_the_same_sequence_twice_is_the_same_to_the_byte(arrays):
    again = synthesise_sequence(CONFIG, 0, 3)
    assert set(again) == set(arrays)
    for key, array in arrays.items():
        assert again[key].tobytes() == array.tobytes(), key
