"""Every prop's builder by its kind, or by kind and style where a style has a builder of its own."""

from __future__ import annotations

from collections.abc import Callable

from scenes.buildings.balconies import build_balconies
from scenes.buildings.buildings import build_building, build_wall
from scenes.buildings.house_doors import build_house_doors
from scenes.buildings.house_roof import build_house_roof
from scenes.buildings.house_walls import build_house_walls
from scenes.buildings.roofs import build_tiles, build_trim
from scenes.buildings.shopfronts import build_awning, build_shopfront
from scenes.buildings.tenement_plan import CHARACTERS
from scenes.buildings.tenements import build_house
from scenes.spec import Prop
from scenes.things.garden_things import (
    build_board_fence,
    build_gate,
    build_kerb_corner,
    build_kerb_edge,
    build_kerb_ramp,
    build_name_sign,
    build_picket_fence,
    build_pot,
    build_rail_fence,
    build_road_cover,
    build_round_sign,
    build_shed,
    build_telegraph_pole,
)
from scenes.things.shapes import Shape
from scenes.things.street import (
    build_bin,
    build_bollard,
    build_kerb,
    build_lamp,
    build_shelter,
    build_sign,
)
from scenes.things.street_furniture import (
    build_bench,
    build_bicycle,
    build_board,
    build_bus_stop,
    build_cabinet,
    build_cover,
    build_grate,
    build_parasol,
    build_planter,
    build_post_box,
    build_rack,
    build_table,
    build_traffic_sign,
)
from scenes.things.vegetation import build_hedge, build_tree

Builder = Callable[[Prop], Shape]

BUILDERS: dict[str, Builder] = {
    "building": build_building,
    "wall": build_wall,
    "tree": build_tree,
    "hedge": build_hedge,
    "lamp": build_lamp,
    "kerb": build_kerb,
    "sign": build_sign,
    "bollard": build_bollard,
    "bin": build_bin,
    "shelter": build_shelter,
    **{f"building/{style}": build_house for style in CHARACTERS},
    **{f"building/{style}:tiles": build_tiles for style in CHARACTERS},
    **{f"building/{style}:trim": build_trim for style in CHARACTERS},
    **{f"building/{style}:balconies": build_balconies for style in CHARACTERS},
    "building/shopfront": build_shopfront,
    "awning": build_awning,
    "awning/parasol": build_parasol,
    "bench/slats": build_bench,
    "bicycle/city": build_bicycle,
    "cabinet/street": build_cabinet,
    "planter/tub": build_planter,
    "post_box/pillar": build_post_box,
    "shelter/bus": build_bus_stop,
    "sign/traffic": build_traffic_sign,
    "table/cafe": build_table,
    "board/folding": build_board,
    "cover/drain": build_cover,
    "cover/grate": build_grate,
    "cover/manhole": build_cover,
    "rack/hoop": build_rack,
    "building/house": build_house_walls,
    "building/house_far": build_house_walls,
    "building/house_roof": build_house_roof,
    "building/house_doors": build_house_doors,
    "bush": build_tree,
    "fence/boards": build_board_fence,
    "fence/gate": build_gate,
    "fence/picket": build_picket_fence,
    "fence/rail": build_rail_fence,
    "kerb/edge": build_kerb_edge,
    "kerb/ramp": build_kerb_ramp,
    "kerb/corner_asphalt": build_kerb_corner,
    "kerb/corner_concrete": build_kerb_corner,
    "kerb/corner_paving": build_kerb_corner,
    "planter/pot": build_pot,
    "pole/telegraph": build_telegraph_pole,
    "shed/garden": build_shed,
    "sign/name": build_name_sign,
    "cover/inlaid": build_road_cover,
    "cover/gully": build_road_cover,
    "sign/round": build_round_sign,
}


def build_prop(prop: Prop) -> Shape:
    """Return a prop's shape in its own frame."""
    builder = BUILDERS.get(f"{prop.kind}/{prop.style}") or BUILDERS[prop.kind]
    return builder(prop)
