/* Intel ISA-L (Debian: libisal-dev): Reed-Solomon over GF(2^8). */
#include <isa-l/erasure_code.h>
