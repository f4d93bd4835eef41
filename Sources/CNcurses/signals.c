#define _GNU_SOURCE  // ppoll, memfd_create
#include "CNcurses.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

// Everything a handler reads lies here, so that it neither allocates nor asks curses.
static char undo[512];
static size_t undo_count;
static struct termios modes;
static volatile sig_atomic_t armed;
static volatile int asked;
static int wake_up = -1;
static int real_errors = -1, parked_errors = -1;

static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGILL,  SIGTRAP,
                            SIGABRT, SIGBUS, SIGFPE,  SIGSEGV, SIGTERM};
enum { FATAL_COUNT = sizeof fatal / sizeof *fatal };
static struct sigaction before[FATAL_COUNT], before_resize, before_stop, before_continue;
static bool caught;

void heed_arm(const char *bytes, size_t count, const void *termios) {
  undo_count = count < sizeof undo ? count : sizeof undo;
  memcpy(undo, bytes, undo_count);
  memcpy(&modes, termios, sizeof modes);
  armed = 1;
}

void heed_disarm(void) { armed = 0; }

// Async-signal-safe.
void heed_give_back(void) {
  if (armed) {
    armed = 0;
    heed_send(undo, undo_count);
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
  }
  heed_replay_errors();
}

static bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
         signal == SIGTRAP;
}

// Gives the terminal back, then lets the signal do what it would have done without us. The Swift
// backtracer is called with the first context, so that its text is about the fault and lands on the
// normal screen. Its handler returns and counts on the fault to repeat; a signal that somebody sent
// does not, so it is raised again.
static void on_fatal(int signal, siginfo_t *info, void *context) {
  int kept = errno;
  heed_give_back();
  struct sigaction ordinary = {.sa_handler = SIG_DFL};
  sigaction(signal, &ordinary, NULL);
  for (int i = 0; i < FATAL_COUNT; i++) {
    if (fatal[i] != signal) continue;
    if (before[i].sa_flags & SA_SIGINFO) before[i].sa_sigaction(signal, info, context);
    else if (before[i].sa_handler != SIG_DFL) before[i].sa_handler(signal);
  }
  // si_code is positive for a terminal's hang-up too: only a fault repeats by itself.
  if (!is_fault(signal) || info->si_code <= 0) raise(signal);
  errno = kept;
}

static void on_request(int signal) {
  int kept = errno;
  int bit = signal == SIGWINCH ? HEED_RESIZED : signal == SIGCONT ? HEED_CONTINUED : HEED_STOP_ASKED;
  __atomic_fetch_or(&asked, bit, __ATOMIC_SEQ_CST);
  // A thread that existed before us may be the one that runs this: the loop must hear of it.
  heed_wake(wake_up);
  errno = kept;
}

int heed_take_signals(void) { return __atomic_exchange_n(&asked, 0, __ATOMIC_SEQ_CST); }

static void block_resize(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGWINCH);
  pthread_sigmask(how, &set, NULL);
}

void heed_catch_signals(int wake) {
  wake_up = wake;
  if (caught) return;
  caught = true;
  static bool at_exit;
  if (!at_exit) at_exit = atexit(heed_give_back) == 0;
  // A stack overflow needs another stack to be reported on. The Swift runtime has set one, but not with
  // our frames in mind.
  static char space[128 * 1024];
  stack_t stack = {.ss_sp = space, .ss_size = sizeof space};
  sigaltstack(&stack, NULL);
  // Nothing is blocked meanwhile: the backtracer reads memory in a thread that inherits the mask, and
  // catches its own faults there. With SIGSEGV blocked the kernel ended the process instead.
  struct sigaction action = {
      .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < FATAL_COUNT; i++) {
    sigaction(fatal[i], NULL, &before[i]);
    // nohup, and shells that start a job in the background, mean what they ignore.
    bool ignored = !(before[i].sa_flags & SA_SIGINFO) && before[i].sa_handler == SIG_IGN;
    if (!ignored) sigaction(fatal[i], &action, NULL);
  }
  struct sigaction request = {.sa_handler = on_request, .sa_flags = SA_RESTART};
  sigaction(SIGWINCH, &request, &before_resize);
  sigaction(SIGTSTP, &request, &before_stop);
  sigaction(SIGCONT, &request, &before_continue);
  // Outside heed_wait a resize would only interrupt system calls.
  block_resize(SIG_BLOCK);
}

void heed_release_signals(void) {
  if (!caught) return;
  caught = false;
  for (int i = 0; i < FATAL_COUNT; i++) sigaction(fatal[i], &before[i], NULL);
  sigaction(SIGWINCH, &before_resize, NULL);
  sigaction(SIGTSTP, &before_stop, NULL);
  sigaction(SIGCONT, &before_continue, NULL);
  block_resize(SIG_UNBLOCK);
  wake_up = -1;
}

void heed_stop(void) {
  struct sigaction ordinary = {.sa_handler = SIG_DFL}, ours;
  sigaction(SIGTSTP, &ordinary, &ours);
  // The whole group, so that a pipeline or a wrapper script stops too. Not SIGSTOP: in a group that no
  // shell watches SIGTSTP is dropped, where SIGSTOP would stop us for ever.
  kill(0, SIGTSTP);
  sigaction(SIGTSTP, &ours, NULL);
}

int heed_make_wake(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void heed_wake(int wake) {
  uint64_t one = 1;
  // Fails only when the counter is full: the loop is awake then.
  if (wake >= 0 && write(wake, &one, sizeof one) < 0) return;
}

void heed_close_wake(int wake) { close(wake); }

int heed_wait(int wake, int timeout) {
  struct pollfd files[2] = {{STDIN_FILENO, POLLIN, 0}, {wake, POLLIN, 0}};
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  sigdelset(&mask, SIGWINCH);
  struct timespec limit = {timeout / 1000, timeout % 1000 * 1000000L};
  if (ppoll(files, 2, timeout < 0 ? NULL : &limit, &mask) < 0) {
    return errno == EINTR ? HEED_SIGNAL : HEED_HANGUP;
  }
  int why = 0;
  if (files[1].revents & POLLIN) {
    uint64_t count;
    if (read(wake, &count, sizeof count) > 0) why |= HEED_WOKEN;
  }
  if (files[0].revents & POLLIN) why |= HEED_INPUT;
  else if (files[0].revents) why |= HEED_HANGUP;
  return why;
}

void heed_park_errors(void) {
  if (parked_errors >= 0 || !isatty(STDERR_FILENO)) return;
  int file = memfd_create("heed-stderr", MFD_CLOEXEC);
  int real = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (file < 0 || real < 0 || dup2(file, STDERR_FILENO) < 0) {
    if (file >= 0) close(file);
    if (real >= 0) close(real);
    return;
  }
  parked_errors = file;
  real_errors = real;
}

// Async-signal-safe.
void heed_replay_errors(void) {
  if (parked_errors < 0) return;
  int file = parked_errors;
  parked_errors = -1;
  dup2(real_errors, STDERR_FILENO);
  char text[1024];
  off_t at = 0;
  for (ssize_t count; (count = pread(file, text, sizeof text, at)) > 0; at += count) {
    if (write(STDERR_FILENO, text, (size_t)count) < 0) break;
  }
  close(file);
  close(real_errors);
  real_errors = -1;
}
