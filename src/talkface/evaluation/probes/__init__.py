"""Probes: what the codes of a network carry, by the simplest maps that can be fitted to them on held-out clips."""
