"""The device of programs that `npm run gpu:check` starts, in Python: see device.js."""

import atexit
import contextlib
import os

import torch

device = os.environ.get("NODETORCH_CHECK_DEVICE") or None


class _Pretend:
    """What Python asks the module of a device for; a library of C++ does not bring one."""

    _initialized = True  # checkpoints keep the random numbers of such modules alone
    device_count = staticmethod(lambda: 2)
    is_available = staticmethod(lambda: True)
    is_initialized = staticmethod(lambda: True)
    current_device = staticmethod(lambda: torch._C._accelerator_getDeviceIndex())
    _is_in_bad_fork = staticmethod(lambda: False)
    get_amp_supported_dtype = staticmethod(lambda: [torch.bfloat16, torch.float16])
    manual_seed_all = staticmethod(lambda seed: torch.ops.pretend.manual_seed(seed))

    @staticmethod
    def get_rng_state(index=None):
        return torch.ops.pretend.rng_state(_Pretend.current_device() if index is None else torch.device(index).index or 0)

    @staticmethod
    def set_rng_state(state, index=None):
        torch.ops.pretend.set_rng_state(_Pretend.current_device() if index is None else torch.device(index).index or 0, state)

    @staticmethod
    @contextlib.contextmanager
    def device(index):
        before = torch._C._accelerator_exchangeDevice(torch.device("pretend", index).index)
        try:
            yield
        finally:
            torch._C._accelerator_setDeviceIndex(before)


def prepare():
    if device == "pretend":
        torch.ops.load_library(os.environ["NODETORCH_PRETEND"])
        torch._register_device_module(device, _Pretend)


def synchronize():
    torch._C._accelerator_synchronizeDevice(torch._C._accelerator_getDeviceIndex())


_has_begun = False


def begin():
    """For programs of test/parity: what they make is there, where they do not say where; at the end a line says whether it was."""
    global _has_begun
    if device is None or _has_begun:
        return
    _has_begun = True
    prepare()
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.set_default_device(device)
    atexit.register(_end)


def _end():
    made = torch.accelerator.memory_stats().get("allocation.all.allocated", 0)
    print(f"was on the device: {'true' if made > 0 else 'false'}")
