#define PCRE2_CODE_UNIT_WIDTH 8
#include "CPCRE2.h"
#include <pcre2.h>
#include <stdlib.h>

struct heed_pattern {
  pcre2_code *code;
  int is_compiled;  // to machine code
};

struct heed_search {
  pcre2_match_data *data;
  pcre2_match_context *context;
  pcre2_jit_stack *stack;
};

heed_pattern *heed_pattern_compile(const uint8_t *text, size_t count, char *message, size_t room) {
  int error = 0;
  PCRE2_SIZE place = 0;
  heed_pattern *pattern = calloc(1, sizeof *pattern);
  if (!pattern) return NULL;
  pattern->code = pcre2_compile(text, count, PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error,
                                &place, NULL);
  if (!pattern->code) {
    pcre2_get_error_message(error, (PCRE2_UCHAR *)message, room);
    free(pattern);
    return NULL;
  }
  // Where memory may not be executed, matching is slower and otherwise the same.
  pattern->is_compiled = pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) == 0;
  return pattern;
}

void heed_pattern_free(heed_pattern *pattern) {
  pcre2_code_free(pattern->code);
  free(pattern);
}

heed_search *heed_search_create(const heed_pattern *pattern) {
  heed_search *search = calloc(1, sizeof *search);
  if (!search) return NULL;
  search->data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
  search->context = pcre2_match_context_create(NULL);
  search->stack = pattern->is_compiled ? pcre2_jit_stack_create(32 << 10, 1 << 20, NULL) : NULL;
  if (!search->data || !search->context) {
    heed_search_free(search);
    return NULL;
  }
  if (search->stack) pcre2_jit_stack_assign(search->context, NULL, search->stack);
  // In KiB; a run of a hundred million letters needs none.
  pcre2_set_heap_limit(search->context, 512 << 10);
  return search;
}

void heed_search_free(heed_search *search) {
  pcre2_match_data_free(search->data);
  pcre2_match_context_free(search->context);
  pcre2_jit_stack_free(search->stack);
  free(search);
}

int heed_search_next(heed_search *search, const heed_pattern *pattern, const uint8_t *bytes,
                     size_t count, size_t start, size_t *from, size_t *to) {
  int found;
  if (pattern->is_compiled) {
    found = pcre2_jit_match(pattern->code, bytes, count, start, PCRE2_NO_UTF_CHECK, search->data,
                            search->context);
  } else {
    found = PCRE2_ERROR_JIT_STACKLIMIT;
  }
  // Its stack is small; the interpreter keeps its own on the heap.
  if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
    found = pcre2_match(pattern->code, bytes, count, start, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                        search->data, search->context);
  }
  if (found == PCRE2_ERROR_NOMATCH) return 0;
  if (found < 0) return -1;
  const PCRE2_SIZE *edges = pcre2_get_ovector_pointer(search->data);
  // \K can put the start behind the end.
  if (edges[0] > edges[1] || edges[0] < start) return -1;
  *from = edges[0];
  *to = edges[1];
  return 1;
}
