/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every 16 bytes are a bundle: decode and disassemble all of it. */
#include <stdlib.h>
#include <string.h>

#include "ia.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at + 16 <= size; at += 16) {
        uint64_t bundle[2];
        memcpy(bundle, data + at, sizeof(bundle));
        for (unsigned slot = 0; slot < 3; slot++) {
            struct ia_insn insn;
            char text[100];
            bool ok = ia_decode(bundle, slot, &insn);
            if (ok != (insn.op != IA_OP_RESERVED) || insn.op >= IA_OP_COUNT)
                abort();
            if (ia_disasm(&insn, at, text, sizeof(text)) >= sizeof(text))
                abort();
            (void)ia_op_traits(insn.op);
        }
    }
    return 0;
}
