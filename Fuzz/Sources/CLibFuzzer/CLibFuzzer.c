#include "CLibFuzzer.h"

/* libFuzzer's own main is linked in, though SwiftPM puts another in its place, and names this one. Never called. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)data;
    (void)size;
    return 0;
}
