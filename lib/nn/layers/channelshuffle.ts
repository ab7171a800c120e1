import * as F from '../../functional';
import { number } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';

const CHANNEL_SHUFFLE = signature('ChannelShuffle', [number('groups')], {});

/** Deals the channels out to groups and gathers them again, transposed. Shape: `(N, C, *)`. */
export class ChannelShuffle extends Module<[Tensor], Tensor> {
  readonly groups: number;

  constructor(...args: Call<typeof CHANNEL_SHUFFLE, [groups: number]>) {
    super();
    const [groups] = CHANNEL_SHUFFLE.bind(args);
    this.groups = groups;
  }
  override forward(input: Tensor): Tensor {
    return F.channelShuffle(input, this.groups);
  }
  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}
