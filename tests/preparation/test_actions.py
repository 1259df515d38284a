"""preprocess.py's actions: offsets into rows, shards only when needed, and one line for every bad input."""

import json
import logging
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from preparation_clips import digests
from rich.console import Console

from talkface.corpus import ClipRow, Corpus
from talkface.errors import InputError
from talkface.preparation import Launcher, Plan, PreparationSettings, prepare
from talkface.preparation.actions import build_launcher, build_plan, build_settings, is_packed, run_action
from talkface.preparation.drawing import DrawnSettings
from talkface.preparation.offsets import measure_offsets
from talkface.preparation.progress import clips_per_minute, show_progress

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = {
    "action": "prepare",
    "source": "in",
    "out": "out",
    "corpus": "out",
    "workers": 3,
    "faces": "all",
    "manifest": "table.tsv",
    "expert": None,
    "data": {"name": "n", "layout": "grid", "split": {"seed": 1, "val": 0.0, "test": 0.5}, "manifest_kinds": ["a"]},
    "settings": {"detector": "mtcnn", "detector_options": {"threshold": 0.7, "min_face": None}, "crf": 20},
    "launcher": {"engine": "slurm", "workers": 3, "chunk": 5, "logs": "here", "options": {"timeout_min": 1}},
    "pack": {"enabled": False, "size": 96, "context": 1.25, "quality": 95},
}


@pytest.fixture
def corpus(sources: Path, tmp_path: Path) -> Path:
    """A corpus of two clips, bob's: one talks, one is silent."""
    (tmp_path / "in").mkdir()
    shutil.copy(sources / "ann" / "pan.mp4", tmp_path / "in" / "pan.mp4")
    shutil.copy(sources / "bob" / "silent.mp4", tmp_path / "in" / "silent.mp4")
    plan = Plan(name="toy", layout="folder", source=tmp_path / "in")
    return prepare(plan, tmp_path / "out", settings=PreparationSettings(), launcher=Launcher(workers=0))


def test_offsets_are_written_and_survive_preparation(corpus: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = digests(corpus / "clips")
    with caplog.at_level(logging.INFO):
        measure_offsets(corpus, lambda _, row: (len(row.id) - 5, 1.23456), expert="abc")
    talking, silent = Corpus(corpus).rows()
    assert (talking.av_offset, talking.av_confidence) == (-2, 1.2346)
    assert (silent.av_offset, silent.av_confidence) == (None, None)
    assert "1 left out" in caplog.text
    note = json.loads((corpus / "offsets.json").read_text())
    assert note == {"expert_sha256": "abc", "left_out": 1, "measured": 1}
    after = digests(corpus / "clips")
    assert {name for name in before if before[name] != after[name]} == {"pan/row.json"}
    manifest = (corpus / "manifest.jsonl").read_bytes()
    plan = Plan(name="toy", layout="folder", source=corpus.parent / "in")
    prepare(plan, corpus, settings=PreparationSettings(), launcher=Launcher(workers=0))
    assert (corpus / "manifest.jsonl").read_bytes() == manifest


def test_a_clip_that_cannot_be_measured_keeps_none(corpus: Path, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(_: Corpus, row: ClipRow) -> tuple[int, float]:
        raise InputError("only 6 frames", row.id, "none")

    measure_offsets(corpus, refuse, expert="abc")
    assert [row.av_offset for row in Corpus(corpus).rows()] == [None, None]
    assert "pan: not measured (only 6 frames)" in caplog.text


def test_shards_are_made_once_and_follow_the_rows(corpus: Path) -> None:
    options = {**OPTIONS, "corpus": str(corpus), "workers": 1}
    assert not is_packed(corpus)
    run_action({**options, "action": "pack"}, _no_measure)
    assert is_packed(corpus)
    run_action({**options, "action": "offsets"}, lambda path: (lambda _, row: (1, 2.0), f"sha of {path}"))
    entries = [json.loads(line) for line in (corpus / "packed" / "index.jsonl").read_text().splitlines()]
    assert [entry["av_offset"] for entry in entries] == [1, None]
    assert is_packed(corpus)
    assert json.loads((corpus / "offsets.json").read_text())["expert_sha256"] == "sha of None"


def _no_measure(path: Path | None) -> None:
    raise AssertionError(path)


def test_options_become_plan_settings_and_launcher() -> None:
    settings, launcher = build_settings(OPTIONS), build_launcher(OPTIONS)
    plan = build_plan(OPTIONS, settings)
    assert isinstance(settings, PreparationSettings)
    assert (plan.name, plan.layout, plan.source, plan.manifest) == ("n", "grid", Path("in"), Path("table.tsv"))
    assert (plan.manifest_kinds, plan.split["test"]) == (("a",), 0.5)
    assert (settings.crf, settings.faces) == (20, "all")
    assert settings.detector_options == (("min_face", None), ("threshold", 0.7))
    assert (launcher.engine, launcher.workers, launcher.chunk, launcher.logs) == ("slurm", 3, 5, Path("here"))
    assert settings.hash != build_settings({**OPTIONS, "faces": "largest"}).hash


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"action": "bake"}, "no such action"),
        ({"source": "???"}, "source= is missing"),
        ({"out": None}, "out= is missing"),
    ],
)
def test_bad_options(change: dict[str, object], what: str) -> None:
    with pytest.raises(InputError) as caught:
        run_action({**OPTIONS, **change}, _no_measure)  # type: ignore[arg-type]
    assert caught.value.what == what


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(ROOT / "preprocess.py"), *arguments], capture_output=True, text=True)


def test_bad_input_is_one_line_and_exit_2(tmp_path: Path) -> None:
    done = run_script(f"source={tmp_path / 'none'}", f"out={tmp_path / 'out'}")
    assert done.returncode == 2
    assert done.stderr == f"no such folder: {tmp_path / 'none'} - give source=FOLDER with the clips\n"
    assert not (tmp_path / "out").exists()


def test_help_fits_a_screen_and_a_wrong_key_is_named() -> None:
    text = run_script("--help").stdout
    assert "data=grid" in text and len(text.splitlines()) <= 24 and max(map(len, text.splitlines())) <= 120
    done = run_script("sourse=x")
    assert done.returncode == 2 and "source" in done.stderr and len(done.stderr.splitlines()) == 1


def test_every_data_and_launcher_config_composes() -> None:
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        for data in ("grid", "folder", "lrs2", "voxceleb2", "animation"):
            for launcher in ("local", "slurm", "ray"):
                overrides = [f"data={data}", f"launcher={launcher}", "source=x", "out=y"]
                options = OmegaConf.to_container(compose("preprocess", overrides), resolve=True)
                settings = build_settings(options)  # type: ignore[arg-type]
                assert build_plan(options, settings).layout == data  # type: ignore[arg-type]
                assert build_launcher(options).engine == launcher  # type: ignore[arg-type]
                assert isinstance(settings, PreparationSettings) and settings.every == 5


def test_defaults_in_the_file_are_those_of_the_code() -> None:
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        options = OmegaConf.to_container(compose("preprocess", ["source=x"]), resolve=True)
        drawn = OmegaConf.to_container(compose("preprocess", ["data=drawn", "clips=3", "seed=2"]), resolve=True)
    assert build_settings(options) == PreparationSettings()  # type: ignore[arg-type]
    settings = build_settings(drawn)  # type: ignore[arg-type]
    assert settings == DrawnSettings(seed=2)
    plan = build_plan(drawn, settings)  # type: ignore[arg-type]
    assert plan.source is None and [clip.id for clip in plan.clips] == ["0000000", "0000001", "0000002"]


def test_progress_on_a_terminal_and_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    screen = StringIO()
    terminal = Console(file=screen, force_terminal=True, width=100)
    assert list(show_progress(range(3), total=3, what="clips", console=terminal)) == [0, 1, 2]
    assert "3/3" in screen.getvalue() and "clips/min" in screen.getvalue()
    with caplog.at_level(logging.INFO):
        plain = Console(file=StringIO(), force_terminal=False)
        assert list(show_progress("abc", total=3, what="clips", console=plain)) == ["a", "b", "c"]
    assert "clips: 3 of 3" in caplog.text
    assert clips_per_minute(30, 60.0) == 30.0 and clips_per_minute(0, 0.0) == 0.0
