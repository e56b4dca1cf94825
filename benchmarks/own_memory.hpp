#pragma once

#include <malloc.h>
#include <unistd.h>

#include <fstream>

/// The memory of a program that measures itself, in MiB.
namespace actors::bench {

inline double resident_mib() {
  std::ifstream file{"/proc/self/statm"};
  long pages = 0;
  long resident = 0;
  file >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024.0 * 1024.0);
}

/// What the program holds, without what the allocator keeps: a thread that was late leaves it some more of that.
inline double live_mib() {
  return static_cast<double>(::mallinfo2().uordblks) / (1024.0 * 1024.0);
}

} // namespace actors::bench
