from dataclasses import replace
from math import gamma, lgamma, sqrt

import numpy as np
import pytest

from models.cfar import CfarConfig, ca_factor, clusters, detections, locate, os_factor, ring

BOTH = pytest.mark.parametrize("statistic", ["ca", "os"])
SPEED = (np.arange(32) - 16) * 0.669  # [m/s], of 64 symbols 125 us apart at 28 GHz
SPECTRUM = {0: 1.0, 1: 0.085, 2: 2.5e-4}  # power of a taper of 30 dB sidelobes, by column
STILL = 1.5  # [m/s]; beyond the columns over which it spreads what stands still


def slow_detections(power, config):
    """Return which cells pass, cell by cell, of a map that is mirrored at its borders."""
    half = config.guard + config.train
    wide = np.pad(power, half, mode="symmetric")
    made = np.zeros(power.shape, bool)
    for y, x in np.ndindex(power.shape):
        around = [
            wide[y + half + j, x + half + i]
            for j in range(-half, half + 1)
            for i in range(-half, half + 1)
            if max(abs(j), abs(i)) > config.guard
        ]
        n = len(around)
        if config.statistic == "ca":
            factor, level = n * (config.false_alarms ** (-1 / n) - 1), sum(around) / n
        else:
            kth = round(config.rank * n)
            factor, level = os_factor(n, kth, config.false_alarms), sorted(around)[kth - 1]
        made[y, x] = power[y, x] > factor * level
    return made


@BOTH
def test_detections_are_those_of_a_cell_by_cell_search(statistic):
    power = np.random.default_rng(1).exponential(size=(17, 21))
    power[5, 8] = power[0, 20] = power[6, 9] = 60
    config = CfarConfig(statistic, guard=1, train=2, false_alarms=0.02)
    found = detections(power, config)
    assert np.array_equal(found, slow_detections(power, config))
    assert found[5, 8] and found[0, 20] and found.sum() < found.size / 4


@BOTH
@pytest.mark.parametrize("false_alarms", [0.2, 0.02])
def test_noise_is_taken_for_a_target_as_often_as_configured(statistic, false_alarms):
    config = CfarConfig(statistic, guard=1, train=2, false_alarms=false_alarms)
    noise = 3e-13 * np.random.default_rng(2).exponential(size=(496, 496))
    found = detections(noise, config)[3:-3, 3:-3]
    # Windows are 7 cells wide, so the map is 49 lattices of independent tests, of 70 x 70 each; the
    # mean of all of them is no less certain than one.
    spread = sqrt(false_alarms * (1 - false_alarms) / 70**2)
    assert found.mean() == pytest.approx(false_alarms, abs=4 * spread)
    assert found.std() > 0


@pytest.mark.parametrize(("n", "false_alarms"), [(1, 0.1), (16, 1e-3), (544, 1e-5)])
def test_cell_averaging_is_finns(n, false_alarms):
    alarms = (1 + ca_factor(n, false_alarms) / n) ** -n
    assert alarms == pytest.approx(false_alarms, rel=1e-6)
    assert ca_factor(10**7, false_alarms) == pytest.approx(-np.log(false_alarms), rel=1e-3)


@pytest.mark.parametrize(("n", "kth", "false_alarms"), [(8, 6, 1e-2), (40, 30, 1e-3), (24, 1, 0.1)])
def test_the_ordered_statistic_is_rohlings(n, kth, false_alarms):
    t = os_factor(n, kth, false_alarms)
    # k (n over k) Γ(k) Γ(t + n + 1 - k) / Γ(t + n + 1)
    factors = gamma(n + 1) / (gamma(kth + 1) * gamma(n - kth + 1)) * kth * gamma(kth)
    alarms = factors * np.exp(lgamma(t + n - kth + 1) - lgamma(t + n + 1))
    assert alarms == pytest.approx(false_alarms, rel=1e-6)


def test_one_cell_alone_has_the_same_threshold_either_way():
    assert os_factor(1, 1, 0.01) == pytest.approx(ca_factor(1, 0.01)) == pytest.approx(99)


def test_a_ring_is_a_square_without_its_middle():
    drawn = ["#######", "#######", "##...##", "##...##", "##...##", "#######", "#######"]
    expected = np.array([[cell == "#" for cell in row] for row in drawn])
    assert np.array_equal(ring(CfarConfig(guard=1, train=2)), expected)


def test_guard_cells_keep_a_target_from_hiding_itself():
    power = np.ones((31, 31))
    power[14:17, 14:17] = 1e4
    config = CfarConfig(guard=2, train=2, false_alarms=1e-3)
    assert np.array_equal(detections(power, config), power > 1)
    assert not detections(power, replace(config, guard=0, train=1)).any()


def test_clusters_of_a_hand_made_map():
    drawn = [
        "##....#.....",
        "##..........",
        "..#......###",  # diagonal: 1.4 cells away
        ".........#..",
        "....#.......",  # 2.8 away: alone
        "............",
        "............",
        "#.#.#.#....#",  # steps of 2: each has 3 within reach, the middle two
    ]
    found = np.array([[cell == "#" for cell in row] for row in drawn])
    config = CfarConfig(reach=2.5, fewest=3)
    parts = {frozenset(map(tuple, part.tolist())) for part in clusters(found, config)}
    assert parts == {
        frozenset({(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)}),
        frozenset({(2, 9), (2, 10), (2, 11), (3, 9)}),
        frozenset({(7, 0), (7, 2), (7, 4), (7, 6)}),
    }
    assert clusters(found, replace(config, fewest=6)) == []
    assert clusters(np.zeros((4, 4), bool), config) == []


def maps(blobs):
    """Return heatmap (64, 48) and range-Doppler map (64, 32) [dB] of noise and blobs.

    Args:
        blobs: (row, column of the heatmap, column of speed, power over noise) of each.
    """
    chance = np.random.default_rng(0)
    heatmap, doppler = chance.exponential(size=(64, 48)), chance.exponential(size=(64, 32))
    for row, column, speed, power in blobs:
        down = np.exp(-((np.arange(64) - row) ** 2) / 2)
        heatmap += power * np.outer(down, np.exp(-((np.arange(48) - column) ** 2) / 2))
        away = [SPECTRUM.get(abs(other - speed), 0.0) for other in range(32)]
        doppler += power * np.outer(down, away)
    return 10 * np.log10(heatmap) - 120, 10 * np.log10(doppler) - 130


def found_in(pair, config):
    """Return row and column of the target."""
    return locate(pair[0], config, pair[1], SPEED)


@BOTH
def test_a_moving_target_is_found_beside_a_stronger_still_one(statistic):
    config = CfarConfig(statistic, still=STILL)
    for speed in (6, 24):
        both = maps([(40, 12, speed, 1e3), (18, 33, 16, 1e5)])
        assert found_in(both, config) == pytest.approx((40, 12), abs=0.3)
        unmasked = found_in(both, replace(config, still=0.0))
        assert unmasked == pytest.approx((18, 33), abs=0.3)


def test_of_two_that_move_the_stronger_is_found():
    config = CfarConfig(still=STILL)
    for near, far in ((1e3, 1e4), (1e4, 1e3)):
        found = found_in(maps([(14, 33, 25, near), (40, 12, 6, far)]), config)
        assert found == pytest.approx((40, 12) if far > near else (14, 33), abs=0.3)


def test_what_moves_counts_from_the_configured_level():
    pair = maps([(40, 12, 6, 1e3)])  # 30 dB over noise, whose median is 1.6 dB below its mean
    config = CfarConfig(still=STILL)
    assert found_in(pair, replace(config, doppler_level=20)) is not None
    assert found_in(pair, replace(config, doppler_level=33)) is None


def test_of_what_is_seen_at_the_targets_range_the_stronger_is_the_target():
    pair = maps([(40, 36, 6, 1e4), (38, 8, 16, 300.0)])
    assert found_in(pair, CfarConfig(still=STILL)) == pytest.approx((40, 36), abs=0.3)


def test_a_wall_along_the_range_does_not_draw_the_target_away():
    wall = [(row, 30, 16, 200.0) for row in range(4, 60, 2)]
    config = CfarConfig(guard=2, train=20, false_alarms=1e-2, still=STILL)
    row, _ = found_in(maps([(40, 30, 6, 1e4), *wall]), config)
    assert row == pytest.approx(40, abs=1.5)


@BOTH
def test_nothing_is_found_where_nothing_moves(statistic):
    config = CfarConfig(statistic, still=STILL)
    empty = np.full((64, 48), -150.0), np.full((64, 32), -150.0)
    assert found_in(empty, config) is None
    assert found_in(maps([]), config) is None
    assert found_in(maps([(18, 33, 16, 1e5)]), config) is None


def test_what_moves_unseen_by_the_heatmap_has_no_place():
    pair = maps([])[0], maps([(40, 12, 6, 1e4)])[1]
    assert found_in(pair, CfarConfig()) is None


@BOTH
def test_without_velocities_the_strongest_is_the_target(statistic):
    config = CfarConfig(statistic)
    moving, still = (40, 12, 6, 1e3), (18, 33, 16, 1e4)
    assert locate(maps([moving, still])[0], config) == pytest.approx((18, 33), abs=0.3)
    assert locate(maps([moving])[0], config) == pytest.approx((40, 12), abs=0.3)
    assert locate(np.full((64, 48), -150.0), config) is None


def test_an_unknown_statistic_is_refused():
    with pytest.raises(ValueError, match="ca or os"):
        CfarConfig("mean")
