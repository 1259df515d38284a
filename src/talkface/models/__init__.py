"""Networks: plain modules on tensors, no config and no file; `models.load` and `models.upstream` bring weights in."""
