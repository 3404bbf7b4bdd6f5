"""The face mesh as data: which landmark is what, the average face, its mirror map and its triangles.

`canonical_face.npz` was made once, as follows. `points` (478, 3): generalised Procrustes mean of the landmarks of a
dozen tracked clips (aligned on `STABLE`), turned so that x runs along landmarks 234-454 and y along 10-152, mirrored
and averaged, scaled to face width 1, with the mean of `STABLE` near the origin; x right, y down, z away from the
camera. `mirror` (478,): the left-right twin of each landmark by optimal assignment, an exact involution. `triangles`
(852, 3): every 3-clique of the public tessellation edges of the mesh but (49, 64, 129) and (279, 294, 358), which are
no faces; wound to positive area in the image. It leaves three holes, the mouth and the eyes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motioncast.arrays import Float64, Int32

FACE = 468  #: landmarks of the skin; 468..477 are the irises

_DATA = np.load(Path(__file__).with_name("canonical_face.npz"))
CANONICAL: Float64 = _DATA["points"].astype(np.float64)  #: (478, 3), unit: face width
MIRROR: Int32 = _DATA["mirror"]  #: (478,)
TRIANGLES: Int32 = _DATA["triangles"]  #: (852, 3)


def _ids(text: str) -> Int32:
    return np.array(text.split(), np.int32)


OVAL = _ids(
    "10 338 297 332 284 251 389 356 454 323 361 288 397 365 379 378 400 377 "
    "152 148 176 149 150 136 172 58 132 93 234 127 162 21 54 103 67 109"
)
#: lip contours from the person's right corner to the left one, paired upper to lower
INNER_UPPER = _ids("78 191 80 81 82 13 312 311 310 415 308")
INNER_LOWER = _ids("78 95 88 178 87 14 317 402 318 324 308")
OUTER_UPPER = _ids("61 185 40 39 37 0 267 269 270 409 291")
OUTER_LOWER = _ids("61 146 91 181 84 17 314 405 321 375 291")
MOUTH_CORNERS = _ids("61 291 78 308")
CHIN, FOREHEAD = 152, 10
SIDES = (234, 454)  #: the landmarks whose distance is the face width

#: points that hardly move with the expression: forehead, bridge of the nose, eye corners, temples
STABLE = _ids(
    "10 151 9 8 168 6 197 195 5 33 133 362 263 127 356 234 454 162 389 21 251 54 284 103 332 67 297 109 338 93 323"
)
BROWS = (_ids("70 63 105 66 107 46 53 52 65 55"), _ids("300 293 334 296 336 276 283 282 295 285"))


@dataclass(frozen=True)
class Eye:
    """Landmarks of one eye. Contours run from the outer to the inner corner, `upper[i]` above `lower[i]`."""

    upper: Int32  #: (9,)
    lower: Int32  #: (9,), shares both corners with `upper`
    upper_ring: Int32  #: (7,) the next row of the mesh above `upper[1:-1]`
    lower_ring: Int32  #: (7,) below `lower[1:-1]`
    second_ring: Int32  #: (7,) above `upper_ring`
    iris: int  #: the centre; the four next landmarks lie on the limbus


#: the person's right eye (left in the image), then the left one
EYES = (
    Eye(
        _ids("33 246 161 160 159 158 157 173 133"),
        _ids("33 7 163 144 145 153 154 155 133"),
        _ids("247 30 29 27 28 56 190"),
        _ids("25 110 24 23 22 26 112"),
        _ids("113 225 224 223 222 221 189"),
        468,
    ),
    Eye(
        _ids("263 466 388 387 386 385 384 398 362"),
        _ids("263 249 390 373 374 380 381 382 362"),
        _ids("467 260 259 257 258 286 414"),
        _ids("255 339 254 253 252 256 341"),
        _ids("342 445 444 443 442 441 413"),
        473,
    ),
)


def contour(upper: Int32, lower: Int32) -> Int32:
    """The closed outline of two paired contours that share their ends."""
    return np.concatenate([upper, lower[::-1][1:-1]])


def strip(upper: Int32, lower: Int32) -> Int32:
    """Triangles (T, 3) between two paired contours that share their ends."""
    faces = []
    for i in range(len(upper) - 1):
        if upper[i] != lower[i]:
            faces.append((upper[i], lower[i], upper[i + 1]))
        if upper[i + 1] != lower[i + 1]:
            faces.append((lower[i], lower[i + 1], upper[i + 1]))
    return np.array(faces, np.int32)


#: the mesh with its holes closed, (904, 3)
FILLED_TRIANGLES: Int32 = np.vstack(
    [TRIANGLES, strip(INNER_UPPER, INNER_LOWER), *(strip(eye.upper, eye.lower) for eye in EYES)]
).astype(np.int32)


def _neighbours() -> tuple[Int32, Int32]:
    pairs = np.vstack([TRIANGLES[:, [a, b]] for a in range(3) for b in range(3) if a != b])
    pairs = np.unique(pairs, axis=0)
    starts = np.searchsorted(pairs[:, 0], np.arange(FACE + 1)).astype(np.int32)
    return starts, pairs[:, 1].astype(np.int32)


#: compressed rows: the neighbours of vertex i are NEIGHBOURS[STARTS[i] : STARTS[i + 1]]
NEIGHBOUR_STARTS, NEIGHBOURS = _neighbours()
