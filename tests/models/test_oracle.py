"""Every kind equals the original's output with seeded weights, within the tolerances of the oracle's README."""

import numpy as np
import pytest
import torch

from talkface.losses import adversarial_loss, cosine_bce
from talkface.models.upstream import load_upstream


def assert_close(found, expected, tolerance):
    assert tuple(found.shape) == expected.shape
    assert np.abs(found.numpy() - expected).max() <= tolerance


def test_generator_both_forms(oracle):
    net = load_upstream("wav2lip_generator", oracle.state("wav2lip_generator"))
    expected = oracle.expected("generator.npz")
    face = oracle.array("generator.face", (2, 6, 96, 96))
    face[:, :3, 48:] = 0
    assert_close(net(oracle.array("generator.mel", (2, 1, 80, 16), -4, 4), face), expected["output"], 1e-5)
    face = oracle.array("generator5.face", (2, 6, 5, 96, 96))
    face[:, :3, :, 48:] = 0
    assert_close(net(oracle.array("generator5.mel", (2, 5, 1, 80, 16), -4, 4), face), expected["output5"], 1e-5)


@pytest.mark.parametrize(("prefix", "training", "tolerance"), [("", False, 1e-5), ("train_", True, 1e-4)])
def test_expert_in_both_modes(oracle, prefix, training, tolerance):
    net = load_upstream("wav2lip_expert", oracle.state("wav2lip_expert")).train(training)
    expected = oracle.expected("syncnet.npz")
    mel, face = oracle.array("syncnet.mel", (4, 1, 80, 16), -4, 4), oracle.array("syncnet.face", (4, 15, 48, 96))
    audio, video = net(mel, face)
    assert_close(audio, expected[f"{prefix}audio"], tolerance)
    assert_close(video, expected[f"{prefix}face"], tolerance)
    assert_close((audio * video).sum(1), expected[f"{prefix}cosine"], tolerance)
    loss = cosine_bce(audio, video, torch.tensor([1.0, 0.0, 1.0, 0.0])[:, None])
    assert_close(loss, expected[f"{prefix}loss"], tolerance)


def test_discriminator_on_noise_and_on_drawn_frames(oracle):
    net = load_upstream("wav2lip_discriminator", oracle.state("wav2lip_discriminator"))
    expected = oracle.expected("discriminator.npz")
    crops = expected["resized_crops"].astype(np.float64) / 255
    real = torch.from_numpy(np.stack([crops[2:7], crops[9:14]]).astype(np.float32)).permute(0, 4, 1, 2, 3)
    for frames, suffix in ((oracle.array("discriminator.face", (2, 3, 5, 96, 96)), ""), (real, "_real")):
        judged = net(frames)
        assert_close(judged, expected[f"output{suffix}"], 1e-5)
        assert_close(adversarial_loss(judged), expected[f"perceptual{suffix}"], 1e-5)
        assert torch.allclose(net.logits(frames).sigmoid(), judged)


@pytest.mark.parametrize("kind", ["wav2lip_generator", "wav2lip_expert", "wav2lip_discriminator", "syncnet_v2"])
def test_keys_shapes_and_order_are_the_official_ones(oracle, kind):
    net = load_upstream(kind, oracle.state(kind, seed=3))
    assert [(key, list(value.shape)) for key, value in net.state_dict().items()] == list(oracle.keys(kind).items())


def test_syncnet_v2(oracle):
    net = load_upstream("syncnet_v2", oracle.state("syncnet_v2"))
    expected = oracle.expected("syncnet_v2.npz")
    mfcc = torch.from_numpy(expected["mfcc"].T).float()  # (13, 99): window v takes columns 4v … 4v+19
    windows = torch.stack([mfcc[None, :, 4 * v : 4 * v + 20] for v in range(15)])
    assert_close(net.embed_audio(windows), expected["audio"], 1e-4)
    frames = torch.from_numpy(drawn_video(oracle)).permute(3, 0, 1, 2).float()  # (3, 20, 224, 224) BGR 0–255
    for first in (0, 14):
        assert_close(net.embed_video(frames[None, :, first : first + 5]), expected["lip"][first : first + 1], 1e-4)


def drawn_video(oracle):
    import importlib.util

    spec = importlib.util.spec_from_file_location("oracle_inputs", oracle.folder / "inputs.py")
    inputs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(inputs)
    return inputs.video(0, 20, 224, 224)
