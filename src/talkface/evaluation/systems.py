"""One clip measured: every row (generated, real, copies, unsynced) with its numbers. No files, no configuration."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.evaluation.clips import ByteArray, Clip, FloatArray, Scene, Sound
from talkface.evaluation.generation import reference_indices, to_tensor
from talkface.evaluation.judge import Judge
from talkface.evaluation.published import COLUMNS, PublishedJudge
from talkface.evaluation.records import ClipRecord, SystemRecord
from talkface.evaluation.silence import leak_of
from talkface.evaluation.strip import draw_strip
from talkface.evaluation.timing import timed
from talkface.metrics.functional import image, sync
from talkface.metrics.functional.landmark import lmd
from talkface.timeline import MEL_WINDOW, SYNC_WINDOW, Timeline

FindPoints = Callable[[ByteArray], FloatArray]
"""(n, 96, 96, 3) uint8 -> (n, 5, 2) float32 points in crop pixels, NaN where no face is found."""
Generate = Callable[[ByteArray, FloatArray], ByteArray]
"""(T, 96, 96, 3) uint8 pictures, (80, S) mel -> (T, 96, 96, 3) uint8 generated pictures."""


class Row(NamedTuple):
    """Pictures of a row (crops), the scene that shows them, the sound they are judged with.

    absent: why picture metrics are absent (None: they are computed).
    """

    pictures: ByteArray
    scene: Scene
    sound: Sound
    absent: str | None


@dataclass(frozen=True)
class Instruments:
    """What a clip is measured with. generate None: no generated rows. find_points None: no landmark distance.
    published None: no columns by `syncnet_v2`.

    rows: which rows are wanted. every: landmarks are compared on every such frame. shifts: reach of the offset search.
    """

    judge: Judge
    generate: Generate | None = None
    find_points: FindPoints | None = None
    published: PublishedJudge | None = None
    rows: tuple[str, ...] = ("generated", "real", "copy_reference", "unsynced", "generated_unsynced")
    every: int = 5
    shifts: int = 15
    pair_range: tuple[int, int] = field(default=(3, 8))


def measure_clip(clip: Clip, other: tuple[str, Sound] | None, instruments: Instruments) -> ClipRecord:
    """All wanted rows of one clip. other: key and sound of the clip whose sound the unsynced rows get, if any."""
    rows = build_rows(clip, other[1] if other else None, instruments)
    embedded: dict[int, tuple[Tensor, Tensor | None]] = {}
    systems = {}
    for name, row in rows.items():
        seen = id(row.pictures)
        if seen not in embedded:
            published = instruments.published.embed_video(row.scene) if instruments.published else None
            embedded[seen] = instruments.judge.embed_video(row.pictures), published
        video, published_video = embedded[seen]
        record = judge_row(video, row.sound.mel, instruments)
        if instruments.published is not None and published_video is not None:
            record = add_published(record, instruments.published, published_video, row.sound)
        record = add_leak(record, row)
        systems[name] = compare_pictures(record, row.pictures, clip.crops, row.absent, instruments)
    shown = [rows[name].pictures for name in ("real", "generated", "copy_reference") if name in rows]
    sound_of = other[0] if other else ""
    return ClipRecord(clip.key, clip.corpus, clip.speaker, len(clip.crops), sound_of, systems, draw_strip(shown))


def build_rows(clip: Clip, other: Sound | None, instruments: Instruments) -> dict[str, Row]:
    """Pictures and sound of each wanted row that can be made, in the order of `instruments.rows`."""
    copied = clip.crops[reference_indices(len(clip.crops)) if clip.reference is None else clip.reference]
    rows: dict[str, Row] = {
        "real": Row(clip.crops, clip.scene, clip.sound, "is the reference itself"),
        "copy_reference": Row(copied, clip.scene.showing(copied), clip.sound, None),
    }
    if other is not None:
        rows["unsynced"] = Row(clip.crops, clip.scene, other, "is the reference itself")
    if clip.made is not None:
        made = clip.made
        rows[made.row] = Row(made.crops, made.scene, made.sound, made.absent)
        if other is not None:
            rows[f"{made.row}_unsynced"] = Row(made.crops, made.scene, other, f"same pictures as {made.row}")
    elif instruments.generate is not None:
        _add_generated(rows, clip, other, instruments)
    return {name: rows[name] for name in instruments.rows if name in rows}


def _add_generated(rows: dict[str, Row], clip: Clip, other: Sound | None, instruments: Instruments) -> None:
    """The generated rows; nothing is generated that no row shows."""

    def made_from(sound: Sound, absent: str | None) -> Row:
        assert instruments.generate is not None
        crops = instruments.generate(clip.crops, sound.mel)
        return Row(crops, clip.scene.showing(crops), sound, absent)

    if {"generated", "generated_unsynced"} & set(instruments.rows):
        rows["generated"] = made_from(clip.sound, None)
        if other is not None:
            rows["generated_unsynced"] = rows["generated"]._replace(sound=other, absent="same pictures as generated")
    if other is not None and "cross_audio" in instruments.rows:
        rows["cross_audio"] = made_from(other, "no true picture exists for another sound")


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
    pairs = sync.pair_accuracy(video, audio, minimum=minimum, maximum=maximum)
    by_shift = dict(zip(curve.shifts.tolist(), curve.value.tolist(), strict=True))
    return SystemRecord(values, {}, pairs, by_shift)


def add_published(record: SystemRecord, judge: PublishedJudge, video: Tensor, sound: Sound) -> SystemRecord:
    """`record` with LSE by `syncnet_v2`, or with the reason why it is absent. video: as `PublishedJudge` embeds it."""
    score = judge.score(video, sound.samples)
    if score is None:
        absent = dict.fromkeys(COLUMNS, "shorter than six frames of picture and sound")
        return SystemRecord(record.values, {**record.absent, **absent}, record.pairs, record.curve)
    named = zip(COLUMNS, map(float, score), strict=True)
    return SystemRecord({**record.values, **dict(named)}, record.absent, record.pairs, record.curve)


@timed("mouth leak")
def add_leak(record: SystemRecord, row: Row) -> SystemRecord:
    """`record` with the mouth's movement in silence, or with the reason why it is absent."""
    leak = leak_of(row.pictures, row.sound.mel)
    if leak is None:
        absent = {**record.absent, "mouth_leak": "too little silence or speech"}
        return SystemRecord(record.values, absent, record.pairs, record.curve)
    return SystemRecord({**record.values, "mouth_leak": leak}, record.absent, record.pairs, record.curve)


def windows_with_sound(mel: FloatArray) -> int:
    """How many windows lie wholly inside the sound: another clip's sound may be shorter than the picture."""
    last = Timeline().frame_at((mel.shape[1] - MEL_WINDOW) / Timeline().mel_rate)
    return max(0, last + 1)


@timed("SSIM, PSNR")
def compare_pictures(
    record: SystemRecord, pictures: ByteArray, real: ByteArray, reason: str | None, instruments: Instruments
) -> SystemRecord:
    """`record` with the picture columns, or with the reason why they are absent."""
    columns = ("ssim_face", "ssim_mouth", "psnr_face", "psnr_mouth", "lmd")
    if reason is not None:
        absent = {**record.absent, **dict.fromkeys(columns, reason)}
        return SystemRecord(record.values, absent, record.pairs, record.curve)
    values, absent = {**record.values, **picture_values(pictures, real)}, dict(record.absent)
    if instruments.find_points is None:
        absent["lmd"] = "no landmark detector was chosen"
    else:
        chosen = slice(None, None, instruments.every)
        points = [torch.from_numpy(instruments.find_points(each[chosen])) for each in (pictures, real)]
        distance, share = lmd(points[0], points[1])
        if share > 0.5:
            values["lmd"] = distance
        else:
            absent["lmd"] = "a face was found in at most half of the frames compared"
    return SystemRecord(values, absent, record.pairs, record.curve)


def picture_values(pictures: ByteArray, real: ByteArray) -> dict[str, float]:
    """SSIM and PSNR of face and mouth; PSNR is left out when all pictures are equal (infinite)."""
    made, true = to_tensor(pictures), to_tensor(real)
    values = {}
    for region, top in (("face", 0), ("mouth", made.shape[2] // 2)):
        a, b = made[:, :, top:], true[:, :, top:]
        values[f"ssim_{region}"] = float(image.ssim(a, b).mean())
        error = image.squared_error(a, b).double().mean()
        if error > 0:
            values[f"psnr_{region}"] = float(image.psnr_of(error))
    return values
