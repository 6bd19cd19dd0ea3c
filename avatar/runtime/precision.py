"""bfloat16 autocast on the CPU, for networks whose scores are rounded anyway."""

from contextlib import AbstractContextManager
from functools import lru_cache


def bf16_autocast() -> AbstractContextManager[object]:
    """Return a context in which torch's layers compute in bfloat16, on a CPU with units for it; elsewhere in float32.

    It halves what a judge costs, and moves its scores by some thousandths of their range. For what is heard or seen it
    is not: that must not depend on the machine.
    """
    import torch

    return torch.autocast("cpu", torch.bfloat16, enabled=_has_bf16_units())


@lru_cache(maxsize=1)
def _has_bf16_units() -> bool:
    """Tell whether the CPU has units for bfloat16; without them it is slower than float32."""
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))
