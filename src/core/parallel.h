// SPDX-License-Identifier: MIT
// Runs the independent parts of one operation on several threads. Parts write disjoint outputs and
// how the work is cut never depends on the number of threads, so results are the same bits for any
// number. Without threads everything runs inline.
#pragma once

#include <memory>
#include <type_traits>

namespace fovea {

class Workers {
 public:
  /// `threads` counts the caller: 1 starts none. Threads that cannot be started are left out; see
  /// size().
  explicit Workers(int threads = 1);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] int size() const { return size_; }

  /// How many of them run already, the caller counted. In a browser a thread is a worker that
  /// starts only after the caller has returned to its event loop: a job before that would wait for
  /// ever.
  [[nodiscard]] int started() const;

  /// Calls part(i, slot) for every i in [0, parts) and returns when all are done. slot, in [0,
  /// size()), is never used by two parts at the same time: index scratch memory with it. `part`
  /// must not throw and must not call run.
  template <class Part>
  void run(int parts, const Part& part) {
    if (size_ == 1 || parts == 1) {
      for (int i = 0; i < parts; ++i) part(i, 0);
      return;
    }
    run_on_pool(
        parts,
        [](const void* context, int i, int slot) { (*static_cast<const Part*>(context))(i, slot); },
        &part);
  }

 private:
  struct Pool;
  using Call = void (*)(const void* context, int part, int slot);
  void run_on_pool(int parts, Call call, const void* context);

  std::unique_ptr<Pool> pool_;
  int size_ = 1;
};

}  // namespace fovea
