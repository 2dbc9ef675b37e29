// SPDX-License-Identifier: MIT
// Guesses each bit of a wasm module before it is known; what is guessed well costs almost nothing
// to carry. Compiled twice by codec.mjs: as the packer (FOVEA_PACK) and as the unpacker that every
// page loads, so it is small, needs no library, and both make the same guesses to the last bit:
// floats in WebAssembly have one result. Four contexts have counted what came after them, and so
// has the longest match further back; their opinions are added up with weights that are learnt on
// the way (the method is that of PAQ, M. Mahoney, 2005). What comes next is known from the syntax
// of WebAssembly, which tells far more about a byte than the bytes before it. Functions come
// without their sizes, which follow from where they end: finish() puts them back.
#include <cstdint>

#include "syntax.h"

namespace {

constexpr int kKinds = 7;  // a code of its own for each kind of byte
constexpr int kMostBytes = 1 << 20;
/// 1 MB of slots, as much as is near to a processor: twice as many save 1% and take half as long
/// again. Those of a context lie near together, in a page of memory.
constexpr int kSlotBits = 18;
constexpr Number kNear = 1023;
constexpr int kMostSeen = 12;  // a context learns ever slower, up to here
constexpr int kSteps = 1024;   // of an opinion, which goes from -12 to 12
constexpr float kStep = 24.0F / kSteps;
constexpr float kRate = 0.012F;  // of learning the weights
constexpr int kTrustShift = 6;
constexpr int kLongestMatch = 32;
constexpr int kContexts = 4;
constexpr int kPlaces = 256;           // weights of their own for what comes next
constexpr int kLevels = 4;             // and for the first bits of its code
constexpr Number kPrime = 0x9e3779b1;  // 2^32 / golden ratio: spreads a number over the high bits

}  // namespace

extern "C" {
/// The lengths of Huffman's codes for each kind of byte, 0 to 15.
std::uint8_t lengths[kKinds * 256];
/// Letters of six bits: the lengths, and the bits in arithmetic coding. The packer's are numbers.
std::uint8_t packed[kMostBytes];
/// A module without the sizes of its functions, or a part of one.
std::uint8_t text[kMostBytes];
#ifdef FOVEA_PACK
Number counts[kKinds * 256];
#endif
}

namespace {

/// What the opinions count at a place and level.
struct Weights {
  float contexts[kContexts];
  float match;
};

std::int32_t squash_of[kSteps];      // the logistic function of an opinion, in 65536
float stretch_of[kSteps];            // and its inverse
std::int32_t slots[1 << kSlotBits];  // 16 bits of probability, 6 how often met, 10 whose it is
Weights weights[kPlaces * kLevels];
std::int32_t rates[kMostSeen + 1];      // of learning, of a context that was met so often
std::int32_t trust[kLongestMatch + 1];  // in a match of that length
std::int32_t ends[1 << 16];             // where four bytes were met last
std::uint16_t codes[kKinds * 256];
std::int16_t tree[kKinds * 512];  // from a node with a bit to a node, or to -1 - byte

std::int32_t at, match, matched;
Number recent;  // four bytes

// Arithmetic coding with carry, as in the LZMA specification (I. Pavlov, 2015), but six bits at a
// time.
constexpr Number kMostRange = (1U << 30) - 1;
constexpr Number kLeastRange = 1U << 24;
/// Its state; a copy lies in registers.
struct Coder {
  Number range;
#ifndef FOVEA_PACK
  Number code;
#endif
};
Coder coding;
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
/// The number that a letter stands for. Neither quotes nor backslashes are letters.
Number next_letter() {
  const Number letter = *coded++;
  return letter - (letter > 92) - 36;
}
#endif

/// The next bit, of which 1 has this probability in 65536.
[[gnu::always_inline]] inline int next_bit(Coder& coder, Number probability) {
  const Number bound = (coder.range >> 16) * probability;
#ifdef FOVEA_PACK
  int bit = wanted;
#else
  int bit = coder.code < bound;
#endif
  // A branch, which the compiler must not turn into a number: so the processor goes on ahead along
  // the likelier way and reads the slots of what comes next, instead of waiting for both.
  if (bit) {
    bit = 1;
    asm("" : "+r"(bit));
    coder.range = bound;
  } else {
    bit = 0;
    asm("" : "+r"(bit));
    coder.range -= bound;
#ifdef FOVEA_PACK
    low += bound;
#else
    coder.code -= bound;
#endif
  }
  while (coder.range < kLeastRange) {
    coder.range <<= 6;
#ifdef FOVEA_PACK
    shift_out();
#else
    coder.code = coder.code << 6 | next_letter();
#endif
  }
  return bit;
}

[[clang::minsize]] void make_codes() {
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

/// What all bits of a byte share; a copy lies in registers.
struct Byte {
  Coder coder;
  Number places[kContexts];  // of the slots
  Number owners[kContexts];
  std::int32_t* trusted;
};

[[gnu::always_inline]] inline Byte begin_byte() {
  Byte of;
  of.coder = coding;
  of.trusted = trust + (matched < kLongestMatch ? matched : kLongestMatch);
  const Number here = place() * kPrime;
  const Number contexts[kContexts] = {
      recent & 0xff,
      here ? past_eight : recent & 0xffff,
      here ? function_count * 65599 + last : recent & 0xffffff,
      here ? past_two : recent,
  };
#pragma clang loop unroll(full)
  for (Number i = 0; i < kContexts; ++i) {
    Number mixed = (contexts[i] + here + i) * kPrime;
    mixed ^= mixed >> 15;
    of.places[i] = mixed >> (32 - kSlotBits);
    of.owners[i] = mixed * kPrime;
  }
  return of;
}

/// The whole number nearest to a small one, without the checks of a conversion.
[[gnu::always_inline]] inline int rounded(float x) {
  return __builtin_bit_cast(int, x + 12582912.0F) - 0x4b400000;
}

/// One bit at a node of a code; `expected` is -1 or 1 where the match says 0 or 1, and otherwise 0.
[[gnu::always_inline]] inline int decide(Byte& of, Number node, int expected, Weights& weight) {
  std::int32_t& trusted = *of.trusted;
  const float of_match = expected ? expected * stretch_of[trusted >> 6] : 0;
  const Number nearby = node * kPrime >> 20 & kNear;
  std::int32_t where[kContexts], met[kContexts];
  float opinions[kContexts];
#pragma clang loop unroll(full)
  for (int i = 0; i < kContexts; ++i) {
    const std::int32_t owner = (of.owners[i] + node * (0x2f0b4c47 * kPrime)) & 1023;
    where[i] = static_cast<std::int32_t>(of.places[i] ^ nearby);
    const std::int32_t slot = slots[where[i]];
    met[i] = (slot & 1023) == owner ? slot : owner;
    opinions[i] = stretch_of[(met[i] >> 22) + kSteps / 2];
  }
  float* w = weight.contexts;
  const float sum = opinions[0] * w[0] + opinions[1] * w[1] +
                    (opinions[2] * w[2] + opinions[3] * w[3]) + of_match * weight.match;
  int total = rounded(sum * (kSteps / 24.0F) + kSteps / 2);
  total = total < 1 ? 1 : total > kSteps - 2 ? kSteps - 2 : total;
  const int probability = squash_of[total];
  const int bit = next_bit(of.coder, probability);

  const float change = (bit * 65536 - probability) * (kRate / 65536);
#pragma clang loop unroll(full)
  for (int i = 0; i < kContexts; ++i) w[i] += opinions[i] * change;
  weight.match += of_match * change;
  if (expected) trusted += (((expected > 0) == bit ? 65535 : 0) - trusted) >> kTrustShift;
#pragma clang loop unroll(full)
  for (int i = 0; i < kContexts; ++i) {
    const int seen = met[i] >> 10 & 63;
    const int error = bit * 65535 - 32768 - (met[i] >> 16);
    const Number learnt = static_cast<Number>(error * rates[seen] >> 14) << 16;
    slots[where[i]] = static_cast<std::int32_t>(met[i] + learnt + (seen < kMostSeen ? 1024 : 0));
  }
  return bit;
}

[[gnu::noinline]] int next_byte() {
  const int kind = kind_of_next();
  const int likely = kind * 256 + (matched ? text[match] : 0);
  int to_match = matched ? lengths[likely] : 0;
#ifdef FOVEA_PACK
  const int symbol = kind * 256 + text[at];
  ++counts[symbol];
#endif
  auto* weight = weights + place() % kPlaces * kLevels;
  Byte of = begin_byte();
  int node = kind;
  for (int level = 0;; ++level) {
    const int expected = to_match > 0 ? (codes[likely] >> --to_match & 1) * 2 - 1 : 0;
#ifdef FOVEA_PACK
    wanted = codes[symbol] >> (lengths[symbol] - 1 - level) & 1;
#endif
    const int bit = decide(of, node + 1, expected, weight[level < kLevels ? level : kLevels - 1]);
    if (expected != bit * 2 - 1) to_match = 0;
    node = tree[node * 2 + bit];
    if (node < 0) {
      coding = of.coder;
      return -1 - node;
    }
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

[[clang::minsize]] void start(int part) {
  for (int i = 0; i < kSteps; ++i) {
    float power = 1 - (i - kSteps / 2) * kStep / 1024;  // e^-x = (1 - x / 1024)^1024
    for (int k = 0; k < 10; ++k) power *= power;
    squash_of[i] = static_cast<int>(65534 / (1 + power)) + 1;
  }
  for (int i = 0, j = 0; i < kSteps; ++i) {
    while (j < kSteps - 1 && squash_of[j] < i * (65536 / kSteps) + 32) ++j;
    stretch_of[i] = (j - kSteps / 2) * kStep;
  }
  for (auto& weight : weights) weight = {{0.3F, 0.3F, 0.3F, 0.3F}, 0.3F};
  for (int i = 0; i <= kMostSeen; ++i) rates[i] = static_cast<int>(16384 / (i + 1.25F));
  for (auto& one : trust) one = 49152;
  coding.range = kMostRange;
  coded = packed;
#ifndef FOVEA_PACK
  for (std::uint8_t& length : lengths) length = static_cast<std::uint8_t>(next_letter());
  for (int i = 0; i < 5; ++i) coding.code = coding.code << 6 | next_letter();
#endif
  make_codes();
  next = part > 0 ? kFunctions : kContent;
  left = 8;  // the magic number and the version
}

}  // namespace

/// Packs, or unpacks, as far as `size` bytes of text: further with every call, once per instance.
/// `part` 0 is where a module begins; 1 begins with a number of functions, and those. Returns how
/// many letters are packed.
extern "C" int run(int size, int part) {
  if (at == 0) start(part);
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
extern "C" [[clang::minsize]] Number checksum(int letters) {
  Number hash = 0x811c9dc5;
  for (int i = 0; i < letters; ++i) hash = (hash ^ packed[i]) * 0x01000193;
  return hash;
}

namespace {

std::uint8_t* to;

[[clang::minsize]] void copy(int from, int end) {
  while (from < end) *to++ = text[from++];
}

}  // namespace

/// Puts its size before every function. Then this part of the module lies where the letters were.
/// Returns how long it is.
extern "C" [[clang::minsize]] int finish(int part) {
  to = packed;
  int from = part > 0 ? functions[0] : 0;
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
