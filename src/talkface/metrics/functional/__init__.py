"""Formulas of every metric: pure functions of tensors; units, ranges and sources are in each docstring."""
