"""Measure a checkpoint on the clips of a split, or compare reports: `python evaluate.py --help`."""

import logging
import sys
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from talkface.cli import command, quote
from talkface.device import check_device
from talkface.evaluation.command import run


@hydra.main(version_base="1.3", config_path="configs", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Compose, run, say where the report is."""
    check_device(config.device)
    folder = run(OmegaConf.to_container(config, resolve=True), open_network, HydraConfig.get().overrides.task)  # type: ignore[arg-type]
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


def as_lists(arguments: list[str]) -> list[str]:
    """`compare=a,b` (and experts, corpora, metrics) means both, not a sweep: written as the list that Hydra reads."""
    split = [argument.partition("=") for argument in arguments]
    wanted = [
        key in ("compare", "data.corpus", "expert", "metrics", "lpips") and "," in value and value[0] not in "['\""
        for key, _, value in split
    ]
    lists = [f"{key}=[{','.join(quote(each) for each in value.split(','))}]" for key, _, value in split]
    return [new if want else old for old, new, want in zip(arguments, lists, wanted, strict=True)]


if __name__ == "__main__":
    sys.argv[1:] = as_lists(sys.argv[1:])
    command(main)
