"""Train a network on a prepared corpus: compose the config, build what it names, fit."""

import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig, OmegaConf

from talkface.cli import TRAIN_FLAGS, command
from talkface.cli.sweep import register_resolvers, with_swept
from talkface.errors import InputError
from talkface.training.hardware import check_hardware


@hydra.main(version_base="1.3", config_path="configs", config_name="train")
def main(config: DictConfig) -> None:
    """Entry point."""
    if config.name is None:
        raise InputError("no experiment chosen", "experiment", "give experiment=wav2lip_expert, wav2lip, ... (--help)")
    check_hardware(OmegaConf.to_container(config.hardware.trainer))
    folder, hardware = Path(HydraConfig.get().runtime.output_dir), config.hardware
    data = get_class(config.datamodule)(
        OmegaConf.to_object(config.data)["corpus"],
        batch=config.batch,
        validation_items=config.validation_items,
        accumulation=hardware.accumulation,
        workers=hardware.workers,
        seed=config.seed,
        **instantiate(config.windows, _convert_="all"),
    )
    data.setup()
    if "speakers" in config:
        config.speakers = data.speakers
    OmegaConf.resolve(config)
    from talkface.training.fit import Plan, fit, seeded_module

    fit(
        seeded_module(lambda: instantiate(config.model, _convert_="all"), seed=config.seed, init=config.init),
        data,
        Plan(**config.trainer),
        folder=folder,
        seed=config.seed,
        resume=config.resume,
        loggers=instantiate(config.logger) or (),
        hardware=OmegaConf.to_container(hardware.trainer),
        facts={"recipe": recipe(config), "corpora": data.fingerprints(), "licence": "see the model card"},
        record={
            "config.yaml": OmegaConf.to_yaml(config),
            "overrides.yaml": OmegaConf.to_yaml(HydraConfig.get().overrides.task),
        },
    )


def recipe(config: DictConfig) -> dict[str, object]:
    """What shapes the result, without the machine's paths: it is written into the exported weights."""
    kept = ("name", "seed", "batch", "windows", "loss", "model", "trainer")
    chosen = {key: OmegaConf.to_container(config)[key] for key in kept}
    return {**chosen, "model": without_paths(chosen["model"])}


def without_paths(model: dict[str, object]) -> dict[str, object]:
    """The model's configuration without the files it started from."""
    kept = {key: value for key, value in model.items() if key not in ("expert", "reader", "folder", "vgg")}
    return {key: without_paths(value) if isinstance(value, dict) else value for key, value in kept.items()}


if __name__ == "__main__":
    register_resolvers()
    sys.argv[1:] = with_swept(sys.argv[1:])
    command(main, flags=TRAIN_FLAGS, texts=("data.corpus", "run", "resume", "init", "expert"))
