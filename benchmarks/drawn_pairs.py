"""Which pairs of a drawn corpus's windows can be told apart at all, and which the expert tells apart.

    python benchmarks/drawn_pairs.py --corpus DRAWN [--expert FILE] [--updates 6000]

A pair is a window with its own sound and with that of a window 3 to 8 frames away, as in reports. Drawn mouths are a
few drawings, held for some frames: some pairs show the same drawings throughout. "exact truth" is a judge that sees no
picture and hears no sound but knows the shapes that were drawn and those that the sound asks for, without an error: two
small networks, trained by the expert's own loss on the train split. What it cannot tell, no expert can be asked to.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from machine import print_table
from torch import Tensor, nn
from torch.nn.functional import normalize

from talkface.data.datasets import ExpertClips
from talkface.data.packed import open_packs
from talkface.data.truth import known_speech, mouth_shapes
from talkface.data.windows import ClipFilter, Source, usable_clips
from talkface.losses import contrastive_loss
from talkface.models.load import default_weights, load_model
from talkface.models.syncnet import SyncNetExpert
from talkface.timeline import SYNC_WINDOW

NEAREST, FARTHEST, WINDOWS, CLIPS = 3, 8, 24, 8
Judge = Callable[[Source], Tensor]
"""A clip → (W, W) agreement of the pictures of each window (row) with the sound of each (column)."""


def windows_of(frames: npt.NDArray[np.float32]) -> Tensor:
    """(T, C) → (T - 4, 5 C): what five frames in a row hold."""
    count = len(frames) - SYNC_WINDOW + 1
    return torch.from_numpy(np.concatenate([frames[k : k + count] for k in range(SYNC_WINDOW)], axis=1))


def encoder() -> nn.Sequential:
    """Five frames of six numbers → an embedding."""
    wide = [nn.Linear(256, 256), nn.ReLU()]
    return nn.Sequential(nn.Linear(6 * SYNC_WINDOW, 256), nn.ReLU(), *wide, nn.Linear(256, 128))


def trained_on_truth(clips: Sequence[Source], updates: int) -> Judge:
    """The judge that knows the truth."""
    torch.manual_seed(0)
    random, known = np.random.default_rng(0), [(windows_of(np.nan_to_num(mouth_shapes(c))), c) for c in clips]
    pairs = [(drawn, windows_of(known_speech(clip))) for drawn, clip in known]
    seen, heard = encoder(), encoder()
    optimizer = torch.optim.AdamW([*seen.parameters(), *heard.parameters()], 1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, updates)
    for _ in range(updates):
        chosen = [pairs[number] for number in random.integers(len(pairs), size=CLIPS)]
        rows = [torch.from_numpy(random.permutation(len(drawn))[:WINDOWS]) for drawn, _ in chosen]
        group = torch.cat([torch.full_like(some, number) for number, some in enumerate(rows)])
        drawn, asked = (torch.cat([pair[k][some] for pair, some in zip(chosen, rows, strict=True)]) for k in (0, 1))
        optimizer.zero_grad()
        contrastive_loss(heard(asked), seen(drawn), group=group).backward()
        optimizer.step()
        schedule.step()

    def judge(clip: Source) -> Tensor:
        drawn, asked = windows_of(np.nan_to_num(mouth_shapes(clip))), windows_of(known_speech(clip))
        return normalize(seen(drawn), dim=1) @ normalize(heard(asked), dim=1).T

    return judge


def by_expert(expert: SyncNetExpert) -> Judge:
    """The expert on the pictures and the sound."""

    def judge(clip: Source) -> Tensor:
        batch = ExpertClips([clip])[0]
        audio, video = expert(batch.mel, batch.mouth.float() / 255)
        return video @ audio.T

    return judge


@torch.inference_mode()
def count(judge: Judge, clips: Sequence[Source]) -> list[float]:
    """Shares of pairs won: of all; of those whose mouths are seen whole; of those of them that show different ones."""
    won, kept = torch.zeros(3), torch.zeros(3)
    for clip in clips:
        agreement, drawn = judge(clip), windows_of(mouth_shapes(clip))
        rows = torch.arange(len(drawn))
        distance = (rows[:, None] - rows[None]).abs()
        whole = drawn.isfinite().all(1)
        different = (drawn[:, None] - drawn[None]).abs().amax(2) > 1e-6
        pairs = (distance >= NEAREST) & (distance <= FARTHEST)
        both = pairs & whole[:, None] & whole[None]
        wins = agreement.diagonal()[:, None] > agreement
        for number, mask in enumerate((pairs, both, both & different)):
            won[number] += (wins & mask).sum()
            kept[number] += mask.sum()
    return [*(won / kept).tolist(), float(1 - kept[2] / kept[1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--expert", type=Path, default=default_weights("wav2lip_expert", "animation"))
    parser.add_argument("--updates", type=int, default=6000, help="of the judge that knows the truth")
    options = parser.parse_args()
    packs, clips = open_packs(options.corpus), ClipFilter(corrected=False)
    train, test = (usable_clips(packs, split, clips) for split in ("train", "test"))
    judges = {"exact truth": trained_on_truth(train, options.updates)}
    judges[options.expert.stem] = by_expert(load_model(options.expert, "wav2lip_expert"))
    rows = [(name, *count(judge, test)) for name, judge in judges.items()]
    header = ["pairs won, test split", "all", "mouths seen whole", "different drawings", "share of equal drawings"]
    print_table(f"{len(test)} drawn clips", header, rows)


if __name__ == "__main__":
    main()
