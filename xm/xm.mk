# SPDX-License-Identifier: GPL-2.0-or-later
# libm for the configuration reader's floats; what is not used is not loaded at start.
LIBS_xm := -Wl,--as-needed $(LIBS_xm) -lm
