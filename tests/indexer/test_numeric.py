"""Which numeric mode is chosen, on machines that are not here: torch's answers about them are put in its mouth."""

import os
import sys

import pytest
import torch

from corpora.errors import UsageError
from indexer.numeric import cpu_has_bf16, pick_device, pick_dtype, pick_mode, settle_memory, settle_threads


def cpu(monkeypatch, *, capability="AVX512", bf16=False, amx=False):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)


def gpu(monkeypatch, *, bf16):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bf16 or including_emulation)


@pytest.mark.parametrize(
    ("machine", "native"),
    [
        ({"bf16": True}, True),
        ({"amx": True}, True),
        ({}, False),
        ({"capability": "AVX2", "bf16": True}, False),  # the instructions are there, torch was told not to use them
        ({"capability": "DEFAULT"}, False),
    ],
)
def test_bf16_on_a_cpu_needs_its_instructions(monkeypatch, machine, native):
    cpu(monkeypatch, **machine)
    assert cpu_has_bf16() == native
    assert pick_mode("auto", "cpu") == ("bf16" if native else "fp32")
    assert pick_dtype("auto", "cpu") == (torch.bfloat16 if native else torch.float32)


def test_int8_comes_after_bf16_and_before_fp32(monkeypatch):
    cpu(monkeypatch, bf16=True)
    assert pick_mode("auto", "cpu", int8=True) == "bf16"
    cpu(monkeypatch)
    assert pick_mode("auto", "cpu", int8=True) == "int8"
    assert pick_mode("auto", "cpu", int8=False) == "fp32"


def test_a_torch_that_cannot_say_has_no_bf16(monkeypatch):
    cpu(monkeypatch)
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert not cpu_has_bf16()


def test_a_gpu_runs_bf16_where_native_else_fp16(monkeypatch):
    gpu(monkeypatch, bf16=True)
    assert pick_device() == "cuda"
    assert pick_dtype("auto", "cuda") == torch.bfloat16
    gpu(monkeypatch, bf16=False)
    assert pick_dtype("auto", "cuda") == torch.float16


def test_each_mode_can_be_forced(monkeypatch):
    cpu(monkeypatch, bf16=True)
    gpu(monkeypatch, bf16=True)
    assert pick_dtype("fp32", "cpu") == pick_dtype("fp32", "cuda") == torch.float32
    assert pick_dtype("bf16", "cpu") == pick_dtype("bf16", "cuda") == torch.bfloat16
    assert pick_dtype("fp16", "cuda") == torch.float16
    assert pick_mode("int8", "cpu") == "int8"


def test_what_a_machine_cannot_run_is_refused(monkeypatch):
    cpu(monkeypatch)
    gpu(monkeypatch, bf16=False)
    for device in ("cpu", "cuda"):
        with pytest.raises(UsageError, match=r"bf16 needs AVX512-BF16 or AMX.*Choose auto"):
            pick_mode("bf16", device)
    with pytest.raises(UsageError, match="fp16 needs a GPU"):
        pick_mode("fp16", "cpu")
    with pytest.raises(UsageError, match="int8 runs on CPUs alone"):
        pick_mode("int8", "cuda")
    with pytest.raises(UsageError, match="int8 is a mode of embedding models alone"):
        pick_dtype("int8", "cpu")


def test_threads_are_settled_before_torch_is_loaded_and_never_against_a_choice(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "")  # so that it is as it was when the test is over
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    settle_threads()  # torch is loaded: too late to matter
    assert "GOMP_SPINCOUNT" not in os.environ
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    settle_threads()
    assert "GOMP_SPINCOUNT" not in os.environ
    monkeypatch.delenv("OMP_WAIT_POLICY")
    settle_threads()
    assert os.environ["GOMP_SPINCOUNT"] == "1000"
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    settle_threads()
    assert os.environ["GOMP_SPINCOUNT"] == "7"


def test_memory_is_settled_with_glibc_and_left_alone_elsewhere(monkeypatch):
    import ctypes

    asked = []

    class Glibc:
        def mallopt(self, name, value):
            asked.append((name, value))

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Glibc())
    settle_memory()
    assert asked == [(-3, 32 << 20), (-1, 256 << 20)]  # M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of malloc.h
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    settle_memory()
    assert len(asked) == 2
