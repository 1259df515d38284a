"""One clip measured: every row (generated, real, copies, unsynced) with its numbers. No files, no configuration."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from torch import Tensor

from talkface.errors import InputError
from talkface.evaluation.beside import Found, leak_value
from talkface.evaluation.clips import ByteArray, Clip, FloatArray, Sound
from talkface.evaluation.judge import Judge
from talkface.evaluation.pictures import Row, measure_pictures
from talkface.evaluation.published import COLUMNS, PublishedJudge
from talkface.evaluation.records import ClipRecord, Features, SystemRecord
from talkface.evaluation.sets import features_of
from talkface.evaluation.silence import speech_windows
from talkface.evaluation.strip import draw_strip
from talkface.evaluation.timing import timed
from talkface.evaluation.tools import Tools
from talkface.metrics.functional import sync
from talkface.timeline import MEL_WINDOW, SYNC_WINDOW, Timeline

Generate = Callable[[ByteArray, ByteArray, FloatArray], ByteArray]
"""(T, 96, 96, 3) uint8 pictures, as many references, (80, S) mel -> (T, 96, 96, 3) uint8 generated pictures."""


@dataclass(frozen=True)
class Instruments:
    """What a clip is measured with. generate None: no generated rows. published None: no columns by `syncnet_v2`.

    tools: for the pictures. rows: which rows are wanted. shifts: reach of the offset search.
    """

    judge: Judge
    generate: Generate | None = None
    published: PublishedJudge | None = None
    tools: Tools = field(default_factory=Tools)
    rows: tuple[str, ...] = ("generated", "real", "copy_reference", "unsynced", "generated_unsynced")
    shifts: int = 15
    pair_range: tuple[int, int] = field(default=(3, 8))


def measure_clip(clip: Clip, other: tuple[str, Sound] | None, instruments: Instruments) -> ClipRecord:
    """All wanted rows of one clip. other: key and sound of the clip whose sound the unsynced rows get, if any."""
    rows = build_rows(clip, other[1] if other else None, instruments)
    first: dict[int, str] = {}  # of the rows with the same pictures
    embedded: dict[str, tuple[Tensor, Tensor | None]] = {}
    systems = {}
    for name, row in rows.items():
        shown = first.setdefault(id(row.pictures), name)
        if shown == name:
            published = instruments.published.embed_video(row.scene) if instruments.published else None
            embedded[name] = instruments.judge.embed_video(row.pictures), published
        video, published_video = embedded[shown]
        record = judge_row(video, row.sound.mel, instruments)
        if instruments.published is not None and published_video is not None:
            record = add_published(record, instruments.published, published_video, row.sound)
        found = measure_pictures(row, clip, instruments.tools, None if shown == name else shown)
        if "leak" in instruments.tools.families:
            found |= leak_value(row.pictures, row.sound.mel)
        systems[name] = with_found(record, found)
    features = set_features({name: rows[name] for name in first.values()}, clip, instruments.tools)
    strips = [rows[name].pictures for name in ("real", "generated", "copy_reference") if name in rows]
    sound_of, frames = other[0] if other else "", len(clip.crops)
    return ClipRecord(clip.key, clip.corpus, clip.speaker, frames, sound_of, systems, draw_strip(strips), features)


def set_features(rows: dict[str, Row], clip: Clip, tools: Tools) -> Features:
    """Features of all rows with pictures of their own, and of the real clip as `real`; empty where none are chosen."""
    if tools.fid is None and tools.fvd is None:
        return {}
    real = {"real": features_of(clip.crops, tools)}
    made = {name: row for name, row in rows.items() if row.pictures is not clip.crops}
    return real | {name: features_of(row.pictures, tools) for name, row in made.items()}


def with_found(record: SystemRecord, found: Found) -> SystemRecord:
    """`record` with columns added: numbers as values, reasons as absent."""
    values = {column: value for column, value in found.items() if not isinstance(value, str)}
    absent = {column: reason for column, reason in found.items() if isinstance(reason, str)}
    return replace(record, values={**record.values, **values}, absent={**record.absent, **absent})


def build_rows(clip: Clip, other: Sound | None, instruments: Instruments) -> dict[str, Row]:
    """Pictures and sound of each wanted row that can be made, in the order of `instruments.rows`."""
    rows = {"real": Row(clip.crops, clip.scene, clip.sound, "is the reference itself")}
    if "copy_reference" in instruments.rows:
        copied = clip.references
        rows["copy_reference"] = Row(copied, clip.scene.showing(copied), clip.sound, None, clip.scene)
    if other is not None:
        rows["unsynced"] = Row(clip.crops, clip.scene, other, "is the reference itself")
    if clip.made is not None:
        made = clip.made
        pose = made.pose or (clip.scene if made.absent is None else None)
        rows[made.row] = Row(made.crops, made.scene, made.sound, made.absent, pose)
        if other is not None:
            rows[f"{made.row}_unsynced"] = Row(made.crops, made.scene, other, f"same pictures as {made.row}")
    elif instruments.generate is not None:
        _add_generated(rows, clip, other, instruments)
    return {name: rows[name] for name in instruments.rows if name in rows}


def _add_generated(rows: dict[str, Row], clip: Clip, other: Sound | None, instruments: Instruments) -> None:
    """The generated rows; nothing is generated that no row shows."""

    def made_from(sound: Sound, shown: ByteArray, absent: str | None) -> Row:
        assert instruments.generate is not None
        crops = instruments.generate(clip.crops, shown, sound.mel)
        return Row(crops, clip.scene.showing(crops), sound, absent, clip.scene)

    if {"generated", "generated_unsynced"} & set(instruments.rows):
        rows["generated"] = made_from(clip.sound, clip.references, None)
        if other is not None:
            rows["generated_unsynced"] = rows["generated"]._replace(sound=other, absent="same pictures as generated")
    if other is not None and "cross_audio" in instruments.rows:
        rows["cross_audio"] = made_from(other, clip.crops, "no true picture exists for another sound")


@timed("sync scores")
def judge_row(video: Tensor, mel: FloatArray, instruments: Instruments) -> SystemRecord:
    """The sync columns of one row. video: (W, D) embeddings of its pictures; mel: the sound it is judged with."""
    video = video[: windows_with_sound(mel)]
    if len(video) < SYNC_WINDOW:
        raise InputError(f"only {len(video)} windows have sound", f"{mel.shape[1]} mel steps", "leave this clip out")
    audio = instruments.judge.embed_audio(mel, len(video))
    score = sync.lse(video, audio, instruments.shifts)
    curve = sync.offset_curve(video, audio, shifts=instruments.shifts)
    offset = sync.measure_offset(video, audio, shifts=instruments.shifts).offset
    minimum, maximum = instruments.pair_range
    values = {
        "sync_probability": float(sync.sync_probability(video, audio).mean()),
        "lse_distance": score.distance,
        "lse_confidence": score.confidence,
        "av_offset": float(offset),
        "lse_offset": float(score.offset),
        "offset_within_1": float(abs(offset) <= 1),
    }
    pairs, speech_pairs = (
        sync.pair_accuracy(video, audio, minimum=minimum, maximum=maximum, speech=speech)
        for speech in (None, speech_windows(mel, len(video)))
    )
    by_shift = dict(zip(curve.shifts.tolist(), curve.value.tolist(), strict=True))
    return SystemRecord(values, {}, pairs, by_shift, speech_pairs)


def add_published(record: SystemRecord, judge: PublishedJudge, video: Tensor, sound: Sound) -> SystemRecord:
    """`record` with LSE by `syncnet_v2`, or with the reason why it is absent. video: as `PublishedJudge` embeds it."""
    score = judge.score(video, sound.samples)
    if score is None:
        return with_found(record, dict.fromkeys(COLUMNS, "shorter than six frames of picture and sound"))
    return with_found(record, dict(zip(COLUMNS, map(float, score), strict=True)))


def windows_with_sound(mel: FloatArray) -> int:
    """How many windows lie wholly inside the sound: another clip's sound may be shorter than the picture."""
    last = Timeline().frame_at((mel.shape[1] - MEL_WINDOW) / Timeline().mel_rate)
    return max(0, last + 1)
