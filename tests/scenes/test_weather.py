"""What weather makes of surfaces and skies."""

from dataclasses import replace

import numpy as np
import pytest

from scenes.build import build_stage, extract
from scenes.cars import CAR_MODELS, build_car
from scenes.cars.shell import SLOTS
from scenes.config import ConfigError, WeatherConfig
from scenes.config_io import from_dict, to_dict
from scenes.layout import sample_sequence
from scenes.light.lamps import STREET_CANDELA, beams, street_spots
from scenes.light.sky import LAMP_LUX, make_light
from scenes.light.veiled_sky import DAY_LUX, illuminance
from scenes.looks.nodes import principled
from scenes.materials import MATERIAL_ID, MATERIALS, SNOW_ON
from scenes.presets import preset
from scenes.spec import Daylight, Paint, Pose, Prop, Weather
from scenes.things.shapes import box, joined, quads, rectangle
from scenes.weather import sample_weather, weathered
from tests.worlds import only


def names(shape, where):
    return {MATERIALS[i].name for i in shape.material[where]}


def level(shape):
    """Which faces of a shape look up."""
    corner = shape.vertices[shape.faces[:, :3]]
    return np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])[:, 2] > 0


def test_rain_wets_what_looks_up_and_nothing_else():
    street = joined([
        rectangle(0, 1, 0, 1, 0.0, "asphalt"), rectangle(1, 2, 0, 1, 0.0, "marking"),
        box((4, 0, 1), (2, 2, 2), "concrete"), box((8, 0, 1), (2, 2, 2), "glass"),
    ])  # fmt: skip
    wet = weathered(street, Weather("rain", rate=5.0))
    up = level(wet)
    assert names(wet, up) == {"wet_asphalt", "wet_marking", "wet_concrete", "glass"}
    assert names(wet, ~up) == {"concrete", "glass"}
    assert weathered(street, Weather("fog", visibility=50.0)) is street


def test_rain_wets_roofs_up_to_their_eaves():
    roof = joined([
        quads(np.array([[[0, 0, 0], [4, 0, 0], [4, 3, 2.7], [0, 3, 2.7]]], float), "tile"),
        quads(np.array([[[0, 6, 0], [0, 3, 2.7], [4, 3, 2.7], [4, 6, 0]]], float), "tile"),
        box((9, 0, 3), (3, 3, 0.2), "frame", "gravel"),
        box((20, 0, 1), (1, 1, 2), "tile"),
    ])  # fmt: skip
    wet = weathered(roof, Weather("rain", rate=5.0))
    assert names(wet, slice(2)) == {"wet_tile"}
    assert names(wet, slice(2, None)) == {"wet_tile", "tile", "wet_gravel", "frame"}


def test_snow_lies_on_all_but_roads_and_panes():
    things = joined(
        [box((3 * i, 0, 1), (2, 2, 2), material.name) for i, material in enumerate(MATERIALS)]
    )
    white = weathered(things, Weather("snow", rate=1.0))
    up = level(white)
    on = {MATERIALS[i].name for i in white.material[up]}
    bare = {"slush", "snow", "glass", "window", "lamp_glass", "street_light"}
    wet = {material.name for material in MATERIALS if material.name.startswith("wet_")}
    assert on == {*SNOW_ON.values()} | bare | wet
    side = ~up & (things.material != MATERIAL_ID["foliage"])  # leaves turn in the wind
    np.testing.assert_array_equal(white.material[side], things.material[side])
    slush = white.material[up & np.isin(things.material, [MATERIAL_ID["asphalt"]])]
    assert set(slush) == {MATERIAL_ID["slush"]}


def test_a_steep_roof_holds_no_snow():
    def roof(slope):
        shape = rectangle(0, 1, 0, 1, 0.0, "tile")
        tilted = shape.vertices + np.outer(shape.vertices[:, 1], [0, 0, slope])
        return weathered(replace(shape, vertices=tilted), Weather("snow", rate=1.0)).material[0]

    assert MATERIALS[roof(0.9)].name == "snow_on_tile" and MATERIALS[roof(3.0)].name == "tile"


# Where more is mirrored [Hz]: brick is known to 40 GHz, gravel's soil is always moist.
WET_AT = {
    "asphalt": [6e9, 28e9, 77e9],
    "concrete": [6e9, 28e9, 77e9],
    "paving": [6e9, 28e9, 77e9],
    "tile": [6e9, 28e9, 40e9],
    "gravel": [],
}


def test_wet_surfaces_reflect_more_and_scatter_less_than_dry_ones():
    table = {material.name: material for material in MATERIALS}
    for name, frequencies in WET_AT.items():
        dry, wet = table[name], table[f"wet_{name}"]
        for frequency in frequencies:
            root = [np.sqrt(material.permittivity(frequency)) for material in (dry, wet)]
            share = [abs((n - 1) / (n + 1)) for n in root]
            assert share[1] > 1.05 * share[0]
        assert wet.scattering < dry.scattering and wet.roughness < dry.roughness
        assert wet.reflectivity < dry.reflectivity
    assert table["snow"].reflectivity > 0.8


def sky_ratio(light):
    """Brightness of the zenith over that of the horizon."""
    middle = len(light.sky) // 2
    return light.sky[:5].mean() / light.sky[middle - 3 : middle].mean()


def test_an_overcast_sky_is_three_times_as_bright_above_and_has_no_sun():
    day = Daylight(0.6, 0.0, 3.0, 1.0, 3)
    light = make_light(day, Weather("overcast"))
    assert not light.sun.any()
    assert sky_ratio(light) == pytest.approx(3, rel=0.35)  # with the clouds' own structure
    assert sky_ratio(make_light(day, Weather("fog", visibility=100.0))) < 1.4


def test_dust_is_brown_and_hides_the_sun():
    day = Daylight(0.6, 0.0, 3.0, 1.0, 3)
    thick, thin = (make_light(day, Weather("dust", visibility=v)) for v in (200.0, 800.0))
    red, _, blue = thick.sky[: len(thick.sky) // 2].mean((0, 1))
    assert red > 1.1 * blue
    clear = make_light(replace(day, cloudiness=0.0), Weather())
    assert not thick.sun.any() and 0 < thin.sun.max() < 0.1 * clear.sun.max()


@pytest.mark.parametrize(
    ("degrees", "low", "high"), [(2, 500, 3000), (-5, 2, 30), (-30, 0.01, 0.1)]
)
def test_twilight_has_the_illuminance_that_almanacs_give(degrees, low, high):
    day = Daylight(np.radians(degrees), 0.0, 3.0, 0.0, 3)
    light = "night" if degrees < -20 else "dusk"
    assert low < illuminance(day, Weather(light=light)) < high
    assert illuminance(day, Weather()) == DAY_LUX


def test_clouds_throw_a_towns_light_back():
    """Kyba et al. measured ten times as bright a sky under clouds over a city as in clear air."""
    day = Daylight(-0.5, 0.0, 3.0, 0.0, 3)
    clear, *others = (
        make_light(day, Weather(kind, "night", visibility=100.0))
        for kind in ("clear", "overcast", "rain", "snow", "fog", "dust")
    )
    for light in others:
        ratio = light.on_level_ground.mean() / clear.on_level_ground.mean()
        assert ratio == pytest.approx(10, rel=0.05)
        assert sky_ratio(light) > 1.3 * sky_ratio(clear)  # lit all over


def test_by_night_light_is_counted_from_what_lamps_give():
    night = make_light(Daylight(-0.5, 0.0, 3.0, 0.0, 3), Weather(light="night"))
    assert night.lux == LAMP_LUX
    assert night.on_level_ground.mean() == pytest.approx(0.025 / LAMP_LUX, rel=0.05)
    day = make_light(Daylight(0.5, 0.0, 3.0, 0.0, 3), Weather("overcast"))
    assert day.on_level_ground.mean() == pytest.approx(1, rel=0.01)


def test_lamps_burn_by_night_where_their_heads_are():
    spec = replace_props(Prop(2, "lamp", Pose((3.0, 20.0, 0.0), np.pi / 2), (1.6, 0.2, 8.0)))
    assert street_spots(spec("day"), 10.0) == []
    own, other = street_spots(spec("night"), 10.0)
    assert own.place[1] < 2 and other.intensity == STREET_CANDELA / 10
    np.testing.assert_allclose(other.place, [3.0, 21.85, 7.85], atol=1e-9)
    assert other.direction[2] == -1


def replace_props(prop):
    drawn = sample_sequence(preset("parking_lot"), np.random.default_rng(0))
    return lambda light: replace(drawn, props=(prop,), weather=Weather(light=light))


@pytest.mark.bpy
def test_headlights_are_before_the_car_and_look_ahead_and_down():
    pytest.importorskip("bpy")
    for model in CAR_MODELS.values():
        left, right = lamps = beams(model, 10.0)
        assert left.place[0] > 0.3 * model.length and left.place[1] * right.place[1] < 0
        for lamp in lamps:
            assert lamp.direction[0] > 0.9
            upwards = np.array([1.0, 0.0, np.tan(np.radians(0.2))])
            assert lamp.towards(upwards) == 0 < lamp.towards(upwards * [1, 1, -1])  # blinds nobody


def radvis_materials(item):
    return [slot.material["radvis_material"] for slot in item.material_slots]


@pytest.mark.bpy
def test_rain_wets_cars_for_the_camera_alone():
    bpy = pytest.importorskip("bpy")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    materials = {name: principled(name, name) for name in MATERIAL_ID}
    paint = Paint((0.4, 0.05, 0.05), 0.5, 0.35, dirt=0.6)
    dry, wet = (
        build_car(CAR_MODELS["suv"], paint, name, materials, wet=name == "wet").body
        for name in ("dry", "wet")
    )
    assert radvis_materials(wet) == radvis_materials(dry)
    for field in ("vertices", "faces", "material"):
        one, other = (getattr(extract(item), field) for item in (dry, wet))
        np.testing.assert_array_equal(one, other)
    for slot, rough in (("car_paint", "Coat Roughness"), ("glass", "Roughness")):
        shaders = [
            item.material_slots[SLOTS.index(slot)].material.node_tree.nodes["Principled BSDF"]
            for item in (dry, wet)
        ]
        linked = [shader.inputs[rough].is_linked for shader in shaders]
        assert linked == [False, True]
    # Water covers dirt, too: what is dusty shines in rain alone.
    coats = [
        item.material_slots[0].material.node_tree.nodes["Principled BSDF"].inputs["Coat Weight"]
        for item in (dry, wet)
    ]
    assert coats[0].is_linked and not coats[1].is_linked and coats[1].default_value == 1


@pytest.mark.bpy
@pytest.mark.parametrize("kind", ["clear", "rain", "snow"])
def test_all_cars_of_a_scene_are_wet_in_rain(kind):
    bpy = pytest.importorskip("bpy")
    stage = build_stage(
        sample_sequence(only(preset("parking_lot"), kind), np.random.default_rng(0))
    )
    cars = [label.id for label in stage.labels if label.kind == "car"]
    assert stage.target.id in cars and len(cars) > 1
    for number in cars:
        body = bpy.data.objects[f"car_{number}"]
        for slot in ("car_paint", "glass", "plastic"):
            assert ("wet" in body.material_slots[SLOTS.index(slot)].material.name) == (
                kind == "rain"
            )


def test_weather_draws_by_share_and_strength():
    config = WeatherConfig(clear=0, overcast=0, rain=1, snow=0, fog=0, dust=0, rain_min=5,
                           rain_max=5)  # fmt: skip
    drawn = {sample_weather(config, np.random.default_rng(i)).kind for i in range(20)}
    assert drawn == {"rain"}
    assert sample_weather(config, np.random.default_rng(0)).rate == pytest.approx(5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rain_min": 60.0}, "rain_min = 60 is above rain_max = 50"),
        ({"rain": -1.0}, "weather.rain = -1"),
        (dict.fromkeys(("day", "dusk", "night"), 0.0), "all of day, dusk, night are 0"),
        ({"fog_min": 1.0}, "weather.fog_min = 1"),
    ],
)
def test_weather_that_cannot_be_is_refused(change, message):
    values = to_dict(preset("parking_lot"))
    values["weather"] |= change
    with pytest.raises(ConfigError, match=message):
        from_dict(values)
