"""PC-AVS served: who from one source, head motion from a second, the mouth from a sound or a third. Import modules."""
