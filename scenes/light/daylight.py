"""Sun and clouds of a sequence, by its weather and light.

No sun stands between 2.8 degrees below and 16 degrees above the horizon: `scenes.light.sky` is not
made for it. There air and haze weigh on the sun's light as level layers do, 1 / sin of its
elevation, which is 1 % too much at 16 degrees, 11 % at 5 and twice too much at 1 (Kasten and Young,
Applied Optics 28, 1989); light that is scattered more than once is an even glow; clouds are
lit from above alone; and dusk is a drawing of the time after sunset.
"""

from __future__ import annotations

import numpy as np

from scenes.spec import Daylight, Weather

# Elevation of the sun [degrees] by light; at -2.8 a clear sky gives 70 lx, at which street lamps
# are switched on; at -18 twilight ends.
ELEVATION = {"day": (16.0, 64.0), "dusk": (-5.0, -2.8), "night": (-40.0, -18.0)}


def sample_daylight(weather: Weather, rng: np.random.Generator) -> Daylight:
    """Draw sun and sky."""
    cloudiness = float(rng.choice([0.0, 0.15, 0.3, 0.5]) + rng.uniform(0, 0.1))
    return Daylight(
        elevation=float(np.radians(rng.uniform(*ELEVATION[weather.light]))),
        azimuth=float(rng.uniform(-np.pi, np.pi)),
        turbidity=float(2.0 + 4.0 * rng.beta(1.2, 2.5)),
        cloudiness=cloudiness if weather.kind == "clear" else 1.0,
        seed=int(rng.integers(2**31)),
    )
