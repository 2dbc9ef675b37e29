// SPDX-License-Identifier: MIT
// The thread pool: every part runs once, slots are never shared, thousands of short jobs follow one
// another, pools of every size start and stop. In builds without threads everything runs inline.
#include "core/parallel.h"

#include <array>
#include <atomic>
#include <catch2/catch_amalgamated.hpp>
#include <chrono>
#include <thread>
#include <vector>

namespace fovea {
namespace {

TEST_CASE("workers: every part runs once, in a slot of the pool that nobody else is in",
          "[parallel]") {
  for (const int threads : {1, 2, 3, 4}) {
    Workers workers(threads);
    CHECK(workers.size() >= 1);
    CHECK(workers.size() <= threads);
    for (const int parts : {0, 1, 2, 3, 7, 64, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(parts));
      std::array<std::atomic<int>, 4> inside{};
      std::atomic<int> wrong{0};
      workers.run(parts, [&](int part, int slot) {
        if (part < 0 || part >= parts || slot < 0 || slot >= workers.size()) {
          ++wrong;
          return;
        }
        if (inside[static_cast<std::size_t>(slot)].fetch_add(1) != 0) ++wrong;
        ++runs[static_cast<std::size_t>(part)];
        inside[static_cast<std::size_t>(slot)].fetch_sub(1);
      });
      CHECK(wrong == 0);
      int once = 0;
      for (const std::atomic<int>& count : runs) once += count == 1 ? 1 : 0;
      CHECK(once == parts);
    }
    // Nobody waits for a thread that comes late: parts that it might have had are done without it.
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + std::chrono::seconds(60);
    while (workers.started() < workers.size() && steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    CHECK(workers.started() == workers.size());
  }
}

TEST_CASE("workers: what a part wrote is seen after run, over thousands of short jobs",
          "[parallel]") {
  Workers workers(3);
  std::vector<int> sums(5);
  constexpr int kJobs = 4000;
  for (int job = 0; job < kJobs; ++job) {
    workers.run(5, [&](int part, int) { sums[static_cast<std::size_t>(part)] += part + 1; });
  }
  for (int part = 0; part < 5; ++part)
    CHECK(sums[static_cast<std::size_t>(part)] == (part + 1) * kJobs);
}

TEST_CASE("workers: several pools side by side, jobs that follow a pause", "[parallel]") {
  Workers a(2);
  Workers b(3);
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> count{0};
    a.run(10, [&](int, int) { ++count; });
    b.run(10, [&](int, int) { ++count; });
    CHECK(count == 20);
    // Long enough that the threads give up looking and go to sleep.
    std::atomic<int> idle{0};
    while (idle < 200000) ++idle;
  }
}

TEST_CASE("workers: pools that never get a job stop cleanly", "[parallel]") {
  for (int i = 0; i < 20; ++i) {
    const Workers workers(i % 4);
    CHECK(workers.size() >= 1);
  }
}

}  // namespace
}  // namespace fovea
