"""Evaluation of test sets: clips -> rows (real, generated, copies) -> per-clip values -> intervals -> a report folder.

One clip is measured by one pure function (`systems.measure_clip`); reports and comparisons never see a network.
"""
