"""Every config composes, names things that exist, and repeats no default."""

from importlib import import_module
from itertools import product
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from talkface.evaluation.measures import FAMILIES, SYSTEMS
from talkface.evaluation.pairs import RULES

CONFIGS = Path(__file__).parents[1] / "configs"


def names(group: str) -> list[str]:
    return sorted(path.stem for path in (CONFIGS / group).glob("*.yaml"))


def composed(config: str, *overrides: str) -> DictConfig:
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        return compose(config, overrides=list(overrides))


def targets(config: object) -> list[str]:
    """Every dotted name that a config instantiates."""
    if isinstance(config, dict):
        own = [config[key] for key in ("_target_", "datamodule") if isinstance(config.get(key), str)]
        return own + [name for value in config.values() for name in targets(value)]
    return [name for value in config for name in targets(value)] if isinstance(config, list) else []


BENCHMARKS = {"animation_benchmark"}
"""Experiments of evaluate.py; all others are trainings."""

TRAININGS = [name for name in names("experiment") if name not in BENCHMARKS]


@pytest.mark.parametrize("experiment", sorted(BENCHMARKS))
def test_every_benchmark(experiment: str) -> None:
    config = composed("evaluate", f"experiment={experiment}")
    assert set(config.rows) <= SYSTEMS.keys() and len(config.checkpoint) > 1
    assert {*config.metrics} <= FAMILIES.keys()


@pytest.mark.parametrize(("experiment", "hardware"), list(product(TRAININGS, names("hardware"))))
def test_every_experiment_on_every_machine(experiment: str, hardware: str) -> None:
    config = composed("train", f"experiment={experiment}", f"hardware={hardware}")
    devices = config.hardware.trainer.devices
    parts = config.hardware.accumulation * (devices if isinstance(devices, int) else 1)
    assert config.name and config.batch % parts == 0, f"a batch of {config.batch} does not divide by {parts}"
    weights = OmegaConf.to_container(config.loss)
    assert isinstance(weights, dict) and any(weights.values())


@pytest.mark.parametrize("experiment", TRAININGS)
def test_every_named_thing_exists(experiment: str) -> None:
    config = OmegaConf.to_container(composed("train", f"experiment={experiment}"), resolve=False)
    found = targets(config)
    assert len(found) >= 5
    for name in found:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute), name


@pytest.mark.parametrize(("entry", "group"), [("train", "data"), ("train", "logger"), ("train", "windows")])
def test_every_choice_of_a_training(entry: str, group: str) -> None:
    for name in names(group):
        composed(entry, "experiment=wav2lip_expert", f"{group}={name}")


@pytest.mark.parametrize("group", ["data", "launcher"])
def test_every_choice_of_preparation(group: str) -> None:
    for name in names(group):
        assert composed("preprocess", f"{group}={name}", "source=a", "out=b").data.name


@pytest.mark.parametrize("protocol", names("protocol"))
def test_every_protocol_has_rules_and_rows_that_exist(protocol: str) -> None:
    config = composed("evaluate", f"protocol={protocol}")
    assert config.protocol.name == protocol and config.protocol.source and config.protocol.note
    assert set(config.rows) <= set(SYSTEMS)
    assert {config.protocol.sound, config.protocol.pose} - {None} <= set(RULES)
    assert config.protocol.sound or config.protocol.published
    assert config.protocol.missing in ("refuse", "count")
    assert config.protocol.generator in ("wav2lip_generator", "pcavs", "served")
    assert composed("evaluate", f"protocol={protocol}", "rows=[real]").rows == ["real"]


@pytest.mark.parametrize("pipeline", names("pipeline"))
def test_every_pipeline_names_a_function(pipeline: str) -> None:
    module, _, attribute = composed("infer", f"pipeline={pipeline}").entry.rpartition(".")
    assert callable(getattr(import_module(module), attribute))


def test_loss_weights_are_one_word_overrides() -> None:
    config = composed("train", "experiment=wav2lip", "expert=e", "loss.sync=0.1", "loss.adversarial=0")
    assert config.model.loss.sync == config.model.sync.weight == 0.1


def test_machines_do_not_change_the_maths() -> None:
    """Hardware may set the Trainer, accumulation and workers; never batch, losses or optimisers."""
    for name in names("hardware"):
        keys = set(OmegaConf.load(CONFIGS / "hardware" / f"{name}.yaml")) - {"defaults"}
        assert keys <= {"trainer", "accumulation", "workers"}


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: str(path.relative_to(CONFIGS)))
def test_configs_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 60
    assert text.startswith("#") or path.parent.name == "logger" or text.startswith(("_target_", "defaults"))
