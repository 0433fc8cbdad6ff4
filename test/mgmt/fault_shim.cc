// Stands between a program and the kernel (LD_PRELOAD) and lets the Nth call that changes a file of one
// folder go wrong. So tests reach every step of a commit as a crash or a full disk would, and the product has
// no switch for it.
//
//   SLUICE_FAULT_FOLDER  the folder
//   SLUICE_FAULT_AT      which call, from 1
//   SLUICE_FAULT_HOW     "kill": the process dies instead of the call; "torn": a write writes half and dies,
//                        other calls are done and then it dies; "full": this call and all after it fail, but
//                        for those that need no space
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

std::atomic<int> calls = 0;

std::string_view setting(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : std::string_view();
}

bool ours(const char* path) {
  const std::string_view folder = setting("SLUICE_FAULT_FOLDER");
  return !folder.empty() && std::string_view(path).starts_with(folder);
}

bool ours(int fd) {
  char path[PATH_MAX] = "";
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  return ::readlink(link.c_str(), path, sizeof path - 1) > 0 && ours(path);
}

enum class Fault { none, before, after, full };
enum class Needs { space, nothing };

Fault next(Needs needs) {
  const int number = ++calls;
  const int at = std::atoi(std::string(setting("SLUICE_FAULT_AT")).c_str());
  const std::string_view how = setting("SLUICE_FAULT_HOW");
  if (how == "full") return number >= at && needs == Needs::space ? Fault::full : Fault::none;
  if (number != at) return Fault::none;
  return how == "kill" ? Fault::before : Fault::after;
}

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  std::abort();
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// A call with its fault. What a full disk says differs from call to call.
template <class Call>
int faulty(bool is_ours, Needs needs, Call call) {
  const Fault fault = is_ours ? next(needs) : Fault::none;
  if (fault == Fault::before) die();
  if (fault == Fault::full) {
    errno = ENOSPC;
    return -1;
  }
  const int result = call();
  if (fault == Fault::after) die();
  return result;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0U;
  va_end(more);
  static auto* const call = real<int(const char*, int, ...)>("open");
  return faulty(ours(path) && (flags & O_CREAT) != 0, Needs::space, [&] { return call(path, flags, mode); });
}

ssize_t write(int fd, const void* bytes, size_t size) {
  static auto* const call = real<ssize_t(int, const void*, size_t)>("write");
  const Fault fault = ours(fd) ? next(Needs::space) : Fault::none;
  if (fault == Fault::before) die();
  if (fault == Fault::after) {
    (void)call(fd, bytes, size / 2);
    die();
  }
  if (fault == Fault::full) {
    errno = ENOSPC;
    return -1;
  }
  return call(fd, bytes, size);
}

int fsync(int fd) {
  static auto* const call = real<int(int)>("fsync");
  return faulty(ours(fd), Needs::space, [&] { return call(fd); });
}

int rename(const char* from, const char* to) {
  static auto* const call = real<int(const char*, const char*)>("rename");
  return faulty(ours(to), Needs::space, [&] { return call(from, to); });
}

int link(const char* from, const char* to) {
  static auto* const call = real<int(const char*, const char*)>("link");
  return faulty(ours(to), Needs::space, [&] { return call(from, to); });
}

int remove(const char* path) {
  static auto* const call = real<int(const char*)>("remove");
  return faulty(ours(path), Needs::nothing, [&] { return call(path); });
}

int unlink(const char* path) {
  static auto* const call = real<int(const char*)>("unlink");
  return faulty(ours(path), Needs::nothing, [&] { return call(path); });
}

}  // extern "C"
