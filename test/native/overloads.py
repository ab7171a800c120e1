"""Which overload Python's torch picks: writes overloads.json, for operators.test.ts.

Run by hand after a change of the table or of the pinned version:
    npm run fixtures -- test/native/overloads.py
Each row is one call in both languages over the same tensors. The gradient function's name tells
which overload Python chose; the values tell that the arguments meant the same.
"""
import json
import pathlib

import torch

# (Python, TypeScript)
ROWS = [
    ("x.add(1)", "x.add(1)"),
    ("x.add(y, alpha=2)", "x.add(y, { alpha: 2 })"),
    ("x.sub(1.5)", "x.sub(1.5)"),
    ("torch.rsub(x, 1)", "torch.rsub(x, 1)"),
    ("x.mul(2)", "x.mul(2)"),
    ("x.div(2, rounding_mode='floor')", "x.div(2, { roundingMode: 'floor' })"),
    ("x.div(y)", "x.div(y)"),
    ("x.pow(2)", "x.pow(2)"),
    ("x.pow(y)", "x.pow(y)"),
    ("torch.pow(2, x)", "torch.pow(2, x)"),
    ("x.fmod(2)", "x.fmod(2)"),
    ("x.fmod(y)", "x.fmod(y)"),
    ("x.remainder(1.5)", "x.remainder(1.5)"),
    ("x.sum()", "x.sum()"),
    ("x.sum(1)", "x.sum(1)"),
    ("x.sum((0, 1))", "x.sum([0, 1])"),
    ("x.sum(dim=1, keepdim=True)", "x.sum({ dim: 1, keepdim: true })"),
    ("x.sum(axis=0)", "x.sum({ axis: 0 })"),
    ("x.mean()", "x.mean()"),
    ("x.mean(-1, True)", "x.mean(-1, true)"),
    ("x.prod()", "x.prod()"),
    ("x.prod(1)", "x.prod(1)"),
    ("x.std()", "x.std()"),
    ("x.std(0, unbiased=False)", "x.std(0, { unbiased: false })"),
    ("x.var(1, correction=0)", "x.var(1, { correction: 0 })"),
    ("x.max()", "x.max()"),
    ("x.max(1)[0]", "x.max(1)[0]"),
    ("x.max(1).values", "x.max(1).values"),
    ("x.max(y)", "x.max(y)"),
    ("x.min(0, keepdim=True)[0]", "x.min(0, { keepdim: true })[0]"),
    ("x.median()", "x.median()"),
    ("x.median(1)[0]", "x.median(1)[0]"),
    ("x.sort()[0]", "x.sort()[0]"),
    ("x.sort(0, descending=True).values", "x.sort(0, { descending: true }).values"),
    ("x.sort(stable=True)[0]", "x.sort({ stable: true })[0]"),
    ("x.norm()", "x.norm()"),
    ("torch.linalg.norm(x)", "torch.linalg.norm(x)"),
    ("torch.linalg.norm(x, 'fro', (0, 1))", "torch.linalg.norm(x, 'fro', [0, 1])"),
    ("x.split(2, 1)[0]", "x.split(2, 1)[0]"),
    ("x.split([1, 2], 1)[1]", "x.split([1, 2], 1)[1]"),
    ("x.chunk(2)[0]", "x.chunk(2)[0]"),
    ("x.clamp(min=0)", "x.clamp({ min: 0 })"),
    ("x.clamp(-1, 1)", "x.clamp(-1, 1)"),
    ("x.clamp(min=y)", "x.clamp({ min: y })"),
    ("x.masked_fill(mask, 1)", "x.maskedFill(mask, 1)"),
    ("x.masked_fill(mask, y.sum().detach())", "x.maskedFill(mask, y.sum().detach())"),
    ("torch.where(mask, x, y)", "torch.where(mask, x, y)"),
    ("torch.where(mask, x, 1.5)", "torch.where(mask, x, 1.5)"),
    ("x.lerp(y, 0.25)", "x.lerp(y, 0.25)"),
    ("x.lerp(y, y)", "x.lerp(y, y)"),
    ("x.scatter(1, index, 1.5)", "x.scatter(1, index, 1.5)"),
    ("x.scatter(1, index, y)", "x.scatter(1, index, y)"),
    ("x.scatter(1, index, y, reduce='add')", "x.scatter(1, index, y, { reduce: 'add' })"),
    ("x.squeeze()", "x.squeeze()"),
    ("x.unsqueeze(0).squeeze(0)", "x.unsqueeze(0).squeeze(0)"),
    ("x.unsqueeze(0).squeeze((0, 1))", "x.unsqueeze(0).squeeze([0, 1])"),
    ("x.view(3, 2)", "x.view(3, 2)"),
    ("x.view((-1,))", "x.view([-1])"),
    ("x.reshape(6)", "x.reshape(6)"),
    ("x.permute(1, 0)", "x.permute(1, 0)"),
    ("x.expand(2, 2, 3)", "x.expand(2, 2, 3)"),
    ("x.repeat(1, 2)", "x.repeat(1, 2)"),
    ("x.transpose(0, 1)", "x.transpose(0, 1)"),
    ("x.index_select(1, index[0])", "x.indexSelect(1, index.at(0))"),
    ("x.cumsum(1)", "x.cumsum(1)"),
    ("x.softmax(1)", "x.softmax(1)"),
    ("x.log_softmax(-1)", "x.logSoftmax(-1)"),
    ("x.float_power(2)", "x.floatPower(2)"),
    ("x.nan_to_num(0.0)", "x.nanToNum(0.0)"),
    ("x.roll(1, 1)", "x.roll(1, 1)"),
    ("x.roll((1, 1), (0, 1))", "x.roll([1, 1], [0, 1])"),
    ("x.flip(0)", "x.flip(0)"),
    ("torch.cat((x, y), 1)", "torch.cat([x, y], 1)"),
    ("torch.stack((x, y), dim=-1)", "torch.stack([x, y], { dim: -1 })"),
    ("torch.addmm(y[:, :2], x, x.t(), beta=0.5)", "torch.addmm(y.at('...', ':2'), x, x.t(), { beta: 0.5 })"),
    ("torch.nn.functional.gelu(x, approximate='tanh')", "torch.gelu(x, { approximate: 'tanh' })"),
    ("torch.special.expit(x)", "torch.special.expit(x)"),
    ("torch.fft.rfft(x).abs()", "torch.fft.rfft(x).abs()"),
    ("torch.quantile(x, 0.5)", "torch.quantile(x, 0.5)"),
    ("torch.quantile(x, q, dim=1)", "torch.quantile(x, q, { dim: 1 })"),
    ("x.logsumexp(1)", "x.logsumexp(1)"),
    ("x.repeat_interleave(2)", "x.repeatInterleave(2)"),
    ("x.repeat_interleave(index[0, :2] + 1, dim=0)", "x.repeatInterleave(index.at(0, ':2').add(1), { dim: 0 })"),
    ("x.tensor_split(2)[0]", "x.tensorSplit(2)[0]"),
    ("x.tensor_split((1,))[1]", "x.tensorSplit([1])[1]"),
    ("x.take_along_dim(index, 1)", "x.takeAlongDim(index, 1)"),
    ("x.diagonal(offset=1)", "x.diagonal({ offset: 1 })"),
    ("torch.einsum('ij,ij->i', x, y)", "torch.einsum('ij,ij->i', [x, y])"),
    ("torch.cdist(x, y)", "torch.cdist(x, y)"),
    ("torch.kron(x, y)", "torch.kron(x, y)"),
]


def main() -> None:
    rows = []
    for python, typescript in ROWS:
        x = torch.tensor([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]], requires_grad=True)
        scope = {
            "torch": torch,
            "x": x,
            "y": torch.tensor([[1.0, 2.0, 0.5], [0.25, 1.5, 3.0]]),
            "mask": torch.tensor([[True, False, True], [False, False, True]]),
            "index": torch.tensor([[0, 2, 1], [1, 1, 0]]),
            "q": torch.tensor([0.25, 0.75]),
        }
        result = eval(python, scope)
        rows.append({
            "python": python,
            "typescript": typescript,
            "gradFn": result.grad_fn.name(),
            "shape": list(result.shape),
            "values": result.detach().double().flatten().tolist(),
        })
    path = pathlib.Path(__file__).with_suffix(".json")
    lines = ",\n".join(json.dumps(row) for row in rows)  # one row a line
    path.write_text(f'{{"torch": "{torch.__version__}", "rows": [\n{lines}\n]}}\n')


main()
