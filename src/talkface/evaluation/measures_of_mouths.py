"""The columns of the family `mouth`, each with its definition and with what a wrong result would pass it by."""

from talkface.evaluation.measure import Measure

_OPENING = (
    "opening: distance of the inner lips' middles over that of the outer eye corners, 25 frames a second, first 10 s"
)
_LAG = "best lag within 2 frames"
_CROP = "128x128 crop aligned by the source's eyes and nose"
_SILENT = "of the same face made with silence"


def _measure(
    name: str, title: str, better: str, definition: str, fooled: str, *, unit: str = "", decimals: int = 2
) -> Measure:
    return Measure(name, title, unit, better, decimals, f"{definition}. Fooled by: {fooled}", "mouth")


MOUTH_MEASURES: tuple[Measure, ...] = (
    _measure(
        "success",
        "all aims reached",
        "higher",
        "1 when the clip reaches every aim of this family, follows_source eased by source_by_chance, else 0",
        "nothing that passes each of the columns below alone; clips of a second or two fail by chance",
    ),
    _measure(
        "follows_driver",
        "follows driver",
        "higher",
        f"correlation with the speaker's own mouth, {_LAG}; {_OPENING}",
        "short clips, of which the best of five lags correlates by chance (see the row unsynced); a mouth that opens "
        "by loudness alone; the amplitude does not count (see amplitude)",
    ),
    _measure(
        "driver_lag",
        "lag of the mouth",
        "zero",
        "frames by which the mouth is later than the speaker's where follows_driver is best",
        "a mouth that does not follow at all, whose lag is chance",
        unit="frames",
        decimals=1,
    ),
    _measure(
        "follows_source",
        "follows source",
        "lower",
        "correlation with the source's own mouth at the same time: the old mouth that shines through",
        "a mouth that is still or moves at random (see follows_driver); two speakers who agree by chance (see "
        "source_by_chance); frames beyond the source's end, which are not compared",
    ),
    _measure(
        "source_by_chance",
        "driver follows source",
        "zero",
        "follows_source of the speaker's own video: what a perfect result would have",
        "nothing: it hangs on the pair only and is no aim",
    ),
    _measure(
        "amplitude",
        "amplitude",
        "real",
        "deviation of the opening over that of the speaker's; 1 opens as far",
        "the source's own speech, which moves as much (see follows_source); trembling (see shake)",
    ),
    _measure(
        "closed_in_silence",
        "closed in silence",
        "higher",
        f"share of the frames {_SILENT} in which the opening is below .03",
        "a mouth that never opens (see amplitude); a smear that landmarks take for shut lips (see sharpness, colour)",
    ),
    _measure(
        "movement_in_silence",
        "movement in silence",
        "lower",
        f"deviation of the opening {_SILENT} over that of the source",
        "a mouth held open, or a still one in all clips (see closed_in_silence, amplitude)",
    ),
    _measure(
        "sharpness",
        "sharpness",
        "higher",
        f"variance of the Laplacian of the lower face over the source's, medians, {_CROP}",
        "the source copied (see follows_source); noise, blocks, hard seams, of which values above 1.5 are a sign",
    ),
    _measure(
        "colour",
        "colour change",
        "lower",
        f"mean Cb and Cr over time against the source's, lower face, worst 4 of 16 cells, levels of 255, {_CROP}",
        "the source copied (see follows_source); grey smears, as brightness is left out (see sharpness)",
        unit="levels",
    ),
    _measure(
        "outside",
        "outside change",
        "lower",
        f"mean difference above the base of the nose against the source, levels of 255, encoding included, {_CROP}",
        "the source copied (see follows_source); seams at jaw and neck, which lie below",
        unit="levels",
    ),
    _measure(
        "shake",
        "shake",
        "lower",
        "second difference in time of jaw and lips over that of real video, the larger of source and driver",
        "a mouth that hardly moves (see amplitude); flicker of colour that moves no landmark",
    ),
)
