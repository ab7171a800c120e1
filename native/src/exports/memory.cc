// Scopes, disposal and what lives.
#include <algorithm>
#include <mutex>

#include "exports/constants.h"
#include "runtime/cpu_cache.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

// beginScope(owns): returns how many scopes are around the new one. With `owns` true, the scope owns small
// tensors that no JS object has a finalizer for, and lib/tensor/memory.ts remembers them.
napi_value BeginScope(Arguments& arguments) {
  HandlePool& pool = arguments.environment.pool();
  napi_value depth;
  Check(arguments.env, napi_create_uint32(arguments.env, static_cast<uint32_t>(pool.scope_depth()), &depth));
  pool.BeginScope(arguments.Bool(0) ? &arguments.environment : nullptr);
  return depth;
}

// endScope(depth, survivors): the scope that beginScope() gave `depth` for, and all inside of it.
napi_value EndScope(Arguments& arguments) {
  std::vector<Slot*> survivors;
  uint32_t length = 0;
  Check(arguments.env, napi_get_array_length(arguments.env, arguments[1], &length));
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    Check(arguments.env, napi_get_element(arguments.env, arguments[1], i, &item));
    Slot* slot = FindSlot(arguments.environment, item);
    if (!slot) continue;
    if (slot->scoped) Own(arguments.environment, item, slot);
    survivors.push_back(slot);
  }
  arguments.environment.pool().EndScopes(static_cast<size_t>(arguments.Int(0)), survivors);
  return Undefined(arguments.env);
}

// endKernelScope(tensor, depth): ends the scope of a tfjs kernel. The tensor alone stays, outside of all
// scopes. Leaves its sizes in the transfer buffer; returns how many they are, times kDtypeCodes, plus the
// code of its dtype.
napi_value EndKernelScope(Arguments& arguments) {
  Slot* slot = FindHandle(arguments.environment, arguments[0]);
  if (slot) slot->kept = true;
  arguments.environment.pool().EndScopes(static_cast<size_t>(arguments.Int(1)), {});
  const at::Tensor& tensor = arguments.Self();
  arguments.environment.transfer_buffer().Write(tensor.sizes());
  napi_value code;
  const int64_t number = tensor.dim() * kDtypeCodes + static_cast<int>(tensor.scalar_type());
  Check(arguments.env, napi_create_int64(arguments.env, number, &code));
  return code;
}

// keep(tensor): whether a scope owned it until now.
napi_value Keep(Arguments& arguments) {
  Slot* slot = FindSlot(arguments.environment, arguments[0]);
  if (!slot) throw TypeProblem("keep(): argument must be a Tensor");
  const bool scoped = slot->scoped;
  if (scoped) Own(arguments.environment, arguments[0], slot);
  slot->kept = true;
  return Napi::Boolean::New(arguments.env, scoped);
}

napi_value RunPendingWork(Arguments& arguments) {
  arguments.environment.RunPendingWork();
  return Undefined(arguments.env);
}

napi_value Dispose(Arguments& arguments) {
  if (Slot* slot = FindHandle(arguments.environment, arguments[0])) {
    arguments.environment.pool().Dispose(slot);
  }
  return Undefined(arguments.env);
}

// memory(): { tensors, objects, devices: [[device, tensors, bytes], ...] }
napi_value Memory(Arguments& arguments) {
  Napi::Env env(arguments.env);
  HandlePool& pool = arguments.environment.pool();
  arguments.environment.FreeAllPending();  // who asks wants to see what the next collection can free
  Napi::Object result = Napi::Object::New(env);
  Napi::Array devices = Napi::Array::New(env);
  uint32_t i = 0;
  for (const auto& [device, use] : pool.Use()) {
    Napi::Array row = Napi::Array::New(env, 3);
    row[0u] = device;
    row[1u] = static_cast<double>(use.tensors);
    row[2u] = static_cast<double>(use.bytes);
    devices[i++] = row;
  }
  result["tensors"] = static_cast<double>(pool.live_tensors());
  result["objects"] = static_cast<double>(pool.CountObjects());
  result["devices"] = devices;
  return result;
}

// Tensors on their way from one thread to another. A tensor is taken out once.
std::mutex shared_mutex;
std::unordered_map<uint64_t, at::Tensor>& SharedTensors() {
  static auto* tensors = new std::unordered_map<uint64_t, at::Tensor>();  // outlives all threads
  return *tensors;
}

// shareTensor(tensor): a number that any thread of the process may give to receiveTensor. Shares
// the memory and not the graph: hooks of one thread must not run on another.
napi_value ShareTensor(Arguments& arguments) {
  static uint64_t next = 1;
  const at::Tensor tensor = arguments.Tensor(0, "share(): tensor").detach();
  std::lock_guard<std::mutex> lock(shared_mutex);
  SharedTensors().emplace(next, tensor);
  return Napi::Number::New(arguments.env, static_cast<double>(next++));
}

napi_value ReceiveTensor(Arguments& arguments) {
  at::Tensor tensor;
  {
    std::lock_guard<std::mutex> lock(shared_mutex);
    auto found = SharedTensors().find(static_cast<uint64_t>(arguments.Int(0)));
    if (found == SharedTensors().end()) {
      throw TypeProblem("receive(): no such shared tensor, or it has been received already");
    }
    tensor = std::move(found->second);
    SharedTensors().erase(found);
  }
  return ToJs(arguments.environment, tensor);
}

// cpuCache(limit | null): [bytes held, limit, blocks reused, blocks allocated]; sets the limit.
napi_value CpuCacheState(Arguments& arguments) {
  if (!arguments.IsNull(0)) SetCpuCacheLimit(std::max<int64_t>(0, arguments.Int(0)));
  const CpuCacheStats stats = CpuCache();
  Napi::Array list = Napi::Array::New(arguments.env, 4);
  list[0u] = static_cast<double>(stats.cached);
  list[1u] = static_cast<double>(stats.limit);
  list[2u] = static_cast<double>(stats.reused);
  list[3u] = static_cast<double>(stats.allocated);
  return list;
}

napi_value FreeCpuCache(Arguments& arguments) {
  arguments.environment.pool().FreeAllPending();
  EmptyCpuCache();
  return Undefined(arguments.env);
}

}  // namespace

void DefineMemory(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"beginScope", Entry<BeginScope>},
          {"endScope", Entry<EndScope>},
          {"endKernelScope", Entry<EndKernelScope>},
          {"keep", Entry<Keep>},
          {"runPendingWork", Entry<RunPendingWork>},
          {"dispose", Entry<Dispose>},
          {"memory", Entry<Memory>},
          {"cpuCache", Entry<CpuCacheState>},
          {"emptyCpuCache", Entry<FreeCpuCache>},
          {"shareTensor", Entry<ShareTensor>},
          {"receiveTensor", Entry<ReceiveTensor>}});
}

}  // namespace nodetorch
