// SPDX-License-Identifier: MIT
// Reads a WebAssembly module byte by byte and knows what comes next: an opcode, an operand of which
// opcode, or something else. Part of codec.cpp; functions come without their sizes.
#pragma once

#include <cstdint>

namespace {

using Number = std::uint32_t;

/// What comes next. From kLocals on it is code.
enum Next {
  kSection,
  kSectionSize,
  kContent,
  kFunctions,
  kLocals,
  kLocalCount,
  kLocalType,
  kOpcode,
  kSubOpcode,
  kOperand,
  kBytes
};

constexpr Number kPastEight = 48 * 7;  // with this factor a hash forgets the opcode before eight
constexpr Number kPastTwo = 65536 * 13;
constexpr int kMostFunctions = 1 << 14;

}  // namespace

extern "C" {
/// Where the functions begin; one more for the end. And how many there are.
std::int32_t functions[kMostFunctions + 1];
std::int32_t function_count;
}

namespace {

// Where we are, and the opcodes before.
std::int32_t next, section, left, depth, groups, operand, operands, bytes, value, shift;
Number opcode, last, past_two, past_eight;

/// A number for what comes next in code, down to the operand; 0 elsewhere.
Number place() {
  if (next < kLocals) return 0;
  if (next == kBytes) return 16 + operand;
  if (next != kOperand) return next;
  return 64 + opcode * 4 + (operand & 1) * 2 + (shift != 0);
}

/// Bytes of one kind are much alike: opcodes after a local, where a statement begins, after a
/// value; numbers of many sizes and of few; everything else in a module; what else stands before
/// the first section of a text.
int kind_of_next() {
  if (next == kOpcode) {
    if (last == 0x20 || last == 0x22) return 0;
    return last < 0x22 || last - 0x36 < 9 ? 1 : 2;
  }
  if (next == kSubOpcode) return 4;
  if (next == kOperand && (shift == 0 || opcode == 0x10)) {
    return shift == 0 && (opcode == 0x41 || opcode == 0x10 || opcode < 7 || operand > 0) ? 3 : 4;
  }
  return section ? 5 : 6;
}

/// Adds a byte to a number in LEB128, and says whether that ends it: then `value` is `taken`.
bool ends_number(int byte) {
  value |= (byte & 127) << shift;
  shift += 7;
  return byte < 128;
}

int taken() {
  const int result = value;
  value = shift = 0;
  return result;
}

void begin_function(int at) {
  functions[function_count] = at;
  past_eight = past_two = last = 0;
  next = left-- > 0 ? kLocals : kSection;
}

void go_on() { next = operands > 0 ? kOperand : bytes > 0 ? kBytes : kOpcode; }

void remember(Number of_past, Number of_last) {
  past_eight = (past_eight + of_past + 1) * kPastEight;
  past_two = past_two * kPastTwo + of_last + 1;
  last = of_last;
}

void take_opcode(Number byte, int at) {
  // How many numbers follow each opcode below 0x43.
  static const char kOperands[] =
      "0011101111001110121200001000100011111110222222222222222222222221111";
  opcode = byte;
  operand = 0;
  remember(byte, byte);
  operands = byte < 0x43 ? kOperands[byte] - '0' : (byte | 2) == 0xd2;
  bytes = byte == 0x43 ? 4 : byte == 0x44 ? 8 : 0;
  if ((byte > 1 && byte < 5) || byte == 6) ++depth;      // block, loop, if, try
  if ((byte == 0x0b || byte == 0x18) && --depth == 0) {  // end, delegate
    ++function_count;
    begin_function(at);
  } else if (byte > 0xfb) {
    next = kSubOpcode;
  } else {
    go_on();
  }
}

/// The second number of an opcode: 0xfc bulk memory, 0xfd SIMD, 0xfe atomics.
void take_sub_opcode(int sub) {
  remember(sub, sub + 256);
  if (opcode == 0xfe) {
    operands = sub == 3 ? 1 : 2;
  } else if (opcode == 0xfc) {
    operands = sub < 8 ? 0 : 2 - (sub & 1);
  } else {
    const bool memory = sub > 83 && sub < 94;
    const bool lane = (sub > 20 && sub < 35) || (memory && sub < 92);
    operands = sub < 12 || memory ? 2 : 0;
    bytes = sub == 12 || sub == 13 ? 16 : lane;
  }
  go_on();
}

/// The first operand of br_table and of select says how many there are.
void take_operand(int number) {
  if (operand++ == 0 && (opcode == 0x0e || opcode == 0x1c)) {
    operands = number + (opcode == 0x0e ? 2 : 1);
  }
  --operands;
  go_on();
}

/// Takes the next byte; the one after it is at `at`.
void take(int byte, int at) {
  switch (next) {
    case kSection:
      section = byte;
      next = kSectionSize;
      break;
    case kSectionSize:
      if (!ends_number(byte)) break;
      left = taken();
      next = section == 10 ? kFunctions : left > 0 ? kContent : kSection;
      break;
    case kContent:
      if (--left == 0) next = kSection;
      break;
    case kFunctions:
      if (!ends_number(byte)) break;
      left = taken();
      begin_function(at);
      break;
    case kLocals:
      groups = byte;
      depth = 1;
      next = groups > 0 ? kLocalCount : kOpcode;
      break;
    case kLocalCount:
      if (byte < 128) next = kLocalType;
      break;
    case kLocalType:
      next = --groups > 0 ? kLocalCount : kOpcode;
      break;
    case kSubOpcode:
      if (ends_number(byte)) take_sub_opcode(taken());
      break;
    case kOperand:
      if (ends_number(byte)) take_operand(taken());
      break;
    case kBytes:
      ++operand;
      --bytes;
      go_on();
      break;
    default:
      take_opcode(byte, at);
  }
}

}  // namespace
