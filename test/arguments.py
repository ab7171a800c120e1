"""What Python's torch makes of arguments behind the first ones: writes arguments.json, for arguments.test.ts.

Run by hand after a change of the table or of the pinned version:
    npm run fixtures -- test/arguments.py
Each row is one call in both languages over the same tensors: forms with `out` and a factory's options beside it,
`to`, `norm`, `unique` and what else is bound by hand, and sparse tensors from their parts. A row whose call fails
has Python's class of error, and libtorch's message.
"""
import json
import pathlib
import warnings

import torch

# (Python, TypeScript)
ROWS = [
    # `out` of an operator whose in-place form has a generated out form as well
    ("torch.normal(x, 1, out=o)", "torch.normal(x, 1, { out: o })"),
    ("torch.normal(x, out=o)", "torch.normal(x, { out: o })"),
    ("torch.normal(x, x.abs(), out=o)", "torch.normal(x, x.abs(), { out: o })"),
    ("torch.normal(3.5, x.abs(), out=o)", "torch.normal(3.5, x.abs(), { out: o })"),
    ("torch.normal(torch.tensor(5.), torch.tensor(2.), out=s)", "torch.normal(torch.tensor(5), torch.tensor(2), { out: s })"),
    ("torch.normal(1.5, 2.5, (2, 3), out=o)", "torch.normal(1.5, 2.5, [2, 3], { out: o })"),
    ("torch.normal(1.5, 2.5, (2, 3), out=o, dtype=torch.float32)", "torch.normal(1.5, 2.5, [2, 3], { out: o, dtype: 'float32' })"),
    ("torch.bernoulli(x.sigmoid(), out=o)", "torch.bernoulli(x.sigmoid(), { out: o })"),
    ("torch.bernoulli(x, x.sigmoid())", "torch.bernoulli(x, x.sigmoid())"),
    ("torch.bernoulli(x, 0.5, out=o)", "torch.bernoulli(x, 0.5, { out: o })"),
    ("torch.celu(x, out=o)", "torch.celu(x, { out: o })"),
    ("torch.relu(x, out=o)", "torch.relu(x, { out: o })"),
    ("torch.dropout(x, 0.5, False, out=o)", "torch.dropout(x, 0.5, false, { out: o })"),
    ("torch.zeros_like(x, out=o)", "torch.zerosLike(x, { out: o })"),
    ("torch.add(x, y, out=o)", "torch.add(x, y, { out: o })"),
    ("torch.add(x, y, alpha=2, out=o)", "torch.add(x, y, { alpha: 2, out: o })"),
    ("torch.add(x, 1, out=o)", "torch.add(x, 1, { out: o })"),
    ("torch.add(x, 1, out=None)", "torch.add(x, 1, { out: null })"),
    ("torch.sub(x, 1.5, out=o)", "torch.sub(x, 1.5, { out: o })"),
    ("torch.mul(x, 3, out=o)", "torch.mul(x, 3, { out: o })"),
    ("torch.div(x, 2, rounding_mode='floor', out=o)", "torch.div(x, 2, { roundingMode: 'floor', out: o })"),
    ("torch.pow(2, y, out=o)", "torch.pow(2, y, { out: o })"),
    ("torch.pow(x, 2, out=o)", "torch.pow(x, 2, { out: o })"),
    ("torch.fmod(x, 2, out=o)", "torch.fmod(x, 2, { out: o })"),
    ("torch.clamp(x, 0, 1, out=o)", "torch.clamp(x, 0, 1, { out: o })"),
    ("torch.clamp(x, y, out=o)", "torch.clamp(x, y, { out: o })"),
    ("torch.where(x > 0, x, y, out=o)", "torch.where(x.gt(0), x, y, { out: o })"),
    ("torch.sum(x, 0, out=r)", "torch.sum(x, 0, { out: r })"),
    ("torch.sum(x, out=s)", "torch.sum(x, { out: s })"),
    ("torch.sum(x, dim=(0, 1), out=s)", "torch.sum(x, { dim: [0, 1], out: s })"),
    ("torch.mean(x, 0, out=r)", "torch.mean(x, 0, { out: r })"),
    ("torch.std(x, 0, unbiased=False, out=r)", "torch.std(x, 0, { unbiased: false, out: r })"),
    ("torch.max(x, y, out=o)", "torch.max(x, y, { out: o })"),
    ("torch.max(x, 1, out=(torch.empty(2), torch.empty(2, dtype=torch.int64)))[1]", "torch.max(x, 1, { out: [torch.empty(2), torch.empty(2, { dtype: 'int64' })] })[1]"),
    ("torch.cat([x, y], out=torch.empty(0))", "torch.cat([x, y], { out: torch.empty(0) })"),
    ("torch.bucketize(x, r, out=torch.empty(0, dtype=torch.int64))", "torch.bucketize(x, r, { out: torch.empty(0, { dtype: 'int64' }) })"),
    ("torch.xlogy(2, y, out=o)", "torch.xlogy(2, y, { out: o })"),
    ("torch.lerp(x, y, 0.25, out=o)", "torch.lerp(x, y, 0.25, { out: o })"),
    ("torch.searchsorted(r, x, out=torch.empty(0, dtype=torch.int64))", "torch.searchsorted(r, x, { out: torch.empty(0, { dtype: 'int64' }) })"),
    # a factory's options beside `out`
    ("torch.zeros(2, out=torch.ones(2), dtype=torch.float32)", "torch.zeros([2], { out: torch.ones(2), dtype: 'float32' })"),
    ("torch.zeros(2, out=torch.ones(2), dtype=torch.float64)", "torch.zeros([2], { out: torch.ones(2), dtype: 'float64' })"),
    ("torch.zeros(2, out=torch.ones(2), device='cpu')", "torch.zeros([2], { out: torch.ones(2), device: 'cpu' })"),
    ("torch.zeros(2, out=torch.ones(2), device='meta')", "torch.zeros([2], { out: torch.ones(2), device: 'meta' })"),
    ("torch.zeros(2, out=torch.ones(2), layout=torch.strided)", "torch.zeros([2], { out: torch.ones(2), layout: torch.strided })"),
    ("torch.zeros(2, out=torch.ones(2), layout=torch.sparse_csr)", "torch.zeros([2], { out: torch.ones(2), layout: torch.sparseCsr })"),
    ("torch.zeros(2, out=torch.ones(2), pin_memory=True)", "torch.zeros([2], { out: torch.ones(2), pinMemory: true })"),
    ("torch.zeros(2, out=torch.ones(2), requires_grad=True)", "torch.zeros([2], { out: torch.ones(2), requiresGrad: true })"),
    ("torch.no_grad()(lambda: torch.zeros(2, out=torch.ones(2, requires_grad=True)))()", "torch.noGrad(() => torch.zeros([2], { out: torch.ones(2, { requiresGrad: true }) }))"),
    ("torch.zeros(2, out=None, dtype=torch.float64)", "torch.zeros([2], { out: null, dtype: 'float64' })"),
    ("torch.ones((2, 3), out=o, dtype=torch.float32, device='cpu')", "torch.ones([2, 3], { out: o, dtype: 'float32', device: 'cpu' })"),
    ("torch.full((2, 3), 7.5, out=o, dtype=torch.float32)", "torch.full([2, 3], 7.5, { out: o, dtype: 'float32' })"),
    ("torch.full((2, 3), 7.5, out=o, dtype=torch.int64)", "torch.full([2, 3], 7.5, { out: o, dtype: 'int64' })"),
    ("torch.arange(3, out=r, device='cpu')", "torch.arange(3, { out: r, device: 'cpu' })"),
    ("torch.arange(1, 7, 2, out=r, dtype=torch.float32)", "torch.arange(1, 7, 2, { out: r, dtype: 'float32' })"),
    ("torch.arange(1, 4, out=r)", "torch.arange(1, 4, { out: r })"),
    ("torch.arange(3, out=r, dtype=torch.int64)", "torch.arange(3, { out: r, dtype: 'int64' })"),
    ("torch.linspace(0, 1, 3, out=r, dtype=torch.float32)", "torch.linspace(0, 1, 3, { out: r, dtype: 'float32' })"),
    ("torch.linspace(torch.tensor(0.), 1, 3, out=r, dtype=torch.float32)", "torch.linspace(torch.tensor(0), 1, 3, { out: r, dtype: 'float32' })"),
    ("torch.linspace(torch.tensor(0.), 1, 3, out=r, dtype=torch.float64)", "torch.linspace(torch.tensor(0), 1, 3, { out: r, dtype: 'float64' })"),
    ("torch.logspace(0, 2, 3, out=r, device='cpu')", "torch.logspace(0, 2, 3, { out: r, device: 'cpu' })"),
    ("torch.eye(2, 3, out=o, dtype=torch.float32)", "torch.eye(2, 3, { out: o, dtype: 'float32' })"),
    ("torch.eye(2, 3, out=o, dtype=torch.float64)", "torch.eye(2, 3, { out: o, dtype: 'float64' })"),
    ("torch.rand(2, 3, out=o, dtype=torch.float32)", "torch.rand([2, 3], { out: o, dtype: 'float32' })"),
    ("torch.randn(2, 3, out=o, device='cpu')", "torch.randn([2, 3], { out: o, device: 'cpu' })"),
    ("torch.randint(9, (2, 3), out=o, dtype=torch.float32)", "torch.randint(9, [2, 3], { out: o, dtype: 'float32' })"),
    ("torch.randint(3, 9, (2, 3), out=o)", "torch.randint(3, 9, [2, 3], { out: o })"),
    ("torch.randperm(3, out=r, dtype=torch.float32)", "torch.randperm(3, { out: r, dtype: 'float32' })"),
    # to
    ("x.to(torch.float64, False, True)", "x.to(torch.float64, false, true)"),
    ("x.to(torch.float64, True)", "x.to('float64', true)"),
    ("x.to('cpu', torch.float64, False, True)", "x.to('cpu', 'float64', false, true)"),
    ("x.to('cpu', None, False)", "x.to('cpu', null, false)"),
    ("x.to(None, torch.float64)", "x.to(null, 'float64')"),
    ("x.to(y.double(), True, True)", "x.to(y.double(), true, true)"),
    ("x.to(tensor=y.double())", "x.to({ tensor: y.double() })"),
    ("x.to(torch.float64, copy=True)", "x.to('float64', { copy: true })"),
    ("x.to(device='cpu', dtype=torch.int64)", "x.to({ device: 'cpu', dtype: 'int64' })"),
    ("x.to()", "x.to()"),
    ("x.to(torch.float64, False, True, True)", "x.to('float64', false, true, true)"),
    ("x.to(torch.float64, dtype=torch.float32)", "x.to('float64', { dtype: 'float32' })"),
    ("x.to(torch.float64, 'cpu')", "x.to('float64', 'cpu')"),
    ("x.to('cpu', True)", "x.to('cpu', true)"),
    ("x.to(y, dtype=torch.float32)", "x.to(y, { dtype: 'float32' })"),
    ("x.to(other=y)", "x.to({ other: y })"),
    ("m.to('cpu', torch.float64, True).weight.detach()", "m.to('cpu', 'float64', true).weight.detach()"),
    ("m.to(torch.float64, True).weight.detach()", "m.to('float64', true).weight.detach()"),
    ("m.to(y.double()).weight.detach()", "m.to(y.double()).weight.detach()"),
    ("m.to(torch.float64, True, True)", "m.to('float64', true, true)"),
    ("m.to(foo=1)", "m.to({ foo: 1 })"),
    ("p.to(torch.float64, True).data", "p.to('float64', true).data"),
    ("p.to('cpu', torch.float64).data", "p.to('cpu', 'float64').data"),
    ("p.to(torch.float64, False, True).data", "p.to('float64', false, true).data"),
    # functions bound by hand
    ("torch.norm(x, 3, 0, True, dtype=torch.float64)", "torch.norm(x, 3, 0, true, { dtype: 'float64' })"),
    ("torch.norm(x, 3, 0, True, out=torch.zeros(1, 3))", "torch.norm(x, 3, 0, true, { out: torch.zeros(1, 3) })"),
    ("torch.norm(x, 2, 0, False, r)", "torch.norm(x, 2, 0, false, r)"),
    ("torch.norm(x, 'fro', None, False, None, torch.float64)", "torch.norm(x, 'fro', null, false, null, 'float64')"),
    ("torch.norm(x, 2, 0, False, None, None, None)", "torch.norm(x, 2, 0, false, null, null, null)"),
    ("torch.norm(x, p='nuc', dtype=torch.float64)", "torch.norm(x, { p: 'nuc', dtype: 'float64' })"),
    ("torch.norm(x, 1, dim=(0, 1), dtype=torch.float64)", "torch.norm(x, 1, { dim: [0, 1], dtype: 'float64' })"),
    ("torch.norm(x, 'fro', dtype=torch.float64)", "torch.norm(x, 'fro', { dtype: 'float64' })"),
    ("torch.norm(x, 1, foo=1)", "torch.norm(x, 1, { foo: 1 })"),
    ("torch.norm(x, 1, p=2)", "torch.norm(x, 1, { p: 2 })"),
    ("x.norm(2, 0, True, torch.float64)", "x.norm(2, 0, true, 'float64')"),
    ("x.norm(2, 0, True, dtype=torch.float64)", "x.norm(2, 0, true, { dtype: 'float64' })"),
    ("x.norm(2, 0, out=r)", "x.norm(2, 0, { out: r })"),
    ("torch.unique(i, True, True)[1]", "torch.unique(i, true, true)[1]"),
    ("torch.unique(i, True, False, True)[1]", "torch.unique(i, true, false, true)[1]"),
    ("torch.unique(i, True, return_counts=True, dim=0)[1]", "torch.unique(i, true, { returnCounts: true, dim: 0 })[1]"),
    ("torch.unique(i, True, True, True, 0, 1)", "torch.unique(i, true, true, true, 0, 1)"),
    ("torch.unique_consecutive(i, True, True)[2]", "torch.uniqueConsecutive(i, true, true)[2]"),
    ("i.unique(True, True)[1]", "i.unique(true, true)[1]"),
    ("torch.nonzero(i, as_tuple=False, out=torch.zeros(3, 1, dtype=torch.int64))", "torch.nonzero(i, { asTuple: false, out: torch.zeros([3, 1], { dtype: 'int64' }) })"),
    ("torch.nonzero(i, as_tuple=True, out=torch.zeros(3, 1, dtype=torch.int64))", "torch.nonzero(i, { asTuple: true, out: torch.zeros([3, 1], { dtype: 'int64' }) })"),
    ("torch.nonzero(i, True)", "torch.nonzero(i, true)"),
    ("torch.tensordot(x, y, 2, s)", "torch.tensordot(x, y, 2, s)"),
    ("torch.tensordot(x, y.t(), 1, out=torch.zeros(2, 2))", "torch.tensordot(x, y.t(), 1, { out: torch.zeros(2, 2) })"),
    ("torch.cdist(x, y, 2.0, 'donot_use_mm_for_euclid_dist')", "torch.cdist(x, y, 2, 'donot_use_mm_for_euclid_dist')"),
    ("torch.cdist(x, y, 1.0, compute_mode='use_mm_for_euclid_dist')", "torch.cdist(x, y, 1, { computeMode: 'use_mm_for_euclid_dist' })"),
    ("torch.cdist(x, y, 2.0, 'donot_use_mm_for_euclid_dist', 1)", "torch.cdist(x, y, 2, 'donot_use_mm_for_euclid_dist', 1)"),
    ("torch.meshgrid(r, r, indexing='xy')[0]", "torch.meshgrid(r, r, { indexing: 'xy' })[0]"),
    ("torch.meshgrid([r, r], indexing='xy')[1]", "torch.meshgrid([r, r], { indexing: 'xy' })[1]"),
    ("torch.meshgrid(r, foo=1)", "torch.meshgrid(r, { foo: 1 })"),
    ("torch.einsum('ij->i', x, foo=1)", "torch.einsum('ij->i', x, { foo: 1 })"),
    # sparse tensors take the dtype of their values
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1, 2]), (2, 2))", "torch.sparseCsrTensor(c, j, torch.tensor([1n, 2n]), [2, 2])"),
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1., 2.]).double(), (2, 2))", "torch.sparseCsrTensor(c, j, torch.tensor([1, 2]).double(), [2, 2])"),
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1., 2.]))", "torch.sparseCsrTensor(c, j, torch.tensor([1, 2]))"),
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1., 2.]), (2, 2), dtype=torch.float64)", "torch.sparseCsrTensor(c, j, torch.tensor([1, 2]), [2, 2], { dtype: 'float64' })"),
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1, 2]), size=(2, 2), requires_grad=False)", "torch.sparseCsrTensor(c, j, torch.tensor([1n, 2n]), { size: [2, 2], requiresGrad: false })"),
    ("torch.sparse_csr_tensor(crow_indices=c, col_indices=j, values=torch.tensor([True, False]))", "torch.sparseCsrTensor({ crowIndices: c, colIndices: j, values: torch.tensor([true, false]) })"),
    ("torch.sparse_csr_tensor([0, 1, 2], [0, 1], [1.5, 2], (2, 2), dtype=torch.float16)", "torch.sparseCsrTensor([0, 1, 2], [0, 1], [1.5, 2], [2, 2], { dtype: 'float16' })"),
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1., 2.]), (2, 2), requires_grad=True)", "torch.sparseCsrTensor(c, j, torch.tensor([1, 2]), [2, 2], { requiresGrad: true })"),
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1., 2.]), (2, 2), check_invariants=True)", "torch.sparseCsrTensor(c, j, torch.tensor([1, 2]), [2, 2], { checkInvariants: true })"),
    ("torch.sparse_csr_tensor(c + 5, j, torch.tensor([1., 2.]), (2, 2), check_invariants=True)", "torch.sparseCsrTensor(c.add(5), j, torch.tensor([1, 2]), [2, 2], { checkInvariants: true })"),
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1., 2.]), (2, 2), torch.float64)", "torch.sparseCsrTensor(c, j, torch.tensor([1, 2]), [2, 2], 'float64')"),
    ("torch.sparse_csr_tensor(c, j, torch.tensor([1., 2.]), (2, 2), foo=1)", "torch.sparseCsrTensor(c, j, torch.tensor([1, 2]), [2, 2], { foo: 1 })"),
    ("torch.sparse_csr_tensor(c, j)", "torch.sparseCsrTensor(c, j)"),
    ("torch.sparse_csc_tensor(c, j, torch.tensor([1, 2], dtype=torch.int32), (2, 2))", "torch.sparseCscTensor(c, j, torch.tensor([1n, 2n], { dtype: 'int32' }), [2, 2])"),
    ("torch.sparse_bsr_tensor(c, j, torch.arange(8).reshape(2, 2, 2), (4, 4))", "torch.sparseBsrTensor(c, j, torch.arange(8n).reshape(2, 2, 2), [4, 4])"),
    ("torch.sparse_bsc_tensor(c, j, torch.arange(8).reshape(2, 2, 2).double())", "torch.sparseBscTensor(c, j, torch.arange(8n).reshape(2, 2, 2).double())"),
    ("torch.sparse_compressed_tensor(c, j, torch.tensor([1., 2.]).double(), (2, 2), layout=torch.sparse_csr)", "torch.sparseCompressedTensor(c, j, torch.tensor([1, 2]).double(), [2, 2], { layout: torch.sparseCsr })"),
    ("torch.sparse_compressed_tensor(compressed_indices=c, plain_indices=j, values=torch.tensor([1, 2]), size=(2, 2), layout=torch.sparse_csc)", "torch.sparseCompressedTensor({ compressedIndices: c, plainIndices: j, values: torch.tensor([1n, 2n]), size: [2, 2], layout: torch.sparseCsc })"),
    ("torch.sparse_compressed_tensor(c, j, torch.tensor([1., 2.]), (2, 2))", "torch.sparseCompressedTensor(c, j, torch.tensor([1, 2]), [2, 2])"),
    ("torch.sparse_compressed_tensor(c, j, torch.tensor([1., 2.]), (2, 2), layout=torch.strided)", "torch.sparseCompressedTensor(c, j, torch.tensor([1, 2]), [2, 2], { layout: torch.strided })"),
    ("torch.sparse_coo_tensor(k, torch.tensor([1, 2]), (2, 2))", "torch.sparseCooTensor(k, torch.tensor([1n, 2n]), [2, 2])"),
    ("torch.sparse_coo_tensor(k, torch.tensor([1, 2]), (2, 2), dtype=torch.float64)", "torch.sparseCooTensor(k, torch.tensor([1n, 2n]), [2, 2], { dtype: 'float64' })"),
    ("torch.sparse_coo_tensor(k, torch.tensor([1, 2]), dtype=torch.float64)", "torch.sparseCooTensor(k, torch.tensor([1n, 2n]), { dtype: 'float64' })"),
    ("torch.sparse_coo_tensor(k.int(), torch.tensor([1., 2.]), (2, 2))", "torch.sparseCooTensor(k.int(), torch.tensor([1, 2]), [2, 2])"),
    ("torch.sparse_coo_tensor([[0, 1], [0, 1]], [1.5, 2.5], (2, 2))", "torch.sparseCooTensor([[0, 1], [0, 1]], [1.5, 2.5], [2, 2])"),
    ("torch.sparse_coo_tensor((2, 2), dtype=torch.float64)", "torch.sparseCooTensor([2, 2], { dtype: 'float64' })"),
    ("torch.sparse_coo_tensor(k + 5, torch.tensor([1., 2.]), (2, 2), check_invariants=True)", "torch.sparseCooTensor(k.add(5), torch.tensor([1, 2]), [2, 2], { checkInvariants: true })"),
    ("torch.sparse_coo_tensor(k, torch.tensor([1., 2.]), (2, 2), is_coalesced=True).values()", "torch.sparseCooTensor(k, torch.tensor([1, 2]), [2, 2], { isCoalesced: true }).values()"),
    ("torch.sparse_coo_tensor(k, torch.tensor([1., 2.], requires_grad=True), (2, 2))", "torch.sparseCooTensor(k, torch.tensor([1, 2], { requiresGrad: true }), [2, 2])"),
]


def scope():
    """The tensors of a row, made anew for each."""
    torch.manual_seed(1)
    linear = torch.nn.Linear(3, 1)
    linear.weight.data.fill_(0.5)
    torch.manual_seed(1)
    return {
        "torch": torch,
        "x": torch.tensor([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]]),
        "y": torch.tensor([[1.0, 2.0, 0.5], [0.25, 1.5, 3.0]]),
        "o": torch.zeros(2, 3),
        "r": torch.tensor([0.25, 1.0, 2.0]),
        "s": torch.tensor(0.0),
        "i": torch.tensor([3, 1, 1]),
        "c": torch.tensor([0, 1, 2]),
        "j": torch.tensor([0, 1]),
        "k": torch.tensor([[0, 1], [1, 0]]),
        "m": linear,
        "p": torch.nn.utils.rnn.pack_sequence([torch.ones(2), torch.ones(1)]),
    }


def described(source):
    try:
        result = eval(source, scope())
    except Exception as error:
        row = {"error": type(error).__name__}
        if isinstance(error, RuntimeError):
            row["message"] = str(error).split("\n")[0]
        return row
    return {
        "dtype": str(result.dtype),
        "layout": str(result.layout),
        "shape": list(result.shape),
        "requiresGrad": result.requires_grad,
        "values": result.detach().to_dense().double().flatten().tolist(),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    rows = [{"python": python, "typescript": typescript, **described(python)} for python, typescript in ROWS]
    path = pathlib.Path(__file__).with_suffix(".json")
    lines = ",\n".join(json.dumps(row) for row in rows)  # one row a line
    path.write_text(f'{{"torch": "{torch.__version__}", "rows": [\n{lines}\n]}}\n')


main()
