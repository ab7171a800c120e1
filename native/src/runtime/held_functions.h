// Who keeps the JS functions alive that hang on tensors: hooks, and backward of custom Functions.
//
// A strong reference to a hook that refers to its module would keep both for ever: the module has the
// parameter, and the parameter the hook. So the JS objects of the tensors hold the function as well
// (lib/autograd/held.ts), and C++ has a weak reference while nothing else leads to it. A graph leads to it,
// and so does another JS object of the same tensor: then the reference is strong. Nobody can make either
// without reading the tensor's slot, so that is when the reference becomes strong; weak again it becomes
// here, when somebody looks.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

namespace nodetorch {

class Callback;
struct Slot;

// Of one thread, and on that thread alone. What only the graph owns may die on another meanwhile.
class HeldFunctions {
 public:
  // A function that has holders. Its reference is strong.
  void Add(const std::shared_ptr<Callback>& callback) { strong_.push_back(callback); }
  // The tensor of a watched slot is about to be used.
  void MakeStrong(Slot* slot);
  // A watched slot loses its tensor. Inside a collection, too.
  void Forget(Slot* slot);
  // Makes the references weak that can be.
  void Look();
  // The same, each time after so many calls that it costs next to nothing.
  void LookSometimes() {
    if (!strong_.empty() && ++calls_ > 4 * strong_.size() + 64) Look();
  }

 private:
  using Callbacks = std::vector<std::weak_ptr<Callback>>;
  Callbacks strong_;
  std::unordered_map<Slot*, Callbacks> weak_;  // by the slots that are watched
  size_t calls_ = 0;
};

}  // namespace nodetorch
