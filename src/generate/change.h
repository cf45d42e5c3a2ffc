// What to change after a clip that does not pass, by the reasons of its report.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "coherence/report.h"

namespace videogen::generate {

struct Change {
  std::string addition{};  // a sentence for the end of the prompt; empty: another seed only
  std::string why{};       // "calmer camera: a shape melts at 2.1 s"
};

// The first reason for which there is a sentence that is not among `used` decides; noise, broken
// blocks and the like come by chance, and another seed is all that helps.
[[nodiscard]] Change change_for(std::span<const coherence::Reason> reasons,
                                std::span<const std::string> used);

}  // namespace videogen::generate
