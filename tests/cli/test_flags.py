"""Foreign flags: every one of Wav2Lip's, odd file names, and the three kinds of wrong flag."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.cli import (
    EVALUATE_FLAGS,
    INFER_FLAGS,
    PCAVS_FLAGS,
    PCAVS_INFERENCE_FLAGS,
    PREPROCESS_FLAGS,
    TRAIN_FLAGS,
    WAV2LIP_FLAGS,
    FlagTable,
    literal,
    quote,
    translate,
)
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


DEMO = """--name demo --list_start 0 --list_end 1 --dataset_mode voxtest --netG modulate --netA resseaudio
    --netA_sync ressesync --netD multiscale --netV resnext --netE fan --num_inputs 1 --gpu_ids 0 --clip_len 1
    --batchSize 8 --model av --style_dim 2560 --nThreads 4 --norm_D spectralsyncbatch --input_id_feature
    --generate_interval 1 --style_feature_loss --use_audio 1 --noise_pose --driving_pose --gen_video
    --meta_path_vox ./misc/demo.csv --generate_from_audio_only"""  # what demo_vox.sh passes
POSED = {"pipeline": "pcavs", "layout": "original", "convention": "pcavs"}


def test_the_demo_of_pcavs(caplog):
    found = composed(translate(DEMO.split(), INFER_FLAGS))
    files = {"csv": "./misc/demo.csv", "output": "./results/"}
    assert found == {**POSED, **files, "batch_size": 8, "identity_frames": 1}
    (line,) = caplog.messages
    assert (
        line.startswith("ignored, without a meaning here: --list_start") and "--netG" in line and "--name" not in line
    )


def test_inference_of_pcavs_with_other_values(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["--results_dir", "r/", "--gpu_ids", "-1", "--checkpoints_dir", "w", "--crop", "--lr", "0.1"]
    assert composed(translate(words, INFER_FLAGS)) == {
        **POSED,
        "csv": "./misc/demo.csv",
        "output": "r/",
        "pose": "none",
        "checkpoint": "w/demo",
        "device": "cpu",
    }
    (tmp_path / "checkpoints" / "demo").mkdir(parents=True)
    assert composed(translate(["--name", "demo"], INFER_FLAGS))["checkpoint"] == "checkpoints/demo"
    assert composed(translate(["--name", "other"], INFER_FLAGS))["checkpoint"] == "checkpoints/other"


def test_every_flag_of_pcavs_inference_is_taken():
    for name, flag in PCAVS_INFERENCE_FLAGS.flags.items():
        translate([name, *["1"] * flag.least], INFER_FLAGS)
    assert len(PCAVS_INFERENCE_FLAGS.flags) > 110
    with pytest.raises(InputError, match=r"unknown flag: --netX .*did you mean --net"):
        translate(["--netX", "x"], INFER_FLAGS)


def test_preprocessing_of_wav2lip():
    words = ["--ngpu", "2", "--batch_size", "32", "--data_root", "mvlrs_v1/main", "--preprocessed_root", "lrs2/"]
    expected = {"data": "lrs2", "source": "mvlrs_v1/main", "out": "lrs2/", "workers": 2}
    assert composed(translate(words, PREPROCESS_FLAGS)) == expected
    assert translate(["source=x"], PREPROCESS_FLAGS) == ["source=x"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {"experiment": "wav2lip_expert"}),
        ("--checkpoint_path a.pth", {"experiment": "wav2lip_expert", "init": "a.pth"}),
        ("--syncnet_checkpoint_path e.pth", {"experiment": "wav2lip", "expert": "e.pth"}),
        ("--syncnet_checkpoint_path e --disc_checkpoint_path d", {"experiment": "wav2lip_hq", "expert": "e"}),
        ("experiment=wav2lip_paper --checkpoint_path b.ckpt", {"experiment": "wav2lip_paper", "resume": "b.ckpt"}),
    ],
)
def test_training_of_wav2lip(more, expected):
    words = ["--data_root", "lrs2/", "--checkpoint_dir", "ck/", *more.split()]
    assert composed(translate(words, TRAIN_FLAGS)) == {"data": {"corpus": "lrs2/"}, "run": "ck/", **expected}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "--filelist lrs2.txt --results_dir r --data_root d --checkpoint_path c.pth --pads 0 0 0 0"
            " --face_det_batch_size 64 --wav2lip_batch_size 128",
            {
                "protocol": "lrs2",
                "pairs": "lrs2.txt",
                "out": "r",
                "data": {"corpus": "d"},
                "checkpoint": "c.pth",
                "batch": 128,
            },
        ),
        (
            "--mode random --filelist random_pairs.txt --results_dir r --data_root d --checkpoint_path c.pth"
            " --face_res 180 --min_frame_res 480 --max_frame_res 720",
            {
                **{"protocol": "lrs2", "pairs": "random_pairs.txt", "out": "r", "data": {"corpus": "d"}},
                **{"checkpoint": "c.pth", "clip_first": True},
            },
        ),
        (
            "--initial_model s.model --data_root made --batch_size 20 --vshift 15 --tmp_dir t --reference demo",
            {"videos": "made", "reference": "made", "expert": "s.model", "batch": 20, "shifts": 15},
        ),
        (
            "--videofile a.mp4 --reference wav2lip --data_dir tmp",
            {"videos": "a.mp4", "reference": "a.mp4", "syncnet_view": "face"},
        ),
        ("--data_dir tmp --reference w", {"videos": "tmp/pycrop/w", "reference": "tmp/pycrop/w"}),
    ],
)
def test_evaluation_of_wav2lip(line, expected):
    assert composed(translate(line.split(), EVALUATE_FLAGS)) == expected


def test_of_the_same_key_twice_the_later_one_counts():
    assert translate(["seed=1", "seed=2", "seed=1"], FlagTable()) == ["seed=2", "seed=1"]


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
