// What libtorch alone takes for the operators of rows.js, called from C++: a third side of the benchmark.
// Reads lines of `name<TAB>seconds` from stdin, answers with microseconds; nothing for a name it does not
// know.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <string>

namespace {

using Run = std::function<void()>;

std::map<std::string, Run> Rows() {
  const at::Tensor a = at::ones({2, 3}), b = at::ones({2, 3}), square = at::ones({3, 3});
  const at::Tensor weight = at::ones({4, 3}), bias = at::ones({4});
  const at::Tensor image = at::ones({1, 3, 8, 8}), kernel = at::ones({4, 3, 3, 3});
  const at::Tensor mask = a.gt(0), index = at::arange(2), one = at::ones({});
  const at::Tensor leaf = at::ones({2, 3}).requires_grad_();
  const std::vector<at::Tensor> list = {a, b, a};
  return {
      {"neg", [=] { a.neg(); }},
      {"exp", [=] { a.exp(); }},
      {"relu", [=] { a.relu(); }},
      {"sigmoid", [=] { a.sigmoid(); }},
      {"add", [=] { a.add(b); }},
      {"mul", [=] { a.mul(b); }},
      {"div", [=] { a.div(b); }},
      {"gt", [=] { a.gt(b); }},
      {"where", [=] { at::where(mask, a, b); }},
      {"mm", [=] { a.mm(square); }},
      {"matmul", [=] { a.matmul(square); }},
      {"linear", [=] { at::linear(a, weight, bias); }},
      {"conv2d", [=] { at::conv2d(image, kernel); }},
      {"layerNorm", [=] { at::layer_norm(a, {3}); }},
      {"add scalar", [=] { a.add(1); }},
      {"mul scalar", [=] { a.mul(2.5); }},
      {"pow scalar", [=] { a.pow(2); }},
      {"add with keyword", [=] { a.add(b, 2); }},
      {"add in place", [=] { a.add_(0); }},
      {"mul in place", [=] { a.mul_(1); }},
      {"sum", [=] { a.sum(); }},
      {"mean", [=] { a.mean(); }},
      {"sum of a dimension", [=] { a.sum(1); }},
      {"sum with keywords", [=] { a.sum(1, true); }},
      {"max of a dimension", [=] { a.max(1); }},
      {"argmax", [=] { a.argmax(); }},
      {"softmax", [=] { at::softmax(a, 1); }},
      {"view", [=] { a.view({3, 2}); }},
      {"reshape", [=] { a.reshape({6}); }},
      {"t", [=] { a.t(); }},
      {"permute", [=] { a.permute({1, 0}); }},
      {"unsqueeze", [=] { a.unsqueeze(0); }},
      {"select", [=] { a.select(0, 1); }},
      {"index a row", [=] { a.select(0, 1); }},
      {"index a range", [=] { a.slice(1, 1); }},
      {"indexSelect", [=] { a.index_select(0, index); }},
      {"cat of a list", [=] { at::cat(list); }},
      {"stack", [=] { at::stack(list); }},
      {"clone", [=] { a.clone(); }},
      {"to", [=] { a.to(at::kDouble); }},
      {"zeros", [=] { at::zeros({2, 3}); }},
      {"add with grad", [=] { leaf.add(b); }},
      {"linear with grad", [=] { at::linear(leaf, weight, bias); }},
      {"mul, sum, backward", [=] { torch::autograd::backward({leaf.mul(b).sum()}, {}); }},
      {"item", [=] { one.item(); }},
  };
}

double Time(const Run& run, double seconds) {
  using Clock = std::chrono::steady_clock;
  for (double count = 1;;) {
    const auto started = Clock::now();
    for (int64_t i = 0; i < static_cast<int64_t>(count); i++) run();
    const double took = std::chrono::duration<double>(Clock::now() - started).count();
    if (took >= seconds || count >= 1e8) return took / std::floor(count) * 1e6;
    count = std::ceil(count * std::min(10.0, std::max(1.5, 1.2 * seconds / std::max(took, 1e-6))));
  }
}

}  // namespace

int main() {
  at::set_num_threads(1);
  const std::map<std::string, Run> rows = Rows();
  for (std::string line; std::getline(std::cin, line);) {
    const size_t tab = line.find('\t');
    const auto row = rows.find(line.substr(0, tab));
    if (row != rows.end()) std::cout << Time(row->second, std::stod(line.substr(tab + 1)));
    std::cout << std::endl;
  }
}
