// Memory of tensors as bytes: to and from files, in parts, and as a whole.
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "crc32_simd.h"
#include "function.h"

namespace nodetorch {

namespace {

struct Range {
  char* data;
  int64_t size;
};

enum class Access { kRead, kWrite };

// Part of the memory of a contiguous CPU tensor, in bytes.
Range RangeOf(const at::Tensor& tensor, int64_t offset, int64_t size, Access access) {
  TORCH_CHECK(tensor.device().is_cpu() && tensor.layout() == at::kStrided && tensor.is_contiguous(),
              "expected a contiguous CPU tensor");
  TORCH_CHECK(!tensor.is_conj() && !tensor.is_neg() && !tensor._is_zerotensor(),
              "this tensor is lazy and has no values of its own");
  const int64_t all = static_cast<int64_t>(tensor.nbytes());
  if (offset < 0 || size < 0 || offset > all || size > all - offset) {
    throw RangeProblem("bytes " + std::to_string(offset) + " to " + std::to_string(offset + size) +
                       " of a tensor that has " + std::to_string(all));
  }
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

// Calls `transfer(done, size)` until everything is through, or nothing comes any more.
template <typename Transfer>
napi_value Through(Arguments& arguments, int64_t size, const char* what, Transfer transfer) {
  int64_t done = 0;
  while (done < size) {
    const int64_t moved = transfer(done, std::min(size - done, kAtOnce));
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) {
      const std::error_code code(errno, std::generic_category());
      Napi::Error error = Napi::Error::New(arguments.env, std::string(what) + ": " + code.message());
      error.Set("errno", Napi::Number::New(arguments.env, -code.value()));
      throw error;
    }
    if (moved == 0) break;
    done += moved;
  }
  return Napi::Number::New(arguments.env, static_cast<double>(done));
}

// readInto(tensor, fd, fileOffset, byteOffset, bytes): how many bytes there were.
napi_value ReadInto(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const int fd = static_cast<int>(arguments.Int(1));
  const int64_t offset = arguments.Int(2);
  const Range range = RangeOf(tensor, arguments.Int(3), arguments.Int(4), Access::kWrite);
  if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
  return Through(arguments, range.size, "read", [&](int64_t done, int64_t size) {
    return ReadAt(fd, range.data + done, size, offset + done);
  });
}

// writeFrom(tensor, fd, fileOffset, byteOffset, bytes)
napi_value WriteFrom(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const int fd = static_cast<int>(arguments.Int(1));
  const int64_t offset = arguments.Int(2);
  const Range range = RangeOf(tensor, arguments.Int(3), arguments.Int(4), Access::kRead);
  return Through(arguments, range.size, "write", [&](int64_t done, int64_t size) {
    return WriteAt(fd, range.data + done, size, offset + done);
  });
}

// storageOf(tensor): all of its storage, as uint8.
napi_value StorageOf(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  TORCH_CHECK(tensor.has_storage(), "a ", tensor.layout(), " tensor has no storage");
  at::Tensor bytes = at::empty({0}, at::TensorOptions().dtype(at::kByte).device(tensor.device()));
  bytes.set_(tensor.storage(), 0, {static_cast<int64_t>(tensor.storage().nbytes())}, {1});
  return ToJs(arguments.environment, bytes);
}

// storageSlice(tensor, byteOffset, bytes): part of a contiguous CPU tensor's memory as a storage of
// its own, uint8. The whole lives as long as the part.
napi_value StorageSlice(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  const Range range = RangeOf(tensor, arguments.Int(1), arguments.Int(2), Access::kWrite);
  if (range.size == 0) return ToJs(arguments.environment, at::empty({0}, at::kByte));
  auto keep = [whole = tensor.storage()](void*) {};
  return ToJs(arguments.environment, at::from_blob(range.data, {range.size}, keep, at::kByte));
}

using Table = std::array<std::array<uint32_t, 256>, 8>;

// CRC-32 of zip and gzip, eight bytes at a time.
Table MakeTable() {
  Table table;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0);
    table[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; i++) {
    for (size_t k = 1; k < 8; k++) table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 0xFF];
  }
  return table;
}

// crc32(tensor, byteOffset, bytes, before): `before` is the CRC of what comes before, or 0.
napi_value Crc32(Arguments& arguments) {
  static const Table table = MakeTable();
  const at::Tensor tensor = arguments.Tensor(0);
  const Range range = RangeOf(tensor, arguments.Int(1), arguments.Int(2), Access::kRead);
  uint32_t crc = ~static_cast<uint32_t>(arguments.Int(3));
  const auto* data = reinterpret_cast<const unsigned char*>(range.data);
  auto i = static_cast<int64_t>(FastCrc(data, range.size, &crc));
  for (; i + 8 <= range.size; i += 8) {
    uint32_t low, high;
    std::memcpy(&low, data + i, 4);
    std::memcpy(&high, data + i + 4, 4);
    low ^= crc;
    crc = table[7][low & 0xFF] ^ table[6][(low >> 8) & 0xFF] ^ table[5][(low >> 16) & 0xFF] ^
          table[4][low >> 24] ^ table[3][high & 0xFF] ^ table[2][(high >> 8) & 0xFF] ^
          table[1][(high >> 16) & 0xFF] ^ table[0][high >> 24];
  }
  for (; i < range.size; i++) crc = (crc >> 8) ^ table[0][(crc ^ data[i]) & 0xFF];
  return Napi::Number::New(arguments.env, static_cast<double>(~crc));
}

}  // namespace

void DefineStorage(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"readInto", Entry<ReadInto>},
          {"writeFrom", Entry<WriteFrom>},
          {"storageOf", Entry<StorageOf>},
          {"storageSlice", Entry<StorageSlice>},
          {"crc32", Entry<Crc32>}});
}

}  // namespace nodetorch
