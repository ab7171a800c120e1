// torch.utils._python_dispatch: modes that see every operator below autograd. libtorch calls them by way of
// an interpreter, which is Python's in Python. Here it is JavaScript.
#include <c10/core/SafePyObject.h>
#include <c10/core/impl/PyInterpreter.h>
#include <c10/core/impl/TorchDispatchModeTLS.h>

#include "exports/constants.h"
#include "operators/js_kernel.h"
#include "runtime/dispatch_modes.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

using c10::impl::TorchDispatchModeTLS;

// What libtorch takes for a Python object.
struct Mode {
  std::shared_ptr<JsFunction> handler;
};
Mode* ModeOf(PyObject* object) { return reinterpret_cast<Mode*>(object); }

c10::impl::PyInterpreter& Interpreter();

// Off while its own handler runs, as in Python.
struct WithoutInnermostMode {
  WithoutInnermostMode() : mode(TorchDispatchModeTLS::pop_stack()) {}
  ~WithoutInnermostMode() { TorchDispatchModeTLS::push_non_infra_mode_onto_stack(mode); }
  std::shared_ptr<c10::impl::PyObject_TorchDispatchMode> mode;
};

[[noreturn]] void NotHere() { TORCH_CHECK(false, "tensors of Python are not here"); }

// Asked of modes is `dispatch` and `detach`. The rest belongs to Python's tensors.
struct JsInterpreter final : c10::impl::PyInterpreterVTable {
  std::string name() const override { return "JavaScript"; }
  void incref(PyObject*) const override { NotHere(); }
  void decref(PyObject* object) const override { delete ModeOf(object); }
  bool try_incref(const c10::impl::PyObjectSlot&) const override { return false; }
  size_t refcnt(PyObject*) const override { return 1; }

  void dispatch(const c10::OperatorHandle& op, torch::jit::Stack* stack) const override {
    const WithoutInnermostMode without;
    const Mode* mode = ModeOf(without.mode->ptr(&Interpreter()));
    TORCH_CHECK(mode->handler->Answers(), op.schema().name(), ": a mode of another thread");
    CallKernel(*mode->handler, op, stack);
  }

  c10::intrusive_ptr<c10::TensorImpl> detach(const c10::TensorImpl* self) const override {
    static const c10::OperatorHandle op = c10::Dispatcher::singleton().findSchemaOrThrow("aten::detach", "");
    auto impl = c10::intrusive_ptr<c10::TensorImpl>::reclaim_copy(const_cast<c10::TensorImpl*>(self));
    torch::jit::Stack stack{at::Tensor(std::move(impl))};
    dispatch(op, &stack);
    return stack.back().toTensor().getIntrusivePtr();
  }

  void reportErrorCallback(PyObject*, c10::DispatchKey) const override { NotHere(); }
  void python_op_registration_trampoline(const c10::OperatorHandle&, c10::DispatchKey, c10::DispatchKeySet,
                                         torch::jit::Stack*, bool, bool) const override {
    NotHere();
  }
  void throw_abstract_impl_not_imported_error(std::string, const char*, const char*) const override {}
  void python_dispatcher(const c10::OperatorHandle&, c10::DispatchKeySet, torch::jit::Stack*) const override {
    NotHere();
  }
  bool is_contiguous(const c10::TensorImpl*, at::MemoryFormat) const override { NotHere(); }
  c10::SymBool sym_is_contiguous(const c10::TensorImpl*, at::MemoryFormat) const override { NotHere(); }
  bool is_strides_like(const c10::TensorImpl*, at::MemoryFormat) const override { NotHere(); }
  bool is_non_overlapping_and_dense(const c10::TensorImpl*) const override { NotHere(); }
  c10::Device device(const c10::TensorImpl*) const override { NotHere(); }
  int64_t dim(const c10::TensorImpl*) const override { NotHere(); }
  c10::IntArrayRef strides(const c10::TensorImpl*) const override { NotHere(); }
  c10::IntArrayRef sizes(const c10::TensorImpl*) const override { NotHere(); }
  c10::SymIntArrayRef sym_sizes(const c10::TensorImpl*) const override { NotHere(); }
  c10::Layout layout(const c10::TensorImpl*) const override { NotHere(); }
  int64_t numel(const c10::TensorImpl*) const override { NotHere(); }
  c10::SymInt sym_numel(const c10::TensorImpl*) const override { NotHere(); }
  c10::SymIntArrayRef sym_strides(const c10::TensorImpl*) const override { NotHere(); }
  c10::SymInt sym_storage_offset(const c10::TensorImpl*) const override { NotHere(); }
  void trace_gpu_event_creation(c10::DeviceType, uintptr_t) const override {}
  void trace_gpu_event_deletion(c10::DeviceType, uintptr_t) const override {}
  void trace_gpu_event_record(c10::DeviceType, uintptr_t, uintptr_t) const override {}
  void trace_gpu_event_wait(c10::DeviceType, uintptr_t, uintptr_t) const override {}
  void trace_gpu_memory_allocation(c10::DeviceType, uintptr_t) const override {}
  void trace_gpu_memory_deallocation(c10::DeviceType, uintptr_t) const override {}
  void trace_gpu_stream_creation(c10::DeviceType, uintptr_t) const override {}
  void trace_gpu_device_synchronization(c10::DeviceType) const override {}
  void trace_gpu_stream_synchronization(c10::DeviceType, uintptr_t) const override {}
  void trace_gpu_event_synchronization(c10::DeviceType, uintptr_t) const override {}
  void reset_backward_hooks(const c10::TensorImpl*) const override {}
};

// Never destroyed: libtorch may keep it until the process ends.
c10::impl::PyInterpreter& Interpreter() {
  static auto* interpreter = new c10::impl::PyInterpreter(new JsInterpreter);
  return *interpreter;
}

}  // namespace

int64_t EnterDispatchMode(Environment& environment, napi_value handler) {
  const int64_t before = TorchDispatchModeTLS::stack_len();
  auto* mode = new Mode{std::make_shared<JsFunction>(environment, handler)};
  TorchDispatchModeTLS::push_non_infra_mode_onto_stack(
      std::make_shared<c10::impl::PyObject_TorchDispatchMode>(reinterpret_cast<PyObject*>(mode),
                                                              &Interpreter()));
  return before;
}

void LeaveDispatchModes(int64_t count) {
  while (TorchDispatchModeTLS::stack_len() > count) TorchDispatchModeTLS::pop_stack();
}

}  // namespace nodetorch
