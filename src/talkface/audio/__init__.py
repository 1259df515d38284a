"""Front ends that turn sound into what the networks see; each a pure function of (samples, parameters)."""
