"""Exit codes and single lines of `command`."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hydra.utils import instantiate

from talkface.cli import command
from talkface.errors import InputError


def leave(main, capsys, monkeypatch, arguments=()):
    monkeypatch.setattr(sys, "argv", ["entry.py", *arguments])
    with pytest.raises(SystemExit) as caught:
        command(main)
    return caught.value.code, capsys.readouterr().err


def raises(error):
    def main():
        raise error

    return main


def test_done_is_zero(capsys, monkeypatch):
    assert leave(lambda: None, capsys, monkeypatch) == (0, "")


def test_input_error_is_one_line_and_two(capsys, monkeypatch):
    code, text = leave(raises(InputError("no such file", "a\nb.mp4", "check the name")), capsys, monkeypatch)
    assert code == 2 and text == "no such file: a\\nb.mp4 - check the name\n"


def test_bad_input_to_a_part_that_hydra_builds_is_told_as_it_is(capsys, monkeypatch):
    def main():
        instantiate({"_target_": "talkface.preparation.pack.PackForm", "pictures": "png"})

    code, text = leave(main, capsys, monkeypatch)
    assert code == 2 and text == "no such form of pictures: pack.pictures=png - choose jpeg or raw\n"


def test_interrupt_is_130(capsys, monkeypatch):
    assert leave(raises(KeyboardInterrupt()), capsys, monkeypatch) == (130, "interrupted\n")


def test_our_defect_propagates(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["entry.py"])
    with pytest.raises(ZeroDivisionError):
        command(lambda: 1 / 0)


def test_unknown_flag(capsys, monkeypatch):
    code, text = leave(lambda: None, capsys, monkeypatch, ["--multirum"])
    assert code == 2 and "--multirun" in text and text.count("\n") == 1


SCRIPT = """
    import hydra
    from talkface.cli import command
    from talkface.errors import InputError

    @hydra.main(version_base="1.3", config_path="configs", config_name="entry")
    def main(config):
        if config.missing == 2:
            raise InputError("bad", "value", "change it")

    if __name__ == "__main__":
        command(main)
"""


@pytest.fixture(scope="module")
def entry(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("entry")
    (folder / "entry.py").write_text(textwrap.dedent(SCRIPT))
    (folder / "configs" / "data").mkdir(parents=True)
    (folder / "configs" / "data" / "grid.yaml").write_text("corpus: x\n")
    text = "defaults: [_self_, {data: grid}]\nface: null\nmissing: 1\nhydra: {output_subdir: null, run: {dir: .}}\n"
    (folder / "configs" / "entry.yaml").write_text(text)
    return folder / "entry.py"


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["fase=x"], ["fase", "did you mean face?"]),
        (["data=grit"], ["grit", "did you mean data=grid?"]),
        (["data.corpsu=1"], ["corpsu", "did you mean data.corpus?"]),
        (["missing=???"], ["missing", "give missing="]),
        (["face=1,2"], ["face"]),
        (["missing=2"], ["bad: value - change it"]),
    ],
)
def test_configuration_errors_are_one_line(entry, arguments, parts):
    done = subprocess.run([sys.executable, str(entry), *arguments], capture_output=True, text=True, cwd=entry.parent)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert all(part in done.stderr for part in parts), done.stderr


def test_help_passes_to_hydra(entry):
    done = subprocess.run([sys.executable, str(entry), "--help"], capture_output=True, text=True, cwd=entry.parent)
    assert done.returncode == 0 and "face: null" in done.stdout


def test_light_import():
    code = "import sys, talkface.cli; sys.exit(any(name in sys.modules for name in ('torch', 'cv2', 'hydra')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
