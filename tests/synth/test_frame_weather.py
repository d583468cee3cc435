"""Weather's way into a frame: every sensor's row against the laws, through `frame_row` itself.

Each weather's world is built once. The same world seen through clear air, its surfaces as wet or
white as before, tells what the air alone takes.
"""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy.spatial import KDTree

pytest.importorskip("bpy")

from scenes.config import SPEED_OF_LIGHT
from scenes.materials import MATERIAL_ID, MATERIALS, SNOW_ON
from scenes.presets import preset
from scenes.spec import CLASSES, GROUND_ID, Weather
from scenes.weather import BECOMES, LEVEL, WETTED
from synth import precipitation
from synth.develop import LUMINANCE, WHITE
from synth.frame import frame_row
from synth.lidar import AIR_MATERIAL, AIR_OBJECT
from synth.world import build_world, chance_of
from tests.synth.test_develop import decoded
from tests.worlds import calm, only

pytestmark = [pytest.mark.bpy, pytest.mark.slow]
SEQUENCE, FRAME = 3, 7
FACTOR = 0.3  # exposure: airlight comes to lie at a tenth of white


class Known(NamedTuple):
    """What is known of a weather, from the sources in docs/weather.md."""

    limits: dict[str, float]  # of its strength: rate [mm/h] or visibility [m]
    radio: float  # [dB/km] at 28 GHz, vertical polarisation
    green: float  # extinction at 550 nm [1/km]
    infrared: float  # the same at 905 nm
    air_points: tuple[float, float]  # least and greatest share of lidar points in the air


WAVE_CM = 100 * SPEED_OF_LIGHT / 28e9
KNOWN = {
    # Recommendations ITU-R P.838-3, table 5, and P.1814.
    "rain": Known(
        dict(rain_min=25.0, rain_max=25.0), 0.1964 * 25**0.9277, 2.14, 2.14, (5e-5, 0.01)
    ),
    # Gunn and East; P.1814.
    "snow": Known(
        dict(snow_min=3.0, snow_max=3.0),
        0.00349 * 3**1.6 / WAVE_CM**4 + 0.00224 * 3 / WAVE_CM,
        (5.42e-5 * 550 + 5.496) * 3**1.38 * 0.2303, 5.81, (0.12, 0.45),
    ),
    # P.840-9 and Altshuler; Koschmieder.
    "fog": Known(dict(fog_min=50.0, fog_max=50.0), 0.17, 78.2, 78.2, (0.5, 0.95)),
    # Goldhirsh; Koschmieder.
    "dust": Known(
        dict(dust_min=50.0, dust_max=50.0),
        2.317e-3 * 1.3 / (6**2 + 1.3**2) / (WAVE_CM / 100) / 0.05**1.07,
        78.2, 78.2, (0.45, 0.85),
    ),
}  # fmt: skip
EVERY = pytest.mark.parametrize("kind", KNOWN)


def config_of(kind):
    base = only(calm(preset("parking_lot")), kind)
    limits = KNOWN[kind].limits if kind in KNOWN else {}
    return replace(
        base,
        weather=replace(base.weather, **limits),
        camera=replace(base.camera, width=320, height=240),
        radio=replace(base.radio, n_ray=3000, noise=False),
        entries=("camera", "depth", "lidar", "paths"),
    )


@cache
def world_of(kind):
    return build_world(config_of(kind), chance_of(config_of(kind), 0, SEQUENCE))


def in_clear_air(world):
    """The same surfaces, dry or wet, with nothing in the air before them."""
    clear = Weather(light=world.stage.weather.light)
    return replace(
        world,
        stage=replace(world.stage, weather=clear),
        air=replace(world.air, weather=clear, haze=None, still=None, endless=None),
    )


class Even:
    """A world that sends the same light from everywhere, in place of Cycles."""

    def __init__(self, level, camera):
        self.light = np.full((camera.height, camera.width, 3), level, np.float32)

    def frame(self, time, change):
        return self.light.copy()


def row_of(world, level=0.0):
    chance = chance_of(world.config, 0, SEQUENCE)
    return frame_row(world, FRAME, Even(level, world.camera), FACTOR, chance)


@cache
def rows(kind):
    """The frame in the weather, and the same in clear air."""
    world = world_of(kind)
    return row_of(world), row_of(in_clear_air(world))


@EVERY
def test_every_path_of_the_radio_loses_what_the_air_takes_over_its_length(kind):
    wet, dry = rows(kind)
    np.testing.assert_array_equal(wet["paths/delay"], dry["paths/delay"])
    assert len(wet["paths/gain"]) > 100
    lost = -20 * np.log10(np.abs(wet["paths/gain"].astype(complex) / dry["paths/gain"]))
    km = wet["paths/delay"] * SPEED_OF_LIGHT / 1000
    rate = np.sum(lost * km) / np.sum(km**2)
    assert rate == pytest.approx(KNOWN[kind].radio, rel=0.03)
    np.testing.assert_allclose(lost, rate * km, atol=3e-6)  # of single precision
    turn = np.angle(wet["paths/gain"].astype(complex) / dry["paths/gain"])
    np.testing.assert_allclose(turn, 0, atol=1e-6)
    assert wet["radar/snr"] < dry["radar/snr"]
    assert wet["target/snr"] < dry["target/snr"]


def lidar_rays(world, row):
    """Which ray each lidar point came from."""
    point = row["lidar/point"].astype(float)
    way = point / np.linalg.norm(point, axis=1, keepdims=True)
    return KDTree(world.lidar.directions).query(way)[1]


@EVERY
def test_lidar_fades_there_and_back_and_the_air_returns_something(kind):
    world, (wet, dry) = world_of(kind), rows(kind)
    there, ray = lidar_rays(world, wet), lidar_rays(world, dry)
    surface = wet["lidar/material"] != AIR_MATERIAL
    assert (dry["lidar/material"] != AIR_MATERIAL).all()
    clear = np.full(len(world.lidar.directions), np.nan)  # intensity without weather, by ray
    length = clear.copy()
    clear[ray], length[ray] = dry["lidar/intensity"], np.linalg.norm(dry["lidar/point"], axis=1)

    left = np.exp(-2 * KNOWN[kind].infrared * length / 1000)
    still = there[surface]
    np.testing.assert_allclose(
        wet["lidar/intensity"][surface], (clear * left)[still], rtol=0.01, atol=1e-5
    )
    # The signal needed is that of a surface of 10 % at the end of the range.
    strength = clear / 0.1 * left / (length / world.config.lidar.range_max) ** 2
    assert strength[still].min() > 0.98
    silent = np.setdiff1d(ray, there)
    assert (strength[silent] < 1.02).all()
    if kind in ("fog", "dust"):
        assert length[still].max() < 0.7 * np.nanmax(length)

    air = ~surface
    low, high = KNOWN[kind].air_points
    assert low < air.mean() < high
    assert (wet["lidar/object"][air] == AIR_OBJECT).all()
    assert (wet["lidar/class"][air] == CLASSES.index("nothing")).all()


def undeveloped(image):
    """Linear light of a picture: sRGB and the film curve, backwards."""
    display = decoded(image)
    seen = display @ LUMINANCE
    # seen = Y (1 + Y / WHITE^2) / (1 + Y)
    half = (1 - seen) * WHITE**2 / 2
    luminance = np.sqrt(half**2 + seen * WHITE**2) - half
    return display * (luminance / np.maximum(seen, 1e-9))[..., None] / FACTOR


BRIGHT = 5.0  # radiance of a bright thing


def pictures(world):
    """Green light of the picture of an even dark world, and of an even bright one."""
    return [undeveloped(row_of(world, level)["camera/image"])[..., 1] for level in (0.0, BRIGHT)]


def distances(world):
    """Along each pixel's ray [m]; infinite where nothing is met."""
    depth = rows(world.stage.weather.kind)[0]["depth/image"].astype(float)
    along = np.linalg.norm(world.camera.pixel_directions(), axis=2)
    return np.where(depth > 0, depth * along, np.inf)


@EVERY
def test_contrast_fades_with_distance_as_koschmieder_says(kind, monkeypatch):
    monkeypatch.setattr(precipitation, "FAINTEST", {})  # drops and flakes have a test of their own
    world = world_of(kind)
    dark, bright = pictures(world)
    distance, left = distances(world), (bright - dark) / BRIGHT
    theory = np.exp(-KNOWN[kind].green * distance / 1000)
    near = np.isfinite(distance) & (distance < np.quantile(distance, 0.1))
    assert np.median(left[near] / theory[near]) == pytest.approx(1, abs=0.01)
    far = np.isfinite(distance) & (distance > 35)
    if kind in ("fog", "dust"):  # at the visibility 2 % of the contrast is left
        visibility = next(iter(KNOWN[kind].limits.values()))
        far = np.abs(distance / visibility - 1) < 0.1
        assert np.median(theory[far]) == pytest.approx(0.02, rel=0.3)
    assert far.sum() > 50
    lost = np.median(np.log(np.maximum(left, 1e-4))[far] / np.log(theory[far]))
    assert lost == pytest.approx(1, abs=0.04)
    # What is dark turns as bright as the air itself, never brighter.
    ordered = np.argsort(distance[np.isfinite(distance)])
    veiled = dark[np.isfinite(distance)][ordered]
    assert veiled[-200:].mean() > veiled[:200].mean()


@EVERY
def test_drops_and_flakes_fall_before_the_world_and_show_the_sky(kind, monkeypatch):
    world = world_of(kind)
    dark, bright = pictures(world)
    monkeypatch.setattr(precipitation, "FAINTEST", {})
    bare_dark, bare_bright = pictures(world)
    if kind in ("fog", "dust"):
        np.testing.assert_array_equal(dark, bare_dark)
        return
    met = distances(world) < 60  # before the sky, which haze has swallowed, there is no contrast
    hidden = np.zeros(met.shape)
    hidden[met] = 1 - (bright - dark)[met] / (bare_bright - bare_dark)[met]
    clear = hidden > {"rain": 0.05, "snow": 0.2}[kind]
    assert clear.sum() > 15
    # A drop passes on 94 % of the upper hemisphere's mean radiance, a flake reflects 90 %.
    shown = np.sum((dark - bare_dark + hidden * bare_dark)[clear]) / np.sum(hidden[clear])
    share = {"rain": 0.94, "snow": 0.9}[kind]
    assert shown == pytest.approx(share * world.stage.light.ambient[1], rel=0.1)


def test_clear_air_leaves_every_sensor_alone():
    world = world_of("clear")
    row = row_of(world, BRIGHT)
    other = row_of(in_clear_air(world), BRIGHT)
    for key in ("camera/image", "lidar/point", "lidar/intensity", "paths/gain"):
        np.testing.assert_array_equal(row[key], other[key])
    assert np.ptp(row["camera/image"]) == 0
    assert (row["object/transmittance"] == 1).all()


@EVERY
def test_objects_tell_how_much_of_their_light_the_air_leaves(kind):
    world, (wet, dry) = world_of(kind), rows(kind)
    distance = np.linalg.norm(wet["object/centre"] - world.camera.position, axis=1)
    assert np.ptp(distance) > 20
    np.testing.assert_allclose(
        np.log(wet["object/transmittance"]), -KNOWN[kind].green * distance / 1000, rtol=0.003
    )
    assert wet["object/transmittance"].dtype == np.float32
    for key in ("object/visibility", "object/occlusion"):  # of geometry alone
        np.testing.assert_array_equal(wet[key], dry[key])


def level_faces(world):
    """Object ids and names of materials of the static faces that look up, cars and lids aside."""
    mesh, labels = world.stage.static_mesh, world.stage.labels
    skipped = [label.id for label in labels if label.kind in ("car", "cover")]
    up = mesh.normals(np.arange(mesh.n_face))[:, 2] > LEVEL + 0.01
    up &= ~np.isin(mesh.object_id, skipped)
    names = np.array([material.name for material in MATERIALS])
    return mesh.object_id[up], names[mesh.material[up]]


def test_rain_wets_ground_and_things():
    ids, found = level_faces(world_of("rain"))
    assert not set(found) & set(WETTED)
    assert {"wet_asphalt", "wet_marking"} <= set(found[ids == GROUND_ID])
    assert {name for name in found[ids != GROUND_ID] if name.startswith("wet_")}
    assert not any(name.startswith("wet_") for name in level_faces(world_of("clear"))[1])


def test_snow_lies_on_ground_things_trees_and_parked_cars():
    world = world_of("snow")
    ids, found = level_faces(world)
    assert not set(found) & set(BECOMES["snow"])
    assert "slush" in found[ids == GROUND_ID]
    trees = [label.id for label in world.stage.labels if label.kind == "tree"]
    assert {"snow_on_foliage", "snow_on_wood"} & set(found[np.isin(ids, trees)])
    white = [MATERIAL_ID[name] for name in ("snow", *SNOW_ON.values())]
    mesh, target = world.stage.static_mesh, world.stage.target
    parked = [x.id for x in world.stage.labels if x.kind == "car" and x.id != target.id]
    for number in parked:
        assert np.isin(mesh.of_object(number).material, white).any()
    assert not np.isin(target.mesh(0.0).material, white).any()
    assert not np.isin(world_of("clear").stage.static_mesh.material, white).any()
