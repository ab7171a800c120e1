// What libtorch alone takes for the operators, the inference and the training steps of rows.js, called from
// C++: a third side of the benchmark. Reads lines of `name<TAB>seconds` from stdin, answers with
// microseconds; nothing for a name it does not know.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using Run = std::function<void()>;

std::map<std::string, Run> Operators() {
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

// A model of rows.js, with one batch of data for it.
struct Model {
  std::function<at::Tensor(bool is_training)> forward;
  std::vector<at::Tensor> parameters;
  at::Tensor target;
};

// Parameters of these sizes, which are added to those of the model.
std::vector<at::Tensor> Weights(Model& model, const std::vector<std::vector<int64_t>>& sizes) {
  std::vector<at::Tensor> weights;
  for (const auto& size : sizes) weights.push_back(at::randn(size).mul_(0.1).requires_grad_());
  model.parameters.insert(model.parameters.end(), weights.begin(), weights.end());
  return weights;
}

Model Mlp(int64_t batch) {
  Model model;
  const at::Tensor x = at::randn({batch, 64});
  const auto w = Weights(model, {{128, 64}, {128}, {128, 128}, {128}, {10, 128}, {10}});
  model.target = at::randint(10, {batch}, at::kLong);
  model.forward = [=](bool) {
    const at::Tensor y = at::relu(at::linear(x, w[0], w[1]));
    return at::linear(at::relu(at::linear(y, w[2], w[3])), w[4], w[5]);
  };
  return model;
}

Model Cnn(int64_t batch) {
  Model model;
  const at::Tensor x = at::randn({batch, 3, 16, 16}), mean = at::zeros({16}), var = at::ones({16});
  const auto w = Weights(model, {{16, 3, 3, 3}, {16}, {16}, {16}, {32, 16, 3, 3}, {32}, {10, 512}, {10}});
  model.target = at::randint(10, {batch}, at::kLong);
  model.forward = [=](bool is_training) {
    at::Tensor y = at::conv2d(x, w[0], w[1], 1, 1);
    y = at::relu(at::batch_norm(y, w[2], w[3], mean, var, is_training, 0.1, 1e-5, true));
    y = at::relu(at::conv2d(at::max_pool2d(y, 2), w[4], w[5], 1, 1));
    return at::linear(at::flatten(at::max_pool2d(y, 2), 1), w[6], w[7]);
  };
  return model;
}

Model Lstm(int64_t batch) {
  Model model;
  const at::Tensor x = at::randint(100, {batch, 16}, at::kLong);
  const auto w = Weights(model, {{100, 32}, {10, 64}, {10}});
  const auto flat = Weights(model, {{256, 32}, {256, 64}, {256}, {256}});
  model.target = at::randint(10, {batch * 16}, at::kLong);
  model.forward = [=](bool is_training) {
    const at::Tensor h = at::zeros({1, batch, 64}), c = at::zeros({1, batch, 64});
    const auto out = at::lstm(at::embedding(w[0], x), {h, c}, flat, true, 1, 0.0, is_training, false, true);
    return at::linear(std::get<0>(out), w[1], w[2]);
  };
  return model;
}

Model Transformer(int64_t batch) {
  Model model;
  const at::Tensor x = at::randint(100, {batch, 32}, at::kLong);
  const auto w = Weights(model, {{100, 64}, {100, 64}, {100}});
  const auto block = [&] {
    return Weights(
        model, {{64}, {64}, {192, 64}, {192}, {64, 64}, {64}, {64}, {64}, {256, 64}, {256}, {64, 256}, {64}});
  };
  const std::vector<std::vector<at::Tensor>> blocks = {block(), block()};
  model.target = at::randint(100, {batch * 32}, at::kLong);
  model.forward = [=](bool) {
    at::Tensor y = at::embedding(w[0], x);
    for (const auto& b : blocks) {
      auto parts = at::linear(at::layer_norm(y, {64}, b[0], b[1]), b[2], b[3]).chunk(3, 2);
      for (at::Tensor& part : parts) part = part.view({batch, 32, 4, 16}).transpose(1, 2);
      const at::Tensor mixed = at::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0, true);
      y = y.add(at::linear(mixed.transpose(1, 2).reshape({batch, 32, 64}), b[4], b[5]));
      y = y.add(
          at::linear(at::gelu(at::linear(at::layer_norm(y, {64}, b[6], b[7]), b[8], b[9])), b[10], b[11]));
    }
    return at::linear(y, w[1], w[2]);
  };
  return model;
}

// A step of AdamW with Python's arithmetic, operator by operator.
struct AdamW {
  explicit AdamW(const std::vector<at::Tensor>& parameters) : parameters(parameters) {
    for (const at::Tensor& parameter : parameters) {
      means.push_back(at::zeros_like(parameter));
      squares.push_back(at::zeros_like(parameter));
    }
  }
  void Step() {
    at::NoGradGuard guard;
    steps++;
    const double size = 1e-3 / (1 - std::pow(0.9, steps)), root = std::sqrt(1 - std::pow(0.999, steps));
    for (size_t i = 0; i < parameters.size(); i++) {
      at::Tensor& parameter = parameters[i];
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      parameter.mul_(1 - 1e-3 * 1e-2);
      means[i].lerp_(gradient, 1 - 0.9);
      squares[i].mul_(0.999).addcmul_(gradient, gradient, 1 - 0.999);
      parameter.addcdiv_(means[i], squares[i].sqrt().div_(root).add_(1e-8), -size);
    }
  }
  std::vector<at::Tensor> parameters, means, squares;
  double steps = 0;
};

Run Training(const Model& model) {
  auto optimizer = std::make_shared<AdamW>(model.parameters);
  return [model, optimizer] {
    const at::Tensor out = model.forward(true);
    const at::Tensor loss = at::cross_entropy_loss(out.reshape({-1, out.size(-1)}), model.target);
    for (const at::Tensor& parameter : model.parameters) parameter.mutable_grad().reset();
    torch::autograd::backward({loss}, {});
    optimizer->Step();
  };
}

std::map<std::string, Run> Rows() {
  std::map<std::string, Run> rows;
  for (const auto& [name, run] : Operators()) rows["operators/" + name] = run;
  const auto add = [&](const std::string& name, Model (*make)(int64_t),
                       std::initializer_list<int64_t> sizes) {
    for (const int64_t batch : sizes) {
      const Model model = make(batch);
      const std::string row = "/" + name + ", batch " + std::to_string(batch);
      const Run inference = [model] {
        c10::InferenceMode guard;
        model.forward(false);
      };
      for (const char* kind : {"", ", captured"}) {
        rows["inference" + (kind + row)] = inference;
        rows["training step" + (kind + row)] = Training(model);
      }
    }
  };
  add("MLP", Mlp, {8, 512});
  add("CNN", Cnn, {4, 128});
  add("LSTM", Lstm, {4, 64});
  add("transformer", Transformer, {2, 32});
  return rows;
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
