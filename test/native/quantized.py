"""Operators of packed weights and their classes' methods: writes quantized.json, for quantized.test.ts.

Run by hand after a change of the table or of the pinned version:
    npm run fixtures -- test/native/quantized.py
Each row is one expression that both languages understand, once None, True and False are written as TypeScript
writes them. Weights stay within 50 in int8: sums of two products fit into 16 bits then, so that processors with and
without VNNI give one result. oneDNN's convolution is of whole numbers: the order of its sums depends on the
processor.
"""
import json
import pathlib
import warnings

import torch

torch.set_num_threads(1)
warnings.simplefilter("ignore")

# name -> expression, in an order in which each uses those above; both languages make them.
VALUES = {
    "x": "wave([3, 8], 2)",
    "w": "wave([5, 8], 1)",
    "b": "wave([5], 0.5)",
    "qx": "torch.quantize_per_tensor(x, 0.05, 60, torch.quint8)",
    "qw": "torch.quantize_per_tensor(w, 0.02, 0, torch.qint8)",
    "qwc": "torch.quantize_per_channel(w, wave([5], 0.001).add(0.022).double(), torch.zeros([5]).long(), 0, torch.qint8)",
    "linear": "quantized.linear_prepack(qw, b)",
    "linear_c": "quantized.linear_prepack(qwc, None)",
    "linear_16": "quantized.linear_prepack_fp16(w, b)",
    "image": "wave([2, 4, 6, 6], 2)",
    "kernel": "wave([6, 2, 3, 3], 1)",
    "kernel_b": "wave([6], 0.5)",
    "q_image": "torch.quantize_per_tensor(image, 0.05, 60, torch.quint8)",
    "q_kernel": "torch.quantize_per_tensor(kernel, 0.02, 0, torch.qint8)",
    "conv2d": "quantized.conv2d_prepack(q_kernel, kernel_b, [2, 1], [1, 0], [1, 2], 2)",
    "q_kernel1": "torch.quantize_per_tensor(wave([4, 4, 3], 1), 0.02, 0, torch.qint8)",
    "conv1d": "quantized.conv1d_prepack(q_kernel1, None, [1], [1], [1], 1)",
    "q_line": "torch.quantize_per_tensor(wave([2, 4, 6], 2), 0.05, 60, torch.quint8)",
    "q_kernel3": "torch.quantize_per_tensor(wave([4, 4, 2, 2, 2], 1), 0.02, 0, torch.qint8)",
    "conv3d": "quantized.conv3d_prepack(q_kernel3, None, [1, 1, 1], [0, 0, 0], [1, 1, 1], 1)",
    "q_cube": "torch.quantize_per_tensor(wave([1, 4, 3, 3, 3], 2), 0.05, 60, torch.quint8)",
    "q_kernel_t": "torch.quantize_per_tensor(wave([4, 3, 3, 3], 1), 0.02, 0, torch.qint8)",
    "conv_t": "quantized.conv_transpose2d_prepack(q_kernel_t, None, [2, 2], [1, 1], [1, 1], [1, 1], 1)",
    "table": "torch.quantize_per_channel(wave([10, 4], 1), wave([10], 0.001).add(0.01), wave([10], 2).add(120), 0, torch.quint8)",
    "table_4": "torch.quantize_per_channel(wave([10, 4], 1), wave([10], 0.01).add(0.15), wave([10], 1).add(7), 0, torch.quint4x2)",
    "embedding": "quantized.embedding_bag_prepack(table)",
    "embedding_4": "quantized.embedding_bag_prepack(table_4)",
    "indices": "torch.tensor([1, 3, 9, 0, 2]).long()",
    "offsets": "torch.tensor([0, 2]).long()",
    "q_gates": "torch.quantize_per_tensor(wave([16, 4], 1), 0.02, 0, torch.qint8)",
    "gates_b": "wave([16], 0.5)",
    "steps": "wave([3, 2, 4], 1)",
    "h": "wave([1, 2, 4], 0.3)",
    "step": "wave([2, 4], 1)",
    "h2": "wave([2, 4], 0.3)",
    "gates": "quantized.linear_prepack(q_gates, gates_b)",
    "gates_16": "quantized.linear_prepack_fp16(wave([16, 4], 1), gates_b)",
    "cell": "quantized.make_quantized_cell_params_dynamic(gates, gates, gates_b, gates_b, False)",
    "cell_16": "quantized.make_quantized_cell_params_fp16(gates_16, gates_16)",
    "q_gru": "torch.quantize_per_tensor(wave([12, 4], 1), 0.02, 0, torch.qint8)",
    "gru_b": "wave([12], 0.5)",
    "gru_gates": "quantized.linear_prepack(q_gru, gru_b)",
    "gru_cell": "quantized.make_quantized_cell_params_dynamic(gru_gates, gru_gates, gru_b, gru_b, False)",
    "mkldnn": "prepacked.conv2d_prepack(kernel.mul(4).round(), kernel_b.mul(4).round(), [1, 1], [1, 1], [1, 1], 2, [2, 4, 6, 6], 'relu')",
}

ROWS = [
    "linear",
    "linear.unpack()",
    "linear.bias()",
    "linear.__getstate__()",
    "linear_c.unpack()",
    "linear_c.bias()",
    "linear_16.unpack()",
    "quantized.linear_unpack(linear)",
    "quantized.linear_unpack_fp16(linear_16)",
    "quantized.linear(qx, linear, 0.1, 100)",
    "quantized.linear(qx, linear_c, 0.1, 100)",
    "quantized.linear_relu(qx, linear, 0.1, 100)",
    "quantized.linear_dynamic(x, linear)",
    "quantized.linear_dynamic(x, linear, True)",
    "quantized.linear_dynamic(x, linear_c)",
    "quantized.linear_relu_dynamic(x, linear)",
    "quantized.linear_dynamic_fp16(x, linear_16)",
    "quantized.linear_relu_dynamic_fp16(x, linear_16)",
    "quantized.linear_with_input_q_dq_qweight_dq_output_fp32(x, 0.05, 60, linear)",
    "conv2d.weight()",
    "conv2d.bias()",
    "[conv2d.stride(), conv2d.padding(), conv2d.output_padding(), conv2d.dilation(), conv2d.groups(), conv2d.transpose()]",
    "conv2d.__getstate__()",
    "quantized.conv2d_unpack(conv2d)",
    "quantized.conv2d_unpack_sizes(conv2d)",
    "[quantized.conv2d_stride(conv2d), quantized.conv2d_groups(conv2d), quantized.conv2d_transpose(conv2d)]",
    "quantized.conv2d(q_image, conv2d, 0.1, 100)",
    "quantized.conv2d_relu(q_image, conv2d, 0.1, 100)",
    "quantized.conv2d_dynamic(image, conv2d)",
    "quantized.conv1d(q_line, conv1d, 0.1, 100)",
    "quantized.conv1d_unpack(conv1d)",
    "quantized.conv3d(q_cube, conv3d, 0.1, 100)",
    "conv3d.stride()",
    "quantized.conv_transpose2d(q_image, conv_t, 0.1, 100)",
    "[conv_t.output_padding(), conv_t.transpose()]",
    "embedding.unpack()",
    "[embedding.bit_rate(), embedding.version(), embedding_4.bit_rate()]",
    "embedding.__getstate__()",
    "quantized.embedding_byte(embedding, indices)",
    "quantized.embedding_4bit(embedding_4, indices)",
    "quantized.embedding_bag_byte(embedding, indices, offsets)",
    "quantized.embedding_bag_4bit(embedding_4, indices, offsets)",
    "quantized.embedding_bag_unpack(embedding)",
    "cell",
    "cell.__getstate__()",
    "quantized.quantized_lstm_cell_dynamic(step, [h2, h2], gates, gates, gates_b, gates_b)",
    "quantized.quantized_gru_cell_dynamic(step, h2, gru_gates, gru_gates, gru_b, gru_b)",
    "mkldnn",
    "prepacked.conv2d_run(image.mul(4).round(), mkldnn)",
    "profiler._record_function_enter_new('name', None)",
]
# Where keywords differ: Python's and TypeScript's.
PAIRS = [
    (
        "aten.quantized_lstm(steps, [h, h], [cell], True, 1, 0.0, False, False, False, dtype=torch.qint8, use_dynamic=True)",
        "aten.quantized_lstm(steps, [h, h], [cell], true, 1, 0, false, false, false, { dtype: torch.qint8, use_dynamic: true })",
    ),
    (
        "torch.quantized_lstm(steps, [h, h], [cell_16], True, 1, 0.0, False, False, False, dtype=torch.float16, use_dynamic=True)",
        "torch.quantizedLstm(steps, [h, h], [cell_16], true, 1, 0, false, false, false, { dtype: torch.float16, useDynamic: true })",
    ),
    (
        "aten.quantized_gru(steps, h, [gru_cell], True, 1, 0.0, False, False, False)",
        "aten.quantized_gru(steps, h, [gru_cell], true, 1, 0, false, false, false)",
    ),
    (
        "quantized.linear(X=qx, W_prepack=linear, Y_scale_i=0.1, Y_zero_point_i=100)",
        "quantized.linear({ X: qx, W_prepack: linear, Y_scale_i: 0.1, Y_zero_point_i: 100 })",
    ),
]


def typescript(expression: str) -> str:
    for python, other in (("None", "null"), ("True", "true"), ("False", "false")):
        expression = expression.replace(python, other)
    return expression


def wave(shape: list, size: float) -> torch.Tensor:
    count = 1
    for each in shape:
        count *= each
    return torch.arange(count).mul(0.7).sin().mul(size).reshape(shape)


def plain(value):
    """What the test makes of the value, too."""
    if isinstance(value, torch.ScriptObject):
        return {"object": value._type().qualified_name()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if not isinstance(value, torch.Tensor):
        return value
    numbers = value.int_repr() if value.is_quantized else value
    return {
        "dtype": str(value.dtype),
        "shape": list(value.shape),
        "values": numbers.double().flatten().tolist(),
        "quantized": [value.q_scale(), value.q_zero_point()]
        if value.is_quantized and value.qscheme() == torch.per_tensor_affine
        else None,
    }


def main() -> None:
    scope = {
        "torch": torch,
        "wave": wave,
        "aten": torch.ops.aten,
        "quantized": torch.ops.quantized,
        "prepacked": torch.ops.mkldnn_prepacked,
        "profiler": torch.ops.profiler,
    }
    for name, expression in VALUES.items():
        scope[name] = eval(expression, scope)
    rows = []
    for python, other in [(row, typescript(row)) for row in ROWS] + PAIRS:
        result = eval(python, scope)
        if python.endswith(".__getstate__()"):
            result = result[0]  # Python adds the name of the class
        rows.append({"python": python, "typescript": other, "result": plain(result)})
    values = {name: typescript(expression) for name, expression in VALUES.items()}
    path = pathlib.Path(__file__).with_suffix(".json")
    lines = ",\n".join(json.dumps(row) for row in rows)  # one row a line
    path.write_text(
        f'{{"torch": "{torch.__version__}", "values": {json.dumps(values)}, "rows": [\n{lines}\n]}}\n'
    )


main()
