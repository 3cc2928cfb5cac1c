#include "cairn_malloc.h"
#include <malloc.h>

void cairn_malloc_keep_pages(void) {
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_ARENA_MAX, 2);
}

void cairn_malloc_release(void) { malloc_trim(0); }
