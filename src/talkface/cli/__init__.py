"""Command line: the originals' flags as Hydra overrides, errors as one line, exit codes. Light: no torch."""

from talkface.cli.flags import FlagTable, translate
from talkface.cli.pcavs import PCAVS_FLAGS
from talkface.cli.quoting import literal, quote
from talkface.cli.run import command
from talkface.cli.wav2lip import WAV2LIP_FLAGS

__all__ = ["PCAVS_FLAGS", "WAV2LIP_FLAGS", "FlagTable", "command", "literal", "quote", "translate"]
