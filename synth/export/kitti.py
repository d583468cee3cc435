"""KITTI's object benchmark: scans, pictures, boxes and calibrations.

Geiger et al., "Are we ready for autonomous driving?", CVPR 2012, and the readme of its devkit.
KITTI's camera and scanner stand level, ours look down. The reference frame here is the level one at
our pinhole, of the same heading, in which boxes stand upright; R0_rect is the identity, P2 projects
from that frame and holds the tilt. Scans are turned into the level frame at our scanner, in which
tools draw boxes that turn about the vertical only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.config import SEQUENCE_LENGTH
from synth.export.labels import labels_of, seen
from synth.export.part import Part, Source, png

Matrix = NDArray[np.float64]

# KITTI's own types by our class, and by model where KITTI tells cars apart.
TYPES = {"car": "Car", "bicycle": "Bicycle"}
MODELS = {
    "kei_van": "Van", "city_van": "Van", "van": "Van", "van_high": "Van", "camper": "Van",
    "minibus": "Van", "minibus_high": "Van", "box_truck": "Truck", "box_truck_cabover": "Truck",
    "flatbed": "Truck", "kei_truck": "Truck",
}  # fmt: skip
PARTLY, LARGELY = 0.1, 0.5  # hidden shares from which "occluded" is 1 and 2; KITTI's are judgements


class Kitti:
    """SPLIT/{image_2, velodyne, label_2, calib}/NUMBER, numbered as the dataset's frames.

    Scans are (n, 4) float32: x ahead, y left, z up [m], intensity. pcd/NUMBER.pcd holds the same
    points with class and object.
    """

    def __init__(self, out: Path, source: Source) -> None:
        self._out, self._source = out, source

    def write(self, part: Part) -> None:
        """Write the files of a sequence."""
        intrinsics = part.data.read(part.first, "camera/intrinsics")
        for index, frame in enumerate(part.frames()):
            number = f"{part.sequence * SEQUENCE_LENGTH + index:06d}"
            labels = labels_of(frame, self._source.tables, self._source.objects)
            pose = frame["camera/world_from_camera"]
            world_from_level = level(pose)
            rows = [label(item, world_from_level) for item in labels["objects"] if seen(item)]
            place = {
                name: self._out / part.split / name / f"{number}.{suffix}"
                for name, suffix in (("image_2", "png"), ("velodyne", "bin"), ("label_2", "txt"),
                                     ("calib", "txt"), ("pcd", "pcd"))
            }  # fmt: skip
            for path in place.values():
                path.parent.mkdir(parents=True, exist_ok=True)
            place["image_2"].write_bytes(png(frame["camera/image"]))
            place["label_2"].write_text("".join(f"{row}\n" for row in rows))
            world_from_velodyne = level_scanner(frame["lidar/world_from_lidar"])
            place["calib"].write_text(
                calibration(intrinsics, pose, world_from_level, world_from_velodyne)
            )
            _scans(frame, world_from_velodyne, place["velodyne"], place["pcd"])

    def finish(self, parts: list[tuple[str, int]]) -> None:
        """List the frames of each split, as detection tools want it."""
        folder = self._out / "ImageSets"
        folder.mkdir(exist_ok=True)
        for split in {split for split, _ in parts}:
            firsts = sorted(sequence * SEQUENCE_LENGTH for name, sequence in parts if name == split)
            numbers = [first + i for first in firsts for i in range(SEQUENCE_LENGTH)]
            (folder / f"{split}.txt").write_text("".join(f"{i:06d}\n" for i in numbers))


def level(world_from_camera: Matrix) -> Matrix:
    """Return the pose (4, 4) of the level frame at a camera: x right, y down, z ahead."""
    ahead = world_from_camera[:3, 2] * [1, 1, 0]
    ahead /= np.linalg.norm(ahead)
    down = np.array([0.0, 0, -1])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([np.cross(down, ahead), down, ahead], 1)
    pose[:3, 3] = world_from_camera[:3, 3]
    return pose


def level_scanner(world_from_lidar: Matrix) -> Matrix:
    """Return the pose (4, 4) of the level frame at a lidar: x ahead, y left, z up."""
    ahead = world_from_lidar[:3, 1] * [1, 1, 0]
    ahead /= np.linalg.norm(ahead)
    up = np.array([0.0, 0, 1])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([ahead, np.cross(up, ahead), up], 1)
    pose[:3, 3] = world_from_lidar[:3, 3]
    return pose


def label(item: dict[str, Any], world_from_level: Matrix) -> str:
    """Return an object's line: type, truncated, occluded, alpha, box, h w l, x y z, rotation_y."""
    level_from_world = np.linalg.inv(world_from_level)
    length, width, height = item["size"]
    bottom = np.array([*item["centre"][:2], item["centre"][2] - height / 2, 1.0])
    x, y, z, _ = level_from_world @ bottom
    way = level_from_world[:3, :3] @ [np.cos(item["yaw"]), np.sin(item["yaw"]), 0.0]
    turn = float(np.arctan2(-way[2], way[0]))
    alpha = turn - float(np.arctan2(x, z))
    alpha = (alpha + np.pi) % (2 * np.pi) - np.pi
    inside = item["visibility"] / max(1 - item["occlusion"], 1e-6)  # share of it in the picture
    hidden = item["occlusion"]
    numbers = [
        alpha, *item["box"], height, width, length, x, y, z, turn,
    ]  # fmt: skip
    kind = MODELS.get(item["model"] or "", TYPES.get(item["class"], item["class"].capitalize()))
    return (
        f"{kind} {min(max(1 - inside, 0.0), 1.0):.2f} {(hidden >= PARTLY) + (hidden >= LARGELY):d} "
        + " ".join(f"{value:.2f}" for value in numbers)
    )


def calibration(
    intrinsics: Matrix,
    world_from_camera: Matrix,
    world_from_level: Matrix,
    world_from_velodyne: Matrix,
) -> str:
    """Return a calibration file: P0 to P3, R0_rect, Tr_velo_to_cam, Tr_imu_to_velo."""
    camera_from_level = np.linalg.inv(world_from_camera) @ world_from_level
    project = intrinsics @ camera_from_level[:3]
    level_from_velodyne = np.linalg.inv(world_from_level) @ world_from_velodyne
    matrices = {
        **{f"P{i}": project for i in range(4)},
        "R0_rect": np.eye(3),
        "Tr_velo_to_cam": level_from_velodyne[:3],
        "Tr_imu_to_velo": np.eye(4)[:3],
    }
    lines = (f"{name}: {' '.join(f'{x:.12e}' for x in m.ravel())}" for name, m in matrices.items())
    return "\n".join(lines) + "\n"


def _scans(
    frame: dict[str, NDArray[Any]], world_from_velodyne: Matrix, velodyne: Path, pcd: Path
) -> None:
    """Write a frame's points twice: as KITTI has them, and as PCL does."""
    from pypcd4.pypcd4 import PointCloud

    turn = world_from_velodyne[:3, :3].T @ frame["lidar/world_from_lidar"][:3, :3]
    point = (frame["lidar/point"] @ turn.T).astype(np.float32)
    intensity = frame["lidar/intensity"]
    np.column_stack([point, intensity]).astype("<f4").tofile(velodyne)
    columns = [*point.T, intensity, frame["lidar/class"], frame["lidar/object"]]
    cloud = PointCloud.from_points(
        [np.ascontiguousarray(column) for column in columns],
        ["x", "y", "z", "intensity", "class", "object"],
        [np.float32] * 4 + [np.uint8, np.uint16],
    )
    cloud.save(pcd)
