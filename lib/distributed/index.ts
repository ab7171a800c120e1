/**
 * torch.distributed: several processes, on one machine or more, train together. Ranks of Node's and of Python's may be in
 * one group.
 *
 * @module nodetorch/distributed
 */
export { isAvailable, isGlooAvailable } from './available';
export {
  defaultPgTimeout,
  getDebugLevel,
  getDefaultBackendForDevice,
  getPgCount,
  isBackendAvailable,
  isMpiAvailable,
  isNcclAvailable,
  isUccAvailable,
  isXcclAvailable,
  supportsComplex,
} from './backends';
export { allToAll, allToAllSingle, barrier, monitoredBarrier } from './exchanges';
export {
  allGather,
  allGatherCoalesced,
  allGatherIntoTensor,
  allGatherSingle,
  broadcast,
  gather,
  scatter,
} from './gathers';
export {
  destroyProcessGroup,
  getBackend,
  getGlobalRank,
  getGroupRank,
  getProcessGroupRanks,
  getRank,
  getWorldSize,
  group,
  GroupMember,
  isInitialized,
  ProcessGroup,
} from './group';
export { initProcessGroup, type InitOptions } from './init';
export { getNodeLocalRank, isTorchelasticLaunched } from './launched';
export { newGroup, type NewGroupOptions } from './new_group';
export {
  allGatherObject,
  broadcastObjectList,
  gatherObject,
  type PlainValue,
  scatterObjectList,
} from './objects';
export { recvObjectList, sendObjectList } from './object_lists';
export { batchIsendIrecv, irecv, isend, P2POp, recv, send } from './point_to_point';
export { ReduceOp } from './reduce_op';
export {
  allReduce,
  allReduceCoalesced,
  reduce,
  reduceScatter,
  reduceScatterSingle,
  reduceScatterTensor,
} from './reductions';
export { FileStore, HashStore, PrefixStore, Store, type StoreValue } from './store';
export {
  type EqualSubgroupsOptions,
  newSubgroups,
  newSubgroupsByEnumeration,
  type NewSubgroupsOptions,
  type Subgroups,
} from './subgroups';
export { TCPStore, type TCPStoreOptions } from './tcp_store';
export { Work } from './work';
