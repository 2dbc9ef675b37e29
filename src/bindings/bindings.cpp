// SPDX-License-Identifier: MIT
// The border between JavaScript and the core, on one screen. Arguments are numbers and strings;
// answers are JSON: {"ok": ...} or {"error": {code, message}}; predict's lie in the heap, since it
// is called thousands of times a second. Arrays cross as byte copies in the wasm heap, a batch or a
// data set at a time.
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <cstdlib>
#include <new>
#include <string>

#include "bindings/engine.h"
#include "core/error.h"
#include "core/json.h"
#include "core/rest.h"
#include "vision/digit.h"

namespace {

using fovea::Engine;
using std::string;

Engine& engine() {
  static Engine the_engine;
  return the_engine;
}

template <class T>
T* at(double pointer) {
  return reinterpret_cast<T*>(static_cast<std::uintptr_t>(pointer));
}

string error_reply(std::string_view code, std::string_view message) {
  return "{\"error\":" + fovea::json::Members().add("code", code).add("message", message).object() +
         '}';
}

/// Nothing may escape: an exception that reaches JavaScript has lost its message.
string reply_to(string (*call)(const void*), const void* context) {
  try {
    return "{\"ok\":" + call(context) + '}';
  } catch (const fovea::Error& error) {
    return error_reply(fovea::code_name(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return error_reply("out-of-memory",
                       "not enough memory. Dispose models that are no longer needed.");
  } catch (const std::exception& error) {
    return error_reply("internal", error.what());
  }
}

template <class Function>
string reply(const Function& f) {
  return reply_to([](const void* context) { return (*static_cast<const Function*>(context))(); },
                  &f);
}

/// What the last call said that answers with a place and had none.
string& failure() {
  static string the_failure;
  return the_failure;
}

/// For answers in numbers: where they lie. 0: see failure().
template <class Function>
double place_or_failure(const Function& f) {
  const void* place = nullptr;
  string said = reply([&] {
    place = f();
    return string();
  });
  if (place == nullptr) failure() = std::move(said);
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(place));
}

double allocate(double bytes) {
  return static_cast<double>(
      reinterpret_cast<std::uintptr_t>(std::malloc(static_cast<std::size_t>(bytes))));
}

string digit(double pixels, int width, int height, int channels, double result) {
  const auto size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                    static_cast<std::size_t>(channels);
  const fovea::DigitResult found =
      fovea::digit_from_pixels({at<const std::uint8_t>(pixels), size}, width, height, channels,
                               {at<std::uint8_t>(result), 28 * 28});
  return fovea::json::Members()
      .add("found", found.found)
      .add("inverted", found.inverted)
      .add_json("box", fovea::json::Members()
                           .add("x", found.x)
                           .add("y", found.y)
                           .add("width", found.width)
                           .add("height", found.height)
                           .object())
      .object();
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea) {
  using emscripten::function;
  function("allocate", &allocate);
  function(
      "release", +[](double pointer) { std::free(at<void>(pointer)); });
  function(
      "heapBytes", +[] { return static_cast<double>(emscripten_get_heap_size()); });
  function(
      "engineInfo", +[] { return reply([] { return engine().info(); }); });
  function("setRest", &fovea::set_rest);
  function("needRest", &fovea::need_rest);
  function(
      "startThreads", +[](int n) { return reply([&] { return engine().start_threads(n); }); });

  function(
      "createModel", +[](const string& spec, unsigned seed) {
        return reply([&] { return engine().create_model(spec, seed); });
      });
  function(
      "disposeModel",
      +[](int model) { return reply([&] { return engine().dispose_model(model); }); });
  function(
      "parameters", +[](int model) { return reply([&] { return engine().parameters(model); }); });
  function(
      "trainingState", +[](int model, const string& given) {
        return reply([&] { return engine().training_state(model, given); });
      });
  function(
      "setTrainable", +[](int model, const string& layer, int on) {
        return reply([&] { return engine().set_trainable(model, layer, on != 0); });
      });
  function(
      "compileModel", +[](int model, const string& recipe) {
        return reply([&] { return engine().compile_model(model, recipe); });
      });
  function(
      "setLearningRate", +[](int model, double rate) {
        return reply([&] { return engine().set_learning_rate(model, rate); });
      });
  function(
      "getLearningRate",
      +[](int model) { return reply([&] { return engine().learning_rate(model); }); });

  function(
      "createDataset", +[](double block) {
        return reply([&] { return engine().create_dataset(at<void>(block)); });
      });
  function(
      "disposeDataset",
      +[](int data) { return reply([&] { return engine().dispose_dataset(data); }); });

  function(
      "beginFit", +[](int model, int data, int batch, int from, int to, int shuffle, unsigned seed,
                      unsigned epoch) {
        return reply([&] {
          return engine().begin_fit(model, data, {from, to, batch, shuffle != 0, seed, epoch});
        });
      });
  function(
      "fitStep", +[](int model) { return reply([&] { return engine().fit_step(model); }); });
  function(
      "beginStep", +[](int model, int data, int evaluates) {
        return reply([&] { return engine().begin_step(model, data, evaluates != 0); });
      });
  function(
      "finishStep", +[](int model, int evaluates, double losses, int count) {
        return reply([&] {
          const std::span values(at<const double>(losses), static_cast<std::size_t>(count));
          return evaluates != 0 ? engine().finish_evaluate_step(model, values)
                                : engine().finish_fit_step(model, values);
        });
      });
  function(
      "finishFit", +[](int model) { return reply([&] { return engine().finish_fit(model); }); });
  function(
      "beginEvaluate", +[](int model, int data, int batch, int from, int to) {
        return reply([&] { return engine().begin_evaluate(model, data, {from, to, batch}); });
      });
  function(
      "evaluateStep",
      +[](int model) { return reply([&] { return engine().evaluate_step(model); }); });
  function(
      "predict", +[](int model, double block, int from, int count) {
        return place_or_failure(
            [&] { return engine().predict(model, at<const void>(block), from, count); });
      });
  function(
      "failure", +[] { return failure(); });
  function(
      "activations", +[](int model, double block, const string& names) {
        return reply([&] { return engine().activations(model, at<const void>(block), names); });
      });
  function(
      "gradients", +[](int model, double block, int own, int training) {
        return reply([&] {
          return engine().gradients(model, at<const void>(block), own != 0, training != 0);
        });
      });
  function(
      "memory", +[](int model, int batch, int training) {
        return reply([&] { return engine().memory(model, batch, training != 0); });
      });
  function(
      "digitFromPixels", +[](double pixels, int width, int height, int channels, double result) {
        return reply([&] { return digit(pixels, width, height, channels, result); });
      });
}
