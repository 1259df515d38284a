"""Measure a checkpoint on the clips of a split, or compare reports: `python evaluate.py --help`."""

import logging
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from talkface.cli import EVALUATE_FLAGS, as_typed, command
from talkface.device import check_device
from talkface.evaluation.command import run

FILES = (
    *("checkpoint", "expert", "out", "name", "pairs", "videos", "reference", "compare", "data.corpus", "cache"),
    *("lpips", "identity", "fid", "fvd"),
)
LISTS = ("compare", "data.corpus", "expert", "metrics", "lpips")


@hydra.main(version_base="1.3", config_path="configs", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Compose, run, say where the report is."""
    check_device(config.device)
    typed = [as_typed(each) for each in HydraConfig.get().overrides.task]
    folder = run(OmegaConf.to_container(config, resolve=True), open_network, typed)  # type: ignore[arg-type]
    logging.getLogger("evaluate").info("report: %s", folder.resolve())


def open_network(path: Path | None, kind: str) -> Any:
    """The network of `kind` in a file, in a folder (PC-AVS) or in the shipped weights; torch is imported only here."""
    if kind == "pcavs":
        from talkface.models.pcavs.network import load_pcavs

        return load_pcavs(path or Path())
    if kind in ("lpips", "identity", "fid", "fvd"):
        from talkface.models.measuring import load_measuring

        return load_measuring(path or Path(), kind)
    from talkface.models.load import default_weights, load_model

    return load_model(path or default_weights(kind), kind)


if __name__ == "__main__":
    command(main, flags=EVALUATE_FLAGS, texts=FILES, lists=LISTS)
