"""Prepare a corpus from a folder of clips: compose the config, call preparation."""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from talkface.cli import PREPROCESS_FLAGS, command


@hydra.main(version_base="1.3", config_path="configs", config_name="preprocess")
def main(config: DictConfig) -> None:
    """Entry point."""
    from talkface.preparation.actions import run_action

    run_action(OmegaConf.to_container(config, resolve=True), expert_measure)


def expert_measure(path: Path | None):  # noqa: ANN201  # its type is preparation's, which --help must not wait for
    """How an expert measures one clip's A/V offset, and the weights' SHA-256. path: None for the shipped expert."""
    from talkface.evaluation.clips import ClipEntry, read_clip
    from talkface.evaluation.judge import ExpertJudge
    from talkface.metrics.functional.sync import measure_offset
    from talkface.models.load import default_weights, load_model

    network = load_model(path or default_weights("wav2lip_expert"), "wav2lip_expert")
    judge = ExpertJudge(network)

    def measure(corpus, row):  # noqa: ANN001, ANN202
        clip = read_clip(ClipEntry(corpus, corpus.folder.name, row))
        video = judge.embed_video(clip.crops)
        return measure_offset(video, judge.embed_audio(clip.sound.mel, len(video)))

    return measure, network.weights_sha256


if __name__ == "__main__":
    command(
        main, flags=PREPROCESS_FLAGS, texts=("source", "out", "corpus", "data.corpus", "manifest", "lists", "expert")
    )
