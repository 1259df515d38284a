"""Train a network on a prepared corpus: compose the config, build what it names, fit."""

import logging
from pathlib import Path

import hydra
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig, OmegaConf

from talkface.cli import command


@hydra.main(version_base="1.3", config_path="configs", config_name="train")
def main(config: DictConfig) -> None:
    """Entry point."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    OmegaConf.resolve(config)
    windows = instantiate(config.windows, _convert_="all")
    data = get_class(config.datamodule)(
        OmegaConf.to_object(config.data).get("corpus"),
        batch=config.batch,
        validation_items=config.validation_items,
        accumulation=config.hardware.accumulation,
        workers=config.hardware.workers,
        seed=config.seed,
        **windows,
    )
    data.setup()
    from talkface.training.fit import fit, seeded_module

    trainer = dict(config.trainer)
    fit(
        seeded_module(lambda: instantiate(config.model, _convert_="all"), seed=config.seed, init=config.init),
        data,
        folder=Path(config.run),
        updates=trainer.pop("max_steps"),
        seed=config.seed,
        resume=config.resume,
        loggers=instantiate(config.logger) or (),
        hardware=OmegaConf.to_container(config.hardware.trainer),
        facts={"recipe": OmegaConf.to_container(config), "licence": "MIT (code); weights: see the model card"},
        **trainer,
    )


if __name__ == "__main__":
    command(main)
