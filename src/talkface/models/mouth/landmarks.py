"""A landmark network that looks at a face already laid straight: the same 68 points, finer around lips and jaw."""

import torch
from torch import Tensor

from talkface.models.face_landmarks import FaceLandmarkNetwork

WIDTH, HEIGHT = 112, 128
"""Pixels of its crop: 128 by 146 pixels of the frame of reference of `face.mouth_geometry`."""
SCALE = 0.875
"""Pixels of its crop in one of that frame."""

# Where points usually are in that frame: the mean of 140 clips of people and their mirror images.
_USUAL = (
    *((16, 26), (15, 47), (15, 58), (21, 81), (25, 91), (30, 98), (42, 108), (55, 114), (64, 115)),  # jaw
    *((73, 114), (86, 108), (98, 98), (103, 91), (107, 81), (113, 58), (113, 47), (112, 26)),
    *((21, 19), (29, 18), (36, 16), (44, 16), (54, 18), (74, 18), (84, 16), (92, 16), (99, 18), (107, 19)),  # brows
    *((64, 30), (64, 40), (64, 50), (64, 56), (55, 63), (59, 65), (64, 65), (69, 65), (73, 63)),  # nose
    *(
        (33, 33),
        (37, 30),
        (45, 30),
        (52, 34),
        (45, 36),
        (38, 36),
        (76, 34),
        (83, 30),
        (91, 30),
        (95, 33),
        (90, 36),
        (83, 36),
    ),  # eyes
    *(
        (47, 82),
        (54, 76),
        (59, 74),
        (64, 74),
        (69, 74),
        (74, 76),
        (81, 82),
        (74, 90),
        (70, 92),
        (64, 93),
        (58, 92),
        (54, 90),
    ),  # outer lips
    *((49, 82), (60, 80), (64, 80), (68, 80), (79, 82), (68, 84), (64, 84), (60, 84)),  # inner lips
)


class MouthLandmarkNetwork(FaceLandmarkNetwork):
    """`width` scales all layers (1: 0.31 M parameters)."""

    def forward(self, crops: Tensor) -> Tensor:
        """crops: (N, 3, 128, 112) float32 RGB in [0, 1]. Returns (N, 68, 2) x and y, parts of the crop's sides."""
        return super().forward(crops)

    @staticmethod
    def usual_places() -> Tensor:
        """(68, 2) parts of the crop's sides."""
        return torch.tensor(_USUAL) * SCALE / torch.tensor([WIDTH, HEIGHT])

    @staticmethod
    def cells() -> tuple[int, int]:
        """Rows and columns of its maps."""
        return HEIGHT // 4, WIDTH // 4
