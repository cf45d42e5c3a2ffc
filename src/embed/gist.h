// GIST-512: the descriptor of Oliva and Torralba, "Modeling the shape of the scene" (IJCV
// 2001): log-luma, local contrast normalisation, Gabor energy at 4 scales × 8 orientations on
// a 4×4 grid. It needs no weights. It sees layout and geometry, not identity or colour.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "embed/embedder.h"

namespace videogen::embed {

[[nodiscard]] std::shared_ptr<const Embedder> make_gist();

}  // namespace videogen::embed
