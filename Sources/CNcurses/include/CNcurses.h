// What Swift needs of ncursesw. Macros, varargs, FILE pointers, global variables and signal handlers
// cannot be imported or written in Swift; everything else stays on the Swift side.
#ifndef HEED_CNCURSES_H
#define HEED_CNCURSES_H

// Without it curses.h hides cchar_t, setcchar and the other wide character functions.
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// screen.c: one screen, on standard input and output.

/// Sets LC_CTYPE; true when the locale exists and its encoding is UTF-8. Other categories stay "C", so
/// that numbers are read and printed the same everywhere.
bool heed_set_locale(const char *name);
bool heed_is_terminal(int file);
/// Whether a terminal description exists; its colours, and whether its cursor can be placed.
bool heed_describe(const char *term, int *colors, bool *addressable);
/// The compiled description of a true-colour terminal, for the TERMINFO variable.
const char *heed_direct_entry(void);

/// Takes the terminal over. `terminfo`, if any, stands in TERMINFO while the description is read.
bool heed_open(const char *term, const char *terminfo, int escape_delay);
/// Gives the terminal back, in the modes it had before heed_open.
void heed_close(void);
/// Gives it back for a while: the next heed_show takes it again.
void heed_pause(void);
/// Stops the process group as ^Z does; returns when it is continued.
void heed_stop(void);

int heed_color_count(void);
int heed_pair_limit(void);
/// Defines a pair; -1 is the terminal's own colour.
bool heed_define_pair(int pair, int foreground, int background);

enum { HEED_BOLD = 1, HEED_UNDERLINE = 2, HEED_REVERSE = 4, HEED_DIM = 8 };
/// Puts one character, a base and what combines with it, into a cell, or `?` if it needs more columns;
/// returns how many it took. Pairs above 255 are right here and wrong in COLOR_PAIR(), which keeps
/// eight bits.
int heed_put(int y, int x, const wchar_t *text, int length, int room, int style, int pair);
void heed_erase(void);
/// Sends what changed. `whole` repaints everything.
void heed_show(bool whole);

/// Follows the window; true when its size changed.
bool heed_follow_window(int *width, int *height);
/// The next byte or key code; ERR when nothing waits.
int heed_read_key(void);
/// Bytes waiting on standard input.
int heed_waiting(void);
/// Writes to the terminal, past curses.
void heed_send(const char *bytes, size_t count);
/// Seconds of the monotonic clock.
double heed_seconds(void);

// signals.c: what arrives from outside.

/// An eventfd; anything written to it ends heed_wait.
int heed_make_wake(void);
void heed_wake(int wake);
void heed_close_wake(int wake);

enum { HEED_INPUT = 1, HEED_WOKEN = 2, HEED_SIGNAL = 4, HEED_HANGUP = 8 };
/// Sleeps until input, a wake-up, a signal or the timeout (milliseconds; -1: none).
int heed_wait(int wake, int timeout);

enum { HEED_RESIZED = 1, HEED_CONTINUED = 2, HEED_STOP_ASKED = 4 };
/// What signals have asked for since the last call.
int heed_take_signals(void);

/// Installs the handlers; before heed_open, so that curses leaves the signals alone.
void heed_catch_signals(int wake);
void heed_release_signals(void);
/// The bytes and modes that give the terminal back from inside a signal handler.
void heed_arm(const char *bytes, size_t count, const void *modes);
void heed_disarm(void);
/// Gives the terminal back where it is taken, from any thread: for a process that is about to end.
void heed_give_back(void);

/// Keeps what is written to standard error, if it is a terminal, until the screen is given back.
void heed_park_errors(void);
void heed_replay_errors(void);

#endif
