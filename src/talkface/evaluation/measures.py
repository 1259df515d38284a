"""The columns of a report: name, unit, which way is better, what exactly is measured, and which family brings it."""

from talkface.evaluation.measure import Measure
from talkface.evaluation.measures_of_mouths import MOUTH_MEASURES

FAMILIES: dict[str, str] = {
    "sync": "the expert's scores: sync probability, LSE-D, LSE-C, offset",
    "syncnet_v2": "published LSE-D and LSE-C (needs expert=syncnet_v2.model)",
    "face": "SSIM, MS-SSIM and PSNR of the crop and its lower half",
    "frame": "SSIM, MS-SSIM and PSNR of whole pictures",
    "lmd": "distance of landmarks",
    "mesh": "distance of FaceMesh's 68 points and blinks (needs the extra talkface[faces])",
    "leak": "mouth movement in silence",
    "mouth": "whether the mouth says the new sound and the old one is gone (protocol=cross_driving)",
    "motion": "trembling and head pose, by five points on every frame",
    "drawn": "shapes of drawn mouths, the strength of lines, errors beside mouths (for corpora made with data=drawn)",
    "detection": "share of pictures in which `detector` finds the face",
    "sharpness": "CPBD of whole pictures and of faces",
    "file": "length of the file, begin and end of its sound (files only)",
    "lpips": "LPIPS (needs lpips=FILE)",
    "identity": "CSIM (needs identity=FILE)",
    "fid": "Fréchet distance of pictures (needs fid=FILE)",
    "fvd": "Fréchet distance of 16-frame clips (needs fvd=FILE)",
}
SET_COLUMNS = ("fid", "fvd")
"""Columns of all clips together: no clip has them."""
QUICK = ("sync", "syncnet_v2", "face", "lmd", "leak", "file")
"""Families of `metrics=quick`. Those that need a file are added where the file is given."""

_WINDOWS = "5-frame windows at 25 fps, lower half of the 96x96 crop, 16 mel steps"
_OFFSET = "A/V offset, positive: sound leads;"
_PUBLISHED = (
    "published definition by SyncNet v2: 224x224 pictures, 5-frame windows, 13 MFCC x 20 steps, shifts of 15 frames, "
    "best shift;"
)
_SSIM = "SSIM (Gaussian 11, sigma 1.5, data range 1, RGB) against the real picture, mean over frames;"
_MS_SSIM = "MS-SSIM (2 x 2 means between scales, powers of Wang et al. 2003), mean over frames;"
_FEWER = "first scales that fit, their powers made to sum to 1:"
_PSNR = "PSNR of the clip's mean squared error (data range 1, RGB) against the real picture;"
_CROP, _LOWER = "whole 96x96 crop", "lower half of the crop (48x96)"
_WHOLE = "whole picture at its own size"
_POINTS = (
    "mean distance from the real clip's points, found in the whole picture with room around the face, in pixels of the "
    "96x96 crop, every `landmarks.every`th frame, by `landmarks.detector` (small: 68 of ours, another: its five);"
)
_MESH = "68 points by MediaPipe FaceMesh, found likewise; mean distance in pixels of the 96x96 crop, every frame;"
_LEAK = "change of the crop's lower half in silence over that in speech, by the sound of the row"
_CPBD = "CPBD after Narvekar & Karam 2011, whole 64x64 blocks, every `sampled`th frame;"
_LPIPS = "LPIPS 0.1 with the named network, every `sampled`th frame;"
_FACE_BOX = "the face's box with the crop's margin"
_JITTER = "length of the five points' second difference in time, pixels of the 96x96 crop a frame², every frame"
_POSE = "mean absolute difference of yaw, pitch and roll from the pose source's (the real clip's where there is none)"
_YAW = (
    "Pearson's correlation over time of the head's yaw with the pose source's, by five points; the source's own yaw "
    "where it is a drawn clip; for heads that turn (deviation of 2° or more)"
)
_CSIM = "cosine of face embeddings by the named network with the clip's first real picture, every `sampled`th frame"
_READ = "by the named mouth reader, against the shape the mouth was drawn with, frames in which it is seen whole;"
_SPOKEN = "against the shape that the sound asks for, of which drawn mouths are a few drawings, held for some frames"
_OUTSIDE = (
    "mean difference to the true picture, of 255, where in the crop's lower half the frame drawn with another mouth is"
    " the same"
)
_DETECTED = "every `sampled`th real picture: whether a box of `detector` meets the corpus's at an IoU of at least 0.5"
_FRECHET = "of all clips together, against the real clips; grows with fewer pictures: compare equal numbers only;"

MEASURES: tuple[Measure, ...] = (
    *MOUTH_MEASURES,
    Measure(
        "sync_probability",
        "sync probability",
        "",
        "higher",
        3,
        f"mean cosine of the pairs; {_WINDOWS}",
        "sync",
    ),
    Measure("lse_distance", "LSE-D", "", "lower", 3, "original formula, with the named expert's embeddings", "sync"),
    Measure("lse_confidence", "LSE-C", "", "higher", 3, "original formula, with the named expert's embeddings", "sync"),
    Measure("av_offset", "A/V offset", "frames", "zero", 2, f"{_OFFSET} centred cosine over valid overlaps", "sync"),
    Measure(
        "lse_offset",
        "LSE offset",
        "frames",
        "zero",
        2,
        f"{_OFFSET} of the LSE distances, padding included",
        "sync",
    ),
    Measure("offset_within_1", "offset within ±1", "share", "higher", 3, "1 when |av_offset| <= 1, else 0", "sync"),
    Measure(
        "lse_distance_v2", "LSE-D (SyncNet v2)", "", "lower", 3, f"{_PUBLISHED} smallest mean distance", "syncnet_v2"
    ),
    Measure(
        "lse_confidence_v2", "LSE-C (SyncNet v2)", "", "higher", 3, f"{_PUBLISHED} median minus smallest", "syncnet_v2"
    ),
    Measure(
        "lse_offset_v2", "offset (SyncNet v2)", "frames", "zero", 2, f"{_PUBLISHED} positive: sound leads", "syncnet_v2"
    ),
    Measure("ssim_face", "SSIM face", "", "higher", 3, f"{_SSIM} {_CROP}", "face"),
    Measure("ssim_mouth", "SSIM mouth", "", "higher", 3, f"{_SSIM} {_LOWER}", "face"),
    Measure("ms_ssim_face", "MS-SSIM face", "", "higher", 3, f"{_MS_SSIM} {_CROP}; {_FEWER} 4", "face"),
    Measure("ms_ssim_mouth", "MS-SSIM mouth", "", "higher", 3, f"{_MS_SSIM} {_LOWER}; {_FEWER} 3", "face"),
    Measure("psnr_face", "PSNR face", "dB", "higher", 2, f"{_PSNR} {_CROP}", "face"),
    Measure("psnr_mouth", "PSNR mouth", "dB", "higher", 2, f"{_PSNR} {_LOWER}", "face"),
    Measure("ssim_frame", "SSIM frame", "", "higher", 3, f"{_SSIM} {_WHOLE}", "frame"),
    Measure("ms_ssim_frame", "MS-SSIM frame", "", "higher", 3, f"{_MS_SSIM} {_WHOLE}, five scales", "frame"),
    Measure("psnr_frame", "PSNR frame", "dB", "higher", 2, f"{_PSNR} {_WHOLE}", "frame"),
    Measure("lpips_face", "LPIPS face", "", "lower", 3, f"{_LPIPS} {_CROP}", "lpips"),
    Measure("lpips_frame", "LPIPS frame", "", "lower", 3, f"{_LPIPS} {_WHOLE}", "lpips"),
    Measure("fid", "FID", "", "lower", 2, f"Fréchet distance {_FRECHET} {_CROP}, every `sampled`th frame", "fid"),
    Measure("fvd", "FVD", "", "lower", 2, f"Fréchet distance {_FRECHET} {_CROP}, 16 frames in a row", "fvd"),
    Measure("cpbd", "CPBD", "", "higher", 3, f"{_CPBD} {_WHOLE}", "sharpness"),
    Measure("cpbd_face", "CPBD face", "", "higher", 3, f"{_CPBD} {_FACE_BOX}, not resized", "sharpness"),
    Measure("lmd", "LMD mouth", "px", "lower", 2, f"{_POINTS} the lips, of five points the mouth's corners", "lmd"),
    Measure("lmd_face", "LMD face", "px", "lower", 2, f"{_POINTS} all", "lmd"),
    Measure("lmd_68", "LMD mouth (68)", "px", "lower", 2, f"{_MESH} the 20 points of the lips", "mesh"),
    Measure("lmd_face_68", "LMD face (68)", "px", "lower", 2, f"{_MESH} all points", "mesh"),
    Measure("blink_rate", "blinks", "1/min", "real", 1, "eye aspect ratio of 68 points below 0.2 for 2 frames", "mesh"),
    Measure("csim", "CSIM", "", "higher", 3, _CSIM, "identity"),
    Measure("mouth_leak", "mouth leak", "share", "lower", 3, _LEAK, "leak"),
    Measure(
        "mouth_error",
        "mouth error",
        "",
        "lower",
        3,
        f"{_READ} mean absolute difference of opening, width, roundness, teeth, tongue and press, each in [0, 1]",
        "drawn",
    ),
    Measure(
        "viseme_accuracy",
        "visemes right",
        "share",
        "higher",
        3,
        f"{_READ} whether both are nearest to the same of five: shut, small, wide, round, teeth",
        "drawn",
    ),
    Measure("spoken_error", "mouth against sound", "", "lower", 3, f"mouth error, {_SPOKEN}", "drawn"),
    Measure("spoken_visemes", "visemes of the sound", "share", "higher", 3, f"visemes right, {_SPOKEN}", "drawn"),
    Measure(
        "line_strength",
        "line strength",
        "share",
        "real",
        3,
        "mean absolute Laplacian of the crop's lower half over that of the real picture, mean over frames",
        "drawn",
    ),
    Measure("outside_error", "error beside the mouth", "levels", "lower", 2, _OUTSIDE, "drawn"),
    Measure("detected", "face found", "share", "higher", 3, _DETECTED, "detection"),
    Measure("jitter", "jitter", "px", "real", 2, _JITTER, "motion"),
    Measure("pose_error", "pose error", "°", "lower", 2, f"{_POSE}; five points, far camera, average head", "motion"),
    Measure("yaw_correlation", "yaw correlation", "", "higher", 3, _YAW, "motion"),
    Measure(
        "duration_error", "length error", "s", "zero", 3, "length of the file minus that of the original file", "file"
    ),
    Measure("start_gap", "sound starts", "s", "zero", 3, "first sample minus first picture, in the file", "file"),
    Measure("end_gap", "sound ends", "s", "zero", 3, "end of the sound minus end of the last picture", "file"),
)
BY_NAME = {measure.name: measure for measure in MEASURES}

SYSTEMS: dict[str, str] = {
    "generated": "the generator's pictures with the sound they were made from",
    "real": "the clip itself",
    "copy_reference": "the reference frame shown to the generator in place of every picture, with the clip's sound",
    "unsynced": "the real pictures with another clip's sound",
    "generated_unsynced": "the generator's pictures (made from the clip's own sound) judged with another clip's sound",
    "cross_audio": "pictures generated from another clip's sound, judged with that sound",
    "cross_driving": "what infer.py makes of the clip with another clip's sound",
    "driver": "the video of that other clip itself: what its mouth truly did",
    "cross_pose": "pictures generated with another clip's head motion, from the clip's own sound",
    "cross_pose_unsynced": "the same pictures judged with another clip's sound",
}

OTHER_SOUND = frozenset(
    ("unsynced", "generated_unsynced", "cross_audio", "cross_pose_unsynced", "cross_driving", "driver")
)
"""Rows that are judged with the sound of another clip."""


def columns_in(family: str) -> tuple[str, ...]:
    """Names of a family's columns."""
    return tuple(measure.name for measure in MEASURES if measure.family == family)


def known_first(names: set[str]) -> list[str]:
    """Column names in the order of MEASURES."""
    return [measure.name for measure in MEASURES if measure.name in names]
