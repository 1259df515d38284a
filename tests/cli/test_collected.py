"""Lists and maps of file names on the command line: any legal name arrives as it was typed, there or not."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from talkface.cli import as_typed, literal
from talkface.cli.collected import register
from talkface.cli.run import as_lists

TEXTS = ("audio", "labels", "videos", "output", "data.corpus")


def arrived(override: str) -> object:
    """The value under the override's first key after Hydra and OmegaConf have read it."""
    register()
    parsed = OverridesParser.create().parse_overrides([literal(override, TEXTS)])[0]
    assert not parsed.is_sweep_override()
    config = OmegaConf.create({})
    OmegaConf.update(config, parsed.key_or_group, parsed.value())
    return OmegaConf.to_container(config, resolve=True)[override.partition("=")[0].partition(".")[0]]


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("[/a/语料.mp4,/b.wav]", ["/a/语料.mp4", "/b.wav"]),
        ("[clip (1).mp4,a & b.wav]", ["clip (1).mp4", "a & b.wav"]),
        ("[#1=x;y.mp4,100%.wav,~z,!w,$HOME]", ["#1=x;y.mp4", "100%.wav", "~z", "!w", "$HOME"]),
        ('[it\'s.mp4,say "hi".wav]', ["it's.mp4", 'say "hi".wav']),
        ("['x,y.mp4', \"a b\" ]", ["x,y.mp4", "a b"]),
        ("[[1].mp4,{x}.wav]", ["[1].mp4", "{x}.wav"]),
        ("[caf\udce9.mp4]", ["caf\udce9.mp4"]),
        ("[1e3,02,true]", ["1e3", "02", "true"]),
        ("[]", []),
    ],
)
def test_lists(value, items):
    assert arrived(f"audio={value}") == items


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("{a:/x (1),b:y=z}", {"a": "/x (1)", "b": "y=z"}),
        ("{语 (1):/x,b c:/d:e}", {"语 (1)": "/x", "b c": "/d:e"}),
        ("{a:x,y.mp4,b:z}", {"a": "x,y.mp4", "b": "z"}),
        ("{'a=b':x}", {"a=b": "x"}),
        ("{\udcff:x}", {"\udcff": "x"}),
        ("{a:[x (1),y],b:null}", {"a": ["x (1)", "y"], "b": None}),
    ],
)
def test_maps(value, items):
    assert arrived(f"videos={value}") == items


def test_a_comma_of_an_existing_name_separates_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a, b,c.mp4").touch()
    assert arrived("audio=[a, b,c.mp4,d.wav]") == ["a, b,c.mp4", "d.wav"]


@pytest.mark.parametrize(
    "name",
    ["out, 1.mp4", "a=b;c&d#e%f(g)'h\"i.mp4", "[x].mp4", "{y}.mp4", "null.mp4", "1,2", "choice(a,b).mp4", "\udcff.mp4"],
)
def test_outputs_that_do_not_exist(name):
    assert arrived(f"output={name}") == name


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=12))
def test_any_name_of_an_output(text):
    kept = text[0] in "[{'\"" or text in ("null", "???") or text.startswith("${")
    assert kept or arrived(f"output={text}") == text


@pytest.mark.parametrize(
    "override", ["box=[[1,2,3,4],[5,6,7,8]]", "seed=1,2", "x=range(1,3)", "faces=[1,2]", "a={b:[1,c]}"]
)
def test_other_keys_keep_their_grammar(override):
    assert literal(override, TEXTS) == override


def test_what_cannot_be_written_is_shown_as_it_was_typed():
    coded = literal("videos={语:a (1)}", TEXTS)
    assert coded.isascii() and as_typed(coded) == 'videos={"语": "a (1)"}' and as_typed("a=b") == "a=b"


def test_commas_of_some_keys_are_lists():
    words = ["compare=a,b (1)", "sort=a,b", "compare=[a,b]", "compare=a"]
    assert as_lists(words, ("compare",)) == ["compare=[a,b (1)]", "sort=a,b", "compare=[a,b]", "compare=a"]
