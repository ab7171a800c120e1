// Memory of tensors as bytes: to and from files, in parts, and as a whole.
#include <ATen/MapAllocator.h>
#include <ATen/Parallel.h>
#include <ATen/StorageUtils.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#ifdef _WIN32
#include <io.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <system_error>
#include <vector>

#include "runtime/crc32.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

struct Range {
  char* data;
  int64_t size;
};

enum class Access { kRead, kWrite };

// That there are those bytes.
void CheckRange(const at::Tensor& tensor, int64_t offset, int64_t size) {
  TORCH_CHECK(!tensor.is_meta() && tensor.layout() == at::kStrided && tensor.is_contiguous(),
              "expected a contiguous tensor that has memory");
  TORCH_CHECK(!tensor.is_conj() && !tensor.is_neg() && !tensor._is_zerotensor(),
              "this tensor is lazy and has no values of its own");
  const int64_t all = static_cast<int64_t>(tensor.nbytes());
  if (offset < 0 || size < 0 || offset > all || size > all - offset) {
    throw RangeProblem("bytes " + std::to_string(offset) + " to " + std::to_string(offset + size) +
                       " of a tensor that has " + std::to_string(all));
  }
}

// Part of the memory of a contiguous CPU tensor, in bytes.
Range RangeOf(const at::Tensor& tensor, int64_t offset, int64_t size, Access access) {
  TORCH_CHECK(tensor.device().is_cpu(), "expected a contiguous CPU tensor");
  CheckRange(tensor, offset, size);
  if (size == 0) return {nullptr, 0};
  void* data =
      access == Access::kWrite ? tensor.mutable_data_ptr() : const_cast<void*>(tensor.const_data_ptr());
  return {static_cast<char*>(data) + offset, size};
}

constexpr int64_t kAtOnce = 1 << 30;

int64_t ReadAt(int fd, char* into, int64_t size, int64_t offset) {
#ifdef _WIN32
  if (_lseeki64(fd, offset, SEEK_SET) < 0) return -1;
  return _read(fd, into, static_cast<unsigned>(size));
#else
  return pread(fd, into, size, offset);
#endif
}

int64_t WriteAt(int fd, const char* from, int64_t size, int64_t offset) {
#ifdef _WIN32
  if (_lseeki64(fd, offset, SEEK_SET) < 0) return -1;
  return _write(fd, from, static_cast<unsigned>(size));
#else
  return pwrite(fd, from, size, offset);
#endif
}

[[noreturn]] void Raise(Napi::Env env, const char* what, int error) {
  const std::error_code code(error, std::generic_category());
  Napi::Error exception = Napi::Error::New(env, std::string(what) + ": " + code.message());
  exception.Set("errno", Napi::Number::New(env, -code.value()));
  throw exception;
}

constexpr int64_t kPiece = 1 << 20;  // stays in the cache until it is summed up
constexpr int64_t kPage = 4096;
constexpr int64_t kMostReaders = 8;

// What one thread reads.
struct Part {
  int fd;
  char* into;
  int64_t size;
  int64_t offset;
  int64_t done = 0;
  uint32_t crc = 0;
  int error = 0;

  // Ends early at the end of the file, and with an error.
  void Read(bool checked) noexcept {
    while (done < size) {
      const int64_t moved =
          ReadAt(fd, into + done, std::min(size - done, checked ? kPiece : kAtOnce), offset + done);
      if (moved < 0 && errno == EINTR) continue;
      if (moved < 0) error = errno;
      if (moved <= 0) return;
      if (checked) crc = Crc32(into + done, moved, crc);
      done += moved;
    }
  }
};

// readInto(tensor, fd, fileOffset, byteOffset, bytes, checked): [how many bytes there were, their CRC or 0]
napi_value ReadInto(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const int fd = static_cast<int>(arguments.Int(1));
  const int64_t offset = arguments.Int(2);
  arguments.environment.CheckFree(tensor, true);
  const Range range = RangeOf(tensor, arguments.Int(3), arguments.Int(4), Access::kWrite);
  const bool checked = arguments.Bool(5);
  if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
#ifdef _WIN32
  const int64_t readers = 1;  // the file has one position
#else
  const int64_t readers =
      std::clamp<int64_t>(range.size / kPiece, 1, std::min<int64_t>(at::get_num_threads(), kMostReaders));
#endif
  std::vector<Part> parts;
  const int64_t each = (range.size / readers + kPage - 1) / kPage * kPage;
  for (int64_t at = 0; at < range.size; at += each) {
    parts.push_back({fd, range.data + at, std::min(each, range.size - at), offset + at});
  }
  {
    std::vector<std::future<void>> others;  // their destructors wait
    for (size_t i = 1; i < parts.size(); i++)
      others.push_back(std::async(std::launch::async, &Part::Read, &parts[i], checked));
    if (!parts.empty()) parts[0].Read(checked);
  }
  int64_t done = 0;
  uint32_t crc = 0;
  for (const Part& part : parts) {
    if (part.error != 0) Raise(arguments.env, "read", part.error);
    crc = CombineCrc32(crc, part.crc, part.done);
    done += part.done;
    if (part.done < part.size) break;
  }
  Napi::Array result = Napi::Array::New(arguments.env, 2);
  result.Set(0u, static_cast<double>(done));
  result.Set(1u, static_cast<double>(crc));
  return result;
}

// writeFrom(tensor, fd, fileOffset, byteOffset, bytes)
napi_value WriteFrom(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const int fd = static_cast<int>(arguments.Int(1));
  const int64_t offset = arguments.Int(2);
  arguments.environment.CheckFree(tensor);
  const Range range = RangeOf(tensor, arguments.Int(3), arguments.Int(4), Access::kRead);
  int64_t done = 0;
  while (done < range.size) {
    const int64_t moved = WriteAt(fd, range.data + done, std::min(range.size - done, kAtOnce), offset + done);
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) Raise(arguments.env, "write", errno);
    if (moved == 0) break;
    done += moved;
  }
  return Napi::Number::New(arguments.env, static_cast<double>(done));
}

// startWriteback(fd, offset, bytes): the disk begins on what was written, so that a later sync of the file
// finds little left. A hint; where the system has none, nothing happens.
napi_value StartWriteback(Arguments& arguments) {
#ifdef __linux__
  const int fd = static_cast<int>(arguments.Int(0));
  sync_file_range(fd, arguments.Int(1), arguments.Int(2), SYNC_FILE_RANGE_WRITE);
#endif
  return Undefined(arguments.env);
}

// storageOf(tensor): all of its storage, as uint8.
napi_value StorageOf(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const at::Storage storage = tensor.storage();  // some tensors say here that they have none
  TORCH_CHECK(tensor.has_storage(), "a ", tensor.layout(), " tensor has no storage");
  at::Tensor bytes = at::empty({0}, at::TensorOptions().dtype(at::kByte).device(tensor.device()));
  bytes.set_(storage, 0, {static_cast<int64_t>(storage.nbytes())}, {1});
  return ToJs(arguments.environment, bytes);
}

// storageSlice(tensor, byteOffset, bytes): part of a contiguous tensor's memory, where there is some, as a
// storage of its own, uint8. The whole lives as long as the part.
napi_value StorageSlice(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  arguments.environment.CheckFree(tensor, true);
  const auto [offset, size] = std::pair(arguments.Int(1), arguments.Int(2));
  CheckRange(tensor, offset, size);
  const auto options = tensor.options().dtype(at::kByte);
  if (size == 0) return ToJs(arguments.environment, at::empty({0}, options));
  auto keep = [whole = tensor.storage()](void*) {};
  char* data = static_cast<char*>(tensor.mutable_data_ptr()) + offset;
  return ToJs(arguments.environment, at::from_blob(data, {size}, keep, options, tensor.device()));
}

// crc32(tensor, byteOffset, bytes, before): `before` is the CRC of what comes before, or 0.
napi_value Crc32Of(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  arguments.environment.CheckFree(tensor);
  const Range range = RangeOf(tensor, arguments.Int(1), arguments.Int(2), Access::kRead);
  const uint32_t crc = Crc32(range.data, range.size, static_cast<uint32_t>(arguments.Int(3)));
  return Napi::Number::New(arguments.env, static_cast<double>(crc));
}

bool IsShared(const at::Storage& storage) {
  return storage.device_type() == c10::kCUDA || at::MapAllocator::fromDataPtr(storage.data_ptr());
}
// isShared(tensor): whether other processes can have its memory.
napi_value IsSharedMemory(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  return Napi::Boolean::New(arguments.env, tensor.has_storage() && IsShared(tensor.storage()));
}
// shareMemory(tensor): moves its storage, which all that share it follow, to memory of that kind.
napi_value ShareMemory(Arguments& arguments) {
  at::Tensor tensor = arguments.Tensor(0);
  TORCH_CHECK(tensor.has_storage(), "a ", tensor.layout(), " tensor has no storage");
  if (!tensor.is_cpu() || IsShared(tensor.storage())) return Undefined(arguments.env);
  // The typed array would be left with memory that is free.
  TORCH_CHECK(tensor.storage().resizable(),
              "share_memory_(): a typed array uses this memory; clone() the tensor");
  at::share_memory_(tensor);
  return Undefined(arguments.env);
}

double NumberOf(const void* address) { return static_cast<double>(reinterpret_cast<uintptr_t>(address)); }

// identityOf(tensor): [of the tensor, of its memory]: equal for the same ones that live at one time; 0 for no
// memory.
napi_value IdentityOf(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  Napi::Array pair = Napi::Array::New(arguments.env, 2);
  pair[0u] = NumberOf(tensor.unsafeGetTensorImpl());
  pair[1u] = NumberOf(tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr);
  return pair;
}

}  // namespace

void DefineStorage(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"readInto", Entry<ReadInto>},
          {"writeFrom", Entry<WriteFrom>},
          {"startWriteback", Entry<StartWriteback>},
          {"storageOf", Entry<StorageOf>},
          {"identityOf", Entry<IdentityOf>},
          {"isShared", Entry<IsSharedMemory>},
          {"shareMemory", Entry<ShareMemory>},
          {"storageSlice", Entry<StorageSlice>},
          {"crc32", Entry<Crc32Of>}});
}

}  // namespace nodetorch
