"""Command line: the originals' flags as Hydra overrides, errors as one line, exit codes. Light: no torch."""

from talkface.cli.collected import as_typed
from talkface.cli.flags import FlagTable, translate
from talkface.cli.pcavs import PCAVS_FLAGS
from talkface.cli.pcavs_inference import PCAVS_INFERENCE_FLAGS
from talkface.cli.quoting import literal, quote
from talkface.cli.run import command
from talkface.cli.wav2lip import WAV2LIP_FLAGS
from talkface.cli.wav2lip_scripts import EVALUATE_FLAGS, PREPROCESS_FLAGS, TRAIN_FLAGS

INFER_FLAGS = WAV2LIP_FLAGS | PCAVS_FLAGS | PCAVS_INFERENCE_FLAGS

__all__ = [
    "EVALUATE_FLAGS",
    "INFER_FLAGS",
    "PCAVS_FLAGS",
    "PCAVS_INFERENCE_FLAGS",
    "PREPROCESS_FLAGS",
    "TRAIN_FLAGS",
    "WAV2LIP_FLAGS",
    "FlagTable",
    "as_typed",
    "command",
    "literal",
    "quote",
    "translate",
]
