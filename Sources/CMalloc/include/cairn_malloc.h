// The process allocates by jemalloc (docs/decisions/0024): linking this is all that it takes.
#ifndef CAIRN_MALLOC_H
#define CAIRN_MALLOC_H

// Gives pages that nobody uses back to the system.
void cairn_malloc_release(void);

#endif
