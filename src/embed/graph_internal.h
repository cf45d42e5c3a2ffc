// A straight line of oneDNN primitives over buffers that it owns.
#pragma once

#include <cstddef>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "embed/onednn_internal.h"

namespace videogen::embed {

// Built once for a batch size, run many times by one thread at a time. Members throw
// dnnl::error while building.
class Graph {
 public:
  using Memory = dnnl::memory;

  Graph();

  // New memory, zeroed; lives as long as the graph.
  Memory buffer(const onednn::Desc& desc);
  // The same bytes in another shape, `offset` elements further on. Does not own them.
  static Memory view(const Memory& memory, const onednn::Desc& desc, std::int64_t offset = 0);

  // Each adds one step. Descriptions of dense memory may differ in rank from what the
  // primitive wants, as long as the bytes agree.
  void product(const onednn::ProductShape& shape, const Memory& source, const Memory& weights,
               const Memory* bias, const Memory& result);
  // Rows of source[rows, width] to mean 0 and variance 1, times scale plus shift.
  void layer_norm(const Memory& source, const Memory& result, const Memory& scale,
                  const Memory& shift, float epsilon);
  // Batched; accumulate adds to what result holds.
  enum class Result { replace, accumulate };
  void matmul(const Memory& a, const Memory& b, const Memory& result, Result mode);
  // In place, along the last axis.
  void softmax(const Memory& memory);
  // Same dimensions; converts type and layout.
  void copy(const Memory& from, const Memory& to);
  // `source` itself if it has that type, else a converted copy of it made by a step.
  Memory as(onednn::Type type, const Memory& source);

  // Errors: interrupted (looked at before every step).
  [[nodiscard]] Status run(const std::stop_token& stop);

 private:
  using Arguments = std::unordered_map<int, Memory>;
  struct Step {
    dnnl::primitive primitive;
    Arguments arguments;
  };
  void add(dnnl::primitive primitive, Arguments arguments, const onednn::Desc& scratch);

  dnnl::stream stream_;
  std::vector<Memory> buffers_;
  Memory scratch_;  // shared by all steps, as large as the largest needs
  std::vector<Step> steps_;
};

}  // namespace videogen::embed
