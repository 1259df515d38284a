"""The flags of Wav2Lip's preprocessing, training and evaluation scripts as overrides of the configs of that name."""

from collections.abc import Sequence

from talkface.cli.flags import Flag, FlagTable, Given
from talkface.cli.quoting import quote
from talkface.cli.wav2lip import elsewhere, number, text


def _layout(given: Given) -> list[str]:
    """The original prepares LRS2."""
    flagged = "--data_root" in given or "--preprocessed_root" in given
    return ["data=lrs2"] if flagged and "data" not in given else []


PREPROCESS_FLAGS = FlagTable(
    {
        "--data_root": Flag(text("source")),
        "--preprocessed_root": Flag(text("out")),
        "--ngpu": Flag(number("workers", whole=True)),
        "--batch_size": Flag(),  # of the detector
    },
    (_layout,),
)


def _experiment(given: Given) -> list[str]:
    """Which of the original's three training scripts it was, by the flags that only the later ones have."""
    if "experiment" in given or not any(name in given for name in TRAIN_FLAGS.flags):
        return []
    if "--disc_checkpoint_path" in given:
        return ["experiment=wav2lip_hq"]
    return ["experiment=wav2lip" if "--syncnet_checkpoint_path" in given else "experiment=wav2lip_expert"]


def _start(_: str, values: Sequence[str]) -> list[str]:
    """A checkpoint of ours is continued; weights of anybody are where training begins."""
    return [f"{'resume' if values[0].endswith('.ckpt') else 'init'}={quote(values[0])}"]


TRAIN_FLAGS = FlagTable(
    {
        "--data_root": Flag(text("data.corpus")),
        "--checkpoint_dir": Flag(text("run")),
        "--syncnet_checkpoint_path": Flag(text("expert")),
        "--checkpoint_path": Flag(_start),
        "--disc_checkpoint_path": Flag(),
    },
    (_experiment,),
)

_SCORING = ("--initial_model", "--videofile", "--data_dir", "--vshift", "--tmp_dir")  # flags of the LSE scripts only
_WORK, _CROPS = "data/work", "pycrop"  # where SyncNet's pipeline leaves its crops


def _measured(given: Given) -> list[str]:
    """What is measured: files that are judged by themselves (the LSE scripts), or a list of pairs of a corpus."""
    root = given.get("--data_root", [""])[0]
    if any(name in given for name in _SCORING):
        crops = "/".join((given.get("--data_dir", [_WORK])[0], _CROPS, given.get("--reference", [""])[0])).rstrip("/")
        videos = given.get("--videofile", [""])[0] or root or crops
        seen = ["syncnet_view=face"] if "--videofile" in given else []
        return [f"videos={quote(videos)}", f"reference={quote(videos)}", *seen]
    corpus = [f"data.corpus={quote(root)}"] if root else []
    mode = given.get("--mode", [""])[0]
    if "--filelist" not in given or mode == "dubbed" or "protocol" in given:
        return corpus
    protocol = "lrw" if "lrw" in given["--filelist"][0].lower() else "lrs2"
    return [*corpus, f"protocol={protocol}", *(["clip_first=true"] if mode else [])]


EVALUATE_FLAGS = FlagTable(
    {
        "--filelist": Flag(text("pairs")),
        "--results_dir": Flag(text("out")),
        "--checkpoint_path": Flag(text("checkpoint")),
        "--initial_model": Flag(text("expert")),
        "--vshift": Flag(number("shifts", whole=True)),
        "--batch_size": Flag(number("batch", whole=True)),
        "--wav2lip_batch_size": Flag(number("batch", whole=True)),
        "--data_root": Flag(elsewhere),  # this one and the next four: `_measured`
        "--videofile": Flag(elsewhere),
        "--data_dir": Flag(elsewhere),
        "--reference": Flag(elsewhere),
        "--mode": Flag(elsewhere),
        "--tmp_dir": Flag(),
        "--pads": Flag(most=4),
        "--face_det_batch_size": Flag(),
        "--face_res": Flag(),
        "--min_frame_res": Flag(),
        "--max_frame_res": Flag(),
    },
    (_measured,),
)
