"""Verification: can two codes tell whether they are of one person? Equal error rate over all pairs."""

import torch
from torch import Tensor
from torch.nn.functional import normalize


def equal_error_rate(codes: Tensor, person: Tensor) -> float:
    """Share of wrong answers, in [0, 1], at the threshold where both kinds of error are as frequent; .5 is chance.

    codes: (N, D) float, any length, compared by their cosine. person: (N,) int64. All pairs of rows are asked.
    NaN where there is no pair of one person, or none of two.
    """
    unit = normalize(codes.float(), dim=1)
    rows, columns = torch.triu_indices(len(codes), len(codes), offset=1)
    likeness, same = (unit[rows] * unit[columns]).sum(1), person[rows] == person[columns]
    if bool(same.all()) or not bool(same.any()):
        return float("nan")
    order = likeness.argsort(descending=True)
    hits = same[order].float()
    refused = 1 - hits.cumsum(0) / hits.sum()
    accepted = (1 - hits).cumsum(0) / (1 - hits).sum()
    crossing = int((refused - accepted).abs().argmin())
    return float((refused[crossing] + accepted[crossing]) / 2)
