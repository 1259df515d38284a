"""The flags of Wav2Lip's inference script as overrides of configs/infer.yaml; converters for the other tables."""

from collections.abc import Sequence

from talkface.cli.flags import Convert, Flag, FlagTable
from talkface.cli.quoting import quote
from talkface.errors import InputError

_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off", ""}


def elsewhere(_: str, values: Sequence[str]) -> list[str]:
    """A flag whose meaning hangs on others: the table's `more` reads it."""
    return []


def text(key: str, *more: str) -> Convert:
    """The value under `key`. more: overrides that go with it."""
    return lambda _, values: [f"{key}={quote(values[0])}", *more]


def number(key: str, *, whole: bool) -> Convert:
    """A positive number; `whole`: an integer."""

    def convert(name: str, values: Sequence[str]) -> list[str]:
        try:
            value = int(values[0]) if whole else float(values[0])
        except ValueError:
            value = 0
        if not 0 < value < float("inf"):
            raise InputError("not a positive number", f"{name} {values[0]}", "give a number such as 25")
        return [f"{key}={value}"]

    return convert


def _switch(key: str) -> Convert:
    """True when the flag stands alone. With a value: what it says (the original takes any text as true)."""

    def convert(name: str, values: Sequence[str]) -> list[str]:
        word = values[0].lower() if values else "true"
        if word not in _TRUE | _FALSE:
            raise InputError("not true or false", f"{name} {values[0]}", "leave the value out to switch it on")
        return [f"{key}={str(word in _TRUE).lower()}"]

    return convert


def _four(name: str, values: Sequence[str]) -> list[int]:
    try:
        numbers = [int(value) for value in values]
    except ValueError:
        numbers = []
    if len(numbers) != 4:
        raise InputError(
            "not four whole numbers", f"{name} {' '.join(values)}", "give top bottom left right, in pixels"
        )
    return numbers


def _sides(key: str) -> Convert:
    """Four numbers top, bottom, left, right, kept in that order."""
    return lambda name, values: [f"{key}=[{','.join(map(str, _four(name, values)))}]"]


def _crop(name: str, values: Sequence[str]) -> list[str]:
    """Four sides; PC-AVS's flag of that name is a switch, without a meaning here."""
    return _sides("crop")(name, values) if values else []


def _box(name: str, values: Sequence[str]) -> list[str]:
    """The original's order is top, bottom, left, right and -1 means off; ours is left, top, right, bottom and null."""
    top, bottom, left, right = _four(name, values)
    return ["box=null"] if -1 in (top, bottom, left, right) else [f"box=[{left},{top},{right},{bottom}]"]


WAV2LIP_FLAGS = FlagTable(
    {
        "--checkpoint_path": Flag(text("checkpoint")),
        "--face": Flag(text("face")),
        "--audio": Flag(text("audio")),
        "--outfile": Flag(text("output", "force=true")),  # the original replaces what is there
        "--static": Flag(_switch("static"), least=0),
        "--fps": Flag(number("fps", whole=False)),
        "--pads": Flag(_sides("pads"), least=4, most=4),
        "--face_det_batch_size": Flag(number("detector_batch_size", whole=True)),
        "--wav2lip_batch_size": Flag(number("batch_size", whole=True)),
        "--resize_factor": Flag(number("resize_factor", whole=True)),
        "--crop": Flag(_crop, least=0, most=4),
        "--box": Flag(_box, least=4, most=4),
        "--rotate": Flag(_switch("rotate"), least=0, most=0),
        "--nosmooth": Flag(_switch("nosmooth"), least=0, most=0),
    }
)
