// SPDX-License-Identifier: Apache-2.0
// Preloaded into quorate: ends it with SIGKILL right before or right after the Nth record of a journal reaches the disk, lets the
// disk be full there, or stops it with SIGSTOP until somebody lets it go on, so that the program itself needs no hook.
// QUORATE_TEST_KILL_AT=N, QUORATE_TEST_KILL_WHEN=before|after|full|halt.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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

static void* end_later(void* milliseconds) {
  struct timespec left = {.tv_sec = (long)milliseconds / 1000, .tv_nsec = (long)milliseconds % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
  kill(getpid(), SIGKILL);
  return NULL;
}

static void end_now_or_later(void) {
  const char* delay = getenv("QUORATE_TEST_KILL_DELAY_MILLISECONDS");
  const long milliseconds = delay == NULL ? 0 : atol(delay);
  sigset_t every;
  sigset_t before;
  pthread_t thread;
  // a signal of the program's own must not reach a thread that it knows nothing of
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  const int begun = milliseconds > 0 && pthread_create(&thread, NULL, end_later, (void*)milliseconds) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!begun) kill(getpid(), SIGKILL);
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
  if (is_the_one && !after) end_now_or_later();
  const int result = real(descriptor);
  if (is_the_one && after) end_now_or_later();
  return result;
}
