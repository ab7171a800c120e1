// Streams and events of any device, by libtorch's interface to all of them.
#include <ATen/DeviceAccelerator.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "compat/libtorch.h"
#include "runtime/accelerator.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

struct EventHandle : Held {
  EventHandle(c10::DeviceType type, bool is_timed)
      : event(type, is_timed ? c10::EventFlag::BACKEND_DEFAULT : c10::EventFlag::PYTORCH_DEFAULT) {}
  c10::Event event;
};

c10::Stream StreamArgument(Arguments& arguments, size_t i) {
  const Slot* slot = FindSlot(arguments.environment, arguments[i]);
  const c10::IValue* value = slot ? slot->value() : nullptr;
  if (!value || !value->isStream()) throw TypeProblem("argument must be a Stream");
  return value->toStream();
}

c10::Event& EventArgument(Arguments& arguments, size_t i) {
  const Slot* slot = FindSlot(arguments.environment, arguments[i]);
  auto* handle = slot ? dynamic_cast<EventHandle*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem("argument must be an Event");
  return handle->event;
}

// The device that is meant: the accelerator's, or the CPU, where none is named.
c10::Device DeviceOrCurrent(Arguments& arguments, size_t i) {
  if (!arguments.IsNull(i)) return DeviceArgument(arguments.environment, arguments[i], "device");
  return c10::Device(PresentAccelerator().value_or(at::kCPU));
}

napi_value StreamToJs(Arguments& arguments, const c10::Stream& stream) {
  return ToJs(arguments.environment, new HeldValue(c10::IValue(stream)));
}

// makeStream(device | null, priority)
napi_value MakeStream(Arguments& arguments) {
  const c10::Device device = DeviceOrCurrent(arguments, 0);
  const c10::impl::VirtualGuardImpl guard(device.type());
  return StreamToJs(arguments, guard.getNewStream(device, static_cast<int>(arguments.Int(1))));
}

// streamOf(id, device index, device type): one that exists already.
napi_value StreamOf(Arguments& arguments) {
  const int64_t index = arguments.Int(1), type = arguments.Int(2);
  TORCH_CHECK(index >= -1 && index <= 127 && type >= 0 && type <= 127, "no such device");
  return StreamToJs(arguments, c10::Stream::unpack3(arguments.Int(0), static_cast<c10::DeviceIndex>(index),
                                                    static_cast<c10::DeviceType>(type)));
}

// streamParts(stream): [device, device type, device index, id]
napi_value StreamParts(Arguments& arguments) {
  const c10::Stream stream = StreamArgument(arguments, 0);
  Napi::Array parts = Napi::Array::New(arguments.env, 4);
  parts[0u] = stream.device().str();
  parts[1u] = static_cast<int>(stream.device_type());
  parts[2u] = static_cast<int>(stream.device_index());
  parts[3u] = static_cast<double>(stream.id());
  return parts;
}

napi_value StreamQuery(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, StreamArgument(arguments, 0).query());
}
napi_value StreamSynchronize(Arguments& arguments) {
  StreamArgument(arguments, 0).synchronize();
  return Undefined(arguments.env);
}
// streamExchange(stream): makes it the current one of its device, and gives the one before.
napi_value StreamExchange(Arguments& arguments) {
  const c10::Stream stream = StreamArgument(arguments, 0);
  return StreamToJs(arguments, c10::impl::VirtualGuardImpl(stream.device_type()).exchangeStream(stream));
}

// currentStream(device), defaultStream(device), pooledStream(device, isHighPriority)
napi_value CurrentStreamOf(Arguments& arguments) {
  const c10::Device device = DeviceArgument(arguments.environment, arguments[0], "device");
  return StreamToJs(arguments, c10::impl::VirtualGuardImpl(device.type()).getStream(device));
}
napi_value DefaultStreamOf(Arguments& arguments) {
  const c10::Device device = DeviceArgument(arguments.environment, arguments[0], "device");
  return StreamToJs(arguments, c10::impl::VirtualGuardImpl(device.type()).getDefaultStream(device));
}
napi_value PooledStream(Arguments& arguments) {
  const c10::Device device = DeviceArgument(arguments.environment, arguments[0], "device");
  const c10::impl::VirtualGuardImpl guard(device.type());
  return StreamToJs(arguments, guard.getStreamFromGlobalPool(device, arguments.Bool(1)));
}
// recordStream(tensor, stream): its memory is used there until what is queued now is done.
napi_value RecordStream(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  tensor.record_stream(StreamArgument(arguments, 1));
  return Undefined(arguments.env);
}
napi_value IsStreamCapturing(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, IsCapturing(StreamArgument(arguments, 0)));
}

// makeEvent(device | null, enableTiming)
napi_value MakeEvent(Arguments& arguments) {
  const c10::Device device = DeviceOrCurrent(arguments, 0);
  return ToJs(arguments.environment, new EventHandle(device.type(), arguments.Bool(1)));
}

c10::Stream CurrentStream(const c10::Event& event) {
  const c10::impl::VirtualGuardImpl guard(event.device_type());
  return guard.getStream(guard.getDevice());
}

// eventParts(event): [device, device type, device index, id]
napi_value EventParts(Arguments& arguments) {
  const c10::Event& event = EventArgument(arguments, 0);
  Napi::Array parts = Napi::Array::New(arguments.env, 4);
  parts[0u] = event.device().str();
  parts[1u] = static_cast<int>(event.device_type());
  parts[2u] = static_cast<int>(event.device_index());
  parts[3u] = static_cast<double>(reinterpret_cast<intptr_t>(event.eventId()));
  return parts;
}

// eventRecord(event, stream | null), eventWait(event, stream | null)
napi_value EventRecord(Arguments& arguments) {
  c10::Event& event = EventArgument(arguments, 0);
  event.record(arguments.IsNull(1) ? CurrentStream(event) : StreamArgument(arguments, 1));
  return Undefined(arguments.env);
}
napi_value EventWait(Arguments& arguments) {
  const c10::Event& event = EventArgument(arguments, 0);
  event.block(arguments.IsNull(1) ? CurrentStream(event) : StreamArgument(arguments, 1));
  return Undefined(arguments.env);
}
napi_value EventQuery(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, EventArgument(arguments, 0).query());
}
napi_value EventSynchronize(Arguments& arguments) {
  EventArgument(arguments, 0).synchronize();
  return Undefined(arguments.env);
}
napi_value EventElapsed(Arguments& arguments) {
  const double time = EventArgument(arguments, 0).elapsedTime(EventArgument(arguments, 1));
  return Napi::Number::New(arguments.env, time);
}

}  // namespace

void DefineStreams(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"makeStream", Entry<MakeStream>},
          {"streamOf", Entry<StreamOf>},
          {"streamParts", Entry<StreamParts>},
          {"streamQuery", Entry<StreamQuery>},
          {"streamSynchronize", Entry<StreamSynchronize>},
          {"streamExchange", Entry<StreamExchange>},
          {"currentStream", Entry<CurrentStreamOf>},
          {"defaultStream", Entry<DefaultStreamOf>},
          {"pooledStream", Entry<PooledStream>},
          {"recordStream", Entry<RecordStream>},
          {"isStreamCapturing", Entry<IsStreamCapturing>},
          {"makeEvent", Entry<MakeEvent>},
          {"eventParts", Entry<EventParts>},
          {"eventRecord", Entry<EventRecord>},
          {"eventWait", Entry<EventWait>},
          {"eventQuery", Entry<EventQuery>},
          {"eventSynchronize", Entry<EventSynchronize>},
          {"eventElapsed", Entry<EventElapsed>}});
}

}  // namespace nodetorch
