// SPDX-License-Identifier: MIT
// Guesses each bit of a wasm module before it is known; what is guessed well costs almost nothing
// to carry. Compiled twice by codec.mjs: as the packer (FOVEA_PACK) and as the unpacker that every
// page loads, so it is small, needs no library, and both make the same guesses to the last bit:
// floats in WebAssembly have one result. Four contexts have counted what came after them, and so
// has the longest match further back; their opinions are added up with weights that are learnt on
// the way (the method is that of PAQ, M. Mahoney, 2005). What comes next is known from the syntax
// of WebAssembly, which tells far more about a byte than the bytes before it. Functions come
// without their sizes, which follow from where they end: js/src/unpack.ts puts them back.
#include <cstdint>

#include "syntax.h"

namespace {

constexpr int kKinds = 3;  // a code of its own for opcodes, operands, and everything else
constexpr int kMostBytes = 1 << 20;
/// 2 MB of slots: twice as many save 1% and take twice the time. Those of a context lie near
/// together, in a page of memory.
constexpr int kSlotBits = 19;
constexpr Number kNear = 1023;
constexpr int kMostSeen = 16;  // a context learns ever slower, up to here
constexpr int kSteps = 1024;   // of an opinion, which goes from -12 to 12
constexpr float kStep = 24.0F / kSteps;
constexpr float kRate = 0.012F;  // of learning the weights
constexpr float kTrustRate = 1.0F / 64;
constexpr int kLongestMatch = 32;
constexpr int kPlaces = 256;  // weights of their own for what comes next
constexpr Number kPrime = 0x9e3779b1;  // 2^32 / golden ratio: spreads a number over the high bits

}  // namespace

extern "C" {
/// The lengths of Huffman's codes for each kind of byte, 0 to 15.
std::uint8_t lengths[kKinds * 256];
/// Letters of six bits: the lengths, and the bits in arithmetic coding. The packer's are numbers.
std::uint8_t packed[kMostBytes];
/// A script, and the module without the sizes of its functions.
std::uint8_t text[kMostBytes];
#ifdef FOVEA_PACK
Number counts[kKinds * 256];
#endif
}

namespace {

// A lane for each context. Where there is no SIMD, the compiler writes out all four.
using Floats = float __attribute__((vector_size(16)));
using Integers = std::int32_t __attribute__((vector_size(16)));
using Numbers = Number __attribute__((vector_size(16)));

/// What the opinions count at a place and level.
struct Weights {
  Floats contexts;
  float match;
};

float squash_of[kSteps];  // the logistic function of an opinion, and its inverse
float stretch_of[kSteps];
std::int32_t slots[1 << kSlotBits];  // 16 bits of probability, 6 how often met, 10 whose it is
Weights weights[kPlaces * 8];
float trust[kLongestMatch + 1];  // in a match of that length
std::int32_t ends[1 << 16];      // where four bytes were met last
std::uint16_t codes[kKinds * 256];
std::int16_t tree[kKinds * 512];  // from a node with a bit to a node, or to -1 - byte
Numbers contexts;

std::int32_t at, match, matched;
Number recent;  // four bytes

// Arithmetic coding with carry, as in the LZMA specification (I. Pavlov, 2015), but six bits at a time.
constexpr Number kMostRange = (1U << 30) - 1;
constexpr Number kLeastRange = 1U << 24;
Number range;
std::uint8_t* coded;
#ifdef FOVEA_PACK
Number low;
int wanted;

void shift_out() {
  if (low > kMostRange) {
    std::uint8_t* before = coded - 1;
    while (*before == 63) *before-- = 0;
    ++*before;
  }
  *coded++ = low >> 24 & 63;
  low = (low & (kLeastRange - 1)) << 6;
}
#else
Number code;

/// The number that a letter stands for. Neither quotes nor backslashes are letters.
Number next_letter() {
  const Number letter = *coded++;
  return letter - (letter > 92) - 36;
}
#endif

/// The next bit, of which 1 has this probability.
[[gnu::noinline]] int next_bit(float probability) {
  const Number bound = (range >> 16) * (static_cast<Number>(probability * 65534) + 1);
#ifdef FOVEA_PACK
  const int bit = wanted;
#else
  const int bit = code < bound;
#endif
  if (bit) {
    range = bound;
  } else {
    range -= bound;
#ifdef FOVEA_PACK
    low += bound;
#else
    code -= bound;
#endif
  }
  while (range < kLeastRange) {
    range <<= 6;
#ifdef FOVEA_PACK
    shift_out();
#else
    code = code << 6 | next_letter();
#endif
  }
  return bit;
}

void make_codes() {
  int nodes = kKinds;
  for (int kind = 0; kind < kKinds; ++kind) {
    int code_of = 0;
    for (int length = 1; length < 16; ++length, code_of <<= 1) {
      for (int byte = 0; byte < 256; ++byte) {
        if (lengths[kind * 256 + byte] != length) continue;
        int node = kind;
        for (int bit = length - 1; bit > 0; --bit) {
          std::int16_t& child = tree[node * 2 + (code_of >> bit & 1)];
          if (child == 0) child = static_cast<std::int16_t>(nodes++);
          node = child;
        }
        tree[node * 2 + (code_of & 1)] = static_cast<std::int16_t>(-1 - byte);
        codes[kind * 256 + byte] = static_cast<std::uint16_t>(code_of++);
      }
    }
  }
}

void set_contexts() {
  const Number here = place() * kPrime;
  const Numbers code = {recent & 0xff, past_eight, function_count * 65599 + last, past_two};
  const Numbers bytes = {recent & 0xff, recent & 0xffff, recent & 0xffffff, recent};
  const Numbers mixed = ((here ? code : bytes) + here + Numbers{0, 1, 2, 3}) * kPrime;
  contexts = mixed ^ mixed >> 15;
}

/// One bit at a node of a code; `expected` is -1 or 1 where the match says 0 or 1, and otherwise 0.
[[gnu::noinline]] int decide(Number node, int expected, Weights& weight) {
  float& trusted = trust[matched < kLongestMatch ? matched : kLongestMatch];
  const float of_match =
      expected ? expected * stretch_of[static_cast<int>(trusted * (kSteps - 1))] : 0;
  const Numbers owner = (contexts + node * 0x2f0b4c47) * kPrime & 1023;
  const Numbers where = contexts >> (32 - kSlotBits) ^ (node * kPrime >> 20 & kNear);
  std::int32_t& slot0 = slots[where[0]];
  std::int32_t& slot1 = slots[where[1]];
  std::int32_t& slot2 = slots[where[2]];
  std::int32_t& slot3 = slots[where[3]];
  const Numbers slot = (Numbers)Integers{slot0, slot1, slot2, slot3};
  const Integers met = (Integers)((slot & 1023) == owner ? slot : owner);
  const Integers step = (met >> 22) + kSteps / 2;
  const Floats opinions = {stretch_of[step[0]], stretch_of[step[1]], stretch_of[step[2]],
                           stretch_of[step[3]]};
  const Floats parts = opinions * weight.contexts;
  const float sum = parts[0] + parts[1] + (parts[2] + parts[3]) + of_match * weight.match;
  int total = static_cast<int>(sum / kStep + kSteps / 2);
  total = total < 1 ? 1 : total > kSteps - 2 ? kSteps - 2 : total;
  const float probability = squash_of[total];
  const int bit = next_bit(probability);

  const float change = (bit - probability) * kRate;
  weight.contexts += opinions * change;
  weight.match += of_match * change;
  if (expected) trusted += ((expected > 0 ? bit : 1 - bit) - trusted) * kTrustRate;
  const Integers seen = met >> 10 & 63;
  const Integers error = bit * 65535 - 32768 - (met >> 16);
  const Floats learnt =
      __builtin_convertvector(error, Floats) / (__builtin_convertvector(seen, Floats) + 1.25F);
  const Integers now =
      met + (__builtin_convertvector(learnt, Integers) << 16) + ((seen < kMostSeen) & 1024);
  slot0 = now[0];
  slot1 = now[1];
  slot2 = now[2];
  slot3 = now[3];
  return bit;
}

[[gnu::noinline]] int next_byte() {
  const int kind = next == kOpcode ? 0 : next == kOperand ? 1 : 2;
  set_contexts();
  const int likely = kind * 256 + (matched ? text[match] : 0);
  int to_match = matched ? lengths[likely] : 0;
#ifdef FOVEA_PACK
  const int symbol = kind * 256 + text[at];
  ++counts[symbol];
#endif
  auto* weight = weights + place() % kPlaces * 8;
  int node = kind;
  for (int level = 0;; ++level) {
    const int expected = to_match > 0 ? (codes[likely] >> --to_match & 1) * 2 - 1 : 0;
#ifdef FOVEA_PACK
    wanted = codes[symbol] >> (lengths[symbol] - 1 - level) & 1;
#endif
    const int bit = decide(node + 1, expected, weight[level < 7 ? level : 7]);
    if (expected != bit * 2 - 1) to_match = 0;
    node = tree[node * 2 + bit];
    if (node < 0) return -1 - node;
  }
}

/// Puts a byte to the text and finds the longest match of its end.
void put(int byte) {
  if (matched && text[match] == byte) {
    ++match;
    ++matched;
  } else {
    matched = 0;
  }
  const Number hash = ((recent << 8) * kPrime + byte) * kPrime >> 16;
  recent = recent << 8 | byte;
  text[at++] = static_cast<std::uint8_t>(byte);
  if (!matched) {
    match = ends[hash];
    while (matched < kLongestMatch && match > matched &&
           text[match - 1 - matched] == text[at - 1 - matched]) {
      ++matched;
    }
  }
  ends[hash] = at;
}

void start(int script) {
  for (int i = 0; i < kSteps; ++i) {
    float power = 1 - (i - kSteps / 2) * kStep / 1024;  // e^-x = (1 - x / 1024)^1024
    for (int k = 0; k < 10; ++k) power *= power;
    squash_of[i] = 1 / (1 + power);
  }
  for (int i = 0, j = 0; i < kSteps; ++i) {
    while (j < kSteps - 1 && squash_of[j] < (i + 0.5F) / kSteps) ++j;
    stretch_of[i] = (j - kSteps / 2) * kStep;
  }
  for (auto& weight : weights) weight = {Floats{} + 0.3F, 0.3F};
  for (float& one : trust) one = 0.75F;
  range = kMostRange;
  coded = packed;
#ifndef FOVEA_PACK
  for (std::uint8_t& length : lengths) length = static_cast<std::uint8_t>(next_letter());
  for (int i = 0; i < 5; ++i) code = code << 6 | next_letter();
#endif
  make_codes();
  next = kContent;
  left = script + 8;  // the magic number and the version
}

}  // namespace

/// Packs, or unpacks, as far as `size` bytes of text: further with every call, once per instance. So
/// many of them, a script, stand before the module. Returns how many are packed.
extern "C" int run(int size, int script) {
  if (at == 0) start(script);
  while (at < size) {
    const int byte = next_byte();
    put(byte);
    take(byte, at);
  }
#ifdef FOVEA_PACK
  for (int i = 0; i < 5; ++i) shift_out();
#endif
  return static_cast<int>(coded - packed);
}

#ifndef FOVEA_PACK
/// Of so many letters: FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), 32 bits.
extern "C" Number checksum(int letters) {
  Number hash = 0x811c9dc5;
  for (int i = 0; i < letters; ++i) hash = (hash ^ packed[i]) * 0x01000193;
  return hash;
}

namespace {

std::uint8_t* to;

void copy(int from, int end) {
  while (from < end) *to++ = text[from++];
}

}  // namespace

/// Puts its size before every function. Then the module lies where the letters were; returns how long it is.
extern "C" int finish(int script) {
  to = packed;
  int from = script;
  for (int k = 0; k < function_count; ++k) {
    copy(from, functions[k]);
    from = functions[k];
    int size = functions[k + 1] - from;
    for (; size > 127; size >>= 7) *to++ = static_cast<std::uint8_t>(size | 128);
    *to++ = static_cast<std::uint8_t>(size);
  }
  copy(from, at);
  return static_cast<int>(to - packed);
}
#endif
