#include "device.h"

#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include "fallback.h"
#include "memory.h"

namespace pretend {

namespace {

class Generator final : public c10::GeneratorImpl {
 public:
  explicit Generator(c10::DeviceIndex index, at::Generator behind = at::make_generator<at::CPUGeneratorImpl>())
      : GeneratorImpl(c10::Device(kType, index), c10::DispatchKeySet(c10::DispatchKey::PrivateUse1)),
        behind_(std::move(behind)) {}
  const at::Generator& behind() const { return behind_; }
  void set_current_seed(uint64_t seed) override { behind_.set_current_seed(seed); }
  void set_offset(uint64_t) override { TORCH_CHECK(false, "the pretend generator has no offset"); }
  uint64_t get_offset() const override { TORCH_CHECK(false, "the pretend generator has no offset"); }
  uint64_t current_seed() const override { return behind_.current_seed(); }
  uint64_t seed() override { return behind_.seed(); }
  void set_state(const c10::TensorImpl& state) override { behind_.unsafeGetGeneratorImpl()->set_state(state); }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override {
    return behind_.unsafeGetGeneratorImpl()->get_state();
  }
  Generator* clone_impl() const override { return new Generator(device().index(), behind_.clone()); }

 private:
  at::Generator behind_;
};

void CheckNotCapturing() { TORCH_CHECK(!IsCapturing(), "operation not permitted when stream is capturing"); }

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device device) const override {
    const c10::Device before = getDevice();
    if (device.index() >= 0) SetCurrentDevice(device.index());
    return before;
  }
  c10::Device getDevice() const override { return c10::Device(kType, CurrentDevice()); }
  void setDevice(c10::Device device) const override {
    if (device.index() >= 0) SetCurrentDevice(device.index());
  }
  void uncheckedSetDevice(c10::Device device) const noexcept override {
    if (device.index() >= 0 && device.index() < kDevices) SetCurrentDevice(device.index());
  }
  c10::Stream getStream(c10::Device device) const override { return CurrentStream(device.index()); }
  c10::Stream getDefaultStream(c10::Device device) const override {
    return c10::Stream(c10::Stream::DEFAULT, c10::Device(kType, device.has_index() ? device.index() : CurrentDevice()));
  }
  c10::Stream getStreamFromGlobalPool(c10::Device device, bool) const override { return NewStream(device.index()); }
  c10::Stream getNewStream(c10::Device device, int) const override { return NewStream(device.index()); }
  c10::Stream exchangeStream(c10::Stream stream) const override { return ExchangeStream(stream); }
  c10::DeviceIndex deviceCount() const noexcept override { return DeviceCount(); }
  bool queryStream(const c10::Stream& stream) const override { return QueueOf(stream).IsDone(); }
  void synchronizeStream(const c10::Stream& stream) const override {
    CheckNotCapturing();
    QueueOf(stream).Wait();
  }
  void synchronizeDevice(c10::DeviceIndex index) const override {
    CheckNotCapturing();
    WaitForDevice(index);
  }
  c10::DeviceCapability getDeviceCapability(c10::Device) const override { return {}; }
  bool isStreamCapturing(const c10::Stream&) const { return IsCapturing(); }
  void* getStreamNativeHandle(const c10::Stream stream) const override { return &QueueOf(stream); }

  void recordDataPtrOnStream(const c10::DataPtr& data, const c10::Stream& stream) const override {
    DeviceMemory()->recordStream(data, stream);
  }

  // An event is a shared pointer to a mark: jobs keep it.
  using Kept = std::shared_ptr<Mark>;
  static Mark& MarkOf(void* event) { return **static_cast<Kept*>(event); }
  void destroyEvent(void* event, c10::DeviceIndex) const noexcept override { delete static_cast<Kept*>(event); }
  void record(void** event, const c10::Stream& stream, c10::DeviceIndex index, c10::EventFlag flag) const override {
    TORCH_CHECK(index == -1 || index == stream.device_index(), "Event device index ", static_cast<int>(index),
                " does not match recording stream's device index ", static_cast<int>(stream.device_index()), ".");
    if (!*event) *event = new Kept(std::make_shared<Mark>());
    Kept mark = *static_cast<Kept*>(*event);
    uint64_t version = 0;
    {
      std::lock_guard lock(mark->mutex);
      version = ++mark->recorded;
      mark->is_timed = flag == c10::EventFlag::BACKEND_DEFAULT;
    }
    QueueOf(stream).Add([mark, version] { mark->Reach(version); });
  }
  void block(void* event, const c10::Stream& stream) const override {
    if (!event) return;
    Kept mark = *static_cast<Kept*>(event);
    std::unique_lock lock(mark->mutex);
    const uint64_t version = mark->recorded;
    lock.unlock();
    QueueOf(stream).Add([mark, version] { mark->WaitFor(version); });
  }
  bool queryEvent(void* event) const override {
    if (!event) return true;
    std::lock_guard lock(MarkOf(event).mutex);
    return MarkOf(event).reached == MarkOf(event).recorded;
  }
  void synchronizeEvent(void* event) const override {
    if (event) MarkOf(event).WaitFor(MarkOf(event).recorded);
  }
  double elapsedTime(void* first, void* second, c10::DeviceIndex) const override {
    TORCH_CHECK(MarkOf(first).is_timed && MarkOf(second).is_timed,
                "Both events must be created with argument 'enable_timing=True'.");
    return MarkOf(second).time - MarkOf(first).time;
  }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return DeviceCount() > 0; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return DeviceCount(); }
  void setCurrentDevice(c10::DeviceIndex index) const override { SetCurrentDevice(index); }
  c10::DeviceIndex getCurrentDevice() const override { return CurrentDevice(); }
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex index) const override {
    const c10::DeviceIndex before = CurrentDevice();
    if (index >= 0) SetCurrentDevice(index);
    return before;
  }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex index) const override { return exchangeDevice(index); }
  bool isPinnedPtr(const void* data) const override { return IsHostMemory(data); }
  at::Allocator* getPinnedMemoryAllocator() const override { return HostMemory(); }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex index) const override { return DefaultGenerator(index); }
  at::Generator getNewGenerator(c10::DeviceIndex index) const override {
    return at::make_generator<Generator>(index < 0 ? CurrentDevice() : index);
  }
  at::Device getDeviceFromPtr(void*) const override { return c10::Device(kType, CurrentDevice()); }
  void resizePrivateUse1Bytes(const c10::Storage& storage, size_t bytes) const override {
    CurrentQueue(storage.device().index()).Wait();  // what is to be written there
    c10::DataPtr grown = DeviceMemory()->allocate(bytes);
    if (storage.nbytes() > 0) DeviceMemory()->copy_data(grown.get(), storage.data(), std::min(bytes, storage.nbytes()));
    storage.set_data_ptr_noswap(std::move(grown));
    storage.set_nbytes(bytes);
  }
};

const bool registered = [] {
  c10::register_privateuse1_backend("pretend");
  at::RegisterPrivateUse1HooksInterface(new Hooks);
  c10::SetAllocator(kType, DeviceMemory());
  at::setHostAllocator(kType, HostMemory());
  return true;
}();

}  // namespace

at::Generator CpuGeneratorOf(const at::Generator& generator) { return generator.get<Generator>()->behind(); }

const at::Generator& DefaultGenerator(c10::DeviceIndex index) {
  static auto* generators = new std::vector<at::Generator>{at::make_generator<Generator>(c10::DeviceIndex{0}),
                                                           at::make_generator<Generator>(c10::DeviceIndex{1})};
  return generators->at(index < 0 ? CurrentDevice() : index);
}

}  // namespace pretend
