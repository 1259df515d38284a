"""The columns of a report: name, unit, which way is better, and what exactly is measured."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measure:
    """One column. better: `higher`, `lower`, or `zero` (the nearer to 0). note: the exact definition."""

    name: str
    title: str
    unit: str
    better: str
    decimals: int
    note: str

    def describe(self) -> dict[str, str | int]:
        """Plain form for report.json."""
        return asdict(self)


_WINDOWS = "5-frame windows at 25 fps, lower half of the 96x96 crop, 16 mel steps"
_OFFSET = "A/V offset, positive: sound leads;"
_PUBLISHED = (
    "published definition by SyncNet v2: 224x224 pictures, 5-frame windows, 13 MFCC x 20 steps, shifts of 15 frames, "
    "best shift;"
)
_SSIM = "SSIM (Gaussian 11, sigma 1.5, data range 1, RGB) against the real crop, mean over frames;"
_PSNR = "PSNR of the clip's mean squared error (data range 1, RGB) against the real crop;"

_LEAK = "change of the crop's lower half in silence over that in speech, by the sound of the row"

MEASURES: tuple[Measure, ...] = (
    Measure("sync_probability", "sync probability", "", "higher", 3, f"mean cosine of the expert's pairs; {_WINDOWS}"),
    Measure("lse_distance", "LSE-D", "", "lower", 3, "original formula, with the named expert's embeddings"),
    Measure("lse_confidence", "LSE-C", "", "higher", 3, "original formula, with the named expert's embeddings"),
    Measure("av_offset", "A/V offset", "frames", "zero", 2, f"{_OFFSET} centred cosine over valid overlaps"),
    Measure("lse_offset", "LSE offset", "frames", "zero", 2, f"{_OFFSET} of the LSE distances, zero padding included"),
    Measure("offset_within_1", "offset within ±1", "share", "higher", 3, "1 when |av_offset| <= 1, else 0"),
    Measure("lse_distance_v2", "LSE-D (SyncNet v2)", "", "lower", 3, f"{_PUBLISHED} smallest mean distance"),
    Measure("lse_confidence_v2", "LSE-C (SyncNet v2)", "", "higher", 3, f"{_PUBLISHED} median minus smallest"),
    Measure("lse_offset_v2", "offset (SyncNet v2)", "frames", "zero", 2, f"{_PUBLISHED} positive: sound leads"),
    Measure("ssim_face", "SSIM face", "", "higher", 3, f"{_SSIM} whole 96x96 crop"),
    Measure("ssim_mouth", "SSIM mouth", "", "higher", 3, f"{_SSIM} lower half of the crop (48x96)"),
    Measure("psnr_face", "PSNR face", "dB", "higher", 2, f"{_PSNR} whole 96x96 crop"),
    Measure("psnr_mouth", "PSNR mouth", "dB", "higher", 2, f"{_PSNR} lower half of the crop (48x96)"),
    Measure("mouth_leak", "mouth leak", "share", "lower", 3, _LEAK),
    Measure(
        "lmd", "LMD mouth", "px", "lower", 2, "mouth corners, pixels of the 96x96 crop; the frames measured are named"
    ),
)
BY_NAME = {measure.name: measure for measure in MEASURES}

SYSTEMS: dict[str, str] = {
    "generated": "the generator's pictures with the sound they were made from",
    "real": "the clip itself",
    "copy_reference": "the reference frame shown to the generator in place of every picture, with the clip's sound",
    "unsynced": "the real pictures with another clip's sound",
    "generated_unsynced": "the generator's pictures (made from the clip's own sound) judged with another clip's sound",
    "cross_audio": "pictures generated from another clip's sound, judged with that sound",
    "cross_pose": "pictures generated with another clip's head motion, from the clip's own sound",
    "cross_pose_unsynced": "the same pictures judged with another clip's sound",
}


def known_first(names: set[str]) -> list[str]:
    """Column names in the order of MEASURES."""
    return [measure.name for measure in MEASURES if measure.name in names]
