/** Python's `torch._higher_order_ops`: control flow as functions, run eagerly. */
export { associativeScan } from './associative_scan';
export { cond } from './cond';
export { map, scan, type ScanOptions, whileLoop } from './control_flow';
