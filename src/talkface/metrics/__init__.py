"""Metrics: `functional/` holds the formulas (pure functions of tensors), the files beside it accumulate them.

Nothing heavy is imported here: `talkface.metrics.functional.*` needs torch only, the accumulators torchmetrics.
"""
