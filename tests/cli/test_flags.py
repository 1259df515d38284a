"""Foreign flags: every one of Wav2Lip's, odd file names, and the three kinds of wrong flag."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.cli import PCAVS_FLAGS, WAV2LIP_FLAGS, FlagTable, literal, quote, translate
from talkface.errors import InputError

ODD_NAMES = [
    "a=b.mp4",
    "with spaces and (brackets).mp4",
    "ünïcödé_面_рот.mp4",
    "-leading-dash.mp4",
    "--face",
    "new\nline.mp4",
    "quote'\"$HOME`.mp4",
    "percent_%d_%03d.mp4",
    "a,b.mp4",
    "[x].mp4",
    "{x:y}.mp4",
    "back\\slash",
    "end\\",
    "${oc.env:HOME}",
    "\\${x}",
    "???",
    "null",
    "true",
    "1e3",
    " lead",
    "trail ",
    "tab\there",
    "#no",
    "~tilde",
    "a\\\\'",
    "!x",
    "a${b",
    "}${",
]


def composed(overrides: list[str]) -> object:
    """The configuration value after Hydra has parsed the overrides and OmegaConf has resolved them."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import OmegaConf

    config = OmegaConf.create({})
    for override in OverridesParser.create().parse_overrides(overrides):
        OmegaConf.update(config, override.key_or_group, override.value())
    return OmegaConf.to_container(config, resolve=True)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_file_names_survive_flags(name):
    words = [f"--face={name}"] if name == "--face" else ["--face", name]
    assert composed(translate(words, WAV2LIP_FLAGS))["face"] in (name, f"./{name}")


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=12))
def test_any_text_survives_quoting(text):
    assert composed([f"face={quote(text)}"]) == {"face": f"./{text}" if text == "???" else text}


@settings(max_examples=150, deadline=None)
@given(st.text("\\'\"${}a =,[]()?", min_size=1, max_size=10))
def test_any_mix_of_grammar_characters_survives_quoting(text):
    assert composed([f"face={quote(text)}"]) == {"face": f"./{text}" if text == "???" else text}


def test_every_flag_of_the_original():
    line = (
        "--checkpoint_path c.pth --face f.mp4 --audio a.wav --outfile o.mp4 --static True --fps 29.97 --pads 0 20 0 0 "
        "--face_det_batch_size 4 --wav2lip_batch_size 8 --resize_factor 2 --crop 0 -1 0 -1 "
        "--box 1 2 3 4 --rotate --nosmooth"
    )
    assert composed(translate(line.split(), WAV2LIP_FLAGS)) == {
        "checkpoint": "c.pth",
        "face": "f.mp4",
        "audio": "a.wav",
        "output": "o.mp4",
        "force": True,
        "static": True,
        "fps": 29.97,
        "pads": [0, 20, 0, 0],
        "detector_batch_size": 4,
        "batch_size": 8,
        "resize_factor": 2,
        "crop": [0, -1, 0, -1],
        "box": [3, 1, 4, 2],
        "rotate": True,
        "nosmooth": True,
    }


def test_every_flag_of_pcavs_preparation():
    line = (
        "--dir_path d --src_pose_path p.mp4 --src_audio_path a.mp3 --src_mouth_frame_path m --src_input_path i.jpg "
        "--csv_path c.csv --convert_spectrogram"
    )
    overrides = translate(line.split(), WAV2LIP_FLAGS | PCAVS_FLAGS)
    assert overrides.count("pipeline=pcavs_files") == 1
    files = {"folder": "d", "pose": "p.mp4", "audio": "a.mp3", "mouth": "m", "identity": "i.jpg", "csv": "c.csv"}
    assert composed(overrides) == {"pipeline": "pcavs_files", **files, "force": True, "spectrogram": True}
    assert translate(["--folder_path", "f/"], PCAVS_FLAGS) == ["pipeline=pcavs_align", "folder='f/'"]


@pytest.mark.parametrize(
    ("words", "override"),
    [
        (["--static"], "static=true"),
        (["--static", "False"], "static=false"),
        (["--box", "-1", "-1", "-1", "-1"], "box=null"),
    ],
)
def test_switches_and_off_values(words, override):
    assert translate(words, WAV2LIP_FLAGS) == [override]


def test_static_does_not_swallow_the_next_override():
    assert translate(["--static", "face=x.mp4", "--rotate", "fps=3"], WAV2LIP_FLAGS) == [
        "static=true",
        "face=x.mp4",
        "rotate=true",
        "fps=3",
    ]


@pytest.mark.parametrize(
    "words",
    [["--help"], ["-m", "seed=1,2"], ["--cfg", "job"], ["--multirun", "a=range(1,3)", "~b", "+c=[1,2]", "d=${a}"]],
)
def test_hydra_words_pass_untouched(words):
    assert translate(words, WAV2LIP_FLAGS) == words


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        (["--fase", "x"], "unknown flag", "--face"),
        (["--checkpoint-path", "x"], "unknown flag", "--checkpoint_path"),
        (["--zzzz"], "unknown flag", "--help"),
        (["--face"], "a flag without its value", "1 value"),
        (["--pads", "1", "2"], "a flag without its value", "4 value"),
        (["--pads", "1", "2", "x", "4"], "not four whole numbers", "top bottom left right"),
        (["--fps", "fast"], "not a positive number", "25"),
        (["--resize_factor", "0"], "not a positive number", "25"),
        (["--static", "maybe"], "an argument without a key", "key=value"),
        (["--static=maybe"], "not true or false", "switch it on"),
        (["clip.mp4"], "an argument without a key", "key=value"),
    ],
)
def test_wrong_words_are_input_errors(words, what, remedy):
    with pytest.raises(InputError) as caught:
        translate(words, WAV2LIP_FLAGS)
    assert caught.value.what == what and remedy in caught.value.remedy


def test_no_table_means_foreign_flags_are_unknown():
    with pytest.raises(InputError, match="unknown flag"):
        translate(["--face", "x"], FlagTable())


def test_names_that_hydra_cannot_read_are_quoted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a,b.mp4").touch()
    (tmp_path / "true").touch()
    assert composed([literal("face=clip (1).mp4")]) == {"face": "clip (1).mp4"}
    assert composed([literal("face=a=b c.mp4")]) == {"face": "a=b c.mp4"}
    assert composed([literal("face=a,b.mp4")]) == {"face": "a,b.mp4"}
    assert (
        literal("seed=1,2") == "seed=1,2"
        and literal("static=true") == "static=true"
        and literal("box=[1,2]") == "box=[1,2]"
    )
    assert literal("face='a b'") == "face='a b'" and literal("x=${y}") == "x=${y}" and literal("x=null") == "x=null"
