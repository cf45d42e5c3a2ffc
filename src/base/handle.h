// One alias owns every C handle:
//   using Picture = Handle<AVFrame, av_frame_free>;   // frees through T**
//   using Mapping = Handle<dnnl_memory, dnnl_memory_destroy>;  // frees through T*
#pragma once

#include <memory>
#include <type_traits>

namespace videogen {

// T* is tried first: a function that takes void* would take the T**, too, and free the wrong
// thing. So av_freep, which takes a T** under the name of void*, is not for here.
template <class T, auto Free>
struct Freed {
  void operator()(T* handle) const {
    if constexpr (std::is_invocable_v<decltype(Free), T*>) {
      Free(handle);
    } else {
      Free(&handle);
    }
  }
};

template <class T, auto Free>
using Handle = std::unique_ptr<T, Freed<T, Free>>;

}  // namespace videogen
