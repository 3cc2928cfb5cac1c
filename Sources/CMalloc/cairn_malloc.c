#include "cairn_malloc.h"
#include <jemalloc/jemalloc.h>
#include <stdio.h>

// Few arenas: the pipeline's stages hand memory to each other, and what each keeps adds up.
const char *malloc_conf = "narenas:4,dirty_decay_ms:5000,muzzy_decay_ms:0";

void cairn_malloc_release(void) {
    char name[32];
    snprintf(name, sizeof name, "arena.%u.purge", (unsigned)MALLCTL_ARENAS_ALL);
    mallctl(name, NULL, NULL, NULL, 0);
}
