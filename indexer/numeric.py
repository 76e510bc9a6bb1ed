"""Which device and numeric mode this machine runs a model fastest in, detected and never assumed."""

import os
import sys
from typing import TYPE_CHECKING, Literal

from corpora.errors import UsageError

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "fp32", "bf16", "fp16", "int8"]
"""What can be asked for."""

Mode = Literal["fp32", "bf16", "fp16", "int8"]
"""What a model runs in. int8 holds for its linear layers, on a CPU; the rest is fp32 there."""

_SPINS = "1000"  # some microseconds: about as long as it is from one step of a model to the next
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # glibc's malloc.h
_LARGEST_KEPT = 32 << 20
_MOST_KEPT = 256 << 20


def pick_device() -> str:
    """``cuda`` where torch finds a GPU, else ``cpu``."""
    settle_threads()
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def pick_mode(precision: Precision, device: str, *, int8: bool = False) -> Mode:
    """The mode to run in; UsageError for one that this machine cannot run, or not natively.

    `int8` says whether the model has it. Chosen by itself it comes after bf16, which is more exact, and before fp32.
    """
    _check(precision, device)
    if precision != "auto":
        return precision
    if device == "cuda":
        return "bf16" if _gpu_has_bf16() else "fp16"
    if cpu_has_bf16():
        return "bf16"
    return "int8" if int8 else "fp32"


def pick_dtype(precision: Precision, device: str) -> "torch.dtype":
    """The dtype to hold weights in. bf16 on a CPU only where the CPU has instructions for it.

    With AVX512-BF16 or AMX it is 2-3 times faster than fp32; without them up to 100 times slower. UsageError for int8,
    which is no dtype of weights, and for what the machine cannot run.
    """
    if precision == "int8":
        raise UsageError("int8 is a mode of embedding models alone", remedy="Choose auto, fp32, bf16 or fp16")
    return dtype_of(pick_mode(precision, device))


def dtype_of(mode: Mode) -> "torch.dtype":
    """The dtype of weights in this mode; what surrounds the linear layers of int8 is fp32."""
    import torch

    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16, "int8": torch.float32}
    return dtypes[mode]


def _check(precision: Precision, device: str) -> None:
    """UsageError for a mode that this machine has no instructions for."""
    if precision == "fp16" and device == "cpu":
        raise UsageError("fp16 needs a GPU: CPUs compute it up to 100 times slower", remedy="Choose auto, fp32 or int8")
    if precision == "int8" and device != "cpu":
        raise UsageError("int8 runs on CPUs alone, and this machine has a GPU", remedy="Choose auto, bf16 or fp16")
    native = precision != "bf16" or (_gpu_has_bf16() if device == "cuda" else cpu_has_bf16())
    if not native:
        raise UsageError(
            "bf16 needs AVX512-BF16 or AMX on a CPU, compute capability 8.0 on a GPU; this machine emulates it",
            remedy="Choose auto: the fastest mode that this machine has",
        )


def _gpu_has_bf16() -> bool:
    import torch

    # Older GPUs emulate bf16, slower than fp32.
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


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


def settle_threads() -> None:
    """Have torch's threads wait asleep, but for an instant, if torch is yet to be loaded and nobody chose otherwise.

    GNU OpenMP lets threads that wait for the others burn their cores. Beside one busy process on two cores that more
    than halves the passages a second; threads that sleep at once cost a quarter of them with nothing else running.
    """
    if "torch" not in sys.modules and "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)


def settle_memory() -> None:
    """Have glibc keep the memory of a batch for the next one, instead of giving it back and asking for it again.

    A model frees and takes hundreds of megabytes a second; the kernel would zero each page of them. Does nothing where
    the C library is another one.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # not glibc
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
    mallopt(_TRIM_THRESHOLD, _MOST_KEPT)
