"""Make a face speak: `python infer.py face=clip.mp4 audio=speech.wav output=out.mp4`. Keys: configs/infer.yaml."""

import hydra
from omegaconf import DictConfig, OmegaConf

from talkface.cli import INFER_FLAGS, command
from talkface.device import check_device

FILES = (
    *("face", "audio", "output", "checkpoint", "identity", "pose", "mouth", "csv", "folder", "videos", "labels"),
    *("save_pose", "detector_weights", "landmark_weights"),
)


@hydra.main(version_base="1.3", config_path="configs", config_name="infer")
def main(config: DictConfig) -> None:
    """The pipeline that the config names, with the config as plain values."""
    values = OmegaConf.to_container(config, resolve=True)
    check_device(values["device"])
    hydra.utils.get_method(config.entry)(values)


if __name__ == "__main__":
    command(main, flags=INFER_FLAGS, texts=FILES)
