"""What Python says to switches, streams and events of the CPU: writes switches.json.

    npm run fixtures -- test/switches.py
"""

import json
import pathlib
import warnings

import torch


def said(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = call()
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    if caught:
        return f"{caught[0].category.__name__}: {str(caught[0].message).split(' (Triggered')[0]}"
    return str(value) if isinstance(value, (torch.Stream, torch.Event, torch.dtype, torch.device)) else value


x = torch.ones(2, requires_grad=True)
product = x * 2


def precision(word):
    torch.set_float32_matmul_precision(word)
    return torch.get_float32_matmul_precision()


def flushed(flush):
    can = torch.set_flush_denormal(flush)
    value = torch.tensor([1e-310], dtype=torch.float64).mul(1).item()
    torch.set_flush_denormal(False)
    return [can, value]


def always(value):
    torch.set_warn_always(value)
    return torch.is_warn_always_enabled()


def grad_dtype(value):
    x.grad_dtype = value
    return x.grad_dtype


def backward():
    (x * 2).sum().backward()
    return str(x.grad.dtype)


def assigned(grad):
    x.grad = grad
    return None if x.grad is None else str(x.grad.dtype)


def strides_of_grad(enable):
    p = torch.empty(2, 3, 4).permute(2, 0, 1).requires_grad_()
    with torch.autograd.enforce_grad_layout_policy(enable):
        (p * torch.ones(4, 2, 3)).sum().backward()
    return list(p.grad.stride())


def of_product():
    product.grad_dtype = None


def multithreading(mode):
    torch.autograd.set_multithreading_enabled(mode)
    return torch._C._is_multithreading_enabled()


cpu = torch.Stream(device="cpu")
event = torch.Event("cpu")
timed = torch.Event("cpu", enable_timing=True)
results = {
    "precision": [said(lambda: precision(word)) for word in ("high", "medium", "highest", "HIGH", "x", 1)],
    "flush": [said(lambda: flushed(value)) for value in (True, False, 1)],
    "always": [said(lambda: always(value)) for value in (True, False, 1)],
    "multithreading": [said(lambda: multithreading(value)) for value in (False, True)],
    "grad_layout": [said(lambda: strides_of_grad(value)) for value in (True, False)],
    "grad_dtype": [
        said(lambda: x.grad_dtype),
        said(lambda: product.grad_dtype),
        said(of_product),
        said(lambda: grad_dtype(torch.float64)),
        said(backward),
        said(lambda: grad_dtype(torch.float32)),
        said(lambda: assigned(torch.ones(2))),
        said(lambda: grad_dtype(None)),
        said(lambda: assigned(torch.ones(2))),
        said(lambda: assigned(None)),
        said(lambda: grad_dtype(torch.float16)),
        said(backward),
    ],
    "streams": [
        said(lambda: torch.Stream()),
        said(lambda: torch.Stream("cpu", priority=1)),
        said(lambda: torch.Stream(stream_id=0, device_index=0, device_type=0)),
        said(lambda: torch.Stream("xpu")),
        said(lambda: [cpu.stream_id, cpu.device_index, cpu.device_type, cpu.query(), cpu.synchronize()]),
        said(lambda: cpu.device),
        said(lambda: [cpu == torch.Stream("cpu"), cpu == torch.Stream(stream_id=0, device_index=0, device_type=0)]),
        said(lambda: cpu.record_event()),
        said(lambda: cpu.wait_event(event)),
        said(lambda: cpu.wait_stream(torch.Stream("cpu"))),
    ],
    "events": [
        said(lambda: torch.Event()),
        said(lambda: timed),
        said(lambda: torch.Event("xpu")),
        said(lambda: [event.query(), event.event_id, event.synchronize(), event.wait(), event.wait(cpu)]),
        said(lambda: event.device),
        said(lambda: event.record()),
        said(lambda: event.record(cpu)),
        said(lambda: timed.elapsed_time(event)),
        said(lambda: timed.elapsed_time(torch.Event("cpu", enable_timing=True))),
    ],
}
here = pathlib.Path(__file__).parent
(here / "switches.json").write_text(json.dumps({"torch": torch.__version__, "results": results}, indent=1) + "\n")
