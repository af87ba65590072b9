// SPDX-License-Identifier: Apache-2.0
// Preloaded into quorate: ends it with SIGKILL right before or right after the Nth record of a journal reaches the disk, lets the
// disk be full there, or stops it with SIGSTOP until somebody lets it go on, so that the program itself needs no hook.
// QUORATE_TEST_KILL_AT=N, QUORATE_TEST_KILL_WHEN=before|after|full|halt.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_journal(int descriptor) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  const char* ending = ".jsonl";
  if (length < (ssize_t)strlen(ending)) return 0;
  path[length] = '\0';
  return strcmp(path + length - strlen(ending), ending) == 0;
}

int fdatasync(int descriptor) {
  static int count = 0;
  int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const char* at = getenv("QUORATE_TEST_KILL_AT");
  const char* when = getenv("QUORATE_TEST_KILL_WHEN");
  const int is_the_one = at != NULL && is_journal(descriptor) && ++count == atoi(at);
  const int after = when != NULL && strcmp(when, "after") == 0;
  if (is_the_one && when != NULL && strcmp(when, "full") == 0) {
    errno = ENOSPC;
    return -1;
  }
  if (is_the_one && when != NULL && strcmp(when, "halt") == 0) {
    kill(getpid(), SIGSTOP);
    return real(descriptor);
  }
  if (is_the_one && !after) kill(getpid(), SIGKILL);
  const int result = real(descriptor);
  if (is_the_one && after) kill(getpid(), SIGKILL);
  return result;
}
