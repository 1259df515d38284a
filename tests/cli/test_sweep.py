"""Names of the runs of a sweep: short folders that stay the same, titles of what differs."""

import pytest

from talkface.cli.sweep import run_folder, run_title, with_swept


def test_the_keys_that_a_sweep_varies() -> None:
    words = ["-m", "experiment=wav2lip", "loss.sync=0,0.03", "seed=range(1,4)", "+model.ema=choice(0.9,0.99)", "run=a"]
    assert with_swept(words)[-1] == "swept=[loss.sync,seed,model.ema]"
    assert with_swept(words)[:-1] == words
    assert with_swept(words[1:]) == words[1:]  # no sweep
    assert with_swept(["--multirun", "data.corpus=[a,b]", "windows=(", "--cfg"])[-1] == "--cfg"


def test_folders_are_short_and_hang_on_what_changes_the_result() -> None:
    one = run_folder(["experiment=wav2lip", "loss.sync=0", "data.corpus=/a/b/c"])
    assert len(one) == 10 and "/" not in one
    assert one == run_folder(["data.corpus=/a/b/c", "loss.sync=0", "experiment=wav2lip"])
    longer = ["experiment=wav2lip", "loss.sync=0", "data.corpus=/a/b/c", "trainer.max_steps=9", "hardware.workers=0"]
    assert one == run_folder([*longer, "swept=[loss.sync]", "logger=wandb", "resume=changed"])
    assert one != run_folder(["experiment=wav2lip", "loss.sync=0.03", "data.corpus=/a/b/c"])
    assert len(run_folder([f"key{number}={'x' * 300}" for number in range(100)])) == 10
    assert run_folder(["expert='/models/\udcff.safetensors'"])  # a name that is no UTF-8


@pytest.mark.parametrize(
    ("overrides", "swept", "title"),
    [
        (["seed=1", "loss.sync=0.03"], ["loss.sync"], "loss.sync=0.03"),
        (["+seed=1", "loss.sync=0.03"], ["loss.sync", "seed"], "seed=1 loss.sync=0.03"),
        (["expert='/a/b/c.safetensors'"], ["expert"], "expert=c.safetensors"),
        (["seed=1"], [], "wav2lip"),
    ],
)
def test_titles_say_what_differs(overrides: list[str], swept: list[str], title: str) -> None:
    assert run_title("wav2lip", overrides, swept) == title


def test_long_titles_are_cut_and_stay_apart() -> None:
    titles = [run_title("n", [f"a={'x' * 200}{number}"], ["a"]) for number in range(2)]
    assert titles[0] != titles[1] and all(len(title) <= 120 for title in titles)
