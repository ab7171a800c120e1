import * as F from '../../functional';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';

/** Deals the channels out to groups and gathers them again, transposed. Shape: `(N, C, *)`. */
export class ChannelShuffle extends Module<[Tensor], Tensor> {
  constructor(readonly groups: number) {
    super();
  }
  override forward(input: Tensor): Tensor {
    return F.channelShuffle(input, this.groups);
  }
  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}
