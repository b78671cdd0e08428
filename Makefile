# SPDX-License-Identifier: GPL-2.0-or-later
# Xen/ia64 control stack. `make help` lists the targets.
#
# One file, not recursive; objects go to $(O) (default build/). A room that needs a generator or
# special flags has its own <room>/<name>.mk, included below.

VERSION   := 0.1.0
SOVERSION := 1

CC        ?= cc
AR        ?= ar
PYTHON    ?= /usr/bin/python3
PREFIX    ?= /usr/local
DESTDIR   ?=
O         ?= build
SANITIZE  ?=
OPT       ?= -O2 -g
CFLAGS    ?= $(OPT)
WERROR    ?= $(if $(CI),-Werror,)

BINDIR     = $(PREFIX)/bin
SBINDIR    = $(PREFIX)/sbin
LIBDIR     = $(PREFIX)/lib
LIBEXECDIR = $(PREFIX)/lib/xen-ia64
INCDIR     = $(PREFIX)/include
MANDIR     = $(PREFIX)/share/man
DATADIR    = $(PREFIX)/share/xen-ia64
COMPDIR    = $(PREFIX)/share/bash-completion/completions

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
        -Wconversion -Wimplicit-fallthrough -Wundef -Wpointer-arith
BASE := -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fno-common -fPIC -fvisibility=hidden -pthread \
        -DXC_VERSION='"$(VERSION)"' -DXC_LIBEXECDIR='"$(LIBEXECDIR)"'
SAN  := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer,)

all: programs

# ---- rooms: sources, and which headers each may see (docs/architecture.md, "The rooms") ----------
# The include lists are the dependency direction: a room cannot reach what it may not use.

ROOMS := lib libxc-ia64 xm xend xend/store vmm/cpu vmm/xen vmm/firmware vmm/device vmm/process

INC_lib          := -Ilib
INC_libxc-ia64   := -Ilibxc-ia64 -Ilibxc-ia64/include -Ilib
INC_xm           := -Ixm -Ilib
INC_xend         := -Ixend -Ilibxc-ia64/include -Ilib
INC_xend/store   := -Ixend/store -Ilib
INC_vmm/cpu      := -Ivmm/cpu -I$(O)/gen -Ilib
INC_vmm/xen      := -Ivmm/xen -Ivmm/cpu -I$(O)/gen -Ilib
INC_vmm/firmware := -Ivmm/firmware -Ivmm/cpu -I$(O)/gen -Ilib
INC_vmm/device   := -Ivmm/device -Ivmm/cpu -I$(O)/gen -Ilib
INC_vmm/process  := -Ivmm/process -Ivmm/device -Ivmm/xen -Ivmm/firmware -Ivmm/cpu -I$(O)/gen -Ilib

src_of = $(sort $(wildcard $(1)/*.c $(1)/*/*.c))
SRC_lib          := $(call src_of,lib)
SRC_libxc-ia64   := $(call src_of,libxc-ia64)
SRC_xm           := $(call src_of,xm)
SRC_xend         := $(filter-out xend/store/%,$(call src_of,xend))
SRC_xend/store   := $(call src_of,xend/store)
SRC_vmm/cpu      := $(call src_of,vmm/cpu)
SRC_vmm/xen      := $(call src_of,vmm/xen)
SRC_vmm/firmware := $(call src_of,vmm/firmware)
SRC_vmm/device   := $(call src_of,vmm/device)
SRC_vmm/process  := $(call src_of,vmm/process)

# main() lives in <room>/main.c (or xc_run.c) and stays out of the archives that tests link with
MAINS := xm/main.c xend/main.c xend/store/main.c vmm/process/main.c libxc-ia64/control/xc_run.c

pc = $(shell pkg-config --$(1) $(2) 2>/dev/null)
CFLAGS_lib  := $(call pc,cflags,libxml-2.0)
LIBS_lib    := $(or $(call pc,libs,libxml-2.0),-lxml2)
LIBS_libxc  := -lz
LIBS_vmm    := -lseccomp -lm
LIBS_xend   := -levent_core -levent_extra -levent_pthreads -ljansson
LIBS_xm     := -lreadline -ljansson

archive = $(O)/ar/$(subst /,-,$(1)).a

define room_rules
OBJ_$(1) := $$(patsubst %.c,$(O)/obj/%.o,$$(filter-out $$(MAINS),$$(SRC_$(1))))
$(call archive,$(1)): $$(OBJ_$(1)) | $(O)/ar
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
$(O)/obj/$(1)/%.o: $(1)/%.c
	@mkdir -p $$(@D)
	@echo "  CC      $$<"
	@$$(CC) $$(BASE) $$(WARN) $$(WERROR) $$(CFLAGS) $$(SAN) $$(INC_$(1)) $$(CFLAGS_lib) $$(CFLAGS_$(1)) $$(CFLAGS_$$<) -MMD -MP -c $$< -o $$@
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r))))

$(O)/ar:
	@mkdir -p $@

AR_lib      := $(call archive,lib)
AR_libxc    := $(call archive,libxc-ia64)
AR_xm       := $(call archive,xm)
AR_xend     := $(call archive,xend)
AR_store    := $(call archive,xend/store)
AR_cpu      := $(call archive,vmm/cpu)
AR_hv       := $(call archive,vmm/xen)
AR_fw       := $(call archive,vmm/firmware)
AR_dv       := $(call archive,vmm/device)
AR_vp       := $(call archive,vmm/process)
AR_vmm      := $(AR_vp) $(AR_dv) $(AR_hv) $(AR_fw) $(AR_cpu)

GEN :=                              # generated headers; rooms' .mk files add to it
include $(sort $(wildcard */*.mk */*/*.mk))

# every object of the vmm waits for the generated headers
$(foreach r,vmm/cpu vmm/xen vmm/firmware vmm/device vmm/process,$(eval $(OBJ_$(r)) $(O)/obj/vmm/process/main.o: | $(GEN)))

# ---- programs -------------------------------------------------------------------------------------

PROGRAMS := $(O)/xm $(O)/xend $(O)/xen-store $(O)/xen-vmm $(O)/xc-run $(O)/libxc-ia64.so $(O)/xc-ia64.pc
programs: $(PROGRAMS)

link = @echo "  LD      $@"; $(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -pthread -o $@ $(1)

$(O)/xm: $(O)/obj/xm/main.o $(AR_xm) $(AR_lib)
	$(call link,$^ $(LIBS_xm) $(LIBS_lib))
$(O)/xend: $(O)/obj/xend/main.o $(AR_xend) $(AR_libxc) $(AR_lib)
	$(call link,$^ $(LIBS_xend) $(LIBS_libxc) $(LIBS_lib))
$(O)/xen-store: $(O)/obj/xend/store/main.o $(AR_store) $(AR_lib)
	$(call link,$^ -Wl$(comma)--as-needed $(LIBS_lib))
$(O)/xen-vmm: $(O)/obj/vmm/process/main.o $(AR_vmm) $(AR_lib)
	$(call link,$(filter %main.o,$^) -Wl$(comma)--start-group $(AR_vmm) -Wl$(comma)--end-group $(AR_lib) -Wl$(comma)--as-needed $(LIBS_vmm) $(LIBS_lib))
$(O)/xc-run: $(O)/obj/libxc-ia64/control/xc_run.o $(AR_libxc) $(AR_lib)
	$(call link,$^ -Wl$(comma)--as-needed $(LIBS_libxc) $(LIBS_lib))
# the shared library exports xci_* and the error texts only
$(O)/libxc-ia64.so.$(SOVERSION): $(AR_libxc) $(AR_lib) libxc-ia64/libxc-ia64.map
	@echo "  LD      $@"
	@$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -pthread -shared -Wl,-soname,libxc-ia64.so.$(SOVERSION) \
	    -Wl,--version-script,libxc-ia64/libxc-ia64.map -o $@ \
	    -Wl,--whole-archive $(AR_libxc) -Wl,--no-whole-archive $(AR_lib) \
	    -Wl,--as-needed $(LIBS_libxc) $(LIBS_lib)
$(O)/libxc-ia64.so: $(O)/libxc-ia64.so.$(SOVERSION)
	@ln -sf $(notdir $<) $@
$(O)/xc-ia64.pc: libxc-ia64/xc-ia64.pc.in Makefile $(O)/prefix
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCDIR@|$(INCDIR)|' \
	    -e 's|@VERSION@|$(VERSION)|' $< > $@
comma := ,

# what knows the installed place is made again when it changes: `make`, then `make install PREFIX=/usr`
$(O)/prefix: force
	@mkdir -p $(@D)
	@echo '$(PREFIX) $(LIBDIR) $(LIBEXECDIR) $(INCDIR)' | cmp -s - $@ || \
	    echo '$(PREFIX) $(LIBDIR) $(LIBEXECDIR) $(INCDIR)' > $@
force:
$(O)/obj/lib/ut_path.o: $(O)/prefix

# ---- unit tests: tests/unit/<dir>/test_*.c, one program each --------------------------------------

TESTLINK_lib      := $(AR_lib)
TESTLINK_libxc    := $(AR_libxc) $(AR_lib)
TESTLINK_xm       := $(AR_xm) $(AR_lib)
TESTLINK_xend     := $(AR_xend) $(AR_libxc) $(AR_lib)
TESTLINK_store    := $(AR_store) $(AR_lib)
TESTLINK_cpu      := $(AR_cpu) $(AR_lib)
TESTLINK_xen      := $(AR_hv) $(AR_cpu) $(AR_lib)
TESTLINK_firmware := $(AR_fw) $(AR_cpu) $(AR_lib)
TESTLINK_device   := $(AR_dv) $(AR_cpu) $(AR_lib)
TESTLINK_process  := $(AR_vmm) $(AR_lib)
TESTINC_lib      := $(INC_lib)
TESTINC_libxc    := $(INC_libxc-ia64)
TESTINC_xm       := $(INC_xm)
TESTINC_xend     := $(INC_xend)
TESTINC_store    := $(INC_xend/store)
TESTINC_cpu      := $(INC_vmm/cpu)
TESTINC_xen      := $(INC_vmm/xen)
TESTINC_firmware := $(INC_vmm/firmware)
TESTINC_device   := $(INC_vmm/device)
TESTINC_process  := $(INC_vmm/process)
TESTLIBS_lib     := $(LIBS_lib)
TESTLIBS_libxc   := $(LIBS_libxc) $(LIBS_lib)
TESTLIBS_xm      := $(LIBS_xm) $(LIBS_lib)
TESTLIBS_xend    := $(LIBS_xend) $(LIBS_libxc) $(LIBS_lib)
TESTLIBS_store   := $(LIBS_lib)
TESTLIBS_cpu     := -lmpfr -lgmp -lm
TESTLIBS_process := $(LIBS_vmm) $(LIBS_lib)

UNIT_DIRS := lib libxc xm xend store cpu xen firmware device process
define unit_rules
UNIT_$(1) := $$(patsubst tests/unit/$(1)/%.c,$(O)/tests/$(1)/%,$$(wildcard tests/unit/$(1)/test_*.c))
$$(UNIT_$(1)): $(O)/tests/$(1)/%: tests/unit/$(1)/%.c $$(wildcard tests/unit/$(1)/*.h tests/unit/*.h) $$(TESTLINK_$(1)) | $$(GEN)
	@mkdir -p $$(@D)
	@echo "  TEST    $$<"
	@$$(CC) $$(BASE) $$(WARN) $$(WERROR) $$(CFLAGS) $$(SAN) -Itests/unit $$(TESTINC_$(1)) $$(CFLAGS_lib) $$< \
	    -Wl,--start-group $$(TESTLINK_$(1)) -Wl,--end-group -lcmocka $$(TESTLIBS_$(1)) -lm -o $$@
endef
$(foreach d,$(UNIT_DIRS),$(eval $(call unit_rules,$(d))))
UNIT_TESTS := $(foreach d,$(UNIT_DIRS),$(UNIT_$(d)))
unit-tests: $(UNIT_TESTS)

# What has threads, with the thread sanitizer. -Wno-tsan: it does not follow fences, but nothing of
# ours relies on one alone.
TSAN_TESTS := cpu/test_em_smp xen/test_hv_threads process/test_vp_domain process/test_vp_life
tsan-tests: $(TSAN_TESTS:%=$(O)/tests/%) $(O)/xen-vmm $(O)/xc-run

# ---- fuzzers: tests/fuzz/fuzz_*.c ---------------------------------------------------------------------
# `make test` replays the seed corpora (sanitized, no libFuzzer needed); `make fuzz` fuzzes with clang.

AR_all   := $(AR_xm) $(AR_xend) $(AR_store) $(AR_libxc) $(AR_vmm) $(AR_lib)
INC_all  := $(sort $(foreach r,$(ROOMS),$(INC_$(r))))
LIBS_all := $(sort $(LIBS_xm) $(LIBS_xend) $(LIBS_libxc) $(LIBS_vmm) $(LIBS_lib))
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60

$(O)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c $(AR_all) | $(GEN)
	@mkdir -p $(@D)
	@echo "  FUZZER  $<"
	@$(CC) $(BASE) $(WARN) $(WERROR) -Wno-missing-prototypes $(CFLAGS) $(SAN) $(INC_all) $(CFLAGS_lib) $(FUZZMAIN) $< \
	    -Wl,--start-group $(AR_all) -Wl,--end-group $(LIBS_all) -lm -o $@
FUZZMAIN := tests/fuzz/replay.c
fuzz-replay: $(patsubst %,$(O)/tests/fuzz/%,$(FUZZERS))

fuzz:                               # FUZZ_SECONDS for each fuzzer, new finds kept in build/fuzz/corpus
	@$(MAKE) --no-print-directory O=$(O)/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined FUZZMAIN=-fsanitize=fuzzer fuzz-replay
	@for f in $(FUZZERS); do mkdir -p $(O)/fuzz/corpus/$$f; \
	    $(O)/fuzz/tests/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) $(O)/fuzz/corpus/$$f tests/fuzz/corpus/$${f#fuzz_} || exit 1; done

# ---- what users and CI call -------------------------------------------------------------------------

demo: deps-run programs
	@tests/demo

test: deps-test programs
	@$(MAKE) --no-print-directory O=$(O)/san SANITIZE=address,undefined OPT='-O1 -g' programs unit-tests fuzz-replay
	@$(MAKE) --no-print-directory O=$(O)/tsan SANITIZE=thread OPT='-O1 -g -Wno-tsan' tsan-tests
	@$(PYTHON) tests/run --build $(O)

check:                              # style, sizes, dependency direction: no build needed
	@$(PYTHON) tests/run --build $(O) --only check

bench: deps-run programs
	@bench/run $(O)

guest:
	@$(MAKE) --no-print-directory -C guest

deps: deps-run deps-test
deps-run:
	@config/install-deps build
deps-test:
	@config/install-deps build test

install: programs
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(SBINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBEXECDIR) \
	    $(DESTDIR)$(INCDIR)/xc-ia64 $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8 \
	    $(DESTDIR)$(MANDIR)/man3 $(DESTDIR)$(DATADIR) $(DESTDIR)$(COMPDIR)
	install -m 755 $(O)/xc-run $(DESTDIR)$(BINDIR)/
	install -m 755 $(O)/xm $(O)/xend $(DESTDIR)$(SBINDIR)/
	install -m 755 $(O)/xen-vmm $(O)/xen-store $(DESTDIR)$(LIBEXECDIR)/
	install -m 755 $(O)/libxc-ia64.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/
	ln -sf libxc-ia64.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libxc-ia64.so
	install -m 644 $(O)/xc-ia64.pc $(DESTDIR)$(LIBDIR)/pkgconfig/
	install -m 644 libxc-ia64/include/xci.h lib/ut_err.h $(DESTDIR)$(INCDIR)/xc-ia64/
	install -m 644 guest/mini-ia64.gz config/demo.cfg config/xend-config.sxp $(DESTDIR)$(DATADIR)/
	install -m 644 config/completion/xm $(DESTDIR)$(COMPDIR)/
	for s in 1 3 5 8; do for f in man/*.$$s; do [ -e $$f ] && install -m 644 $$f $(DESTDIR)$(MANDIR)/man$$s/; done; done; true

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/xc-run $(DESTDIR)$(SBINDIR)/xm $(DESTDIR)$(SBINDIR)/xend $(DESTDIR)$(COMPDIR)/xm
	rm -f $(DESTDIR)$(LIBDIR)/libxc-ia64.so* $(DESTDIR)$(LIBDIR)/pkgconfig/xc-ia64.pc
	rm -rf $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(INCDIR)/xc-ia64 $(DESTDIR)$(DATADIR)
	for f in man/*.[1-8]; do rm -f $(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/}; done

clean:
	rm -rf $(O)

help:
	@echo 'make [all]     build everything below build/'
	@echo 'make demo      build, then boot the guest kernel and talk to it'
	@echo 'make test      everything that checks the project'
	@echo 'make check     style, sizes and dependency direction only'
	@echo 'make bench     the figures we claim'
	@echo 'make fuzz      every parser, FUZZ_SECONDS=60 each (needs clang)'
	@echo 'make guest     rebuild the guest kernel (needs or makes the ia64 cross compiler)'
	@echo 'make deps      install missing Debian packages (sudo where needed)'
	@echo 'make install   DESTDIR and PREFIX respected; make uninstall takes it away'
	@echo 'make clean     remove build/'
	@echo 'Variables: CC CFLAGS PREFIX DESTDIR O=DIR WERROR=-Werror SANITIZE=address,undefined'

.PHONY: all force programs unit-tests tsan-tests fuzz fuzz-replay demo test check bench guest deps deps-run deps-test install uninstall clean help
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
