/** `torch.ao.nn.quantized.dynamic`: weights in int8, inputs that are quantized on their way. */
export { Linear, type DynamicLinearOptions } from './linear';
export { GRU, LSTM } from './recurrent';
export { GRUCell, LSTMCell, RNNCell } from './cells';
