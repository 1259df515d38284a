"""What this machine computes natively."""

import torch


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 (AVX-512 BF16, AMX, Arm). Others emulate it, several times slower."""
    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not say
    return any(bool(present) and "bf16" in name for name, present in known.items())
