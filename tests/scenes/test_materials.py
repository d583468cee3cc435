from dataclasses import fields, replace
from math import nextafter, pi

import pytest

from scenes.config import ConfigError, RadioConfig
from scenes.itu import P2040, VACUUM_PERMITTIVITY, Dielectric, relative_permittivity
from scenes.materials import MATERIALS, check_materials

ROWS = [(name, row) for name, rows in P2040.items() for row in rows]
NAMES = (
    "asphalt", "marking", "concrete", "brick", "plaster", "glass", "metal", "car_paint",
    "chrome", "plastic", "rubber", "lamp_glass", "plate", "sign", "frame", "wood", "foliage",
    "soil", "tile", "cladding", "paving", "window", "fabric", "street_light", "wet_asphalt",
    "wet_marking", "wet_concrete", "wet_paving", "snow", "slush", "gravel",
    "timber", "earth", "lawn", "wet_tile", "wet_gravel",
    "snow_on_metal", "snow_on_car_paint", "snow_on_chrome", "snow_on_plate", "snow_on_sign",
    "snow_on_cladding", "snow_on_concrete", "snow_on_brick", "snow_on_plaster", "snow_on_plastic",
    "snow_on_rubber", "snow_on_frame", "snow_on_wood", "snow_on_foliage", "snow_on_soil",
    "snow_on_tile", "snow_on_paving", "snow_on_fabric", "snow_on_gravel", "snow_on_timber",
    "snow_on_earth", "snow_on_lawn",
)  # fmt: skip
BY_NAME = {material.name: material for material in MATERIALS}


def radio(carrier_hz, **changes):
    return replace(RadioConfig(), carrier_hz=carrier_hz, **changes)


@pytest.mark.parametrize(("name", "row"), ROWS, ids=lambda value: str(value)[:20])
def test_the_ends_of_a_range_are_in_it_and_nothing_beyond(name, row):
    for frequency in (row.low_hz, row.high_hz):
        value = relative_permittivity(name, P2040[name], frequency)
        assert value == row.permittivity(frequency)
    for frequency in (nextafter(row.low_hz, 0), nextafter(row.high_hz, 1e15)):
        with pytest.raises(ConfigError, match=f"{name} is given for .* GHz, not at .* set "
                           r"radio\.extrapolate_materials = true"):  # fmt: skip
            relative_permittivity(name, P2040[name], frequency)
        assert relative_permittivity(name, P2040[name], frequency, True) == pytest.approx(
            row.permittivity(frequency)
        )


def test_permittivity_is_the_recommendations_formula():
    # ITU-R P.2040-3, table 3: medium dry ground at 8 GHz.
    value = relative_permittivity("ground", P2040["medium_dry_ground"], 8e9)
    assert value.real == pytest.approx(15 * 8**-0.1)
    conductivity = 0.035 * 8**1.63
    assert -value.imag == pytest.approx(conductivity / (2 * pi * 8e9 * VACUUM_PERMITTIVITY))
    assert relative_permittivity("vacuum", P2040["vacuum"], 1e9) == 1


def test_the_table_is_whole():
    assert {name for name, rows in P2040.items() if len(rows) == 2} == {"glass", "ceiling_board"}
    assert len(P2040) == 15
    for _, row in ROWS:
        assert row.low_hz < row.high_hz <= 450e9


@pytest.mark.parametrize("name", ["glass", "ceiling_board"])
def test_of_two_ranges_the_one_that_holds_or_the_nearest_is_taken(name):
    low, high = P2040[name]
    for frequency, row in ((50e9, low), (300e9, high)):
        assert relative_permittivity(name, (low, high), frequency) == row.permittivity(frequency)
    for frequency, row in ((140e9, low), (160e9, high), (500e9, high)):
        with pytest.raises(ConfigError, match="to 100 and 220 to 450 GHz"):
            relative_permittivity(name, (low, high), frequency)
        value = relative_permittivity(name, (low, high), frequency, extrapolate=True)
        assert value == row.permittivity(frequency)


def test_materials_keep_names_and_order():
    assert tuple(material.name for material in MATERIALS) == NAMES


@pytest.mark.parametrize("material", MATERIALS, ids=lambda m: m.name)
def test_a_material_is_passive_and_its_shares_are_shares(material):
    for ghz in (1, 6, 10, 20, 28, 40):
        value = material.permittivity(ghz * 1e9)
        assert value.real >= 1 and value.imag < 0
    for share in (material.scattering, material.back, material.cross, material.reflectivity):
        assert 0 <= share <= 1
    assert 0.02 <= material.cross <= 0.5


def test_soil_is_the_moist_soil_model():
    # ITU-R P.527 (silt loam, 20 C, volumetric water 0.2), evaluated apart from this code.
    for ghz, real, imaginary in (
        (1, 9.951, 1.262), (5, 10.488, 1.627), (10, 9.405, 2.195), (20, 7.185, 2.348),
        (28, 6.068, 2.092), (60, 4.437, 1.234), (100, 3.984, 0.787),
    ):  # fmt: skip
        value = BY_NAME["soil"].permittivity(ghz * 1e9)
        assert value.real == pytest.approx(real, rel=0.05)
        assert -value.imag == pytest.approx(imaginary, rel=0.08)


def test_where_formulas_of_a_material_meet_they_nearly_agree():
    for material in MATERIALS:
        for below, above in zip(material.dielectric, material.dielectric[1:], strict=False):
            if below.high_hz == above.low_hz:
                one, other = (row.permittivity(above.low_hz) for row in (below, above))
                assert abs(one - other) < 0.1 * abs(one)


def test_a_carrier_outside_is_refused_with_all_materials_in_one_line():
    check_materials(radio(28e9))
    check_materials(radio(40e9))
    with pytest.raises(ConfigError) as caught:
        check_materials(radio(60e9))
    text = str(caught.value)
    names = ", ".join(f"{name} (1 to 40 GHz)" for name in ("brick", "tile", "wet_tile"))
    assert "60 GHz" in text and f"{names};" in text
    assert "concrete" not in text and "\n" not in text
    with pytest.raises(ConfigError) as caught:
        check_materials(radio(140e9))
    text = str(caught.value)
    assert all(f"{name} (" in text for name in NAMES if "snow_on" not in name)
    assert "snow_on" not in text  # of what they lie on
    assert "glass (0.1 to 100 and 220 to 450 GHz)" in text and "soil (1 to 100 GHz)" in text
    assert "radio.extrapolate_materials = true" in text and "\n" not in text


def test_a_carrier_outside_is_taken_if_that_is_asked_for():
    check_materials(radio(140e9, extrapolate_materials=True))
    for material in MATERIALS:
        assert material.permittivity(140e9, extrapolate=True).real >= 1


def test_only_the_materials_that_are_asked_about_count():
    check_materials(radio(100e9), (BY_NAME["concrete"],))
    with pytest.raises(ConfigError, match=r"brick \(1 to 40 GHz\)"):
        check_materials(radio(100e9), (BY_NAME["concrete"], BY_NAME["brick"]))


def test_a_dielectric_has_the_tables_columns():
    assert [field.name for field in fields(Dielectric)] == [
        "a", "b", "c", "d", "low_hz", "high_hz",
    ]  # fmt: skip


def test_what_is_under_snow_is_white_to_light_and_bare_to_radio_waves():
    for name in ("metal", "car_paint", "chrome", "cladding", "tile", "lawn", "paving", "wood"):
        bare, white = BY_NAME[name], BY_NAME[f"snow_on_{name}"]
        assert white.reflectivity == BY_NAME["snow"].reflectivity
        assert replace(white, name=name, reflectivity=bare.reflectivity) == bare
