// SPDX-License-Identifier: MIT
// A pool of sleeping threads. A job is a counter that the threads draw part numbers from. Threads
// look for the next job for some microseconds before they sleep: operations of one training step
// follow one another faster than a thread wakes.
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
  static constexpr int kSpins = 4000;

  // The job at hand. Written by the caller while no thread is inside a job.
  Call call = nullptr;
  const void* context = nullptr;
  int parts = 0;

  std::atomic<int> next_part{0};
  std::atomic<std::uint32_t> generation{0};  // counts jobs; threads wait for it to change
  std::atomic<int> busy{0};                  // threads that have not finished the present job
  std::atomic<bool> stopping{false};
  std::atomic<int> started{1};  // the caller, and the threads that have begun to serve

  std::mutex mutex;
  std::condition_variable job_ready;
  std::condition_variable job_done;
  std::vector<std::thread> threads;

  void draw_parts(int slot) {
    for (int i = next_part.fetch_add(1); i < parts; i = next_part.fetch_add(1)) {
      call(context, i, slot);
    }
  }

  void serve(int slot) {
    started.fetch_add(1);
    std::uint32_t seen = 0;
    while (true) {
      for (int spin = 0; spin < kSpins && generation.load(std::memory_order_acquire) == seen;
           ++spin) {
      }
      if (generation.load(std::memory_order_acquire) == seen) {
        std::unique_lock lock(mutex);
        job_ready.wait(lock, [&] { return generation.load(std::memory_order_acquire) != seen; });
      }
      seen = generation.load(std::memory_order_acquire);
      if (stopping.load()) return;
      draw_parts(slot);
      if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const std::lock_guard lock(mutex);
        job_done.notify_one();
      }
    }
  }

  void announce() {
    {
      const std::lock_guard lock(mutex);
      generation.fetch_add(1, std::memory_order_release);
    }
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
  pool.busy.store(static_cast<int>(pool.threads.size()));
  pool.announce();
  pool.draw_parts(0);
  for (int spin = 0; spin < Pool::kSpins && pool.busy.load(std::memory_order_acquire) > 0; ++spin) {
  }
  if (pool.busy.load(std::memory_order_acquire) > 0) {
    std::unique_lock lock(pool.mutex);
    pool.job_done.wait(lock, [&] { return pool.busy.load(std::memory_order_acquire) == 0; });
  }
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
