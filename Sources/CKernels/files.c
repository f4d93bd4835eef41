// Calls of Linux that Swift's Glibc module leaves out.
#define _GNU_SOURCE
#include "CKernels.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

int heed_unnamed_file(const char *folder) {
  int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  // Some file systems, and old kernels, have no files without a name.
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  char *name = NULL;
  if (asprintf(&name, "%s/heed-XXXXXX", folder) < 0) return -1;
  file = mkostemp(name, O_CLOEXEC);
  if (file >= 0) unlink(name);
  free(name);
  return file;
}

long heed_disk_space(const char *folder) {
  const uint32_t tmpfs = 0x01021994, ramfs = 0x858458f6;
  struct statfs found;
  if (access(folder, W_OK) || statfs(folder, &found)) return -1;
  if ((uint32_t)found.f_type == tmpfs || (uint32_t)found.f_type == ramfs) return -1;
  return (long)found.f_bavail * (long)found.f_bsize;
}

void heed_punch_hole(int file, size_t start, size_t count) {
  // Where holes cannot be made, the space is back when the file is gone.
  if (fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)start, (off_t)count)) return;
}
