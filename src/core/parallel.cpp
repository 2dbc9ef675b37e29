// SPDX-License-Identifier: MIT
// A pool of sleeping threads. A job is a counter that the threads draw part numbers from. Threads
// look for the next job for a while before they sleep: operations of one training step follow one
// another faster than a thread wakes. The caller draws parts too and waits only for threads that
// are at one: whoever wakes too late, or gets no processor, finds the job closed.
#include "core/parallel.h"

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
#define FOVEA_THREADS 1
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>
#endif

namespace fovea {

#ifdef FOVEA_THREADS

struct Workers::Pool {
  // About 50 microseconds, which is what waking a thread takes.
  static constexpr int kSpins = 1 << 16;

  // The job at hand. Written by the caller while the job is closed and no thread is inside.
  Call call = nullptr;
  const void* context = nullptr;
  int parts = 0;

  // Sequentially consistent, all of them: whoever enters and then finds the job open is seen inside
  // by the caller, who closes it and then looks.
  std::atomic<int> next_part{0};
  std::atomic<bool> open{false};             // whoever comes may draw parts
  std::atomic<int> inside{0};                // threads that may be at a part
  std::atomic<std::uint32_t> generation{0};  // counts jobs; threads wait for it to change
  std::atomic<int> asleep{0};
  std::atomic<bool> stopping{false};
  std::atomic<int> started{1};  // the caller, and the threads that have begun to serve

  std::mutex mutex;
  std::condition_variable job_ready;
  std::condition_variable job_done;
  std::vector<std::thread> threads;

  /// True: the condition holds; false: it has not for a while, better sleep.
  template <class Condition>
  static bool spin_until(const Condition& condition) {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (condition()) return true;
    }
    return false;
  }

  void draw_parts(int slot) {
    for (int i = next_part.fetch_add(1); i < parts; i = next_part.fetch_add(1)) {
      call(context, i, slot);
    }
  }

  void serve(int slot) {
    started.fetch_add(1);
    std::uint32_t seen = 0;
    const auto announced = [&] { return generation.load() != seen; };
    while (true) {
      if (!spin_until(announced)) {
        std::unique_lock lock(mutex);
        asleep.fetch_add(1);
        job_ready.wait(lock, announced);
        asleep.fetch_sub(1);
      }
      seen = generation.load();
      if (stopping.load()) return;
      inside.fetch_add(1);
      if (open.load()) draw_parts(slot);
      if (inside.fetch_sub(1) == 1 && !open.load()) {
        const std::lock_guard lock(mutex);
        job_done.notify_one();
      }
    }
  }

  void announce() {
    generation.fetch_add(1);
    if (asleep.load() == 0) return;
    { const std::lock_guard lock(mutex); }  // nobody stands between looking and sleeping
    job_ready.notify_all();
  }
};

Workers::Workers(int threads) {
  if (threads <= 1) return;
  pool_ = std::make_unique<Pool>();
  for (int slot = 1; slot < threads; ++slot) {
    try {
      pool_->threads.emplace_back([pool = pool_.get(), slot] { pool->serve(slot); });
    } catch (const std::system_error&) {
      break;  // the system gives no more threads; fewer give the same result
    }
  }
  size_ = 1 + static_cast<int>(pool_->threads.size());
}

Workers::~Workers() {
  if (!pool_) return;
  pool_->stopping.store(true);
  pool_->announce();
  for (std::thread& thread : pool_->threads) thread.join();
}

int Workers::started() const { return pool_ ? pool_->started.load() : 1; }

void Workers::run_on_pool(int parts, Call call, const void* context) {
  Pool& pool = *pool_;
  pool.call = call;
  pool.context = context;
  pool.parts = parts;
  pool.next_part.store(0);
  pool.open.store(true);
  pool.announce();
  pool.draw_parts(0);
  pool.open.store(false);
  const auto left = [&] { return pool.inside.load() == 0; };
  if (Pool::spin_until(left)) return;
  std::unique_lock lock(pool.mutex);
  pool.job_done.wait(lock, left);
}

#else

struct Workers::Pool {};
Workers::Workers(int) {}
Workers::~Workers() = default;
int Workers::started() const { return 1; }
void Workers::run_on_pool(int parts, Call call, const void* context) {
  for (int i = 0; i < parts; ++i) call(context, i, 0);
}

#endif

}  // namespace fovea
