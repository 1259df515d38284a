"""LightningModules, manual optimisation, schedules and callbacks: glue between networks, losses and batches."""
