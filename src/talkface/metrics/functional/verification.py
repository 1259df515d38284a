"""Verification: can two codes tell whether they are of one person? Equal error rate over all pairs."""

import torch
from torch import Tensor
from torch.nn.functional import normalize


def equal_error_rate(codes: Tensor, person: Tensor, clip: Tensor | None = None) -> float:
    """Share of wrong answers, in [0, 1], at the threshold where both kinds of error are as frequent; .5 is chance.

    codes: (N, D) float, any length, compared by their cosine. person: (N,) int64. clip: (N,) int64; where given, pairs
    of one clip are left out, as light and clothes give those away. All other pairs of rows are asked. NaN where there
    is no pair of one person, or none of two.
    """
    unit = normalize(codes.float(), dim=1)
    rows, columns = torch.triu_indices(len(codes), len(codes), offset=1)
    if clip is not None:
        asked = clip[rows] != clip[columns]
        rows, columns = rows[asked], columns[asked]
    likeness, same = (unit[rows] * unit[columns]).sum(1), person[rows] == person[columns]
    if bool(same.all()) or not bool(same.any()):
        return float("nan")
    order = likeness.argsort(descending=True)
    hits = same[order].float()
    refused = 1 - hits.cumsum(0) / hits.sum()
    accepted = (1 - hits).cumsum(0) / (1 - hits).sum()
    crossing = int((refused - accepted).abs().argmin())
    return float((refused[crossing] + accepted[crossing]) / 2)
