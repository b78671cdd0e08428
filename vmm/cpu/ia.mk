# SPDX-License-Identifier: GPL-2.0-or-later
# The instruction tables, made from ia64.tab. Both files come out of one run of the generator.

IA_GEN := $(O)/gen/ia_ops.gen.h $(O)/gen/ia_table.gen.inc

$(O)/gen/ia_ops.gen.h: vmm/cpu/ia64.tab vmm/cpu/ia_gen.py
	@mkdir -p $(@D)
	@echo "  GEN     $<"
	@$(PYTHON) vmm/cpu/ia_gen.py $< $(IA_GEN)
$(O)/gen/ia_table.gen.inc: $(O)/gen/ia_ops.gen.h ;

$(O)/obj/vmm/cpu/ia_decode.o $(O)/obj/vmm/cpu/ia_disasm.o: $(IA_GEN)

GEN += $(O)/gen/ia_ops.gen.h
