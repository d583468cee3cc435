import dataclasses
import tomllib

import pytest

from scenes.config import ConfigError, ScenarioConfig
from scenes.config_io import (
    KEYS,
    allowed,
    config_hash,
    from_dict,
    merged,
    parse_settings,
    read_toml,
    to_dict,
    to_toml,
)
from scenes.presets import PRESETS, preset

BASE = to_dict(preset("parking_lot"))


def changed(**settings):
    return merged(BASE, parse_settings(f"{k.replace('__', '.')}={v}" for k, v in settings.items()))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_goes_to_toml_and_comes_back(name, tmp_path):
    (tmp_path / "c.toml").write_text(to_toml(preset(name)))
    assert from_dict(read_toml(tmp_path / "c.toml")) == preset(name)


def test_values_survive_the_way_through_toml():
    config = from_dict(changed(radio__carrier_hz="60e9", radio__noise="false", entries='["csi"]'))
    assert config.radio.carrier_hz == 60e9
    assert config.entries == ("csi",)
    assert from_dict(tomllib.loads(to_toml(config))) == config


def test_every_key_of_the_tree_is_known_and_written():
    def leaves(values, prefix=""):
        for key, value in values.items():
            yield from (
                leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key]
            )

    assert set(leaves(BASE)) == KEYS


def test_entries_have_one_order_so_that_one_choice_has_one_hash():
    one = ScenarioConfig("parking_lot", entries=("csi", "camera"))
    two = ScenarioConfig("parking_lot", entries=("camera", "csi"))
    assert one == two
    first, second, other = (
        config_hash(to_dict(config)) for config in (one, two, preset("parking_lot"))
    )
    assert first == second != other


def test_configurations_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        preset("parking_lot").radio.carrier_hz = 1e9  # type: ignore[misc]


def test_a_later_setting_wins():
    assert parse_settings(["radio.n_ray=500", "radio.n_ray=600"]) == {"radio": {"n_ray": 600}}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("radio.carier_hz=1e9", "unknown configuration key radio.carier_hz; did you mean "
         "radio.carrier_hz"),
        ("carrier_hz=1e9", "did you mean radio.carrier_hz"),
        ("zzz=1", "see radvis synth --print-config"),
        ("radio=1", "radio is a section, not a value; its keys are azimuth_span_deg"),
        ("radio.carrier_hz", "write --set key=value"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_explained(setting, message):
    with pytest.raises(ConfigError, match=message):
        parse_settings([setting])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"radio__carrier_hz": 5}, r"radio\.carrier_hz = 5: .*\(allowed: 1e\+09 to 3e\+11\)"),
        ({"radio__carrier_hz": "nan"}, r"radio\.carrier_hz = nan"),
        ({"radio__bandwidth_hz": 15e9}, r"bandwidth_hz = 1\.5e\+10 must be below half of"),
        ({"radio__n_ray": "many"}, r"radio\.n_ray = 'many': .*\(allowed: 100 to 1e\+07\)"),
        ({"radio__element": "horn"}, r"radio\.element = 'horn': .*isotropic"),
        ({"radio__elevation_min_deg": 50}, "elevation_min_deg = 50 must be below"),
        ({"heatmap__range_max": 200}, r"heatmap\.range_max = 200 m lies beyond 191\.9 m.* "
         r"echoes from 191\.9 to 200 m fold onto 0 to 8\.1 m; raise radio\.n_subcarrier to 1068"),
        ({"radio__n_subcarrier": 205}, "echoes from 38.4 to 52 m fold onto 0 to 13.6 m"),
        ({"radio__n_subcarrier": 16}, "echoes from 3.0 to 52 m fold onto 0 to 3.0 m"),
        ({"radio__n_subcarrier": 65536},
         r"n_subcarrier = 65536 tells ranges to 12,279 m, 236 times heatmap\.range_max = 52 m.*; "
         "278 reach the window's end, 16 times as many are allowed"),
        ({"radio__n_subcarrier": 278 * 16 + 1}, "278 reach"),
        ({"radio__symbol_interval": 1.2e-6},
         r"symbol_interval = 1\.2e-06 s is shorter than the OFDM symbol, .* = 1\.28e-06 s; raise"),
        ({"heatmap__range_min": 80}, "range_min = 80 must be below range_max = 52"),
        ({"lidar__elevation_min_deg": 80}, "elevation_min_deg = 80 must be below"),
        ({"traffic__speed_min": 9}, "speed_min = 9 is above speed_max = 7"),
        ({"traffic__parked_min": 99}, "parked_min = 99 is above parked_max"),
        ({"split__test": 0.9}, "leaves nothing to train on"),
        ({"radio__n_row": 128, "radio__n_col": 128, "radio__n_subcarrier": 8193,
          "heatmap__range_max": 500},
         r"n_subcarrier = 134234112 values of CSI a frame, at most 134217728 .* lower one"),
        ({"radio__max_path": 9_000_000}, "max_path = 9000000: .*1000000"),
        ({"entries": '["sonar"]'}, "entries.0 = 'sonar': .*camera"),
        ({"entries": "camera"}, "entries = 'camera': should be a list"),
        ({"entries": "[]"}, "entries"),
    ],
)  # fmt: skip
def test_a_value_without_sense_is_one_line_with_value_and_range(settings, message):
    with pytest.raises(ConfigError, match=message) as caught:
        from_dict(changed(**settings))
    assert "\n" not in str(caught.value)


def test_sizes_of_what_is_not_stored_are_free():
    sizes = {"radio__n_row": 128, "radio__n_col": 128, "radio__n_subcarrier": 65536}
    config = from_dict(changed(**sizes, heatmap__range_max=5000, entries='["radar"]'))
    assert config.radio.n_subcarrier == 65536


@pytest.mark.parametrize("n_subcarrier", [278, 278 * 16])
def test_subcarriers_that_just_suffice_and_just_may_be_are_taken(n_subcarrier):
    assert from_dict(changed(radio__n_subcarrier=n_subcarrier)).radio.n_subcarrier == n_subcarrier


def test_the_fewest_subcarriers_are_never_too_many():
    narrow = {"radio__bandwidth_hz": 1e6, "radio__n_subcarrier": 16}
    assert from_dict(changed(**narrow)).radio.n_subcarrier == 16


def test_symbols_may_follow_each_other_without_a_gap():
    config = from_dict(changed(radio__symbol_interval=1024 / 800e6))
    assert config.radio.symbol_interval == 1.28e-6


def test_several_wrong_values_are_counted():
    with pytest.raises(ConfigError, match=r"\(and 1 more\)"):
        from_dict(changed(radio__n_row=0, radio__n_col=0))


def test_a_configuration_without_a_scene_says_so():
    with pytest.raises(ConfigError, match="scene is missing"):
        from_dict({})


@pytest.mark.parametrize(
    ("key", "limits"),
    [("radio.n_row", "1 to 128"), ("heatmap.range_max", "up to 10000"),
     ("heatmap.range_min", "from 0"), ("radio.noise", "")],
)  # fmt: skip
def test_ranges_are_read_from_the_tree(key, limits):
    assert allowed(key) == limits


def test_files_that_are_no_configuration_are_named(tmp_path):
    path = tmp_path / "c.toml"
    with pytest.raises(ConfigError, match="No such file"):
        read_toml(path)
    for content in (b"a = = 1", b"\xff\xfe", b"a = " + b"[" * 100_000):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="not TOML"):
            read_toml(path)
    path.write_bytes(b"#" * 2_000_000)
    with pytest.raises(ConfigError, match="no configuration"):
        read_toml(path)


def test_an_unknown_scene_brings_the_nearest():
    with pytest.raises(ConfigError, match="did you mean parking_lot"):
        preset("parkinglot")
    with pytest.raises(ConfigError, match="scenes: parking_lot, suburban, canyon"):
        preset("xyz")


def test_slanted_polarisations_are_numbers_too():
    for value, name in (("+45", "+45"), ("-45", "-45"), ('"+45"', "+45"), ("H", "H")):
        settings = parse_settings([f"radio.receive_polarization={value}"])
        made = from_dict(merged(to_dict(ScenarioConfig(scene="parking_lot")), settings))
        assert made.radio.receive_polarization == name


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["radio.transmit_position=[1.0, 2.0, 3.0]"], "set radio.rig = bistatic"),
        (["radio.transmit_azimuth_deg=20"], "transmit_azimuth_deg = 20 is of a bistatic rig"),
        (["radio.transmit_downtilt_deg=5"], "set radio.rig = bistatic"),
        (["radio.rig=bistatic", "radio.transmit_offset=0.5"], "= 0.5 is of a monostatic rig"),
        (["radio.rig=bistatic", "radio.transmit_position=[5.0, 15.0, -8.0]"], "below the ground"),
        (["radio.rig=bistatic", "radio.transmit_position=[0.1, 0.0, 6.5]"], "from the array"),
    ],
)
def test_transmitters_that_cannot_be(settings, words):
    base = to_dict(ScenarioConfig(scene="parking_lot"))
    with pytest.raises(ConfigError, match=words):
        from_dict(merged(base, parse_settings(settings)))
