"""Bad command lines of every entry script, by a seed: one line and exit 2, never a traceback, nothing written."""

import copy
import io
import logging
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hydra.utils import get_method
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from talkface.cli import INFER_FLAGS, translate
from talkface.cli.run import configuration_message
from talkface.errors import InputError
from talkface.media import write_wav

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = 60  # of each of the two properties

BAD_FILES = ["gone.mp4", "text.mp4", "empty.wav", "folder", "x" * 300, "a\nb.mp4", "\udcff.mp4", "", "loop", "语,1.mp4"]
NAMES = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=12)
NUMBERS = st.one_of(st.integers(-(10**12), 10**12), st.floats(allow_nan=True, allow_infinity=True)).map(str)
BRACKETED = st.lists(NAMES | NUMBERS | st.sampled_from(BAD_FILES), max_size=4).map(lambda each: f"[{','.join(each)}]")
MAPPED = st.dictionaries(NAMES, NAMES, max_size=2).map(
    lambda each: "{" + ",".join(f"{key}:{value}" for key, value in each.items()) + "}"
)
VALUES = (
    NAMES | NUMBERS | BRACKETED | MAPPED | st.sampled_from([*BAD_FILES, "null", "true", "???", "${x}", "a,b", "[["])
)
LIP_SYNC = """convention extend silence listen_ahead faces speakers box follow domain detector detector_threshold pads
    crop rotate resize_factor static fps nosmooth detect_every detector_batch_size batch_size restore engine precision
    engine_cache crf preset animation animation.hold compare sidecar force checkpoint output"""
POSED = """identity pose mouth csv checkpoint convention drive content_scale save_pose pose_scale pose_freeze paste fast
    identity_frames align landmarks detector detector_threshold detector_weights batch_size crf layout compare output"""
SIDE_BY_SIDE = "videos labels fps crf output force"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "text.mp4").write_text("no media")
    (folder / "empty.wav").touch()
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to("loop")
    write_wav(folder / "good.wav", np.full(1600, 0.1, np.float32), 16000)
    return folder


@pytest.fixture(scope="module")
def bases() -> dict[str, DictConfig]:
    """The composed configuration of each pipeline of infer.py."""
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        return {name: compose("infer", [f"pipeline={name}"]) for name in ("lip_sync", "pcavs", "compare")}


FILES = runpy.run_path(str(ROOT / "infer.py"))["FILES"]


def attempt(base: DictConfig, arguments: list[str]) -> None:
    """What `command` and Hydra do with a command line of infer.py, without composing anew each time."""
    config = copy.deepcopy(base)
    OmegaConf.set_struct(config, True)
    for override in OverridesParser.create().parse_overrides(translate(arguments, INFER_FLAGS, FILES)):
        if override.is_sweep_override():
            raise HydraException("ambiguous value, as without -m")
        if override.key_or_group != "pipeline":
            OmegaConf.update(config, override.key_or_group, override.value(), force_add=override.is_add())
    get_method(config.entry)(OmegaConf.to_container(config, resolve=True))


def told_in_one_line(base: DictConfig, arguments: list[str], folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises((InputError, HydraException, OmegaConfBaseException)) as told:
        attempt(base, arguments)
    bad_input = isinstance(told.value, InputError)
    line = str(told.value) if bad_input else configuration_message(told.value)
    assert "\n" not in line and "\r" not in line and line.count(" - ") >= 1
    assert sorted(path.name for path in folder.iterdir()) == before, arguments


def overrides(keys: str) -> st.SearchStrategy[list[str]]:
    pairs = st.dictionaries(st.sampled_from(keys.split()), VALUES, min_size=1, max_size=3)
    return pairs.map(lambda each: [f"{key}={value}" for key, value in each.items()])


GOOD, BAD = "good.wav", "text.mp4"
COMMANDS = st.one_of(
    overrides(LIP_SYNC).map(lambda words: ("lip_sync", [*words, f"face={BAD}", f"audio={GOOD}"])),
    st.sampled_from(BAD_FILES).map(lambda name: ("lip_sync", [f"audio={GOOD}", f"face={name}"])),
    (BRACKETED | MAPPED).map(lambda value: ("lip_sync", [f"face={BAD}", f"audio={value}"])),
    overrides(POSED).map(lambda words: ("pcavs", [f"audio={BAD}", *words])),
    overrides(SIDE_BY_SIDE).map(lambda words: ("compare", [f"audio={BAD}", *words])),
)
FLAGS = "--face --audio --outfile --static --fps --pads --box --crop --csv_path --meta_path_vox --name --gpu_ids --netG"
WORDS = st.one_of(
    st.sampled_from(FLAGS.split()),
    st.sampled_from(["-x", "--face=", "=", "~face", "+a=1", "hydra=1"]),
    VALUES,
    NAMES.map("--{}".format),
    st.tuples(NAMES, VALUES).map("=".join),
)


@settings(max_examples=EXAMPLES, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(command=COMMANDS)
def test_bad_keys_values_and_files(place, bases, monkeypatch, command):
    monkeypatch.chdir(place)
    pipeline, words = command
    told_in_one_line(bases[pipeline], words, place)


@settings(max_examples=EXAMPLES, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(words=st.lists(WORDS, min_size=1, max_size=4))
def test_any_words(place, bases, monkeypatch, words):
    monkeypatch.chdir(place)
    told_in_one_line(bases["lip_sync"], ["face=text.mp4", *words, "--zz"], place)


BAD_SETTINGS = [
    ("preprocess.py", ["source=gone", "out=o"]),
    ("preprocess.py", ["source=good.wav", "out=o"]),
    ("preprocess.py", ["source=folder", "out=o", "unlisted=maybe"]),
    ("preprocess.py", ["source=" + "x" * 300, "out=o"]),
    ("preprocess.py", ["data=lrs3"]),
    ("preprocess.py", ["action=dance", "source=folder"]),
    ("preprocess.py", ["--data_root", "gone", "--preprocessed_root", "o", "--ngpu", "0"]),
    ("preprocess.py", ["--data_root", "gone", "--preprocessed_root", "o", "--ngpu", "1", "--batch_size", "32"]),
    ("preprocess.py", ["--data_rot", "gone"]),
    ("train.py", []),
    ("train.py", ["experiment=wav2lop"]),
    ("train.py", ["--data_root", "gone", "--checkpoint_dir"]),
    ("train.py", ["--data_rot", "x"]),
    ("evaluate.py", ["videos=gone", "reference=folder"]),
    ("evaluate.py", ["videos=folder"]),
    ("evaluate.py", ["videos={语 (1):gone,b:x}", "reference=folder"]),
    ("evaluate.py", ["compare=a,b"]),
    ("evaluate.py", ["action=dance"]),
    ("evaluate.py", ["--vshift", "many"]),
    ("evaluate.py", ["--filelst", "x"]),
]


@pytest.mark.parametrize(("script", "arguments"), BAD_SETTINGS, ids=lambda value: "_".join(value)[:40] if value else "")
def test_other_scripts(place, monkeypatch, script, arguments):
    monkeypatch.chdir(place)
    code, errors = run(script, arguments)
    lines = [line for line in errors.splitlines() if not line.startswith("ignored, without a meaning here")]
    assert code == 2 and len(lines) == 1, (code, errors)


def run(script: str, arguments: list[str]) -> tuple[int, str]:
    """Exit code and what stands on standard error."""
    errors, logger = io.StringIO(), logging.getLogger()
    held, handlers, level = sys.argv, logger.handlers[:], logger.level
    sys.argv = [script, *arguments]
    try:
        with redirect_stderr(errors), redirect_stdout(io.StringIO()), pytest.raises(SystemExit) as left:
            runpy.run_path(str(ROOT / script), run_name="__main__")
    finally:
        sys.argv, logger.handlers, logger.level = held, handlers, level
    return int(left.value.code or 0), errors.getvalue()
