"""What happens in a clip: shots with places, characters, camera and things, all planned from one seed."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from talkface.drawn.cartoon.casting import design_character
from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.film import Film, choose_film
from talkface.drawn.cartoon.occluders import Occluder, choose_occluder
from talkface.drawn.draw import Draw
from talkface.drawn.drawings import MOUTH_SETS
from talkface.drawn.pose import HEAD_UNIT, HeadMotion, Pose

_EXTRAS = 1 << 40  # seeds of bystanders begin here: no speaker of a corpus is ever one of them
_RATIOS = ((1, 1), (1, 1), (1, 1), (3, 4), (9, 16))  # height to width
_CUT_SHARE = 0.10
_PROFILE_SHARE = 0.12
_PORTRAIT_SHARE = 0.08
_TURNING = (16.0, 26.0)  # degrees to either side


@dataclass(frozen=True)
class Role:
    """One character in one shot. anchor: where it stands, parts of the shorter side from the middle. turn: its pose

    when it does not move; motion: how it moves, drawn anew every `held` frames. profile: 0 seen from before; 1 and -1
    from the side, looking to the picture's right or left.
    """

    design: Design
    anchor: tuple[float, float]
    turn: Pose
    motion: HeadMotion
    held: int
    speaks: bool
    profile: float

    def pose(self, time: Fraction, zoom: float) -> Pose:
        """At this time, with the camera's zoom."""
        move, turn = self.motion.pose(time), self.turn
        return Pose(
            turn.yaw + move.yaw,
            turn.pitch + move.pitch,
            turn.roll + move.roll,
            move.x,
            move.y,
            turn.zoom * move.zoom * zoom,
        )


@dataclass(frozen=True)
class Shot:
    """Frames from `first` to before `last`. roles: back to front. place: seed of the backdrop. pan: where the camera

    looks at the beginning and at the end, 0 the left of the backdrop to 1 its right. zoom: of the camera, the same.
    """

    first: int
    last: int
    roles: tuple[Role, ...]
    place: int
    pan: tuple[float, float]
    zoom: tuple[float, float]
    occluder: Occluder | None

    def along(self, frame: int) -> float:
        """0 at the shot's first frame, 1 at its end."""
        return (frame - self.first) / max(1, self.last - self.first)


@dataclass(frozen=True)
class Scene:
    """One clip. height, width: of its pictures. mouths: one of MOUTH_SETS; held: frames a mouth stays.

    portrait: painted as a portrait, alone, in the place of the shots' cartoons.
    """

    character: int
    height: int
    width: int
    fps: Fraction
    shots: tuple[Shot, ...]
    film: Film
    mouths: str
    held: int
    portrait: bool


def plan_scene(
    character: int, take: int, frames: int, *, fps: Fraction, side: int = 256, turning: float = 0.0
) -> Scene:
    """Take number `take` of a character; the same arguments give the same scene. side: the longer one, pixels.

    turning: share of takes in which the speaker turns the head far to both sides; all else is as with 0.
    """
    draw = Draw(character, f"take {take}")
    down, across = draw.one_of(_RATIOS)
    height, width = _even(side * down / across), side
    mouths = draw.one_of(MOUTH_SETS)
    held = draw.one_of((1, 1, 2)) if mouths == "smooth" else draw.one_of((1, 2, 2, 2, 3, 3))
    cuts = [0, frames]
    if frames >= 30 and draw.chance(_CUT_SHARE):
        cuts.insert(1, round(frames * draw.between(0.35, 0.65)))
    spans = pairwise(cuts)
    shots = [_plan_shot(draw, character, span, ratio=width / height, held=held, fps=fps) for span in spans]
    turn = Draw(character, f"turning of take {take}")
    if turn.chance(turning):
        shots = [_with_turning(turn, shot) for shot in shots]
    return Scene(character, height, width, fps, tuple(shots), choose_film(draw), mouths, held, is_portrait(character))


def is_portrait(character: int) -> bool:
    """Whether this character is one of the painted portraits of `talkface.drawn`, not a cartoon."""
    return Draw(character, "portrait").chance(_PORTRAIT_SHARE)


def _plan_shot(draw: Draw, character: int, span: tuple[int, int], *, ratio: float, held: int, fps: Fraction) -> Shot:
    company = draw.one_of((0, 0, 0, 0, 1, 1, 2) if ratio > 1.1 else (0, 0, 0, 0, 0, 1))
    wide = ratio > 1.1
    zoom = draw.between(0.72, 0.95) if company else draw.between(*((1.0, 1.5) if wide else (0.75, 1.6)))
    spots = _spots(draw, company, ratio)
    roles = [
        _role(draw, character if place == 0 else _EXTRAS + draw.number(), spot, zoom=zoom, held=held, speaks=place == 0)
        for place, spot in enumerate(spots)
    ]
    first, last = span
    shot = Shot(
        first,
        last,
        tuple(roles[::-1]),
        draw.number(),
        (draw.between(0, 1), draw.between(0, 1)) if draw.chance(0.35) else (0.5, 0.5),
        (1.0, draw.between(0.88, 1.15)) if draw.chance(0.3) else (1.0, 1.0),
        None,
    )
    if not draw.chance(0.14):
        return shot
    speaker = roles[0]
    unit = HEAD_UNIT * speaker.turn.zoom
    chin = (speaker.anchor[0], speaker.anchor[1] - 0.03 + speaker.design.shape.chin_y * unit)
    seconds = float((last - first) / fps)
    return replace(shot, occluder=choose_occluder(draw, speaker.design, chin, unit, seconds))


def _with_turning(draw: Draw, shot: Shot) -> Shot:
    """The shot with a speaker who looks to both sides."""
    return replace(shot, roles=tuple(_turning_role(draw, role) if role.speaks else role for role in shot.roles))


def _turning_role(draw: Draw, role: Role) -> Role:
    angle = draw.between(*_TURNING) * _turns(role.design)
    motion = HeadMotion(draw.number(), amount=draw.between(0.0, 0.5), turning=angle)
    return replace(role, turn=replace(role.turn, yaw=0.0), motion=motion)


def _turns(design: Design) -> float:
    """How far it can turn, a person 1: a box hides more when it turns."""
    return 0.55 if design.kind == "robot" else 1.0


def _spots(draw: Draw, company: int, ratio: float) -> list[tuple[float, float]]:
    """Where the speaker stands, then the others."""
    if company == 0:
        return [(draw.between(-0.08, 0.08) * ratio, draw.between(-0.04, 0.08))]
    apart = 0.25 * ratio if company == 1 else 0.33 * ratio
    side = draw.one_of((-1.0, 1.0))
    places = [-apart * side, apart * side, 0.0][: company + 1]
    return [(x + draw.between(-0.03, 0.03), draw.between(0.0, 0.10)) for x in places]


def _role(draw: Draw, seed: int, spot: tuple[float, float], *, zoom: float, held: int, speaks: bool) -> Role:
    design = design_character(seed)
    turn = Pose(
        yaw=draw.between(-26, 26) * _turns(design),
        pitch=draw.between(-7, 7),
        roll=draw.between(-8, 8),
        zoom=zoom * draw.between(0.94, 1.06),
    )
    still = draw.chance(0.35)
    motion = HeadMotion(draw.number(), amount=0.0 if still else design.liveliness * draw.between(0.3, 0.9))
    sideways = draw.chance(_PROFILE_SHARE) and design.kind in ("human", "creature")
    profile = (-1.0 if spot[0] > 0 else 1.0) if sideways else 0.0
    return Role(design, spot, turn, motion, draw.one_of((1, held, held)), speaks, profile)


def _even(length: float) -> int:
    return 2 * round(length / 2)
