"""Specular paths by brute force: every sequence of planes, every triangle, in plain NumPy."""

import itertools

import numpy as np


def brute_force(scene):
    """Return (length [m], objects met) of every specular path of a scene, the shortest first."""
    corners, owners = [], []
    for number, item in enumerate(scene["objects"], 1):
        vertices = np.array(item["vertices"], np.float32).astype(float)
        for face in item["faces"]:
            corners.append(vertices[list(face)])
            owners.append(number)
    triangles, owner = np.array(corners), np.array(owners)
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    normal *= np.sign(normal[np.arange(len(normal)), np.abs(normal).argmax(1)])[:, None]
    offset = np.einsum("ij,ij->i", normal, triangles[:, 0])
    planes, inverse = np.unique(
        np.round(np.column_stack([normal, offset]), 5), axis=0, return_inverse=True
    )
    members = [np.flatnonzero(inverse.ravel() == i) for i in range(len(planes))]
    plane = [(normal[m].mean(0), offset[m].mean(), m) for m in members]

    def inside(point, face):
        a, b, c = triangles[face]
        across = np.cross(b - a, c - a)
        least = -1e-7 * (across @ across)
        return all(
            np.cross(q - p, point - p) @ across >= least for p, q in ((a, b), (b, c), (c, a))
        )

    def blocked(start, end):
        way = end - start
        with np.errstate(divide="ignore", invalid="ignore"):
            place = (offset - normal @ start) / (normal @ way)
        between = np.flatnonzero((place > 1e-7) & (place < 1 - 1e-7))
        return any(inside(start + place[k] * way, k) for k in between)

    def path(sequence):
        images = [np.array(scene["tx"], float)]
        for i in sequence:
            n, d, _ = plane[i]
            images.append(images[-1] - 2 * (n @ images[-1] - d) * n)
        stops = [np.array(scene["rx"], float)]
        met: list[int] = []
        for i, image in zip(sequence[::-1], images[:0:-1], strict=True):
            n, d, faces = plane[i]
            above, below = n @ stops[0] - d, n @ image - d
            if above * below >= 0 and abs(above) > 1e-9:
                return None
            # Zero in a seam: the next mirror's point lies on this one too.
            share = above / (above - below) if above * below < 0 else 0.0
            point = stops[0] + share * (image - stops[0])
            hit = [k for k in faces if inside(point, k)]
            if not hit:
                return None
            stops.insert(0, point)
            met.insert(0, owner[hit[0]])
        stops.insert(0, images[0])
        legs = list(itertools.pairwise(stops))
        if any(blocked(*leg) for leg in legs):
            return None
        return sum(np.linalg.norm(b - a) for a, b in legs), met, np.round(stops, 4).tobytes()

    found, known = [], set()
    for count in range(scene["max_reflections"] + 1):
        for sequence in itertools.product(range(len(plane)), repeat=count):
            if all(a != b for a, b in itertools.pairwise(sequence)):
                answer = path(sequence)
                if answer is not None and answer[2] not in known:
                    known.add(answer[2])  # in a seam either mirror may come first
                    found.append(answer[:2])
    return sorted(found, key=lambda item: item[0])
