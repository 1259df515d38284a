"""Devices by name: what is refused before anything loads, what `auto` becomes, on machines that are imitated."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from talkface.device import check_device, resolve_device
from talkface.errors import InputError

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Function (GPUs, compute capability, torch's architectures): this machine has them, as far as torch can tell."""

    def make(gpus: int, capability: tuple[int, int] = (8, 6), built: tuple[str, ...] = ("sm_80", "sm_90")) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index=0: capability)
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: [*built])
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return make


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("cdua", "did you mean cuda?"),
        ("CUDA", "did you mean cuda?"),
        ("cuda:", "did you mean cuda"),
        ("cuda:x", "cuda:N"),
        ("cuda:-1", "cuda:N"),
        ("cuda:\u0661", "cuda:N"),  # a digit, but not of ours
        ("gpu", "use auto, cpu"),
        ("cpu:0", "did you mean cpu?"),
        ("", "use auto, cpu"),
        ("None", "use auto, cpu"),
        ("[0]", "use auto, cpu"),
    ],
)
def test_misspelt_names_are_told_with_the_nearest(name: str, remedy: str) -> None:
    with pytest.raises(InputError, match="no such device") as caught:
        check_device(name)
    assert remedy in str(caught.value) and f"device={name}" in str(caught.value)


def test_a_machine_without_gpu(machine: Callable[..., None]) -> None:
    machine(0)
    assert (resolve_device("auto"), resolve_device("cpu")) == ("cpu", "cpu")
    for name in ("cuda", "cuda:1", "mps"):
        with pytest.raises(InputError, match=f"device={name} - use device=auto or cpu"):
            check_device(name)


def test_a_machine_with_two_gpus(machine: Callable[..., None]) -> None:
    machine(2)
    assert [resolve_device(name) for name in ("auto", "cuda", "cuda:1", "cpu")] == ["cuda", "cuda", "cuda:1", "cpu"]
    assert resolve_device("auto", cpu_only=True) == "cpu"
    with pytest.raises(InputError, match="no such GPU: device=cuda:2 - this machine has cuda:0 to cuda:1"):
        check_device("cuda:2")


def test_a_gpu_that_torch_has_no_kernels_for(machine: Callable[..., None], caplog: pytest.LogCaptureFixture) -> None:
    machine(1, (6, 1))
    with pytest.raises(InputError, match=r"no kernels for compute capability 6\.1: .*cu126"):
        check_device("cuda")
    assert resolve_device("auto") == "cpu" and "device=auto takes the CPU" in caplog.text
    machine(1, (6, 1), ("sm_60", "sm_80"))
    assert resolve_device("auto") == "cuda"


def test_where_no_gpu_is_asked_for_no_torch_is_loaded() -> None:
    code = (
        "import sys, talkface.device as d; d.check_device('cpu'), d.check_device('auto'); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "command",
    [
        "infer.py face=nothing.mp4 audio=nothing.wav device=cuda:7",
        "infer.py face=nothing.mp4 audio=nothing.wav device=cdua",
        "infer.py pipeline=pcavs identity=nothing.png audio=nothing.wav device=mps",
        "infer.py pipeline=compare videos=[nothing.mp4] device=gpu",
        "evaluate.py checkpoint=nothing.safetensors data.corpus=nowhere device=cuda",
        "evaluate.py compare=[a,b] device=cpuu",
        "preprocess.py data=folder source=. out=made +data.detector_options.device=cuda:9",
        "train.py experiment=quickstart hardware=gpu data.corpus=nowhere",
        "train.py experiment=quickstart hardware.trainer.accelerator=gpuu data.corpus=nowhere",
        "train.py experiment=quickstart hardware.trainer.devices=0 data.corpus=nowhere",
        "train.py experiment=quickstart hardware.trainer.precision=fp16 data.corpus=nowhere",
    ],
)
def test_every_command_refuses_in_one_line(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # the same on a machine that has one
    script, *arguments = command.split()
    done = subprocess.run(
        [sys.executable, str(ROOT / script), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert "device" in done.stderr or "hardware" in done.stderr
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
