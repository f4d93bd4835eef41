#define _GNU_SOURCE  // wcwidth
#include "CNcurses.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
// Last: it defines macros named like ordinary words.
#include <term.h>

static struct termios modes_before;
// Keys are read from a pad: wgetch on stdscr would refresh it first.
static WINDOW *keys;
static SCREEN *screen;

bool heed_set_locale(const char *name) {
  return setlocale(LC_CTYPE, name) && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool heed_is_terminal(int file) { return isatty(file); }

bool heed_describe(const char *term, int *colors, bool *addressable) {
  int problem = 0;
  if (setupterm((char *)term, STDOUT_FILENO, &problem) != OK) return false;
  *colors = tigetnum("colors");
  const char *cup = tigetstr("cup");
  *addressable = cup && cup != (char *)-1;
  del_curterm(cur_term);
  return true;
}

// The bytes that undo what the screen did, padding resolved.
static char undo[512];
static size_t undo_count;

static int keep(int byte) {
  if (undo_count < sizeof undo) undo[undo_count++] = (char)byte;
  return byte;
}

static void prepare_undo(void) {
  undo_count = 0;
  // Modes heed sets by hand: mouse, bracketed paste. Terminals without them ignore this.
  for (const char *p = "\033[?1006l\033[?1002l\033[?1000l\033[?2004l"; *p; p++) keep(*p);
  const char *names[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};
  bool alternate = false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char *text = tigetstr(names[i]);
    if (!text || text == (char *)-1) continue;
    tputs(text, 1, keep);
    alternate |= i == 4;
  }
  // Without an alternate screen the cursor stands in the middle of the picture.
  if (!alternate) keep('\r'), keep('\n');
}

bool heed_open(const char *term, const char *terminfo, int escape_delay) {
  if (tcgetattr(STDIN_FILENO, &modes_before) != 0) return false;
  // The window's size counts, not LINES and COLUMNS exported by a shell long ago.
  use_tioctl(TRUE);
  char *before = getenv("TERMINFO");
  if (before) before = strdup(before);
  if (terminfo) setenv("TERMINFO", terminfo, 1);
  screen = newterm(term, stdout, stdin);
  if (terminfo) before ? setenv("TERMINFO", before, 1) : unsetenv("TERMINFO");
  free(before);
  if (!screen) return false;
  set_escdelay(escape_delay);
  raw();  // ^C, ^Z, ^S and ^\ are keys
  noecho();
  nonl();  // Enter is \r, ^J stays ^J; and the cursor can move down with \n
  curs_set(0);
  leaveok(stdscr, TRUE);
  // resizeterm and the corner cell must never scroll the picture.
  scrollok(stdscr, FALSE);
  start_color();
  if (use_default_colors() == ERR) assume_default_colors(COLOR_WHITE, COLOR_BLACK);
  keys = newpad(1, 1);
  keypad(keys, TRUE);
  nodelay(keys, TRUE);
  meta(keys, TRUE);
  // Mouse reports are decoded by heed: curses knows only the protocol that the description names.
  keyok(KEY_MOUSE, FALSE);
  prepare_undo();
  heed_arm(undo, undo_count, &modes_before);
  return true;
}

void heed_pause(void) {
  endwin();
  heed_disarm();
}

void heed_close(void) {
  if (!screen) return;
  heed_pause();
  tcsetattr(STDIN_FILENO, TCSADRAIN, &modes_before);
  delwin(keys);
  delscreen(screen);
  screen = NULL;
}

int heed_color_count(void) { return has_colors() ? COLORS : 0; }
int heed_pair_limit(void) { return has_colors() ? COLOR_PAIRS : 0; }

bool heed_define_pair(int pair, int foreground, int background) {
  return init_extended_pair(pair, foreground, background) == OK;
}

int heed_put(int y, int x, const wchar_t *text, int length, int room, int style, int pair) {
  wchar_t base[CCHARW_MAX + 1] = {L' '};
  if (length > CCHARW_MAX) length = CCHARW_MAX;
  // A control character would move the cursor, a zero-width one attach itself to the cell before, and a
  // wider one than was planned for break its neighbour. Without UTF-8 a character has width -1.
  int width = length > 0 ? wcwidth(text[0]) : 0;
  if (width >= 1 && width <= room) wmemcpy(base, text, (size_t)length);
  else if (length > 0 && (uint32_t)text[0] > 0x9f) base[0] = L'?', width = 1;
  else width = 1;
  attr_t attributes = (style & HEED_BOLD ? A_BOLD : 0) | (style & HEED_UNDERLINE ? A_UNDERLINE : 0) |
                      (style & HEED_REVERSE ? A_REVERSE : 0) | (style & HEED_DIM ? A_DIM : 0);
  cchar_t cell;
  if (setcchar(&cell, base, attributes, 0, &pair) == ERR) {
    // Something after the base has a width of its own, as in joined emoji.
    base[1] = 0;
    if (setcchar(&cell, base, attributes, 0, &pair) == ERR) return width;
  }
  // Unlike wadd_wch this neither moves on nor scrolls, so the bottom right corner is an ordinary cell.
  mvwadd_wchnstr(stdscr, y, x, &cell, 1);
  return width;
}

void heed_erase(void) { werase(stdscr); }

void heed_show(bool whole) {
  if (whole) clearok(curscr, TRUE);
  // After heed_pause doupdate takes the terminal over again.
  heed_arm(undo, undo_count, &modes_before);
  wnoutrefresh(stdscr);
  doupdate();
}

bool heed_follow_window(int *width, int *height) {
  struct winsize size;
  bool changed = false;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
      is_term_resized(size.ws_row, size.ws_col)) {
    changed = resizeterm(size.ws_row, size.ws_col) == OK;
  }
  // An entry such as ansi promises that after the last column the cursor goes on to the next line at once, and
  // curses counts on it; emulators and multiplexers wait for the next character. Without it both are right.
  bool wraps_at_once = tigetflag("am") > 0 && tigetflag("xenl") <= 0;
  *width = getmaxx(stdscr) - (wraps_at_once && getmaxx(stdscr) > 1);
  *height = getmaxy(stdscr);
  return changed;
}

int heed_read_key(void) { return wgetch(keys); }

int heed_waiting(void) {
  int count = 0;
  return ioctl(STDIN_FILENO, FIONREAD, &count) == 0 ? count : 0;
}

void heed_send(const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, count);
    if (written > 0) bytes += written, count -= (size_t)written;
    else if (errno == EAGAIN) poll(&(struct pollfd){STDOUT_FILENO, POLLOUT, 0}, 1, -1);
    else if (errno != EINTR) return;
  }
}

double heed_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
