// PCRE2 for Swift, which cannot import its macros: compile a pattern once, search in many texts.
#ifndef HEED_CPCRE2_H
#define HEED_CPCRE2_H

#include <stddef.h>
#include <stdint.h>

/// A compiled pattern. It is not changed after compiling, so that threads may share it.
typedef struct heed_pattern heed_pattern;
/// Room for one search at a time.
typedef struct heed_search heed_search;

/// Compiles UTF-8; NULL when it is no pattern, with the reason in `message`.
heed_pattern *heed_pattern_compile(const uint8_t *text, size_t count, char *message, size_t room);
void heed_pattern_free(heed_pattern *pattern);

heed_search *heed_search_create(const heed_pattern *pattern);
void heed_search_free(heed_search *search);

/// The first match in `bytes`, which have to be UTF-8, at or after `start`.
///
/// Returns 1 with the match in `*from` and `*to`, 0 when there is none, -1 when the limits that keep a
/// hostile pattern from running for hours were met.
int heed_search_next(heed_search *search, const heed_pattern *pattern, const uint8_t *bytes,
                     size_t count, size_t start, size_t *from, size_t *to);

#endif
