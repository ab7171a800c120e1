// Operators that Python's default table decomposes, and this one does not.
const names = `
  baddbmm.dtype resize_as.default
`;

/** Their targets. */
export const notHere: ReadonlySet<string> = new Set(
  names
    .trim()
    .split(/\s+/)
    .map((name) => `torch.ops.aten.${name}`),
);
