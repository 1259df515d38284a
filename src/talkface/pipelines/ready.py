"""A generator made ready to serve: once, for as many clips as are to speak."""

from dataclasses import dataclass

from torch import nn

from talkface.errors import InputError
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.pipelines.engine import Run, build_engine
from talkface.pipelines.engine_cache import cache_folder
from talkface.pipelines.options import LipSyncOptions


@dataclass(frozen=True)
class ReadyGenerator:
    """run: the network as its options want it run. painted: whether it paints over the face that it is given.

    made_for: those options (mouth only, engine, precision, device). Serves one clip at a time.
    """

    run: Run
    painted: bool
    made_for: tuple[bool, str, str, str]


def ready(generator: nn.Module | ReadyGenerator, options: LipSyncOptions) -> ReadyGenerator:
    """The generator folded, transformed or compiled for `options`; one that is ready already as it is.

    It takes up to a second at the official size, so make it once where many clips are served. InputError: it was made
    ready for other options.
    """
    wanted = (options.convention == "exact", options.engine, options.precision, options.device)
    if isinstance(generator, ReadyGenerator):
        if generator.made_for != wanted:
            remedy = "give the same convention, engine, precision and device, or the generator itself"
            raise InputError("this generator was made ready for other options", "generator", remedy)
        return generator
    mouth_only, engine, precision, device = wanted
    cache = cache_folder() if options.engine_cache else None
    run = build_engine(generator, engine=engine, precision=precision, device=device, mouth_only=mouth_only, cache=cache)
    return ReadyGenerator(run, isinstance(generator, Wav2LipGenerator) and generator.blend, wanted)
