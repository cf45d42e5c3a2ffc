#include <queue>

#include <fmt/format.h>

#include "embed/byte_pairs_internal.h"
#include "embed/text_words_internal.h"

namespace videogen::embed {
namespace {

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) |
         static_cast<std::uint32_t>(right);
}

}  // namespace

std::string byte_symbol(std::uint8_t byte) {
  const auto is_visible = [](int b) {
    return (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
  };
  if (is_visible(byte)) return to_utf8(std::u32string(1, byte));
  // The n-th of the others is U+0100 + n.
  char32_t symbol = 0x100;
  for (int b = 0; b < byte; ++b) symbol += is_visible(b) ? 0 : 1;
  return to_utf8(std::u32string(1, symbol));
}

Result<BytePairs> BytePairs::make(const Vocabulary& vocabulary, const std::vector<MergeRule>& rules,
                                  const Options& options) {
  const auto id_of = [&](const std::string& token) {
    const auto found = vocabulary.find(token);
    return found == vocabulary.end() ? kNone : found->second;
  };
  BytePairs pairs;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string symbol = byte_symbol(static_cast<std::uint8_t>(byte));
    pairs.inner_[std::size_t(byte)] = id_of(symbol);
    pairs.last_[std::size_t(byte)] = id_of(symbol + options.end_of_word);
  }
  pairs.fuse_unknown_ = options.fuse_unknown;
  if (!options.unknown.empty()) {
    pairs.unknown_ = id_of(options.unknown);
    if (pairs.unknown_ == kNone) {
      return fail(ErrorCode::corrupt, fmt::format("the unknown token '{}' is not in the vocabulary",
                                                  printable(options.unknown, 60)));
    }
  }

  pairs.merges_.reserve(rules.size());
  std::int32_t rank = 0;
  for (const MergeRule& rule : rules) {
    const std::int32_t left = id_of(rule.left);
    const std::int32_t right = id_of(rule.right);
    const std::int32_t merged = id_of(rule.left + rule.right);
    if (left == kNone || right == kNone || merged == kNone) {
      const std::string& missing = left == kNone    ? rule.left
                                   : right == kNone ? rule.right
                                                    : rule.left + rule.right;
      return fail(ErrorCode::corrupt,
                  fmt::format("merge {} ('{} {}') needs the token '{}', which the vocabulary lacks",
                              rank + 1, printable(rule.left, 60), printable(rule.right, 60),
                              printable(missing, 120)));
    }
    pairs.merges_[pair_key(left, right)] = {rank++, merged};
  }
  return pairs;
}

const BytePairs::Merge* BytePairs::find(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

std::vector<std::int32_t> BytePairs::symbols(std::string_view word) const {
  std::vector<std::int32_t> ids;
  ids.reserve(word.size());
  bool after_unknown = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(word[i]);
    const std::int32_t id = i + 1 == word.size() ? last_[byte] : inner_[byte];
    if (id != kNone) {
      ids.push_back(id);
    } else if (unknown_ != kNone && !(after_unknown && fuse_unknown_)) {
      ids.push_back(unknown_);
    }
    after_unknown = id == kNone;
  }
  return ids;
}

// Merges the best pair of a word again and again: a linked list of symbols and a heap of
// candidates, the lowest rank first, the leftmost of equals. A candidate may be out of date
// when its turn comes; it counts if its two symbols still merge into the same token.
class BytePairs::Merger {
 public:
  Merger(const BytePairs& pairs, const std::vector<std::int32_t>& ids) : pairs_(pairs) {
    const auto count = static_cast<std::int32_t>(ids.size());
    nodes_.reserve(ids.size());
    for (std::int32_t i = 0; i < count; ++i) {
      nodes_.push_back({ids[std::size_t(i)], i - 1, i + 1 < count ? i + 1 : kNone});
    }
    for (std::int32_t i = 0; i + 1 < count; ++i) consider(i);
  }

  void run() {
    while (!candidates_.empty()) {
      const Candidate best = candidates_.top();
      candidates_.pop();
      Node& left = node(best.at);
      if (left.id == kNone || left.next == kNone) continue;
      Node& right = node(left.next);
      const Merge* merge = pairs_.find(left.id, right.id);
      if (merge == nullptr || merge->id != best.id) continue;
      left.id = best.id;
      right.id = kNone;
      left.next = right.next;
      if (left.next != kNone) node(left.next).previous = best.at;
      if (left.previous != kNone) consider(left.previous);
      if (left.next != kNone) consider(best.at);
    }
  }

  void append_to(std::vector<std::int32_t>& ids) const {
    for (const Node& each : nodes_) {
      if (each.id != kNone) ids.push_back(each.id);
    }
  }

 private:
  struct Node {
    std::int32_t id;  // kNone once it is part of its left neighbour
    std::int32_t previous;
    std::int32_t next;
  };
  struct Candidate {
    std::int32_t rank;
    std::int32_t at;
    std::int32_t id;
    // std::priority_queue keeps the greatest on top.
    bool operator<(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };

  Node& node(std::int32_t at) { return nodes_[std::size_t(at)]; }
  void consider(std::int32_t at) {
    const Merge* merge = pairs_.find(node(at).id, node(node(at).next).id);
    if (merge != nullptr) candidates_.push({merge->rank, at, merge->id});
  }

  const BytePairs& pairs_;
  std::vector<Node> nodes_;
  std::priority_queue<Candidate> candidates_;
};

void BytePairs::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  Merger merger(*this, symbols(word));
  merger.run();
  merger.append_to(ids);
}

}  // namespace videogen::embed
