"""What runs the generator: torch, or OpenVINO (extra `openvino`); in single precision, bfloat16 or 8 bits."""

import logging
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from talkface.models.optimise import channels_last, optimise
from talkface.models.precision import has_bfloat16
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.models.wav2lip_serving import ServedWav2Lip
from talkface.pipelines.engine_cache import ModelCache

logger = logging.getLogger(__name__)
Run = Callable[[Tensor, Tensor], Tensor]
"""(mel (N, 1, 80, 16), face (N, 6, 96, 96) or (1, …) for all) float32 -> (N, 3, 96, 96) float32 in [0, 1]."""

CALIBRATION = 32  # faces after which 8-bit ranges are fixed


def build_engine(
    generator: nn.Module,
    *,
    engine: str,
    precision: str,
    device: str = "cpu",
    mouth_only: bool = False,
    cache: Path | None = None,
) -> Run:
    """The generator as a function, made fast. `options.check_engine` has refused what does not go together.

    mouth_only: rows that `MouthCutter` does not paste are not drawn but taken from the given face (a
    `Wav2LipGenerator`; another network draws all). torch f32: batch norms folded, channels-last, matrix products where
    they gain; equal to the network to 1e-5. torch bf16: folded, in bfloat16. openvino f32 and bf16: compiled. openvino
    int8: weights and activations in 8 bits, ranges taken from the first 32 faces ever served with these weights, which
    are made in single precision meanwhile. cache: folder in which OpenVINO's models are kept between runs, by weights
    and versions.
    """
    if engine == "openvino":
        models = ModelCache(cache, generator, mouth_only=mouth_only)
        return _in_openvino(lambda: _served(generator, mouth_only=mouth_only), precision, models)
    exact = (precision, device) == ("f32", "cpu")
    network = _served(generator, device=device, mouth_only=mouth_only, by_products=exact)
    return _one_face_for_all(network if precision == "f32" else _in_bfloat16(network))


def _served(generator: nn.Module, *, device: str = "cpu", mouth_only: bool, by_products: bool = False) -> nn.Module:
    network = optimise(generator, device=device)
    if isinstance(network, Wav2LipGenerator):
        return ServedWav2Lip(network, mouth_only=mouth_only, by_products=by_products)
    return network


def _in_openvino(served: Callable[[], nn.Module], precision: str, models: ModelCache) -> Run:
    quantised = models.load("int8") if precision == "int8" else None
    if quantised is not None:
        return _compiled(quantised, "f32")
    plain = models.load("plain")
    if plain is None:
        plain = _converted(served())
        models.save("plain", plain)
    run = _compiled(plain, "bf16" if precision == "bf16" else "f32")
    if precision != "int8":
        return run

    def quantise(samples: list[tuple[Tensor, Tensor]]) -> Run:
        made = _quantised(plain, samples)
        models.save("int8", made)
        return _compiled(made, "f32")

    return Calibrated(run, quantise)


class Calibrated:
    """Runs `first` until enough faces have passed, then what `quantise` makes of them. State: the faces so far."""

    def __init__(self, first: Run, quantise: Callable[[list[tuple[Tensor, Tensor]]], Run]) -> None:
        self._run, self._quantise = first, quantise
        self._seen: list[tuple[Tensor, Tensor]] | None = []

    def __call__(self, mel: Tensor, face: Tensor) -> Tensor:
        if self._seen is not None:
            faces = face.expand(len(mel), -1, -1, -1)
            self._seen += [(mel[row : row + 1].clone(), faces[row : row + 1].clone()) for row in range(len(mel))]
            if len(self._seen) > CALIBRATION:
                logger.info("int8: ranges taken from the first %d faces", CALIBRATION)
                self._run, self._seen = self._quantise(self._seen[:CALIBRATION]), None
        return self._run(mel, face)


def _one_face_for_all(network: Run) -> Run:
    """Takes a single face with many windows; a `ServedWav2Lip` then encodes it once, another network sees copies."""
    if isinstance(network, ServedWav2Lip):
        return network
    return lambda mel, face: network(mel, face.expand(len(mel), -1, -1, -1))


def _in_bfloat16(network: nn.Module) -> Run:
    if not has_bfloat16():
        logger.warning("this CPU has no bfloat16 instructions and emulates them: precision=f32 is faster here")
    half = network.bfloat16()

    def run(mel: Tensor, face: Tensor) -> Tensor:
        made: Tensor = half(mel.bfloat16(), channels_last(face.bfloat16()))
        return made.float()

    return run


def _converted(generator: nn.Module) -> Any:
    """OpenVINO's model of the network, any number of faces at a time."""
    openvino = import_module("openvino")
    example = torch.zeros(2, 1, 80, 16), torch.zeros(2, 6, 96, 96)
    model = openvino.convert_model(generator, example_input=example)
    shapes = ([-1, 1, 80, 16], [-1, 6, 96, 96])
    model.reshape({place: openvino.PartialShape(shape) for place, shape in zip(model.inputs, shapes, strict=True)})
    return model


def _compiled(model: Any, precision: str) -> Run:
    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": torch.get_num_threads()}
    request = import_module("openvino").Core().compile_model(model, "CPU", settings).create_infer_request()

    def run(mel: Tensor, face: Tensor) -> Tensor:
        faces = face.expand(len(mel), -1, -1, -1)
        result = request.infer((mel.contiguous().numpy(), faces.contiguous().numpy()))
        return torch.from_numpy(np.array(result[0]))

    return run


def _quantised(model: Any, samples: list[tuple[Tensor, Tensor]]) -> Any:
    nncf = import_module("nncf")
    nncf.set_log_level(logging.ERROR)

    def arrays() -> Iterator[tuple[Any, Any]]:
        return ((mel.contiguous().numpy(), face.contiguous().numpy()) for mel, face in samples)

    with redirect_stdout(StringIO()):  # its progress bars
        return nncf.quantize(model, nncf.Dataset(list(arrays())), subset_size=len(samples))
