"""Which numeric mode this machine runs a model fastest in, detected and never assumed."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "fp32", "bf16"]


def pick_device() -> str:
    """``cuda`` where torch finds a GPU, else ``cpu``."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def pick_dtype(precision: Precision, device: str) -> "torch.dtype":
    """The dtype to hold weights in. bf16 on a CPU only where the CPU has instructions for it.

    With AVX512-BF16 or AMX it is 2-3 times faster than fp32; without them up to 100 times slower.
    """
    import torch

    if precision == "fp32":
        return torch.float32
    if precision == "bf16":
        return torch.bfloat16
    # Older GPUs emulate bf16, slower than fp32.
    fast = torch.cuda.is_bf16_supported(including_emulation=False) if device == "cuda" else cpu_has_bf16()
    return torch.bfloat16 if fast else torch.float32


def cpu_has_bf16() -> bool:
    """Whether this CPU multiplies bf16 matrices natively (AVX512-BF16 or AMX)."""
    import torch

    capabilities = torch.backends.cpu.get_cpu_capability()
    if not capabilities.startswith("AVX512"):
        return False
    return any(_flag(name) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))


def _flag(name: str) -> bool:
    import torch

    probe = getattr(torch.cpu, name, None)
    return bool(probe()) if probe is not None else False
