// How a loop is compiled once for each kind of processor; for the files of this target alone.
#ifndef HEED_CLONED_H
#define HEED_CLONED_H

// The clone is chosen before the thread sanitizer is ready: what it puts into the function that chooses
// crashes there.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HEED_ONE_CLONE
#endif
#endif

#if defined(__x86_64__) && !defined(HEED_ONE_CLONE)
#define CLONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONED
#endif

#endif
