"""The flags of PC-AVS's two preparation scripts as overrides of configs/infer.yaml."""

from collections.abc import Sequence

from talkface.cli.flags import Convert, Flag, FlagTable
from talkface.cli.quoting import quote


def _selecting(pipeline: str, key: str) -> Convert:
    """A file under `key`, and the pipeline that takes it."""
    return lambda _, values: [f"pipeline={pipeline}", f"{key}={quote(values[0])}"]


def _table(name: str, values: Sequence[str]) -> list[str]:
    """The original replaces the CSV that is there."""
    return [*_selecting("pcavs_files", "csv")(name, values), "force=true"]


def _spectrogram(_: str, values: Sequence[str]) -> list[str]:
    return ["pipeline=pcavs_files", "spectrogram=true"]


PCAVS_FLAGS = FlagTable(
    {
        "--dir_path": Flag(_selecting("pcavs_files", "folder")),
        "--src_pose_path": Flag(_selecting("pcavs_files", "pose")),
        "--src_audio_path": Flag(_selecting("pcavs_files", "audio")),
        "--src_mouth_frame_path": Flag(_selecting("pcavs_files", "mouth")),
        "--src_input_path": Flag(_selecting("pcavs_files", "identity")),
        "--csv_path": Flag(_table),
        "--convert_spectrogram": Flag(_spectrogram, least=0, most=0),
        "--folder_path": Flag(_selecting("pcavs_align", "folder")),
    }
)
